// SPDX-License-Identifier: MIT
/* Small objects: of libdgem's pool, and of the C library. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

/* One for the process, whose threads share it. */
static struct dgem_pool *pool;

static int pool_open(int *ret_fd)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_device *dev;
	int fd, err;

	*ret_fd = -1;
	if (pool)
		return 0;
	err = drm_open("dgem", false, &fd);
	if (err)
		return err;
	err = dgem_device_open_fd(fd, &dev);
	close(fd);
	if (err)
		return err;
	options.heap_name = "pinned";
	err = dgem_pool_create(dev, 0, &options, &pool);
	dgem_device_unref(dev);
	return err;
}

static int pool_take(struct buf *buf, size_t size, bool zero)
{
	int err = dgem_pool_alloc(pool, size, zero ? DGEM_POOL_ZERO : 0, &buf->object);

	buf->map = buf->object.map;
	return err;
}

static int pool_give(struct buf *buf)
{
	dgem_pool_free(pool, &buf->object);
	return 0;
}

static int malloc_open(int *ret_fd)
{
	*ret_fd = -1;
	return 0;
}

static int malloc_take(struct buf *buf, size_t size, bool zero)
{
	buf->map = zero ? calloc(1, size) : malloc(size);
	return buf->map ? 0 : -ENOMEM;
}

static int malloc_give(struct buf *buf)
{
	free(buf->map);
	return 0;
}

const struct subject subject_pool = {
	.name = "pool",
	.open = pool_open,
	.take = pool_take,
	.give = pool_give,
};

const struct subject subject_malloc = {
	.name = "malloc",
	.open = malloc_open,
	.take = malloc_take,
	.give = malloc_give,
};
