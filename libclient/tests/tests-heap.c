// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "fixture.h"

TEST(info_carries_each_field)
{
	struct dgem_device *dev = open_default();
	struct dgem_heap_info info;

	CHECK_EQ(dgem_heap_get_info(dev, 1, &info, sizeof(info)), 0);
	CHECK_EQ(info.heap, 1);
	CHECK_EQ(info.kind, DRM_DGEM_HEAP_PINNED);
	CHECK_EQ(info.caps, DRM_DGEM_HEAP_CAP_CHARGED);
	CHECK_EQ(info.create_flags, DRM_DGEM_BO_POPULATE);
	CHECK_EQ(info.size, 11);
	CHECK_EQ(info.used, 12);
	CHECK_EQ(info.largest_free, 13);
	CHECK_EQ(info.max_bo_size, 14);
	CHECK_EQ(info.granularity, 4096);
	CHECK_EQ(info.addr_bits, 64);
	CHECK_EQ(info.numa_node, -1);
	CHECK_STR(info.name, "pinned");
	dgem_device_unref(dev);
}

TEST(info_of_a_shorter_struct)
{
	struct dgem_device *dev = open_default();
	struct dgem_heap_info info;

	memset(&info, 0x5a, sizeof(info));
	CHECK_EQ(dgem_heap_get_info(dev, 1, &info, 8), 0);
	CHECK_EQ(info.kind, DRM_DGEM_HEAP_PINNED);
	CHECK_EQ(info.caps, 0x5a5a5a5a5a5a5a5a);
	dgem_device_unref(dev);
}

TEST(info_of_a_longer_struct)
{
	struct dgem_device *dev = open_default();
	struct {
		struct dgem_heap_info info;
		uint64_t later;
	} longer;

	memset(&longer, 0x5a, sizeof(longer));
	CHECK_EQ(dgem_heap_get_info(dev, 0, &longer.info, sizeof(longer)), 0);
	CHECK_STR(longer.info.name, "system");
	CHECK_EQ(longer.later, 0);
	dgem_device_unref(dev);
}

TEST(info_errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	struct dgem_heap_info info, before;

	memset(&info, 0x5a, sizeof(info));
	before = info;
	CHECK_EQ(dgem_heap_get_info(dev, FAKE_NUM_HEAPS, &info, sizeof(info)), -EINVAL);
	CHECK_EQ(dgem_heap_get_info(dev, 0, &info, 0), -EINVAL);
	fake_fail(FAKE_HEAP_INFO, 1, ENODEV);
	CHECK_EQ(dgem_heap_get_info(dev, 0, &info, sizeof(info)), -ENODEV);
	CHECK(!memcmp(&info, &before, sizeof(info)));
	dgem_device_unref(dev);
}

TEST(find_by_name)
{
	struct dgem_device *dev = open_default();
	uint32_t heap = UNTOUCHED_INT;

	CHECK_EQ(dgem_heap_find(dev, "pinned", &heap), 0);
	CHECK_EQ(heap, 1);
	CHECK_EQ(dgem_heap_find(dev, "system", &heap), 0);
	CHECK_EQ(heap, 0);
	dgem_device_unref(dev);
}

TEST(find_errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	uint32_t heap = UNTOUCHED_INT;

	CHECK_EQ(dgem_heap_find(dev, "pin", &heap), -ENOENT);
	CHECK_EQ(dgem_heap_find(dev, "", &heap), -ENOENT);
	fake_fail(FAKE_GET_PARAM, 1, ENODEV);
	CHECK_EQ(dgem_heap_find(dev, "system", &heap), -ENODEV);
	fake_fail(FAKE_HEAP_INFO, 2, ENODEV);
	CHECK_EQ(dgem_heap_find(dev, "pinned", &heap), -ENODEV);
	CHECK_EQ(heap, UNTOUCHED_INT);
	dgem_device_unref(dev);
}
