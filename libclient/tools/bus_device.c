// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bus_device.h"

/* What does not fit is cut, which no name that the kernel has today is. */
static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%.*s", (int)size - 1, from);
}

/* An attribute's line, or an empty one. */
static void read_line(const char *directory, const char *name, char *line, size_t size)
{
	char path[PATH_MAX + 32];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, line, size - 1);
		close(fd);
	}
	line[length > 0 ? length : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void read_bus(const char *directory, char *bus, size_t size)
{
	char link[PATH_MAX + 32], target[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "%s/subsystem", directory);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	copy_text(bus, size, basename(target));
}

int bus_device_read(const char *sysfs, dev_t node, struct bus_device *ret_device)
{
	char path[PATH_MAX], directory[PATH_MAX], bits[16];

	memset(ret_device, 0, sizeof(*ret_device));
	snprintf(path, sizeof(path), "%s/dev/char/%u:%u/device", sysfs, major(node), minor(node));
	if (!realpath(path, directory))
		return -errno;
	copy_text(ret_device->name, sizeof(ret_device->name), basename(directory));
	read_bus(directory, ret_device->bus, sizeof(ret_device->bus));
	read_line(directory, "iommu_group/type", ret_device->iommu, sizeof(ret_device->iommu));
	if (!*ret_device->iommu)
		copy_text(ret_device->iommu, sizeof(ret_device->iommu), "none");
	read_line(directory, "dgem_dma_coherency", ret_device->coherency,
		  sizeof(ret_device->coherency));
	read_line(directory, "dgem_dma_bits", bits, sizeof(bits));
	ret_device->dma_bits = (unsigned int)strtoul(bits, NULL, 10);
	return 0;
}
