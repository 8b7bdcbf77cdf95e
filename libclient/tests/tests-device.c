// SPDX-License-Identifier: MIT
#include <errno.h>

#include <xf86drm.h>

#include "../src/internal.h"
#include "fake.h"
#include "harness.h"

TEST(open_default_and_unref_closes)
{
	struct dgem_device *dev;

	fake_add_default();
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(fake_open_files(), 1);
	CHECK(dgem_device_fd(dev) >= 0);
	dgem_device_unref(dev);
	CHECK_EQ(fake_open_files(), 0);
}

TEST(open_without_device_is_enodev)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	CHECK_EQ(dgem_device_open(&dev), -ENODEV);
	fake_add_device("vgem", DRM_BUS_PLATFORM, "vgem", "/dev/dri/card0", NULL);
	fake_deny("/dev/dri/card0", EACCES);
	CHECK_EQ(dgem_device_open(&dev), -ENODEV);
	CHECK(dev == UNTOUCHED_PTR);
}

TEST(open_path_of_nothing_is_enoent)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	CHECK_EQ(dgem_device_open_path("/dev/dri/card9", &dev), -ENOENT);
	CHECK(dev == UNTOUCHED_PTR);
}

TEST(open_path_without_permission_is_eacces)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	fake_add_default();
	fake_deny(FAKE_NODE, EACCES);
	CHECK_EQ(dgem_device_open_path(FAKE_NODE, &dev), -EACCES);
	CHECK(dev == UNTOUCHED_PTR);
}

TEST(open_path_of_other_driver_is_enodev)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	fake_add_device("vgem", DRM_BUS_PLATFORM, "vgem", "/dev/dri/card0", NULL);
	CHECK_EQ(dgem_device_open_path("/dev/dri/card0", &dev), -ENODEV);
	CHECK(dev == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_files(), 0);
}

TEST(open_path_wants_the_whole_name)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	fake_add_device("dgem_edu", DRM_BUS_PCI, NULL, "/dev/dri/card0", NULL);
	CHECK_EQ(dgem_device_open_path("/dev/dri/card0", &dev), -ENODEV);
	CHECK(dev == UNTOUCHED_PTR);
}

TEST(open_path_without_version_is_enodev)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	fake_add_default();
	fake_fail(FAKE_DRIVER_NAME, 1, ENODEV);
	CHECK_EQ(dgem_device_open_path(FAKE_NODE, &dev), -ENODEV);
	CHECK(dev == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_files(), 0);
}

TEST(open_path_out_of_memory)
{
	struct dgem_device *dev = UNTOUCHED_PTR;
	int nth;

	fake_add_default();
	/* The device, then its table. */
	for (nth = 1; nth <= 2; nth++) {
		fake_fail_alloc(nth);
		CHECK_EQ(dgem_device_open_path(FAKE_NODE, &dev), -ENOMEM);
		CHECK(dev == UNTOUCHED_PTR);
		CHECK_EQ(fake_open_files(), 0);
	}
}

TEST(open_fd_leaves_the_callers_fd)
{
	struct dgem_device *first, *second;

	fake_add_default();
	CHECK_EQ(dgem_device_open_path(FAKE_NODE, &first), 0);
	CHECK_EQ(dgem_device_open_fd(dgem_device_fd(first), &second), 0);
	CHECK(dgem_device_fd(first) != dgem_device_fd(second));
	dgem_device_unref(second);
	CHECK_EQ(fake_open_files(), 1);
	dgem_device_unref(first);
}

TEST(open_fd_reports_dup)
{
	struct dgem_device *dev = UNTOUCHED_PTR;

	CHECK_EQ(dgem_device_open_fd(-1, &dev), -EBADF);
	fake_fail(FAKE_DUP, 1, EMFILE);
	CHECK_EQ(dgem_device_open_fd(-1, &dev), -EMFILE);
	CHECK(dev == UNTOUCHED_PTR);
}

TEST(ref_keeps_the_device)
{
	struct dgem_device *dev;

	fake_add_default();
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK(dgem_device_ref(dev) == dev);
	dgem_device_unref(dev);
	CHECK_EQ(fake_open_files(), 1);
	dgem_device_unref(dev);
}

TEST(unref_null_does_nothing)
{
	dgem_device_unref(NULL);
}

TEST(bo_keeps_its_device)
{
	struct dgem_device *dev;
	struct dgem_bo *bo;

	fake_add_default();
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(dgem_bo_create(dev, 1, NULL, &bo), 0);
	CHECK(dgem_bo_device(bo) == dev);
	dgem_device_unref(dev);
	CHECK_EQ(fake_open_files(), 1);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_files(), 0);
}

TEST(get_param_reads_and_refuses)
{
	struct dgem_device *dev;
	uint64_t value = UNTOUCHED_INT;

	fake_add_default();
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(dgem_device_get_param(dev, 999, 0, &value), -EINVAL);
	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_PAGE_SIZE, 1, &value), -EINVAL);
	fake_fail(FAKE_GET_PARAM, 1, ENODEV);
	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_PAGE_SIZE, 0, &value), -ENODEV);
	CHECK_EQ(value, UNTOUCHED_INT);
	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_PAGE_SIZE, 0, &value), 0);
	CHECK_EQ(value, 4096);
	dgem_device_unref(dev);
}

TEST(has_feature_looks_at_one_bit)
{
	struct dgem_device *dev;

	fake_add_default();
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1ull << 63 | 2);
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(dgem_device_has_feature(dev, 0), 0);
	CHECK_EQ(dgem_device_has_feature(dev, 1), 1);
	CHECK_EQ(dgem_device_has_feature(dev, 63), 1);
	CHECK_EQ(dgem_device_has_feature(dev, 65), 0);
	fake_fail(FAKE_GET_PARAM, 1, ENODEV);
	CHECK_EQ(dgem_device_has_feature(dev, 1), -ENODEV);
	dgem_device_unref(dev);
}
