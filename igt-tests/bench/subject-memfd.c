// SPDX-License-Identifier: MIT
/*
 * memfd mapped, memfd by read() and write() alone, and the same memory as a
 * dma-buf of udmabuf.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>

#include "bench.h"

static int udmabuf_dev = -1;

static int no_open(int *ret_fd)
{
	*ret_fd = -1;
	return 0;
}

static int memfd_new(size_t size, unsigned int flags, int *ret_fd)
{
	int fd, err;

	fd = memfd_create("bench", MFD_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size)) {
		err = -errno;
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

static int memfd_new_buf(struct buf *buf, size_t size, bool map)
{
	buf->size = size;
	return memfd_new(size, 0, &buf->fd);
}

static int map_fd(struct buf *buf)
{
	return buf_mmap(buf, buf->fd, 0);
}

static int no_map(struct buf *buf)
{
	buf->map = NULL;
	return 0;
}

static int rw_touch(struct buf *buf)
{
	char byte = 1;
	size_t i;

	for (i = 0; i < buf->size; i += 4 * KIB)
		if (pwrite(buf->fd, &byte, 1, i) != 1)
			return -EIO;
	return 0;
}

static int rw_write(struct buf *buf, const char *from)
{
	return pwrite(buf->fd, from, buf->size, 0) == (ssize_t)buf->size ? 0 : -EIO;
}

static int rw_read(struct buf *buf, char *to)
{
	return pread(buf->fd, to, buf->size, 0) == (ssize_t)buf->size ? 0 : -EIO;
}

static int udmabuf_open(int *ret_fd)
{
	*ret_fd = -1;
	if (udmabuf_dev < 0)
		udmabuf_dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	return udmabuf_dev < 0 ? -errno : 0;
}

static int udmabuf_create(struct buf *buf, size_t size, bool map)
{
	struct udmabuf_create arg = { .size = size, .flags = UDMABUF_FLAGS_CLOEXEC };
	int fd = -1, err;

	err = memfd_new(size, MFD_ALLOW_SEALING, &fd);
	if (err)
		return err;
	arg.memfd = fd;
	buf->size = size;
	buf->fd = -1;
	if (!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		buf->fd = ioctl(udmabuf_dev, UDMABUF_CREATE, &arg);
	err = buf->fd < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int dup_fd(const struct buf *buf)
{
	int fd = fcntl(buf->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

const struct subject subject_memfd = {
	.name = "memfd",
	.open = no_open,
	.create = memfd_new_buf,
	.map = map_fd,
	.unmap = buf_munmap,
	.destroy = buf_close_fd,
};

const struct subject subject_memfd_rw = {
	.name = "memfd-rw",
	.open = no_open,
	.create = memfd_new_buf,
	.map = no_map,
	.touch = rw_touch,
	.unmap = no_map,
	.destroy = buf_close_fd,
	.write = rw_write,
	.read = rw_read,
};

const struct subject subject_udmabuf = {
	.name = "udmabuf",
	.open = udmabuf_open,
	.create = udmabuf_create,
	.map = map_fd,
	.unmap = buf_munmap,
	.destroy = buf_close_fd,
	.export = dup_fd,
};
