// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>

#include "fixture.h"

static void check_advice(struct dgem_bo *bo, uint32_t advice, bool expected)
{
	const struct drm_dgem_bo_madvise *args = fake_last(FAKE_BO_MADVISE);
	struct dgem_bo_info info;

	CHECK_EQ(dgem_bo_madvise(bo, advice), expected);
	CHECK_EQ(args->handle, dgem_bo_handle(bo));
	CHECK_EQ(args->madv, advice);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.madv, expected ? advice : DRM_DGEM_MADV_DONTNEED);
	CHECK_EQ(!!(info.state & DRM_DGEM_BO_STATE_PURGED), !expected);
}

TEST(advice_and_what_is_left)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	check_advice(bo, DRM_DGEM_MADV_WILLNEED, true);
	check_advice(bo, DRM_DGEM_MADV_DONTNEED, true);
	check_advice(bo, DRM_DGEM_MADV_WILLNEED, true);
	check_advice(bo, DRM_DGEM_MADV_DONTNEED, true);
	fake_purge();
	check_advice(bo, DRM_DGEM_MADV_WILLNEED, false);
	check_advice(bo, DRM_DGEM_MADV_DONTNEED, false);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(advice_that_is_refused)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	int fd;

	CHECK_EQ(dgem_bo_madvise(bo, 2), -EINVAL);
	fake_fail(FAKE_BO_MADVISE, 1, ENOMEM);
	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED), -ENOMEM);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED), -EBUSY);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
