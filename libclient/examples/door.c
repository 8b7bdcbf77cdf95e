// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "door.h"

#define FUNCTIONS "/sys/bus/pci/devices/"
#define PAGE 4096u

/* PCI's command word, and its bits for registers in memory and to access memory. */
#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY 2
#define PCI_COMMAND_MASTER 4

/* Where the function is to see the memory: VFIO leaves that to the program. */
#define IOVA (1ull << 24)

static int make_memory(struct dgem_device *dev, uint64_t flags, size_t size, struct dgem_bo **bo,
		       struct door *door)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	void *map;
	int ret;

	options.flags = flags;
	ret = dgem_bo_create(dev, size, &options, bo);
	ret = ret ? ret : dgem_bo_map(*bo, &map);
	if (ret)
		return ret;
	door->map = map;
	door->pages = calloc(size / PAGE, sizeof(*door->pages));
	return door->pages ? 0 : -ENOMEM;
}

static int map_regs(struct door *door, int fd, size_t size, off_t offset)
{
	void *regs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (regs == MAP_FAILED)
		return -errno;
	door->regs = regs;
	return 0;
}

/* The node of the instance hangs off the function. */
static int open_instance(const char *function, struct dgem_device **dev)
{
	char path[128], node[64];
	glob_t nodes;

	snprintf(path, sizeof(path), FUNCTIONS "%s/drm/card*", function);
	if (glob(path, 0, NULL, &nodes))
		return -ENODEV;
	snprintf(node, sizeof(node), "/dev/dri%s", strrchr(nodes.gl_pathv[0], '/'));
	globfree(&nodes);
	return dgem_device_open_path(node, dev);
}

int door_map_dma(const char *function, size_t regs, size_t size, struct door *door)
{
	const struct drm_dgem_dma_seg *segs;
	struct dgem_dma_map *map;
	struct dgem_device *dev;
	size_t count, i, page = 0;
	struct dgem_bo *bo;
	char path[128];
	uint64_t at;
	int fd, ret;

	snprintf(path, sizeof(path), FUNCTIONS "%s/resource0", function);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = map_regs(door, fd, regs, 0);
	close(fd);
	ret = ret ? ret : open_instance(function, &dev);
	ret = ret ? ret : make_memory(dev, 0, size, &bo, door);
	ret = ret ? ret :
		    dgem_bo_map_dma(bo, DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE, 0, 0,
				    &map);
	if (ret)
		return ret;
	count = dgem_dma_map_segments(map, &segs);
	for (i = 0; i < count; i++)
		for (at = 0; at < segs[i].len; at += PAGE)
			door->pages[page++] = segs[i].addr + at;
	return 0;
}

static int open_group(const char *function)
{
	char path[128], target[128], group[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), FUNCTIONS "%s/iommu_group", function);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -ENODEV;
	target[len] = '\0';
	snprintf(group, sizeof(group), "/dev/vfio%s", strrchr(target, '/'));
	fd = open(group, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The function, with an address space of its own. */
static int open_function(const char *function, int *container)
{
	int group = open_group(function), fd;

	if (group < 0)
		return group;
	*container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (*container < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, container) ||
	    ioctl(*container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, function);
	return fd < 0 ? -errno : fd;
}

/* Bus mastering is the program's to turn on. */
static int start_function(int fd, size_t size, struct door *door)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &bar) ||
	    pwrite(fd, &command, sizeof(command), (off_t)config.offset + PCI_COMMAND) < 0)
		return -errno;
	return map_regs(door, fd, size, (off_t)bar.offset);
}

int door_vfio(const char *function, size_t regs, size_t size, struct door *door)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = IOVA,
		.size = size,
	};
	struct dgem_device *dev;
	struct dgem_bo *bo;
	int container, fd, ret;
	size_t page;

	ret = dgem_device_open(&dev);
	/* VFIO pins the mapping, which it could not without the flag. */
	ret = ret ? ret : make_memory(dev, DRM_DGEM_BO_DIRECT_IO, size, &bo, door);
	if (ret)
		return ret;
	fd = open_function(function, &container);
	if (fd < 0)
		return fd;
	map.vaddr = (uintptr_t)door->map;
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
		return -errno;
	for (page = 0; page < size / PAGE; page++)
		door->pages[page] = IOVA + page * PAGE;
	return start_function(fd, regs, door);
}
