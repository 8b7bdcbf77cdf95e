// SPDX-License-Identifier: MIT
#include <drm/dgem_drm.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

int main(void)
{
	struct drm_dgem_bo_create bo = { .size = 1 << 20 };
	struct drm_dgem_bo_mmap_offset map = { 0 };
	int fd = drmOpenWithType("dgem", NULL, DRM_NODE_RENDER), dmabuf;
	char *own, *shared;

	if (fd < 0 || drmIoctl(fd, DRM_IOCTL_DGEM_BO_CREATE, &bo))
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
	strcpy(own, "hello through libdrm");
	puts(shared);
	return drmCloseBufferHandle(fd, bo.handle) ? 1 : 0;
}
