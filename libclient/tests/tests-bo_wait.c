// SPDX-License-Identifier: MIT
#include <errno.h>

#include "../src/sys.h"
#include "fixture.h"

TEST(deadline_saturates)
{
	int64_t now = sys_now();

	CHECK_EQ(dgem_deadline(0), now);
	CHECK_EQ(dgem_deadline(5), now + 5);
	CHECK_EQ(dgem_deadline(-1), DGEM_WAIT_FOREVER);
	CHECK_EQ(dgem_deadline(INT64_MIN), DGEM_WAIT_FOREVER);
	CHECK_EQ(dgem_deadline(INT64_MAX), DGEM_WAIT_FOREVER);
	CHECK_EQ(dgem_deadline(INT64_MAX - now), DGEM_WAIT_FOREVER);
	CHECK_EQ(dgem_deadline(INT64_MAX - now - 1), DGEM_WAIT_FOREVER - 1);
}

TEST(wait_passes_flags_and_deadline)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	const struct drm_dgem_bo_wait *args = fake_last(FAKE_BO_WAIT);

	CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_WRITE, 77), 0);
	CHECK_EQ(args->handle, dgem_bo_handle(bo));
	CHECK_EQ(args->flags, DRM_DGEM_BO_WAIT_WRITE);
	CHECK_EQ(args->timeout_ns, 77);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(wait_reports_errors)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	CHECK_EQ(dgem_bo_wait(bo, 0, 0), -EINVAL);
	CHECK_EQ(dgem_bo_wait(bo, 4, 0), -EINVAL);
	fake_fail(FAKE_BO_WAIT, 1, ETIME);
	CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_READ, 0), -ETIME);
	fake_fail(FAKE_BO_WAIT, 1, ENODEV);
	CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_READ, 0), -ENODEV);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
