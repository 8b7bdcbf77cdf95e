/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_CACHE_FIXTURE_H
#define DGEM_TESTS_CACHE_FIXTURE_H

#include "fixture.h"

#define MIB (1ull << 20)

static struct dgem_device *dev;
static struct dgem_cache *cache;

static inline void begin(void)
{
	dev = open_default();
	CHECK_EQ(dgem_cache_create(dev, &cache), 0);
	/* What is kept keeps the device. */
	dgem_device_unref(dev);
}

static inline void end(void)
{
	dgem_cache_unref(cache);
	CHECK_EQ(fake_open_files(), 0);
}

static inline struct dgem_bo *get_with(uint64_t size, const struct dgem_bo_options *options,
				       unsigned int flags)
{
	struct dgem_bo *bo;

	CHECK_EQ(dgem_cache_get(cache, size, options, flags, &bo), 0);
	return bo;
}

static inline struct dgem_bo *get(uint64_t size)
{
	return get_with(size, NULL, 0);
}

static inline unsigned char *map(struct dgem_bo *bo)
{
	void *ptr;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	return ptr;
}

#endif /* DGEM_TESTS_CACHE_FIXTURE_H */
