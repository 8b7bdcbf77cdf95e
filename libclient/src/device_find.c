// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

/* Enough for every minor that the DRM core can give. */
#define MAX_DEVICES 256
/* So many numbers of card and renderD nodes are given before all others. */
#define MAX_NODES 64

struct candidate {
	const char *path; /* owned by the drmDevice */
	bool is_default;
	unsigned long minor;
};

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

/* 0 if @path is a node of dgem that can be used. */
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

/* Opening a node can wake a GPU, so sysfs is asked first whose it is. */
static bool is_ours(const char *path)
{
	char name[sizeof(DGEM_DRIVER_NAME) + 1];

	return !sys_node_driver(path, name, sizeof(name)) && !strcmp(name, DGEM_DRIVER_NAME);
}

/* The node of @device to use, or -EACCES if it is dgem's and may not be used. */
static int usable_node(const drmDevice *device, const char **ret_path)
{
	static const int types[] = { DRM_NODE_RENDER, DRM_NODE_PRIMARY };
	int result = -ENODEV, ret;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *path = device->nodes[types[i]];

		if (!(device->available_nodes & 1 << types[i]) || !is_ours(path))
			continue;
		ret = probe(path);
		if (!ret) {
			*ret_path = path;
			return 0;
		}
		if (ret == -EACCES || ret == -EPERM)
			result = -EACCES;
	}
	return result;
}

static int copy_path(const char *path, char **ret_path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	*ret_path = copy;
	return 0;
}

static int pick(struct candidate *found, size_t count, unsigned int index, bool denied,
		char **ret_path)
{
	if (!count && denied)
		return -EACCES;
	if (index >= count)
		return -ENOENT;
	qsort(found, count, sizeof(*found), by_rank);
	return copy_path(found[index].path, ret_path);
}

static int find_in_sysfs(unsigned int index, char **ret_path)
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
		const char *path;

		ret = usable_node(devices[i], &path);
		denied |= ret == -EACCES;
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

/*
 * A container may have the nodes and no sysfs: each node that may be opened is
 * asked what it is. Nothing tells which two nodes are of one instance, but all
 * instances have render nodes or none has.
 */
static int find_by_asking(unsigned int index, char **ret_path)
{
	static const char *const formats[] = { "/dev/dri/renderD%u", "/dev/dri/card%u" };
	static const unsigned int first[] = { 128, 0 };
	unsigned int kind, i, count = 0;
	char path[32];

	for (kind = 0; kind < 2 && !count; kind++) {
		for (i = 0; i < MAX_NODES; i++) {
			snprintf(path, sizeof(path), formats[kind], first[kind] + i);
			if (probe(path) || count++ != index)
				continue;
			return copy_path(path, ret_path);
		}
	}
	return -ENOENT;
}

DGEM_API int dgem_device_find(unsigned int index, char **ret_path)
{
	return sys_has_sysfs() ? find_in_sysfs(index, ret_path) : find_by_asking(index, ret_path);
}
