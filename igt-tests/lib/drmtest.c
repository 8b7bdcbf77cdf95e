// SPDX-License-Identifier: MIT
/* Finding and opening DRM devices. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drm.h>

#include "drmtest.h"
#include "igt_core.h"

#define NODES 64
#define RENDER_MINOR 128

static int driver_of(int fd)
{
	char name[32] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

	if (ioctl(fd, DRM_IOCTL_VERSION, &version))
		return 0;
	if (!strcmp(name, "dgem"))
		return DRIVER_DGEM;
	if (!strcmp(name, "vgem"))
		return DRIVER_VGEM;
	return ~(DRIVER_DGEM | DRIVER_VGEM);
}

static int open_node(const char *path, int chipset)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && !(driver_of(fd) & chipset)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The number of the primary node that IGT_DEVICE names, or -1. */
static int chosen_card(void)
{
	const char *device = getenv("IGT_DEVICE");
	int num;

	if (!device)
		return -1;
	if (sscanf(device, "drm:/dev/dri/card%d", &num) == 1)
		return num;
	if (sscanf(device, "drm:/dev/dri/renderD%d", &num) == 1)
		return num - RENDER_MINOR;
	igt_assert_f(false, "IGT_DEVICE=%s is not drm:/dev/dri/cardN\n", device);
	return -1;
}

static int open_any(const char *format, int first, int chipset)
{
	int chosen = chosen_card();
	char path[64];

	igt_assert_f(!igt_only_list_subtests(), "A device is opened outside the fixtures.\n");
	for (int i = 0; i < NODES; i++) {
		int fd;

		if (chosen >= 0 && i != chosen)
			continue;
		snprintf(path, sizeof(path), format, first + i);
		fd = open_node(path, chipset);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

int __drm_open_driver(int chipset)
{
	return open_any("/dev/dri/card%d", 0, chipset);
}

int __drm_open_driver_render(int chipset)
{
	return open_any("/dev/dri/renderD%d", RENDER_MINOR, chipset);
}

int drm_open_driver(int chipset)
{
	int fd = __drm_open_driver(chipset);

	igt_require_f(fd >= 0, "No device with such a driver.\n");
	return fd;
}

int drm_open_driver_render(int chipset)
{
	int fd = __drm_open_driver_render(chipset);

	igt_require_f(fd >= 0, "No device with such a driver.\n");
	return fd;
}

int drm_reopen_driver(int fd)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, O_RDWR | O_CLOEXEC);
	igt_assert_fd(ret);
	return ret;
}

int drm_close_driver(int fd)
{
	int ret = close(fd);

	igt_assert_eq(ret, 0);
	return ret;
}
