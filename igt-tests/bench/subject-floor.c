// SPDX-License-Identifier: MIT
/* What the kernel asks for without a driver's own work: see floor/. */
#include "bench.h"
#include "floor/bench_floor.h"

static int floor_open(int *ret_fd)
{
	return drm_open("bench_floor", true, ret_fd);
}

static int floor_create(struct buf *buf, size_t size, enum floor_kind kind, bool map)
{
	struct floor_create arg = { .size = size, .kind = kind, .map = map };
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_FLOOR_CREATE, &arg);
	buf->size = size;
	buf->handle = arg.handle;
	buf->offset = arg.offset;
	return err;
}

static int floor_create_system(struct buf *buf, size_t size, bool map)
{
	return floor_create(buf, size, FLOOR_SYSTEM, map);
}

static int floor_create_pinned(struct buf *buf, size_t size, bool map)
{
	return floor_create(buf, size, FLOOR_PINNED, map);
}

static int floor_map(struct buf *buf)
{
	return buf_mmap(buf, buf->drm, buf->offset);
}

const struct subject subject_floor_system = {
	.name = "floor-system",
	.open = floor_open,
	.create = floor_create_system,
	.map = floor_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};

const struct subject subject_floor_pinned = {
	.name = "floor-pinned",
	.open = floor_open,
	.create = floor_create_pinned,
	.map = floor_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};
