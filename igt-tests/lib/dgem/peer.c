// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/dgem_drm.h>

#include "dgem/peer.h"
#include "igt.h"

bool peer_is_vgem(void)
{
	const char *env = getenv("IGT_DGEM_PEER");

	igt_assert_f(!env || !strcmp(env, "vgem") || !strcmp(env, "dgem"),
		     "IGT_DGEM_PEER must be vgem or dgem\n");
	return env && !strcmp(env, "vgem");
}

/* The primary node: dumb buffers are not for render nodes. No device, no test. */
int peer_open(void)
{
	int fd = __drm_open_driver(peer_is_vgem() ? DRIVER_VGEM : DRIVER_DGEM);

	igt_assert_f(fd >= 0, "there is no %s device\n", peer_is_vgem() ? "vgem" : "dgem");
	return fd;
}

unsigned int peer_heaps(void)
{
	return peer_is_vgem() ? 1 : 2;
}

const char *peer_heap_name(unsigned int heap)
{
	static const char *const names[] = { "system", "pinned" };

	return peer_is_vgem() ? "vgem" : names[heap];
}

uint32_t peer_create_dumb(int fd, uint64_t *size)
{
	uint64_t page = content_page_size(), pages = (*size + page - 1) / page;
	struct drm_mode_create_dumb dumb = { .width = page / 4, .height = pages, .bpp = 32 };

	do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	*size = dumb.size;
	return dumb.handle;
}

static uint32_t find_heap(int fd, const char *name)
{
	struct drm_dgem_heap_info info;
	uint32_t i;

	for (i = 0;; i++) {
		memset(&info, 0, sizeof(info));
		info.heap = i;
		igt_assert_f(!igt_ioctl(fd, DRM_IOCTL_DGEM_HEAP_INFO, &info),
			     "there is no heap '%s'\n", name);
		if (!strcmp(info.name, name))
			return i;
	}
}

static uint32_t create_dgem(int fd, uint64_t *size, unsigned int heap)
{
	struct drm_dgem_bo_create create = { .size = *size };

	create.heap = find_heap(fd, peer_heap_name(heap));
	igt_assert_f(!igt_ioctl(fd, DRM_IOCTL_DGEM_BO_CREATE, &create),
		     "BO_CREATE of %llu bytes: %s\n", (unsigned long long)*size, strerror(errno));
	*size = create.size;
	return create.handle;
}

struct peer_bo *peer_adopt(int fd, uint32_t handle, uint64_t size)
{
	struct peer_bo *bo = calloc(1, sizeof(*bo));

	igt_assert(bo && handle);
	bo->fd = fd;
	bo->handle = handle;
	bo->dmabuf = -1;
	bo->offset = UINT64_MAX;
	bo->size = size;
	bo->pages = size / content_page_size();
	bo->sh = shadow_create(bo->pages);
	return bo;
}

struct peer_bo *peer_create(int fd, uint64_t size, unsigned int heap)
{
	uint64_t given = size;
	uint32_t handle = peer_is_vgem() ? peer_create_dumb(fd, &given) :
					   create_dgem(fd, &given, heap);

	igt_assert_lte_u64(size, given);
	return peer_adopt(fd, handle, given);
}

void peer_free(struct peer_bo *bo)
{
	igt_assert_f(bo->sh->checked, "no page of the BO was compared\n");
	if (bo->dmabuf >= 0)
		close(bo->dmabuf);
	if (bo->fd >= 0 && bo->handle)
		gem_close(bo->fd, bo->handle);
	shadow_destroy(bo->sh);
	free(bo);
}

uint64_t peer_offset(struct peer_bo *bo)
{
	if (bo->offset != UINT64_MAX)
		return bo->offset;
	if (peer_is_vgem()) {
		struct drm_mode_map_dumb map = { .handle = bo->handle };

		do_ioctl(bo->fd, DRM_IOCTL_MODE_MAP_DUMB, &map);
		bo->offset = map.offset;
	} else {
		struct drm_dgem_bo_mmap_offset map = { .handle = bo->handle };

		do_ioctl(bo->fd, DRM_IOCTL_DGEM_BO_MMAP_OFFSET, &map);
		bo->offset = map.offset;
	}
	return bo->offset;
}

int peer_export(struct peer_bo *bo)
{
	if (bo->dmabuf < 0)
		bo->dmabuf = prime_handle_to_fd_for_mmap(bo->fd, bo->handle);
	return bo->dmabuf;
}

void *peer_mmap(struct peer_bo *bo, enum peer_map how, void *addr, int flags, int prot,
		uint64_t first, uint64_t count)
{
	uint64_t page = content_page_size();

	if (how == PEER_DMABUF)
		return mmap(addr, count * page, prot, MAP_SHARED | flags, peer_export(bo),
			    first * page);
	return mmap(addr, count * page, prot, MAP_SHARED | flags, bo->fd,
		    peer_offset(bo) + first * page);
}

void *peer_map(struct peer_bo *bo, enum peer_map how, uint64_t first, uint64_t count)
{
	void *map = peer_mmap(bo, how, NULL, 0, PROT_READ | PROT_WRITE, first, count);

	igt_assert_f(map != MAP_FAILED, "mmap of %llu pages from page %llu by the %s: %s\n",
		     (unsigned long long)count, (unsigned long long)first,
		     how == PEER_DRM ? "DRM file" : "dma-buf", strerror(errno));
	return map;
}

void peer_fill(struct peer_bo *bo, enum peer_map how)
{
	void *map = peer_map(bo, how, 0, bo->pages);

	shadow_write(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static uint64_t reserve_length(uint64_t size, uint64_t skew)
{
	return size + skew + 3 * PEER_CHUNK;
}

void *peer_reserve(uint64_t size, uint64_t skew)
{
	char *area = mmap(NULL, reserve_length(size, skew), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t huge = ((uintptr_t)area + PEER_CHUNK - 1) & ~(uintptr_t)(PEER_CHUNK - 1);
	uint64_t head = huge - (uintptr_t)area;

	igt_assert(area != MAP_FAILED);
	if (head)
		munmap(area, head);
	munmap((char *)huge + size + skew + 2 * PEER_CHUNK, PEER_CHUNK - head);
	return (char *)huge + PEER_CHUNK + skew;
}

void peer_unreserve(void *addr, uint64_t size, uint64_t skew)
{
	munmap((char *)addr - skew - PEER_CHUNK, size + skew + 2 * PEER_CHUNK);
}
