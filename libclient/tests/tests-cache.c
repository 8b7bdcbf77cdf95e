// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "cache_fixture.h"

#define SECOND 1000000000ll

TEST(bo_is_used_again)
{
	struct dgem_bo *bo;
	unsigned char *ptr;

	begin();
	bo = get(MIB);
	ptr = map(bo);
	ptr[0] = 1;
	dgem_bo_unmap(bo);
	dgem_cache_put(cache, bo);
	CHECK_EQ(fake_calls(FAKE_BO_MADVISE), 1);

	CHECK(get(MIB - 1) == bo);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 1);
	CHECK_EQ(fake_calls(FAKE_BO_MADVISE), 2);
	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_WILLNEED), 1);
	/* With its mapping, and with what this process had written. */
	CHECK(map(bo) == ptr);
	CHECK_EQ(fake_calls(FAKE_MMAP), 1);
	CHECK_EQ(ptr[0], 1);
	CHECK_EQ(fake_calls(FAKE_SET_LABEL), 0);
	dgem_cache_put(cache, bo);
	end();
}

/* It was put away with two maps and an access that nobody ended. */
TEST(new_user_starts_anew)
{
	struct dgem_bo *bo;

	begin();
	bo = get(1);
	map(bo);
	map(bo);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_READ), 0);
	dgem_cache_put(cache, bo);
	CHECK(get(1) == bo);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_READ), -EINVAL);
	dgem_bo_unmap(bo);
	map(bo)[0] = 1;
	dgem_bo_unref(bo);
	CHECK_EQ(fake_mapped(), 0);
	end();
}

static void check_zero(struct dgem_bo *bo)
{
	const unsigned char *ptr = map(bo);

	for (uint64_t i = 0; i < dgem_bo_size(bo); i++)
		CHECK_EQ(ptr[i], 0);
}

TEST(zero_shows_no_old_byte)
{
	struct dgem_bo *bo;

	begin();
	/* Up to the end of what it has, not only of what is asked for. */
	bo = get(9 * 4096);
	CHECK_EQ(dgem_bo_size(bo), 10 * 4096);
	memset(map(bo), 0xa5, 10 * 4096);
	dgem_cache_put(cache, bo);
	CHECK(get_with(8 * 4096 + 1, NULL, DGEM_CACHE_ZERO) == bo);
	check_zero(bo);
	/* Also where it was never mapped here. */
	memset(map(bo), 0xa5, 10 * 4096);
	dgem_cache_put(cache, bo);
	dgem_cache_trim(cache, 0);
	bo = get_with(8 * 4096 + 1, NULL, DGEM_CACHE_ZERO);
	check_zero(bo);
	dgem_cache_put(cache, bo);
	end();
}

TEST(bo_that_was_purged)
{
	struct dgem_bo *bos[3];
	int i;

	begin();
	for (i = 0; i < 3; i++) {
		bos[i] = get(MIB);
		map(bos[i])[0] = 1;
	}
	for (i = 0; i < 3; i++)
		dgem_cache_put(cache, bos[i]);
	CHECK_EQ(fake_open_handles(), 3);
	fake_purge();
	/* All of them are tried and freed, and a new one is made. */
	bos[0] = get(MIB);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 4);
	CHECK_EQ(fake_open_handles(), 1);
	check_zero(bos[0]);
	dgem_cache_put(cache, bos[0]);
	end();
}

TEST(bo_is_kept_for_a_second)
{
	struct dgem_bo *old, *young;

	begin();
	old = get(MIB);
	young = get(MIB);
	dgem_cache_put(cache, old);
	fake_advance(SECOND / 2);
	dgem_cache_put(cache, young);
	fake_advance(SECOND / 2 - 1);
	dgem_bo_unref(get(4096));
	CHECK_EQ(fake_open_handles(), 2);
	fake_advance(1);
	/* By whatever is asked for. */
	dgem_bo_unref(get(4096));
	CHECK_EQ(fake_open_handles(), 1);
	CHECK(get(MIB) == young);
	dgem_cache_put(cache, young);
	fake_advance(SECOND);
	young = create(dev, 1);
	dgem_cache_put(cache, young);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

TEST(trim)
{
	struct dgem_bo *bo;

	begin();
	bo = get(MIB);
	dgem_cache_put(cache, bo);
	fake_advance(10);
	dgem_cache_trim(cache, 11);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_cache_trim(cache, 10);
	CHECK_EQ(fake_open_handles(), 0);
	CHECK_EQ(fake_mapped(), 0);
	end();
}

TEST(four_sizes_for_each_power_of_two)
{
	static const uint64_t pages[][2] = {
		{ 1, 1 },   { 2, 2 },	{ 3, 3 },     { 4, 4 },	    { 5, 5 },
		{ 7, 7 },   { 8, 8 },	{ 9, 10 },    { 10, 10 },   { 11, 12 },
		{ 13, 14 }, { 15, 16 }, { 16, 16 },   { 17, 20 },   { 31, 32 },
		{ 32, 32 }, { 33, 40 }, { 256, 256 }, { 257, 320 },
	};
	struct dgem_bo *bo;
	size_t i;

	begin();
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		bo = get(pages[i][0] * 4096);
		CHECK_EQ(dgem_bo_size(bo), pages[i][1] * 4096);
		dgem_cache_put(cache, bo);
		/* The largest of this size, and the smallest of the next. */
		CHECK(get(pages[i][1] * 4096) == bo);
		dgem_cache_put(cache, bo);
		dgem_bo_unref(get(pages[i][1] * 4096 + 1));
		CHECK_EQ(fake_open_handles(), 1);
		dgem_cache_trim(cache, 0);
	}
	end();
}

/* One of each is kept, and each one is given to whom it fits. */
TEST(heaps_and_constraints_are_kept_apart)
{
	struct dgem_bo_options init = DGEM_BO_OPTIONS_INIT, variants[8];
	const size_t count = sizeof(variants) / sizeof(variants[0]);
	struct dgem_bo *bos[sizeof(variants) / sizeof(variants[0])];
	size_t i;

	begin();
	for (i = 0; i < count; i++)
		variants[i] = init;
	variants[1].heap = 1;
	variants[2].flags = DRM_DGEM_BO_POPULATE;
	variants[3].align = 8192;
	variants[4].boundary = MIB;
	variants[5].addr_bits = 32;
	variants[6].flags = DRM_DGEM_BO_NUMA;
	variants[7].flags = DRM_DGEM_BO_NUMA;
	variants[7].numa_node = 1;
	for (i = 0; i < count; i++) {
		bos[i] = get_with(MIB, &variants[i], 0);
		CHECK_EQ(fake_calls(FAKE_BO_CREATE), i + 1);
		dgem_cache_put(cache, bos[i]);
	}
	for (i = 0; i < count; i++)
		CHECK(get_with(MIB, &variants[i], 0) == bos[i]);
	for (i = 0; i < count; i++)
		dgem_cache_put(cache, bos[i]);
	/* By its name it is the same heap. */
	init.heap_name = "pinned";
	CHECK(get_with(MIB, &init, 0) == bos[1]);
	dgem_cache_put(cache, bos[1]);
	end();
}
