// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (1 << 20)

/* The kernel wants to be sure that memory which devices use does not shrink. */
static int make_dmabuf(int memory)
{
	struct udmabuf_create create = { .memfd = memory, .size = SIZE };
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	if (udmabuf < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		return -1;
	create.flags = UDMABUF_FLAGS_CLOEXEC;
	fd = ioctl(udmabuf, UDMABUF_CREATE, &create);
	close(udmabuf);
	return fd;
}

int main(void)
{
	int memory = memfd_create("frames", MFD_CLOEXEC | MFD_ALLOW_SEALING), fd, ret;
	struct dgem_device *dev;
	struct dgem_bo *bo;
	void *own, *shared;

	if (memory < 0 || ftruncate(memory, SIZE))
		return perror("memory"), 1;
	own = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (own == MAP_FAILED)
		return perror("mmap"), 1;
	strcpy(own, "hello from memory of my own");

	/* From here on any driver can use it, as it can any dma-buf. */
	fd = make_dmabuf(memory);
	if (fd < 0)
		return perror("udmabuf"), 1;
	ret = dgem_device_open(&dev);
	ret = ret ?: dgem_bo_import(dev, fd, &bo);
	ret = ret ?: dgem_bo_map(bo, &shared);
	if (ret)
		return fprintf(stderr, "own-memory: %s\n", strerror(-ret)), 1;
	puts(shared);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	return 0;
}
