// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "fixture.h"

TEST(info_carries_each_field)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 12288);
	struct dgem_bo_info info;
	uint64_t id;

	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.size, 12288);
	CHECK_EQ(info.create_flags, 0);
	CHECK_EQ(info.state, DRM_DGEM_BO_STATE_RESIDENT_PART);
	CHECK_EQ(info.resident, 8192);
	CHECK_EQ(info.huge, 4096);
	CHECK_EQ(info.heap, 0);
	CHECK_EQ(info.handle, dgem_bo_handle(bo));
	CHECK_EQ(dgem_bo_id(bo, &id), 0);
	CHECK_EQ(info.id, id);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(info_of_other_struct_sizes)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	struct {
		struct dgem_bo_info info;
		uint64_t later;
	} longer;

	memset(&longer, 0x5a, sizeof(longer));
	CHECK_EQ(dgem_bo_get_info(bo, &longer.info, 16), 0);
	CHECK_EQ(longer.info.size, 4096);
	CHECK_EQ(longer.info.state, 0x5a5a5a5a5a5a5a5a);
	CHECK_EQ(dgem_bo_get_info(bo, &longer.info, sizeof(longer)), 0);
	CHECK_EQ(longer.info.resident, 8192);
	CHECK_EQ(longer.later, 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	struct dgem_bo_info info, before;
	uint64_t id = UNTOUCHED_INT;

	memset(&info, 0x5a, sizeof(info));
	before = info;
	CHECK_EQ(dgem_bo_get_info(bo, &info, 0), -EINVAL);
	fake_fail(FAKE_BO_INFO, 1, ENODEV);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), -ENODEV);
	fake_fail(FAKE_BO_INFO, 1, ENODEV);
	CHECK_EQ(dgem_bo_id(bo, &id), -ENODEV);
	CHECK(!memcmp(&info, &before, sizeof(info)));
	CHECK_EQ(id, UNTOUCHED_INT);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
