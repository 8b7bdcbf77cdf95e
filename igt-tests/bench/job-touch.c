// SPDX-License-Identifier: MIT
/*
 * The first touch of each page of a new mapping of a new buffer, without what
 * comes before and after it.
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

void job_touch(const struct subject *subject, int drm)
{
	struct figure small = { "first-touch-1m", "per page" };
	struct figure large = { "first-touch-64m", "per page" };
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
}
