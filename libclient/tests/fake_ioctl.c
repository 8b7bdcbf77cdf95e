// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_state.h"

static uint64_t params[] = {
	[DRM_DGEM_PARAM_FEATURES] = 1 << DRM_DGEM_FEATURE_BO_WAIT | 1 << DRM_DGEM_FEATURE_BO_LABEL,
	[DRM_DGEM_PARAM_MAX_BO_SIZE] = 1ull << 40,
	[DRM_DGEM_PARAM_NUM_HEAPS] = FAKE_NUM_HEAPS,
	[DRM_DGEM_PARAM_PAGE_SIZE] = 4096,
	[DRM_DGEM_PARAM_CHUNK_SIZE] = FAKE_HUGE_SIZE,
	[DRM_DGEM_PARAM_HUGE_MAP_SIZE] = FAKE_HUGE_SIZE,
	[DRM_DGEM_PARAM_USER_LIMIT] = 1ull << 30,
	[DRM_DGEM_PARAM_USER_USED] = 5 << 20,
	[DRM_DGEM_PARAM_SYSTEM_LIMIT] = 3ull << 30,
	[DRM_DGEM_PARAM_SYSTEM_USED] = 4096,
	[DRM_DGEM_PARAM_MMAP_LIMIT] = 2ull << 40,
	[DRM_DGEM_PARAM_MMAP_USED] = 0,
	[DRM_DGEM_PARAM_SYNC_MAX_OPS] = FAKE_SYNC_MAX_OPS,
	[DRM_DGEM_PARAM_DMA_POLICY] = DRM_DGEM_DMA_POLICY_RAWIO,
	[DRM_DGEM_PARAM_DMA_TRANSLATED] = DRM_DGEM_DMA_LAZY,
};
static uint64_t heap_caps = DRM_DGEM_HEAP_CAP_CHARGED;
static uint64_t heap_flags = DRM_DGEM_BO_POPULATE;
static uint64_t heap_size = 11;
static uint32_t create_reason;
static uint64_t create_reason_arg;

void fake_set_param(uint32_t param, uint64_t value)
{
	params[param] = value;
}

void fake_set_heap(uint64_t caps, uint64_t create_flags, uint64_t size)
{
	heap_caps = caps;
	heap_flags = create_flags;
	heap_size = size;
}

void fake_set_reason(uint32_t reason, uint64_t arg)
{
	create_reason = reason;
	create_reason_arg = arg;
}

static int get_param(struct drm_dgem_get_param *args)
{
	int ret = fake_enter_locked(FAKE_GET_PARAM, args, sizeof(*args));

	if (ret)
		return ret;
	if (args->param >= sizeof(params) / sizeof(params[0]) || args->value)
		return -EINVAL;
	if (args->index && args->param != DRM_DGEM_PARAM_FEATURES)
		return -EINVAL;
	args->value = args->index ? 0 : params[args->param];
	return 0;
}

static int heap_info(struct drm_dgem_heap_info *args)
{
	static const char *const names[FAKE_NUM_HEAPS] = { "system", "pinned" };
	int ret = fake_enter_locked(FAKE_HEAP_INFO, args, sizeof(*args));

	if (ret)
		return ret;
	if (args->heap >= FAKE_NUM_HEAPS)
		return -EINVAL;
	args->kind = args->heap + 1;
	args->caps = heap_caps;
	args->create_flags = heap_flags;
	args->size = heap_size;
	args->used = 12;
	args->largest_free = 13;
	args->max_bo_size = 14;
	args->granularity = 4096;
	args->addr_bits = 64;
	args->numa_node = -1;
	snprintf(args->name, sizeof(args->name), "%s", names[args->heap]);
	return 0;
}

static int bo_create(int fd, struct drm_dgem_bo_create *args)
{
	struct fake_bo *bo;
	const uint64_t flags = DRM_DGEM_BO_POPULATE | DRM_DGEM_BO_WITH_MMAP_OFFSET |
			       DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS | DRM_DGEM_BO_NUMA |
			       DRM_DGEM_BO_DIRECT_IO;
	int ret = fake_enter_locked(FAKE_BO_CREATE, args, sizeof(*args));

	args->reason = create_reason;
	args->reason_arg = create_reason_arg;
	if (ret)
		return ret;
	if (!args->size || args->size > params[DRM_DGEM_PARAM_MAX_BO_SIZE] ||
	    args->heap >= FAKE_NUM_HEAPS || args->flags & ~flags || args->handle || args->pad ||
	    args->mmap_offset)
		return -EINVAL;
	if ((args->heap_offset && !(args->flags & DRM_DGEM_BO_FIXED)) ||
	    (args->numa_node && !(args->flags & DRM_DGEM_BO_NUMA)))
		return -EINVAL;

	bo = fake_new_bo_locked(args->size);
	bo->heap = args->heap;
	bo->flags = args->flags;
	args->size = bo->size;
	if (args->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		args->mmap_offset = bo->id << FAKE_OFFSET_SHIFT;
	return fake_new_handle_locked(fake_file_locked(fd), bo, &args->handle);
}

static int bo_mmap_offset(int fd, struct drm_dgem_bo_mmap_offset *args)
{
	struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_BO_MMAP_OFFSET, args, sizeof(*args));

	if (ret)
		return ret;
	if (!bo)
		return -ENOENT;
	args->offset = bo->id << FAKE_OFFSET_SHIFT;
	return 0;
}

