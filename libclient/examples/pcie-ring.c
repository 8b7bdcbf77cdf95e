// SPDX-License-Identifier: MIT
/*
 * Drives an NVMe controller from user space and copies the begin of its disk to the
 * standard output. The controller writes a ring in a BO when it has done something, and
 * this program reads it there. There are two doors to the addresses that the controller
 * needs: VFIO, if it is behind an IOMMU, and DRM_IOCTL_DGEM_BO_MAP_DMA of the instance
 * that dgem has made for it, if it is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "door.h"
#include "nvme.h"

#define DATA ((uint64_t)NVME_MAX_PAGES * NVME_PAGE)

/* The first pages are the driver's, the others the data's. */
static int read_disk(struct door *door, uint64_t blocks)
{
	struct nvme n = { .regs = door->regs, .mem = door->map };
	const uint64_t *data = door->pages + NVME_MEMORY / NVME_PAGE;
	uint64_t at, size = blocks * NVME_BLOCK, piece;
	int ret;

	memcpy(n.pages, door->pages, sizeof(n.pages));
	ret = nvme_start(&n);
	if (ret)
		return ret;
	fprintf(stderr, "pcie-ring: %.40s\n", nvme_model(&n));
	for (at = 0; at < size && !ret; at += piece) {
		piece = size - at < DATA ? size - at : DATA;
		nvme_submit(&n, false, at, data, (unsigned int)(piece / NVME_PAGE));
		ret = nvme_wait(&n);
		if (ret > 0)
			ret = -EIO;
		if (!ret && fwrite(door->map + NVME_MEMORY, piece, 1, stdout) != 1)
			ret = -errno;
	}
	return ret;
}

int main(int argc, char **argv)
{
	bool vfio = argc == 4 && !strcmp(argv[1], "--vfio");
	struct door door;
	uint64_t pages;
	int ret;

	if (argc != 4 || (!vfio && strcmp(argv[1], "--map-dma")))
		return fputs("usage: pcie-ring --vfio|--map-dma DDDD:BB:DD.F PAGES\n", stderr), 2;
	pages = strtoull(argv[3], NULL, 0);
	ret = vfio ? door_vfio(argv[2], NVME_REGS, NVME_MEMORY + DATA, &door) :
		     door_map_dma(argv[2], NVME_REGS, NVME_MEMORY + DATA, &door);
	ret = ret ? ret : read_disk(&door, pages * NVME_PAGE / NVME_BLOCK);
	if (ret)
		return fprintf(stderr, "pcie-ring: %s\n", strerror(-ret)), 1;
	return fflush(stdout) ? 1 : 0;
}
