// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

#define BLOCK (64u << 10)
#define MIB (1ull << 20)

static struct dgem_device *dev;
static struct dgem_pool *pool;

static void begin(uint64_t block_size)
{
	dev = open_default();
	CHECK_EQ(dgem_pool_create(dev, block_size, NULL, &pool), 0);
	CHECK_EQ(fake_open_handles(), 0);
	/* The pool keeps the device. */
	dgem_device_unref(dev);
}

static void end(void)
{
	dgem_pool_unref(pool);
	CHECK_EQ(fake_open_files(), 0);
}

static struct dgem_pool_object take(uint64_t size, unsigned int flags)
{
	struct dgem_pool_object object;

	CHECK_EQ(dgem_pool_alloc(pool, size, flags, &object), 0);
	return object;
}

TEST(sizes)
{
	static const uint64_t sizes[][2] = {
		{ 1, 64 },
		{ 64, 64 },
		{ 65, 128 },
		{ 4096, 4096 },
		{ 4097, 8192 },
		{ 65536, 65536 },
		{ 65537, 131072 },
		{ MIB, MIB },
		{ MIB + 1, 2 * MIB },
		{ 2 * MIB, 2 * MIB },
	};
	struct dgem_pool_object object;
	size_t i;

	begin(0);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		object = take(sizes[i][0], 0);
		CHECK_EQ(object.size, sizes[i][1]);
		CHECK_EQ(object.offset % object.size, 0);
		CHECK(object.offset + object.size <= dgem_bo_size(object.bo));
		memset(object.map, 1, object.size);
		dgem_pool_free(pool, &object);
	}
	end();
}

/* What a BO is shared for: another mapping of it, at the offset, has the object. */
TEST(object_lies_where_it_says)
{
	struct dgem_pool_object first, object;
	struct dgem_map *shared;
	int fd;

	begin(0);
	first = take(8192, 0);
	object = take(4096, 0);
	CHECK(first.bo == object.bo);
	memset(first.map, 1, first.size);
	memset(object.map, 2, object.size);
	CHECK_EQ(dgem_bo_export(object.bo, O_RDWR, &fd), 0);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, object.offset, object.size, PROT_READ, &shared), 0);
	CHECK_EQ(memcmp(dgem_map_ptr(shared), object.map, 4096), 0);
	dgem_map_unref(shared);
	fake_close_dmabuf(fd);
	dgem_pool_free(pool, &object);
	dgem_pool_free(pool, &first);
	end();
}

TEST(no_ioctl_for_most_objects)
{
	struct dgem_pool_object object;

	begin(0);
	for (int i = 0; i < 1000; i++) {
		object = take(4096, DGEM_POOL_ZERO);
		memset(object.map, i, 4096);
		dgem_pool_free(pool, &object);
	}
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 1);
	CHECK_EQ(fake_calls(FAKE_MMAP), 1);
	CHECK_EQ(fake_calls(FAKE_BO_MADVISE), 0);
	end();
}

TEST(zero_shows_no_old_byte)
{
	struct dgem_pool_object object;
	uint64_t size;

	begin(0);
	for (size = 64; size <= MIB; size *= 2) {
		object = take(size, 0);
		memset(object.map, 0xa5, size);
		dgem_pool_free(pool, &object);
		object = take(size - 1, 0);
		/* The same, which has what was there. */
		CHECK_EQ(((unsigned char *)object.map)[size - 1], 0xa5);
		dgem_pool_free(pool, &object);
		object = take(size - 1, DGEM_POOL_ZERO);
		for (uint64_t i = 0; i < size; i++)
			CHECK_EQ(((unsigned char *)object.map)[i], 0);
		dgem_pool_free(pool, &object);
	}
	end();
}

#define MANY 400

/* Each has bytes of its own, whatever lies next to it. */
static void fill(const struct dgem_pool_object *object, int i)
{
	memset(object->map, i, object->size);
	memcpy(object->map, &i, sizeof(i));
}

static void check_filled(const struct dgem_pool_object *object, int i)
{
	const unsigned char *bytes = object->map;

	CHECK_EQ(memcmp(bytes, &i, sizeof(i)), 0);
	for (uint64_t at = sizeof(i); at < object->size; at++)
		CHECK_EQ(bytes[at], (unsigned char)i);
}

TEST(objects_do_not_overlap)
{
	struct dgem_pool_object objects[MANY];
	unsigned int random = 1;
	int i, round;

	begin(BLOCK);
	for (i = 0; i < MANY; i++) {
		random = random * 1103515245 + 12345;
		objects[i] = take(1 + (random >> 8) % (16 << (i % 10)), 0);
		fill(&objects[i], i);
	}
	CHECK(fake_open_handles() > 4);
	for (round = 0; round < 3000; round++) {
		random = random * 1103515245 + 12345;
		i = (int)((random >> 8) % MANY);
		check_filled(&objects[i], i);
		dgem_pool_free(pool, &objects[i]);
		random = random * 1103515245 + 12345;
		objects[i] = take(1 + (random >> 8) % (16 << (round % 10)), 0);
		fill(&objects[i], i);
	}
	for (i = 0; i < MANY; i++) {
		check_filled(&objects[i], i);
		dgem_pool_free(pool, &objects[i]);
	}
	/* All of them have grown together again. */
	dgem_pool_trim(pool);
	CHECK_EQ(fake_open_handles(), 0);
	CHECK_EQ(fake_mapped(), 0);
	end();
}

