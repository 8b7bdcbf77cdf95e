// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
	struct dgem_device *dev;
	struct dgem_map *shared;
	struct dgem_bo *bo;
	void *own;
	int fd, ret;

	ret = dgem_device_open(&dev);
	ret = ret ?: dgem_bo_create(dev, 1 << 20, NULL, &bo);
	ret = ret ?: dgem_bo_map(bo, &own);
	/* Any driver and any process can use this file descriptor. */
	ret = ret ?: dgem_bo_export(bo, O_RDWR, &fd);
	ret = ret ?: dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &shared);
	/* Devices may use the memory, too: tell when the CPU does. */
	ret = ret ?: dgem_bo_begin_access(bo, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE);
	if (ret) {
		fprintf(stderr, "hello-libdgem: %s\n", strerror(-ret));
		return 1;
	}
	strcpy(own, "hello through libdgem");
	puts(dgem_map_ptr(shared));
	ret = dgem_bo_end_access(bo, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE);
	dgem_map_unref(shared);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	return ret ? 1 : 0;
}