static int bo_info(int fd, struct drm_dgem_bo_info *args)
{
	struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_BO_INFO, args, sizeof(*args));

	if (ret)
		return ret;
	if (!bo)
		return -ENOENT;
	args->id = bo->id;
	args->size = bo->size;
	args->create_flags = bo->flags;
	args->heap = bo->heap;
	args->state = bo->foreign ? DRM_DGEM_BO_STATE_IMPORTED : DRM_DGEM_BO_STATE_RESIDENT_PART;
	if (bo->exported && !bo->foreign)
		args->state |= DRM_DGEM_BO_STATE_EXPORTED;
	if (bo->purged)
		args->state = DRM_DGEM_BO_STATE_PURGED;
	args->madv = bo->unneeded ? DRM_DGEM_MADV_DONTNEED : DRM_DGEM_MADV_WILLNEED;
	args->resident = bo->foreign || bo->purged ? 0 : 8192;
	args->huge = bo->foreign || bo->purged ? 0 : 4096;
	return 0;
}

static int bo_wait(int fd, struct drm_dgem_bo_wait *args)
{
	int ret = fake_enter_locked(FAKE_BO_WAIT, args, sizeof(*args));

	if (ret)
		return ret;
	if (!args->flags || args->flags & ~3u)
		return -EINVAL;
	return fake_bo_locked(fd, args->handle) ? 0 : -ENOENT;
}

static int set_label(int fd, struct drm_dgem_bo_label *args)
{
	struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_SET_LABEL, args, sizeof(*args));

	if (ret)
		return ret;
	if (!bo)
		return -ENOENT;
	if (args->len > DRM_DGEM_LABEL_MAX)
		return -EINVAL;
	if (bo->foreign)
		return -EOPNOTSUPP;
	memset(bo->label, 0, sizeof(bo->label));
	if (args->len)
		memcpy(bo->label, (void *)(uintptr_t)args->text, args->len);
	return 0;
}

static int get_label(int fd, struct drm_dgem_bo_label *args)
{
	struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_GET_LABEL, args, sizeof(*args));
	size_t len;

	if (ret)
		return ret;
	if (!bo)
		return -ENOENT;
	len = strlen(bo->label);
	memcpy((void *)(uintptr_t)args->text, bo->label, len < args->len ? len : args->len);
	args->len = (uint32_t)len;
	return 0;
}

static void purge_locked(struct fake_bo *bo)
{
	if (!bo || !bo->unneeded || bo->purged)
		return;
	bo->purged = true;
	if (ftruncate(bo->memory, 0))
		abort();
}

void fake_purge(void)
{
	pthread_mutex_lock(&fake_lock);
	for (size_t fd = 0; fd < FAKE_MAX_FDS; fd++)
		for (size_t i = 0; fake_fds[fd].file && i < FAKE_MAX_HANDLES; i++)
			purge_locked(fake_fds[fd].file->handles[i]);
	pthread_mutex_unlock(&fake_lock);
}

static int bo_madvise(int fd, struct drm_dgem_bo_madvise *args)
{
	struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_BO_MADVISE, args, sizeof(*args));

	if (ret)
		return ret;
	if (args->madv > DRM_DGEM_MADV_DONTNEED || args->retained || args->flags)
		return -EINVAL;
	if (!bo)
		return -ENOENT;
	if (bo->foreign)
		return -EOPNOTSUPP;
	if (bo->exported && args->madv)
		return -EBUSY;
	if (!bo->purged)
		bo->unneeded = args->madv;
	args->retained = !bo->purged;
	return 0;
}

static int dmabuf_sync(int fd, struct dma_buf_sync *args)
{
	int ret = fake_enter_locked(FAKE_DMABUF_SYNC, args, sizeof(*args));

	if (ret)
		return ret;
	return fake_fds[fd - FAKE_FIRST_FD].dmabuf ? 0 : -ENOTTY;
}

