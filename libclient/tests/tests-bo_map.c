// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

TEST(map_is_counted)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	void *first, *second;

	CHECK_EQ(dgem_bo_map(bo, &first), 0);
	CHECK_EQ(dgem_bo_map(bo, &second), 0);
	CHECK(first == second);
	CHECK_EQ(fake_calls(FAKE_MMAP), 1);
	memset(first, 1, 8192);
	dgem_bo_unmap(bo);
	CHECK_EQ(fake_mapped(), 8192);
	dgem_bo_unmap(bo);
	CHECK_EQ(fake_mapped(), 0);
	CHECK_EQ(dgem_bo_map(bo, &first), 0);
	CHECK_EQ(fake_calls(FAKE_MMAP), 2);
	CHECK_EQ(*(char *)first, 1);
	dgem_bo_unmap(bo);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(unmap_without_map_does_nothing)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	void *ptr;

	dgem_bo_unmap(bo);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	dgem_bo_unmap(bo);
	CHECK_EQ(fake_mapped(), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(map_errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	void *ptr = UNTOUCHED_PTR;

	fake_fail(FAKE_BO_MMAP_OFFSET, 1, ENODEV);
	CHECK_EQ(dgem_bo_map(bo, &ptr), -ENODEV);
	fake_fail(FAKE_MMAP, 1, ENOMEM);
	CHECK_EQ(dgem_bo_map(bo, &ptr), -ENOMEM);
	fake_fail(FAKE_MMAP, 1, EACCES);
	CHECK_EQ(dgem_bo_map(bo, &ptr), -EACCES);
	CHECK(ptr == UNTOUCHED_PTR);
	/* A failed call is not counted. */
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	dgem_bo_unmap(bo);
	CHECK_EQ(fake_mapped(), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(map_of_more_than_the_address_space)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	struct dgem_map *map = UNTOUCHED_PTR;
	void *ptr = UNTOUCHED_PTR;

	bo->size = (uint64_t)1 << 63;
	CHECK_EQ(dgem_bo_map(bo, &ptr), -EOVERFLOW);
	CHECK_EQ(dgem_bo_map_range(bo, 0, 0, PROT_READ, &map), -EOVERFLOW);
	/* The part is small enough, what has to be mapped before it is not. */
	bo->imported = true;
	CHECK_EQ(dgem_bo_map_range(bo, bo->size - 4096, 0, PROT_READ, &map), -EOVERFLOW);
	CHECK(ptr == UNTOUCHED_PTR);
	CHECK(map == UNTOUCHED_PTR);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(range_shows_the_right_bytes)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 4 * 4096);
	struct dgem_map *map;
	char *whole;
	void *ptr;
	int i;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	whole = ptr;
	for (i = 0; i < 4; i++)
		memset(whole + 4096l * i, 'a' + i, 4096);

	CHECK_EQ(dgem_bo_map_range(bo, 8192, 5, PROT_READ, &map), 0);
	CHECK_EQ(dgem_map_size(map), 4096);
	CHECK_EQ(*(char *)dgem_map_ptr(map), 'c');
	dgem_map_unref(map);

	CHECK_EQ(dgem_bo_map_range(bo, 4096, 0, PROT_READ | PROT_WRITE, &map), 0);
	CHECK_EQ(dgem_map_size(map), 3 * 4096);
	*(char *)dgem_map_ptr(map) = 'z';
	CHECK_EQ(whole[4096], 'z');
	dgem_map_unref(map);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(range_of_an_imported_bo_shows_the_right_bytes)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4 * 4096), i;
	struct dgem_bo *bo = import(dev, fd);
	struct dgem_map *map;
	char *whole;
	void *ptr;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	whole = ptr;
	for (i = 0; i < 4; i++)
		memset(whole + 4096l * i, 'a' + i, 4096);

	CHECK_EQ(dgem_bo_map_range(bo, 8192, 5, PROT_READ, &map), 0);
	CHECK_EQ(dgem_map_size(map), 4096);
	CHECK_EQ(*(char *)dgem_map_ptr(map), 'c');
	/* The mapping does not need the BO. */
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_mapped(), 3 * 4096);
	CHECK_EQ(*(char *)dgem_map_ptr(map), 'c');
	dgem_map_unref(map);
	CHECK_EQ(fake_mapped(), 0);
	dgem_device_unref(dev);
}

