// SPDX-License-Identifier: MIT
/* The DRM core's own ioctls, with assertions. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm.h>

#include "igt_core.h"
#include "ioctl_wrappers.h"

int igt_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret == -1 && (errno == EINTR || errno == EAGAIN));
	return ret;
}

void gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	igt_assert_neq(handle, 0);
	do_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static int export_handle(int fd, uint32_t handle, uint32_t flags)
{
	struct drm_prime_handle args = { .handle = handle, .flags = flags, .fd = -1 };

	do_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);
	igt_assert_fd(args.fd);
	return args.fd;
}

int prime_handle_to_fd(int fd, uint32_t handle)
{
	return export_handle(fd, handle, DRM_CLOEXEC);
}

int prime_handle_to_fd_for_mmap(int fd, uint32_t handle)
{
	return export_handle(fd, handle, DRM_CLOEXEC | DRM_RDWR);
}

uint32_t prime_fd_to_handle(int fd, int dma_buf_fd)
{
	struct drm_prime_handle args = { .fd = dma_buf_fd };

	do_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);
	igt_assert_neq(args.handle, 0);
	return args.handle;
}

off_t prime_get_size(int dma_buf_fd)
{
	off_t size = lseek(dma_buf_fd, 0, SEEK_END);

	igt_assert_lt(0, size);
	return size;
}
