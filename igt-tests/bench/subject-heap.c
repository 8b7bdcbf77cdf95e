// SPDX-License-Identifier: MIT
/* /dev/dma_heap/system and anonymous memory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <linux/dma-heap.h>

#include "bench.h"

static int heap_dev = -1;

static int heap_open(int *ret_fd)
{
	*ret_fd = -1;
	if (heap_dev < 0)
		heap_dev = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	return heap_dev < 0 ? -errno : 0;
}

static int heap_create(struct buf *buf, size_t size, bool map)
{
	struct dma_heap_allocation_data arg = {
		.len = size,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};

	if (ioctl(heap_dev, DMA_HEAP_IOCTL_ALLOC, &arg))
		return -errno;
	buf->size = size;
	buf->fd = arg.fd;
	return 0;
}

static int heap_map(struct buf *buf)
{
	return buf_mmap(buf, buf->fd, 0);
}

static int heap_export(const struct buf *buf)
{
	int fd = fcntl(buf->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int anon_open(int *ret_fd)
{
	*ret_fd = -1;
	return 0;
}

static int anon_create(struct buf *buf, size_t size, bool map)
{
	buf->size = size;
	return 0;
}

static int anon_map(struct buf *buf)
{
	return buf_mmap(buf, -1, 0);
}

static int anon_destroy(struct buf *buf)
{
	buf->map = NULL;
	return 0;
}

const struct subject subject_dma_heap = {
	.name = "dma-heap",
	.open = heap_open,
	.create = heap_create,
	.map = heap_map,
	.unmap = buf_munmap,
	.destroy = buf_close_fd,
	.export = heap_export,
};

const struct subject subject_anon = {
	.name = "anonymous",
	.open = anon_open,
	.create = anon_create,
	.map = anon_map,
	.unmap = buf_munmap,
	.destroy = anon_destroy,
};
