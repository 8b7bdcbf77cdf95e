// SPDX-License-Identifier: MIT
#include <drm/dgem_drm.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

/* The default instance: a platform device that has the driver's name. */
static int open_dgem(void)
{
	drmDevicePtr devices[256];
	int n = drmGetDevices2(0, devices, 256), fd = -1;

	for (int i = 0; i < n && fd < 0; i++) {
		drmDevicePtr dev = devices[i];
		int render = dev->available_nodes & 1 << DRM_NODE_RENDER;

		if (dev->bustype == DRM_BUS_PLATFORM &&
		    !strcmp(dev->businfo.platform->fullname, "dgem"))
			fd = open(dev->nodes[render ? DRM_NODE_RENDER : DRM_NODE_PRIMARY],
				  O_RDWR | O_CLOEXEC);
	}
	drmFreeDevices(devices, n);
	return fd;
}

int main(void)
{
	struct drm_dgem_bo_create bo = { .size = 1 << 20 };
	struct drm_dgem_bo_mmap_offset map = { 0 };
	struct dma_buf_sync start = { DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	struct dma_buf_sync end = { DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW };
	int fd = open_dgem(), dmabuf;
	char *own, *shared;

	if (fd < 0)
		return fputs("no dgem that may be opened\n", stderr), 1;
	if (drmIoctl(fd, DRM_IOCTL_DGEM_BO_CREATE, &bo))
		return perror("create"), 1;
	map.handle = bo.handle;
	if (drmIoctl(fd, DRM_IOCTL_DGEM_BO_MMAP_OFFSET, &map))
		return perror("mmap offset"), 1;
	own = mmap(NULL, bo.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map.offset);
	/* Any driver and any process can use this file descriptor. */
	if (drmPrimeHandleToFD(fd, bo.handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf))
		return perror("export"), 1;
	shared = mmap(NULL, bo.size, PROT_READ, MAP_SHARED, dmabuf, 0);
	if (own == MAP_FAILED || shared == MAP_FAILED)
		return perror("mmap"), 1;
	/* Devices may use the memory, too: tell when the CPU does. */
	if (drmIoctl(dmabuf, DMA_BUF_IOCTL_SYNC, &start))
		return perror("begin access"), 1;
	strcpy(own, "hello through libdrm");
	puts(shared);
	if (drmIoctl(dmabuf, DMA_BUF_IOCTL_SYNC, &end))
		return perror("end access"), 1;
	return drmCloseBufferHandle(fd, bo.handle) ? 1 : 0;
}