/* Every byte of a block can be had, and once. */
TEST(block_is_used_up)
{
	struct dgem_pool_object objects[BLOCK / 64], more;
	unsigned int i;

	begin(BLOCK);
	for (i = 0; i < BLOCK / 64; i++) {
		objects[i] = take(64, 0);
		CHECK(objects[i].bo == objects[0].bo);
		fill(&objects[i], (int)i);
	}
	more = take(64, 0);
	CHECK(more.bo != objects[0].bo);
	CHECK_EQ(fake_open_handles(), 2);
	for (i = 0; i < BLOCK / 64; i++) {
		check_filled(&objects[i], (int)i);
		dgem_pool_free(pool, &objects[i]);
	}
	dgem_pool_trim(pool);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_pool_free(pool, &more);
	end();
}

TEST(one_empty_block_is_kept)
{
	struct dgem_pool_object objects[3];
	int i;

	begin(MIB);
	for (i = 0; i < 3; i++)
		objects[i] = take(MIB, 0);
	CHECK_EQ(fake_open_handles(), 3);
	for (i = 0; i < 3; i++)
		dgem_pool_free(pool, &objects[i]);
	CHECK_EQ(fake_open_handles(), 1);
	objects[0] = take(MIB, 0);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 3);
	dgem_pool_trim(pool);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_pool_free(pool, &objects[0]);
	dgem_pool_trim(pool);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

/* A small block is not one of many that are made to have some at hand. */
TEST(blocks_are_made_when_they_are_needed)
{
	struct dgem_pool_object object;

	begin(4096);
	object = take(4096, 0);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_pool_free(pool, &object);
	end();
}

TEST(blocks_are_made_as_asked)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	const struct drm_dgem_bo_create *args = fake_last(FAKE_BO_CREATE);
	char name[] = "pinned", label[] = "pool";
	struct dgem_pool_object object;
	char *got;

	dev = open_default();
	options.heap_name = name;
	options.label = label;
	options.addr_bits = 32;
	CHECK_EQ(dgem_pool_create(dev, 0, &options, &pool), 0);
	/* They are the caller's again. */
	memset(name, 'x', sizeof(name) - 1);
	memset(label, 'x', sizeof(label) - 1);
	object = take(1, 0);
	CHECK_EQ(args->size, 2 * MIB);
	CHECK_EQ(args->heap, 1);
	CHECK_EQ(args->addr_bits, 32);
	CHECK_EQ(dgem_bo_get_label(object.bo, &got), 0);
	CHECK_STR(got, "pool");
	free(got);
	CHECK(dgem_pool_ref(pool) == pool);
	dgem_pool_unref(pool);
	dgem_pool_free(pool, &object);
	dgem_device_unref(dev);
	end();
}

TEST(arguments_that_are_refused)
{
	static const uint64_t sizes[] = { 1, 2048, 12288, 1ull << 31, UINT64_MAX };
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_pool *other = UNTOUCHED_PTR;
	struct dgem_pool_object object = { .map = UNTOUCHED_PTR };
	size_t i;

	begin(BLOCK);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK_EQ(dgem_pool_create(dev, sizes[i], NULL, &other), -EINVAL);
	options.flags = DRM_DGEM_BO_FIXED;
	CHECK_EQ(dgem_pool_create(dev, 0, &options, &other), -EINVAL);
	options.flags = DRM_DGEM_BO_KEEP_CONTENTS;
	CHECK_EQ(dgem_pool_create(dev, 0, &options, &other), -EINVAL);
	options.heap_name = "none";
	CHECK_EQ(dgem_pool_create(dev, 0, &options, &other), -ENOENT);
	CHECK(other == UNTOUCHED_PTR);
	CHECK_EQ(dgem_pool_alloc(pool, 0, 0, &object), -EINVAL);
	CHECK_EQ(dgem_pool_alloc(pool, BLOCK + 1, 0, &object), -EINVAL);
	CHECK_EQ(dgem_pool_alloc(pool, UINT64_MAX, 0, &object), -EINVAL);
	CHECK_EQ(dgem_pool_alloc(pool, 1, 2, &object), -EINVAL);
	CHECK(object.map == UNTOUCHED_PTR);
	end();
	dgem_pool_unref(NULL);
}

TEST(out_of_memory)
{
	static const enum fake_call calls[] = { FAKE_BO_CREATE, FAKE_BO_MMAP_OFFSET, FAKE_MMAP };
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_pool_object object = { .map = UNTOUCHED_PTR };
	struct dgem_pool *other = UNTOUCHED_PTR;
	size_t i;

	begin(BLOCK);
	options.label = "label";
	for (i = 1; i <= 2; i++) {
		fake_fail_alloc((int)i);
		CHECK_EQ(dgem_pool_create(dev, 0, &options, &other), -ENOMEM);
	}
	/* The block, its bits, and the BO. */
	for (i = 1; i <= 3; i++) {
		fake_fail_alloc((int)i);
		CHECK_EQ(dgem_pool_alloc(pool, 1, 0, &object), -ENOMEM);
	}
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fake_fail(calls[i], 1, ENOSPC);
		CHECK_EQ(dgem_pool_alloc(pool, BLOCK, 0, &object), -ENOSPC);
	}
	CHECK(other == UNTOUCHED_PTR);
	CHECK(object.map == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

/* Objects that nobody gave back go with the pool. */
TEST(pool_with_objects)
{
	begin(BLOCK);
	take(64, 0);
	take(BLOCK, 0);
	CHECK_EQ(fake_open_handles(), 2);
	end();
	CHECK_EQ(fake_mapped(), 0);
}
