// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>

#include "../src/sys.h"
#include "fixture.h"

static int export_rw(struct dgem_bo *bo)
{
	int fd;

	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	return fd;
}

TEST(export_flags)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	const uint32_t *flags = fake_last(FAKE_PRIME_EXPORT);
	int fd = UNTOUCHED_INT;

	CHECK_EQ(dgem_bo_export(bo, O_WRONLY, &fd), -EINVAL);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR | O_NONBLOCK, &fd), -EINVAL);
	CHECK_EQ(fd, UNTOUCHED_INT);
	CHECK_EQ(fake_calls(FAKE_PRIME_EXPORT), 0);

	CHECK_EQ(dgem_bo_export(bo, O_RDONLY, &fd), 0);
	CHECK_EQ(*flags, DRM_CLOEXEC);
	fake_close_dmabuf(fd);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(*flags, DRM_CLOEXEC | DRM_RDWR);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(export_reports_errors)
{
	static const int errors[] = { EACCES, EMFILE, ENODEV, ENOMEM };
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	int fd = UNTOUCHED_INT;
	unsigned int i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_fail(FAKE_PRIME_EXPORT, 1, errors[i]);
		CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), -errors[i]);
	}
	CHECK_EQ(fd, UNTOUCHED_INT);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(own_buffer_comes_back_as_itself)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1), *again;
	int fd = export_rw(bo);

	CHECK_EQ(dgem_bo_import(dev, fd, &again), 0);
	CHECK(again == bo);
	CHECK_EQ(fake_open_handles(), 1);
	/* One user's unref does not close the other's handle. */
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_bo_unref(again);
	CHECK_EQ(fake_open_handles(), 0);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(foreign_buffer_is_one_bo)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(12288);
	struct dgem_bo *first, *second;

	CHECK_EQ(dgem_bo_import(dev, fd, &first), 0);
	CHECK_EQ(dgem_bo_import(dev, fd, &second), 0);
	CHECK(first == second);
	CHECK_EQ(dgem_bo_size(first), 12288);
	dgem_bo_unref(first);
	dgem_bo_unref(second);
	CHECK_EQ(fake_open_handles(), 0);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(import_into_another_device)
{
	struct dgem_device *dev = open_default(), *other;
	struct dgem_bo *bo = create(dev, 8192), *imported;
	int fd = export_rw(bo);
	void *own, *theirs;

	CHECK_EQ(dgem_device_open(&other), 0);
	CHECK_EQ(dgem_bo_import(other, fd, &imported), 0);
	fake_close_dmabuf(fd);
	CHECK(imported != bo);
	CHECK_EQ(dgem_bo_map(bo, &own), 0);
	CHECK_EQ(dgem_bo_map(imported, &theirs), 0);
	*(char *)own = 'x';
	CHECK_EQ(*(char *)theirs, 'x');
	dgem_bo_unref(bo);
	dgem_bo_unref(imported);
	dgem_device_unref(other);
	dgem_device_unref(dev);
}

TEST(import_errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = UNTOUCHED_PTR;

	fake_fail(FAKE_PRIME_IMPORT, 1, EBADF);
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), -EBADF);
	CHECK_EQ(dgem_bo_import(dev, dgem_device_fd(dev), &bo), -EINVAL);
	fake_fail(FAKE_BO_INFO, 1, ENODEV);
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), -ENODEV);
	/* The handle that nobody got to know is closed. */
	CHECK_EQ(fake_open_handles(), 0);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), -ENOMEM);
	CHECK(bo == UNTOUCHED_PTR);
	/* And the lock is free. */
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), 0);
	dgem_bo_unref(bo);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(a_known_handle_makes_a_bo_shared)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1), *again;
	int fd;

	CHECK(!bo->shared);
	CHECK_EQ(sys_prime_export(dgem_device_fd(dev), dgem_bo_handle(bo), DRM_CLOEXEC, &fd), 0);
	CHECK(bo->shared);
	CHECK_EQ(dgem_bo_import(dev, fd, &again), 0);
	CHECK(again == bo);
	dgem_bo_unref(again);
	dgem_bo_unref(bo);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}
