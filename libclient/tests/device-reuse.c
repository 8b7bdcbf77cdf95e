// SPDX-License-Identifier: MIT
/*
 * The cache, the pool and the sentences on failures with the real driver: that the
 * memory of what is kept can be had back, and that nothing old is seen. Part of the
 * device tests; needs root, to have memory taken.
 */
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#define MIB (1ull << 20)
#define THREADS 4
#define ROUNDS 2000

static struct dgem_device *open_device(void)
{
	struct dgem_device *dev;

	CHECK_EQ(dgem_device_open(&dev), 0);
	return dev;
}

/* Runs the driver's shrinker until there is nothing left that it takes. */
static void take_memory(void)
{
	FILE *file = fopen("/proc/sys/vm/drop_caches", "w");

	CHECK(file);
	CHECK(fputs("2", file) >= 0);
	CHECK_EQ(fclose(file), 0);
}

static uint64_t id_of(struct dgem_bo *bo)
{
	uint64_t id;

	CHECK_EQ(dgem_bo_id(bo, &id), 0);
	return id;
}

static unsigned char *map(struct dgem_bo *bo)
{
	void *ptr;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	return ptr;
}

static void check_bytes(const unsigned char *bytes, uint64_t size, unsigned char expected)
{
	for (uint64_t i = 0; i < size; i++)
		CHECK_EQ(bytes[i], expected);
}

static void use_cache(struct dgem_device *dev, const char *heap)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_cache *cache;
	struct dgem_bo *bo;
	unsigned char *bytes;
	uint64_t id;

	options.heap_name = heap;
	CHECK_EQ(dgem_cache_create(dev, &cache), 0);
	CHECK_EQ(dgem_cache_get(cache, MIB, &options, 0, &bo), 0);
	id = id_of(bo);
	bytes = map(bo);
	memset(bytes, 0xa5, MIB);
	dgem_cache_put(cache, bo);

	CHECK_EQ(dgem_cache_get(cache, MIB, &options, 0, &bo), 0);
	CHECK_EQ(id_of(bo), id);
	CHECK(map(bo) == bytes);
	check_bytes(bytes, MIB, 0xa5);
	dgem_cache_put(cache, bo);
	CHECK_EQ(dgem_cache_get(cache, MIB, &options, DGEM_CACHE_ZERO, &bo), 0);
	CHECK_EQ(id_of(bo), id);
	check_bytes(map(bo), MIB, 0);
	memset(bytes, 0xa5, MIB);
	/* While somebody has it, it is not taken. */
	take_memory();
	check_bytes(bytes, MIB, 0xa5);
	dgem_cache_put(cache, bo);

	take_memory();
	CHECK_EQ(dgem_cache_get(cache, MIB, &options, 0, &bo), 0);
	CHECK(id_of(bo) != id);
	check_bytes(map(bo), MIB, 0);
	dgem_bo_unref(bo);
	dgem_cache_unref(cache);
}

TEST(what_a_cache_keeps_can_be_taken)
{
	struct dgem_device *dev = open_device();

	use_cache(dev, "system");
	use_cache(dev, "pinned");
	dgem_device_unref(dev);
}

static struct dgem_cache *shared_cache;
static struct dgem_pool *shared_pool;

static void *use_both(void *arg)
{
	unsigned char id = (unsigned char)(uintptr_t)arg;
	struct dgem_pool_object object;
	struct dgem_bo *bo;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(dgem_pool_alloc(shared_pool, 4096, i % 2, &object), 0);
		if (i % 2)
			check_bytes(object.map, object.size, 0);
		memset(object.map, id, object.size);
		CHECK_EQ(dgem_cache_get(shared_cache, 16384, NULL, i % 2, &bo), 0);
		if (i % 2)
			check_bytes(map(bo), 16384, 0);
		memset(map(bo), id, 16384);
		if (i % 500 == 0)
			take_memory();
		check_bytes(map(bo), 16384, id);
		dgem_cache_put(shared_cache, bo);
		check_bytes(object.map, object.size, id);
		dgem_pool_free(shared_pool, &object);
	}
	return NULL;
}

