// SPDX-License-Identifier: MIT
/* Take a small object, write one byte to it, give it back. */
#include "bench.h"

#define TIMES 2000

struct small {
	const struct subject *subject;
	size_t size;
	bool zero;
};

int small_use(const struct subject *subject, size_t size, bool zero)
{
	struct buf buf;
	int err;

	err = subject->take(&buf, size, zero);
	if (err)
		return err;
	*(volatile char *)buf.map = 1;
	return subject->give(&buf);
}

static void sample(void *ctx, double *figure)
{
	const struct small *small = ctx;
	uint64_t start = now();
	unsigned int i;
	int err = 0;

	/* One look at the end, for each step counts here. */
	for (i = 0; i < TIMES; i++)
		err |= small_use(small->subject, small->size, small->zero);
	*figure = (double)(now() - start) / TIMES;
	must(err, small->subject->name, "take or give");
}

void job_small(const struct subject *subject, int drm)
{
	struct figure plain = { "pool-4k", "each" }, zeroed = { "pool-4k-zeroed", "each" };
	struct small small = { .subject = subject, .size = 4 * KIB };

	measure(subject->name, &plain, 1, sample, &small);
	small.zero = true;
	measure(subject->name, &zeroed, 1, sample, &small);
}