static struct drm_dgem_sync_op synced[FAKE_SYNC_MAX_OPS];

const struct drm_dgem_sync_op *fake_synced(void)
{
	return synced;
}

static int bo_sync(int fd, const struct drm_dgem_bo_sync *args)
{
	const struct drm_dgem_sync_op *ops = (const void *)(uintptr_t)args->ops;
	int ret = fake_enter_locked(FAKE_BO_SYNC, args, sizeof(*args));
	uint32_t i;

	if (ret)
		return ret;
	if (!args->count || args->count > FAKE_SYNC_MAX_OPS || args->stride != sizeof(*ops) ||
	    args->flags || args->pad)
		return -EINVAL;
	for (i = 0; i < args->count; i++)
		if (!(ops[i].flags & 3) || ops[i].flags & ~7u || !ops[i].size)
			return -EINVAL;
	for (i = 0; i < args->count; i++) {
		const struct fake_bo *bo = fake_bo_locked(fd, ops[i].handle);

		if (!bo)
			return -ENOENT;
		if (ops[i].offset > bo->size || ops[i].size > bo->size - ops[i].offset)
			return -EINVAL;
	}
	memcpy(synced, ops, args->count * sizeof(*ops));
	return 0;
}

static uint32_t segments = 1;
static unsigned int dma_maps;

void fake_set_segments(uint32_t number)
{
	segments = number;
}

unsigned int fake_dma_maps(void)
{
	return dma_maps;
}

static int bo_map_dma(int fd, struct drm_dgem_bo_map_dma *args)
{
	struct drm_dgem_dma_seg *segs = (void *)(uintptr_t)args->segs;
	const struct fake_bo *bo = fake_bo_locked(fd, args->handle);
	int ret = fake_enter_locked(FAKE_BO_MAP_DMA, args, sizeof(*args));
	uint32_t i;

	if (ret)
		return ret;
	if (!(args->flags & 3) || args->flags & ~3u || args->offset % 4096 || args->size % 4096 ||
	    args->map_id || args->reserved)
		return -EINVAL;
	if (!bo)
		return -ENOENT;
	if (args->offset >= bo->size || args->size > bo->size - args->offset)
		return -EINVAL;
	if (args->num_segs < segments) {
		args->num_segs = segments;
		return -EMSGSIZE;
	}
	args->num_segs = segments;
	for (i = 0; i < segments; i++)
		segs[i] = (struct drm_dgem_dma_seg){ .addr = (i + 1) * 65536ull, .len = 4096 };
	args->map_id = ++dma_maps;
	return 0;
}

static int bo_unmap_dma(const struct drm_dgem_bo_unmap_dma *args)
{
	int ret = fake_enter_locked(FAKE_BO_UNMAP_DMA, args, sizeof(*args));

	if (ret)
		return ret;
	if (args->flags)
		return -EINVAL;
	if (!args->map_id || args->map_id > dma_maps)
		return -ENOENT;
	dma_maps--;
	return 0;
}

int fake_ioctl_locked(int fd, unsigned long request, void *arg)
{
	if (request == DMA_BUF_IOCTL_SYNC)
		return dmabuf_sync(fd, arg);
	if (!fake_file_locked(fd))
		return -ENOTTY;
	switch (request) {
	case DRM_IOCTL_DGEM_GET_PARAM:
		return get_param(arg);
	case DRM_IOCTL_DGEM_HEAP_INFO:
		return heap_info(arg);
	case DRM_IOCTL_DGEM_BO_CREATE:
		return bo_create(fd, arg);
	case DRM_IOCTL_DGEM_BO_MMAP_OFFSET:
		return bo_mmap_offset(fd, arg);
	case DRM_IOCTL_DGEM_BO_INFO:
		return bo_info(fd, arg);
	case DRM_IOCTL_DGEM_BO_WAIT:
		return bo_wait(fd, arg);
	case DRM_IOCTL_DGEM_BO_SET_LABEL:
		return set_label(fd, arg);
	case DRM_IOCTL_DGEM_BO_GET_LABEL:
		return get_label(fd, arg);
	case DRM_IOCTL_DGEM_BO_MADVISE:
		return bo_madvise(fd, arg);
	case DRM_IOCTL_DGEM_BO_SYNC:
		return bo_sync(fd, arg);
	case DRM_IOCTL_DGEM_BO_MAP_DMA:
		return bo_map_dma(fd, arg);
	case DRM_IOCTL_DGEM_BO_UNMAP_DMA:
		return bo_unmap_dma(arg);
	default:
		return -EINVAL;
	}
}
