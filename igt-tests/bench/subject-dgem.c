// SPDX-License-Identifier: MIT
/* dgem's heaps, by its ioctls alone. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <drm/dgem_drm.h>

#include "bench.h"

static uint32_t heap_system, heap_pinned, heap_contiguous, heap_carveout;

static int find_heap(int fd, const char *name, uint32_t *ret_heap)
{
	uint32_t i;
	int err;

	for (i = 0;; i++) {
		struct drm_dgem_heap_info info = { .heap = i };

		err = drm_call(fd, DRM_IOCTL_DGEM_HEAP_INFO, &info);
		if (err)
			return -ENODEV;
		if (!strcmp(info.name, name)) {
			*ret_heap = i;
			return 0;
		}
	}
}

static int dgem_open(int *ret_fd)
{
	int fd, err;

	err = drm_open("dgem", false, &fd);
	if (err)
		return err;
	err = find_heap(fd, "system", &heap_system);
	if (!err)
		err = find_heap(fd, "pinned", &heap_pinned);
	if (!err)
		err = find_heap(fd, "contiguous", &heap_contiguous);
	if (err)
		close(fd);
	else
		*ret_fd = fd;
	return err;
}

/* Only a machine with such a region has that heap. */
static int dgem_open_carveout(int *ret_fd)
{
	int err = drm_open("dgem", false, ret_fd);

	if (err)
		return err;
	err = find_heap(*ret_fd, "bench", &heap_carveout);
	if (err)
		close(*ret_fd);
	return err;
}

static int dgem_create_with(struct buf *buf, size_t size, uint32_t heap, bool map, uint64_t flags)
{
	struct drm_dgem_bo_create arg = {
		.size = size,
		.heap = heap,
		.flags = flags | (map ? DRM_DGEM_BO_WITH_MMAP_OFFSET : 0),
	};
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_DGEM_BO_CREATE, &arg);
	buf->size = size;
	buf->handle = arg.handle;
	buf->offset = arg.mmap_offset;
	return err;
}

static int dgem_create(struct buf *buf, size_t size, uint32_t heap, bool map)
{
	return dgem_create_with(buf, size, heap, map, 0);
}

static int dgem_create_system(struct buf *buf, size_t size, bool map)
{
	return dgem_create(buf, size, heap_system, map);
}

static int dgem_create_pinned(struct buf *buf, size_t size, bool map)
{
	return dgem_create(buf, size, heap_pinned, map);
}

static int dgem_create_contiguous(struct buf *buf, size_t size, bool map)
{
	return dgem_create(buf, size, heap_contiguous, map);
}

static int dgem_create_system_direct(struct buf *buf, size_t size, bool map)
{
	return dgem_create_with(buf, size, heap_system, map, DRM_DGEM_BO_DIRECT_IO);
}

static int dgem_create_pinned_direct(struct buf *buf, size_t size, bool map)
{
	return dgem_create_with(buf, size, heap_pinned, map, DRM_DGEM_BO_DIRECT_IO);
}

static int dgem_create_carveout(struct buf *buf, size_t size, bool map)
{
	return dgem_create(buf, size, heap_carveout, map);
}

static int dgem_map(struct buf *buf)
{
	return buf_mmap(buf, buf->drm, buf->offset);
}

static int dgem_resident(const struct buf *buf, uint64_t *bytes)
{
	struct drm_dgem_bo_info arg = { .handle = buf->handle };
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_DGEM_BO_INFO, &arg);
	if (!err)
		*bytes = arg.resident;
	return err;
}

static int dgem_advise(const struct buf *buf, bool needed)
{
	struct drm_dgem_bo_madvise arg = {
		.handle = buf->handle,
		.madv = needed ? DRM_DGEM_MADV_WILLNEED : DRM_DGEM_MADV_DONTNEED,
	};
	int err;

	err = drm_call(buf->drm, DRM_IOCTL_DGEM_BO_MADVISE, &arg);
	return !err && !arg.retained ? -ENODATA : err;
}

const struct subject subject_dgem_system = {
	.name = "dgem-system",
	.heap = "system",
	.open = dgem_open,
	.create = dgem_create_system,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
	.resident = dgem_resident,
	.advise = dgem_advise,
};

const struct subject subject_dgem_pinned = {
	.name = "dgem-pinned",
	.heap = "pinned",
	.open = dgem_open,
	.create = dgem_create_pinned,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
	.resident = dgem_resident,
	.advise = dgem_advise,
};

const struct subject subject_dgem_contiguous = {
	.name = "dgem-contiguous",
	.heap = "contiguous",
	.whole = true,
	.open = dgem_open,
	.create = dgem_create_contiguous,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
	.advise = dgem_advise,
};

const struct subject subject_dgem_carveout = {
	.name = "dgem-carveout",
	.heap = "bench",
	.whole = true,
	.open = dgem_open_carveout,
	.create = dgem_create_carveout,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};

const struct subject subject_dgem_system_direct = {
	.name = "dgem-system-direct",
	.heap = "system",
	.direct = true,
	.open = dgem_open,
	.create = dgem_create_system_direct,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};

const struct subject subject_dgem_pinned_direct = {
	.name = "dgem-pinned-direct",
	.heap = "pinned",
	.direct = true,
	.open = dgem_open,
	.create = dgem_create_pinned_direct,
	.map = dgem_map,
	.unmap = buf_munmap,
	.destroy = drm_gem_close,
	.export = drm_export,
};
