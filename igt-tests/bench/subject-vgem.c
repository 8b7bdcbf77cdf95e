// SPDX-License-Identifier: MIT
/* vgem, the stock kernel's GEM driver without a GPU, by its dumb buffers. */
#include <drm.h>
#include <drm_mode.h>

#include "bench.h"

static int vgem_open(int *ret_fd)
{
	/* Dumb buffers are not for render nodes. */
	return drm_open("vgem", false, ret_fd);
}

static int vgem_create(struct buf *buf, size_t size, bool map)
{
	struct drm_mode_create_dumb arg = {
		/* Rows of 4 KiB: the core counts the bits of a row in 32 bits. */
		.width = 1024,
		.height = size / (4 * KIB),
		.bpp = 32,
	};
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_MODE_CREATE_DUMB, &arg);
	buf->size = size;
	buf->handle = arg.handle;
	return err;
}

static int vgem_map(struct buf *buf)
{
	struct drm_mode_map_dumb arg = { .handle = buf->handle };
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_MODE_MAP_DUMB, &arg);
	return err ? err : buf_mmap(buf, buf->drm, arg.offset);
}

const struct subject subject_vgem = {
	.name = "vgem",
	.open = vgem_open,
	.create = vgem_create,
	.map = vgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};
