// SPDX-License-Identifier: MIT
/*
 * What libdgem's cache takes for a buffer that it gives again: get, map, write one
 * byte, unmap, put.
 */
#include "bench.h"

#define TIMES 500

struct cached {
	const struct subject *subject;
	struct dgem_cache *cache;
	struct dgem_bo_options options;
	unsigned int flags;
};

static void once(const struct cached *c)
{
	struct dgem_bo *bo;
	void *map;

	must(dgem_cache_get(c->cache, MIB, &c->options, c->flags, &bo), c->subject->name, "get");
	must(dgem_bo_map(bo, &map), c->subject->name, "map");
	*(volatile char *)map = 1;
	dgem_bo_unmap(bo);
	dgem_cache_put(c->cache, bo);
}

static void sample(void *ctx, double *figure)
{
	const struct cached *c = ctx;
	uint64_t start = now();
	unsigned int i;

	for (i = 0; i < TIMES; i++)
		once(c);
	*figure = (double)(now() - start) / TIMES;
}

void job_cache(const struct subject *subject, int drm)
{
	struct figure plain = { "cache-1m", "each" }, zeroed = { "cache-1m-zeroed", "each" };
	struct cached c = { .subject = subject, .options = DGEM_BO_OPTIONS_INIT };
	struct dgem_device *dev;

	/* The cache keeps only what can be purged. */
	if (!subject->heap || !subject->advise)
		return;
	must(dgem_device_open_fd(drm, &dev), subject->name, "open");
	must(dgem_heap_find(dev, subject->heap, &c.options.heap), subject->name, "heap");
	must(dgem_cache_create(dev, &c.cache), subject->name, "cache");
	measure(subject->name, &plain, 1, sample, &c);
	c.flags = DGEM_CACHE_ZERO;
	measure(subject->name, &zeroed, 1, sample, &c);
	dgem_cache_unref(c.cache);
	dgem_device_unref(dev);
}
