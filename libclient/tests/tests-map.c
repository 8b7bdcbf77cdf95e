// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/mman.h>

#include "../src/internal.h"
#include "../src/sys.h"
#include "fake.h"
#include "harness.h"

TEST(length_rounds_and_bounds)
{
	size_t length = UNTOUCHED_INT;

	CHECK_EQ(map_length(UINT64_MAX, &length), -EOVERFLOW);
	CHECK_EQ(map_length(PTRDIFF_MAX, &length), -EOVERFLOW);
	CHECK_EQ(length, UNTOUCHED_INT);
	CHECK_EQ(map_length(1, &length), 0);
	CHECK_EQ(length, 4096);
	CHECK_EQ(map_length(8192, &length), 0);
	CHECK_EQ(length, 8192);
}

TEST(range_of_zero_is_the_rest)
{
	uint64_t size = 0;

	CHECK_EQ(map_check_range(12288, 4096, &size), 0);
	CHECK_EQ(size, 8192);
}

TEST(ref_keeps_the_mapping)
{
	struct dgem_map *map;
	int fd = fake_foreign_dmabuf(4096);
	void *ptr;

	CHECK_EQ(sys_mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0, &ptr), 0);
	CHECK_EQ(map_wrap(ptr, 4096, 0, &map), 0);
	CHECK(dgem_map_ptr(map) == ptr);
	CHECK_EQ(dgem_map_size(map), 4096);
	CHECK(dgem_map_ref(map) == map);
	dgem_map_unref(map);
	CHECK_EQ(fake_mapped(), 4096);
	dgem_map_unref(map);
	CHECK_EQ(fake_mapped(), 0);
	fake_close_dmabuf(fd);
}

TEST(what_lies_before_is_unmapped_too)
{
	struct dgem_map *map;
	int fd = fake_foreign_dmabuf(3 * 4096);
	void *ptr;

	CHECK_EQ(sys_mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0, &ptr), 0);
	CHECK_EQ(map_wrap(ptr, 3 * 4096, 8192, &map), 0);
	CHECK(dgem_map_ptr(map) == (char *)ptr + 8192);
	CHECK_EQ(dgem_map_size(map), 4096);
	dgem_map_unref(map);
	CHECK_EQ(fake_mapped(), 0);
	fake_close_dmabuf(fd);
}

TEST(unref_null_does_nothing)
{
	dgem_map_unref(NULL);
}
