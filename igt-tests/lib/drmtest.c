// SPDX-License-Identifier: MIT
/* Finding and opening DRM devices. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "drmtest.h"
#include "igt_core.h"

#define NODES 64
#define RENDER_MINOR 128

/* What "/sys/dev/char/MAJOR:MINOR/LINK" of a node leads to. */
static bool sysfs_target(const char *node, const char *link, char *target)
{
	char path[64];
	struct stat st;

	if (stat(node, &st))
		return false;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/%s", major(st.st_rdev), minor(st.st_rdev),
		 link);
	return realpath(path, target);
}

/* Sysfs is asked, and no node opened that another driver may have to wake for. */
static int chipset_of(const char *node)
{
	char target[PATH_MAX];

	if (sysfs_target(node, "device/driver", target) && !strcmp(basename(target), "dgem"))
		return DRIVER_DGEM;
	/* vgem's device has no driver, or a driver that all faux devices have. */
	if (sysfs_target(node, "device", target) && !strcmp(basename(target), "vgem"))
		return DRIVER_VGEM;
	return ~(DRIVER_DGEM | DRIVER_VGEM);
}

/* Whether the node is of the device that IGT_DEVICE names, if it does. */
static bool is_chosen(const char *node)
{
	const char *device = getenv("IGT_DEVICE");
	char chosen[PATH_MAX], target[PATH_MAX];

	if (!device)
		return true;
	igt_assert_f(!strncmp(device, "drm:", 4) && sysfs_target(device + 4, "device", chosen),
		     "IGT_DEVICE=%s is not drm: and a node in /dev/dri\n", device);
	return sysfs_target(node, "device", target) && !strcmp(chosen, target);
}

static int open_any(const char *format, int first, int chipset)
{
	char path[64];

	igt_assert_f(!igt_only_list_subtests(), "A device is opened outside the fixtures.\n");
	for (int i = 0; i < NODES; i++) {
		int fd;

		snprintf(path, sizeof(path), format, first + i);
		if (access(path, F_OK) || !(chipset_of(path) & chipset) || !is_chosen(path))
			continue;
		fd = open(path, O_RDWR | O_CLOEXEC);
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
