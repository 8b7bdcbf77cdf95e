// SPDX-License-Identifier: MIT
/*
 * The first touch of each page of a new mapping of a new buffer, without what
 * comes before and after it; and a mapping of a buffer that has its pages, each of
 * which is touched once before it goes.
 */
#include "bench.h"

struct touch {
	const struct subject *subject;
	int drm;
	size_t size;
	unsigned int times;
};

static void sample(void *ctx, double *figure)
{
	const struct touch *t = ctx;
	const struct subject *s = t->subject;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < t->times; i++) {
		struct buf buf = { .drm = t->drm };
		uint64_t start;

		must(s->create(&buf, t->size, true), s->name, "create");
		must(s->map(&buf), s->name, "map");
		start = now();
		must(buf_touch(s, &buf), s->name, "touch");
		sum += now() - start;
		buf_drop(s, &buf);
	}
	*figure = (double)sum / t->times / (t->size / (4 * KIB));
}

/* In each sample, so many mappings one after the other. */
#define REMAPS 4

static void sample_remap(void *ctx, double *figure)
{
	const struct touch *t = ctx;
	const struct subject *s = t->subject;
	struct buf buf;
	uint64_t start;
	unsigned int i;

	buf_make(s, &buf, t->drm, t->size);
	start = now();
	for (i = 0; i < REMAPS; i++) {
		must(s->unmap(&buf), s->name, "unmap");
		must(s->map(&buf), s->name, "map");
		must(buf_touch(s, &buf), s->name, "touch");
	}
	*figure = (double)(now() - start) / REMAPS / (t->size / (4 * KIB));
	buf_drop(s, &buf);
}

void job_touch(const struct subject *subject, int drm)
{
	struct figure small = { "first-touch-1m", "per page" };
	struct figure large = { "first-touch-64m", "per page" };
	struct figure remap = { "remap-touch-64m", "per page" };
	struct touch t = {
		.subject = subject,
		.drm = drm,
		.size = MIB,
		.times = 10,
	};

	measure(subject->name, &small, 1, sample, &t);
	t.size = 64 * MIB;
	t.times = 1;
	measure(subject->name, &large, 1, sample, &t);
	/* Who has been given a buffer maps it, too. */
	if (subject->export)
		measure(subject->name, &remap, 1, sample_remap, &t);
}
