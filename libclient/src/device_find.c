// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

/* Enough for every minor that the DRM core can give. */
#define MAX_DEVICES 256

struct candidate {
	const char *path; /* owned by the drmDevice */
	bool is_default;
	unsigned long minor;
};

static const char *preferred_node(const drmDevice *device)
{
	if (device->available_nodes & 1 << DRM_NODE_RENDER)
		return device->nodes[DRM_NODE_RENDER];
	if (device->available_nodes & 1 << DRM_NODE_PRIMARY)
		return device->nodes[DRM_NODE_PRIMARY];
	return NULL;
}

static unsigned long node_minor(const char *path)
{
	const char *digits = path + strlen(path);

	while (digits > path && isdigit((unsigned char)digits[-1]))
		digits--;
	return strtoul(digits, NULL, 10);
}

/*
 * The instance that the module makes by itself is a platform device without a
 * node in the device tree; libdrm names those by module alias, the others by
 * their path in the tree.
 */
static bool is_default(const drmDevice *device)
{
	return device->bustype == DRM_BUS_PLATFORM && device->businfo.platform &&
	       device->businfo.platform->fullname[0] != '/';
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->is_default != right->is_default)
		return left->is_default ? -1 : 1;
	return (left->minor > right->minor) - (left->minor < right->minor);
}

/* 0 if @path is a node of dgem. */
static int probe(const char *path)
{
	char name[sizeof(DGEM_DRIVER_NAME) + 1];
	int fd, ret;

	fd = sys_open(path);
	if (fd < 0)
		return fd;
	ret = sys_driver_name(fd, name, sizeof(name));
	sys_close(fd);
	if (ret)
		return ret;
	return strcmp(name, DGEM_DRIVER_NAME) ? -ENODEV : 0;
}

static int pick(struct candidate *found, size_t count, unsigned int index, bool denied,
		char **ret_path)
{
	char *path;

	if (!count && denied)
		return -EACCES;
	if (index >= count)
		return -ENOENT;
	qsort(found, count, sizeof(*found), by_rank);
	path = strdup(found[index].path);
	if (!path)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

DGEM_API int dgem_device_find(unsigned int index, char **ret_path)
{
	struct candidate found[MAX_DEVICES];
	drmDevicePtr devices[MAX_DEVICES];
	bool denied = false;
	size_t count = 0;
	int total, ret, i;

	total = sys_get_devices(devices, MAX_DEVICES);
	/* Without a single DRM driver there is no /dev/dri. */
	if (total < 0)
		return total;
	if (total > MAX_DEVICES)
		total = MAX_DEVICES;

	for (i = 0; i < total; i++) {
		const char *path = preferred_node(devices[i]);

		if (!path)
			continue;
		ret = probe(path);
		denied |= ret == -EACCES || ret == -EPERM;
		if (ret)
			continue;
		found[count++] = (struct candidate){
			.path = path,
			.is_default = is_default(devices[i]),
			.minor = node_minor(path),
		};
	}
	ret = pick(found, count, index, denied, ret_path);
	sys_free_devices(devices, total);
	return ret;
}
