// SPDX-License-Identifier: MIT
/* Create, map, write one byte to each page, unmap, destroy. */
#include "bench.h"

struct lifecycle {
	const struct subject *subject;
	int drm;
	size_t size;
	unsigned int times;
	double divisor;
};

static void once(const struct lifecycle *lc)
{
	struct buf buf;

	buf_make(lc->subject, &buf, lc->drm, lc->size);
	buf_drop(lc->subject, &buf);
}

static void sample(void *ctx, double *figure)
{
	const struct lifecycle *lc = ctx;
	uint64_t start = now();
	unsigned int i;

	for (i = 0; i < lc->times; i++)
		once(lc);
	*figure = (double)(now() - start) / lc->times / lc->divisor;
}

void job_lifecycle(const struct subject *subject, int drm)
{
	static const struct {
		const char *metric;
		size_t size;
		bool per_page;
	} sizes[] = {
		{ "lifecycle-4k", 4 * KIB, false },
		{ "lifecycle-64k", 64 * KIB, false },
		{ "lifecycle-1m", MIB, false },
		{ "lifecycle-64m", 64 * MIB, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct lifecycle lc = {
			.subject = subject,
			.drm = drm,
			.size = sizes[i].size,
			.divisor = sizes[i].per_page ? sizes[i].size / (4 * KIB) : 1,
		};
		struct figure figure = {
			.metric = sizes[i].metric,
			.unit = sizes[i].per_page ? "per page" : "each",
		};
		uint64_t start;

		once(&lc);
		start = now();
		once(&lc);
		lc.times = repetitions(now() - start);
		measure(subject->name, &figure, 1, sample, &lc);
	}
}
