// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "node.h"

/* Both nodes are in the device's directory. */
static bool find_device(const char *sysfs, dev_t node, char ret_path[PATH_MAX])
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/char/%u:%u/device", sysfs, major(node), minor(node));
	return realpath(path, ret_path);
}

bool node_same_device(const char *sysfs, dev_t one, dev_t other)
{
	char first[PATH_MAX], second[PATH_MAX];

	if (one == other)
		return true;
	return find_device(sysfs, one, first) && find_device(sysfs, other, second) &&
	       !strcmp(first, second);
}

int node_number(const char *path, dev_t *ret_node)
{
	struct stat status;

	if (stat(path, &status))
		return -errno;
	*ret_node = status.st_rdev;
	return 0;
}