TEST(threads_of_a_cache_and_a_pool)
{
	struct dgem_device *dev = open_device();
	pthread_t threads[THREADS];
	uintptr_t i;

	CHECK_EQ(dgem_cache_create(dev, &shared_cache), 0);
	CHECK_EQ(dgem_pool_create(dev, 0, NULL, &shared_pool), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, use_both, (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	dgem_cache_unref(shared_cache);
	dgem_pool_unref(shared_pool);
	dgem_device_unref(dev);
}

TEST(object_is_shared_by_its_offset)
{
	struct dgem_device *dev = open_device();
	struct dgem_pool_object first, object;
	struct dgem_map *shared;
	struct dgem_pool *pool;
	int fd;

	CHECK_EQ(dgem_pool_create(dev, 0, NULL, &pool), 0);
	CHECK_EQ(dgem_pool_alloc(pool, 65536, DGEM_POOL_ZERO, &first), 0);
	CHECK_EQ(dgem_pool_alloc(pool, 65536, DGEM_POOL_ZERO, &object), 0);
	memset(object.map, 7, object.size);
	CHECK_EQ(dgem_bo_export(object.bo, O_RDWR, &fd), 0);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, object.offset, object.size, PROT_READ, &shared), 0);
	close(fd);
	check_bytes(dgem_map_ptr(shared), object.size, 7);
	check_bytes(first.map, first.size, 0);
	dgem_pool_free(pool, &object);
	dgem_pool_free(pool, &first);
	dgem_pool_unref(pool);
	/* Whoever got the memory still has it. */
	check_bytes(dgem_map_ptr(shared), 65536, 7);
	dgem_map_unref(shared);
	dgem_device_unref(dev);
}

static void check_sentence(struct dgem_device *dev, uint64_t size,
			   const struct dgem_bo_options *asked, int error, const char *expected)
{
	struct dgem_bo_options options = *asked;
	struct dgem_bo *bo;
	uint32_t reason = 0;
	uint64_t arg = 0;
	char *text;

	options.reason = &reason;
	options.reason_arg = &arg;
	CHECK_EQ(dgem_bo_create(dev, size, &options, &bo), -error);
	CHECK_EQ(dgem_explain_create(dev, size, &options, -error, &text), 0);
	/* What would have worked may follow. */
	if (strncmp(text, expected, strlen(expected)))
		CHECK_STR(text, expected);
	free(text);
}

/* A heap that looks for memory, where the kernel has what it takes. */
TEST(memory_that_is_nowhere_is_explained)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_device *dev = open_device();
	uint32_t heap;

	options.heap_name = "contiguous";
	if (dgem_heap_find(dev, options.heap_name, &heap) == -ENOENT)
		test_skip("there is no heap of contiguous memory");
	options.addr_bits = 20;
	check_sentence(dev, 16 * MIB, &options, ENOSPC,
		       "the heap 'contiguous' has not 16 MiB free whose addresses fit into 20 bits");
	options.addr_bits = 0;
	options.boundary = 8 * MIB;
	check_sentence(dev, 16 * MIB, &options, EINVAL,
		       "a boundary is a power of two that is not below the size, 16 MiB");
	options.boundary = 0;
	options.flags = DRM_DGEM_BO_NUMA;
	options.numa_node = 999;
	check_sentence(dev, MIB, &options, EINVAL, "there is no node 999");
	options.flags = DRM_DGEM_BO_FIXED;
	options.numa_node = 0;
	check_sentence(dev, MIB, &options, EINVAL,
		       "the heap 'contiguous' does not take DRM_DGEM_BO_FIXED");
	dgem_device_unref(dev);
}

TEST(failures_are_explained)
{
	struct dgem_bo_options init = DGEM_BO_OPTIONS_INIT, options = init;
	struct dgem_device *dev = open_device();
	int known = dgem_device_has_feature(dev, DRM_DGEM_FEATURE_CONSTRAINTS);

	CHECK(known >= 0);
	check_sentence(dev, 0, &options, EINVAL, "a BO has a size of 1 byte at least");
	options.align = 12288;
	check_sentence(dev, 1, &options, EINVAL,
		       "an alignment is a power of two, of a page to 1 GiB");
	options = init;
	options.numa_node = 1;
	check_sentence(dev, 1, &options, EINVAL, "a node wants the flag DRM_DGEM_BO_NUMA");
	options = init;
	options.align = 1 << 16;
	check_sentence(dev, 1, &options, known ? EOPNOTSUPP : EINVAL,
		       known ? "the heap 'system' cannot promise an alignment" :
			       "this driver has no heap that can promise an alignment");
	dgem_device_unref(dev);
}
