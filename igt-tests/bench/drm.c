// SPDX-License-Identifier: MIT
/* The few DRM calls that the subjects need, without any library. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm.h>

#include "bench.h"

int drm_call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

static bool is_driver(int fd, const char *driver)
{
	char name[32] = "";
	struct drm_version version = {
		.name_len = sizeof(name) - 1,
		.name = name,
	};

	return !drm_call(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, driver);
}

int drm_open(const char *driver, bool render, int *ret_fd)
{
	const char *prefix = render ? "renderD" : "card";
	struct dirent *entry;
	char path[300];
	int fd = -1;
	DIR *dir;

	dir = opendir("/dev/dri");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && is_driver(fd, driver))
			break;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	closedir(dir);
	if (fd < 0)
		return -ENODEV;
	*ret_fd = fd;
	return 0;
}

int drm_gem_close(struct buf *buf)
{
	struct drm_gem_close arg = { .handle = buf->handle };

	return drm_call(buf->drm, DRM_IOCTL_GEM_CLOSE, &arg);
}

/* Returns a dma-buf's file descriptor or -errno. */
int drm_export(const struct buf *buf)
{
	struct drm_prime_handle arg = {
		.handle = buf->handle,
		.flags = DRM_CLOEXEC | DRM_RDWR,
	};
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_PRIME_HANDLE_TO_FD, &arg);
	return err ? err : arg.fd;
}

int drm_import(int drm, int dmabuf, uint32_t *ret_handle)
{
	struct drm_prime_handle arg = { .fd = dmabuf };
	int err;

	err = drm_call(drm, DRM_IOCTL_PRIME_FD_TO_HANDLE, &arg);
	if (!err)
		*ret_handle = arg.handle;
	return err;
}