TEST(range_of_an_own_bo_maps_nothing_else)
{
	struct dgem_device *dev = open_default(), *other;
	struct dgem_bo *bo = create(dev, 4 * 4096), *again;
	struct dgem_map *map;
	int fd;

	CHECK_EQ(dgem_bo_map_range(bo, 8192, 4096, PROT_READ, &map), 0);
	CHECK_EQ(fake_mapped(), 4096);
	dgem_map_unref(map);

	/* Nor does one that came back by its dma-buf. */
	CHECK_EQ(dgem_device_open(&other), 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	again = import(other, fd);
	CHECK_EQ(dgem_bo_map_range(again, 8192, 4096, PROT_READ, &map), 0);
	CHECK_EQ(fake_mapped(), 4096);
	dgem_map_unref(map);
	fake_close_dmabuf(fd);
	dgem_bo_unref(again);
	dgem_device_unref(other);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(range_outlives_the_bo)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	struct dgem_map *map;

	CHECK_EQ(dgem_bo_map_range(bo, 0, 0, PROT_READ | PROT_WRITE, &map), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	memset(dgem_map_ptr(map), 1, dgem_map_size(map));
	dgem_map_unref(map);
}

TEST(range_refuses_bad_arguments)
{
	static const struct {
		uint64_t offset, size;
		int prot, error;
	} bad[] = {
		{ 1, 4096, PROT_READ, EINVAL },
		{ 8192, 0, PROT_READ, EINVAL },
		{ 8192, 1, PROT_READ, EINVAL },
		{ 0, 8193, PROT_READ, EINVAL },
		{ 4096, 4097, PROT_READ, EINVAL },
		{ 4096, UINT64_MAX, PROT_READ, EINVAL },
		{ UINT64_MAX - 4095, 0, PROT_READ, EINVAL },
		{ 0, 0, PROT_READ | PROT_EXEC, EACCES },
		{ 0, 0, 0x40000, EINVAL },
	};
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	struct dgem_map *map = UNTOUCHED_PTR;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(dgem_bo_map_range(bo, bad[i].offset, bad[i].size, bad[i].prot, &map),
			 -bad[i].error);
		CHECK(map == UNTOUCHED_PTR);
	}
	CHECK_EQ(fake_calls(FAKE_MMAP), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(range_errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	struct dgem_map *map = UNTOUCHED_PTR;
	int fd;

	fake_fail(FAKE_BO_MMAP_OFFSET, 1, ENODEV);
	CHECK_EQ(dgem_bo_map_range(bo, 0, 0, PROT_READ, &map), -ENODEV);
	fake_fail(FAKE_MMAP, 1, ENOMEM);
	CHECK_EQ(dgem_bo_map_range(bo, 0, 0, PROT_READ, &map), -ENOMEM);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_bo_map_range(bo, 0, 0, PROT_READ, &map), -ENOMEM);
	CHECK_EQ(fake_mapped(), 0);
	dgem_bo_unref(bo);

	fd = fake_foreign_dmabuf(8192);
	bo = import(dev, fd);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_bo_map_range(bo, 4096, 0, PROT_READ, &map), -ENOMEM);
	CHECK(map == UNTOUCHED_PTR);
	CHECK_EQ(fake_mapped(), 0);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(offset_is_asked_for_once)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	struct dgem_map *map;
	void *ptr;

	CHECK_EQ(dgem_bo_map_range(bo, 4096, 0, PROT_READ | PROT_WRITE, &map), 0);
	*(char *)dgem_map_ptr(map) = 'x';
	dgem_map_unref(map);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	CHECK_EQ(((char *)ptr)[4096], 'x');
	CHECK_EQ(fake_calls(FAKE_BO_MMAP_OFFSET), 1);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(offset_from_creation_is_used)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo;
	void *ptr;

	options.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET;
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	memset(ptr, 1, 4096);
	CHECK_EQ(fake_calls(FAKE_BO_MMAP_OFFSET), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
