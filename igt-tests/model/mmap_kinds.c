// SPDX-License-Identifier: MIT
/* The kinds of BOs that there are, and the files that map one. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"
#include "model/mmap.h"

__attribute__((format(printf, 3, 4))) static struct map_kind *
add(struct map_kind *kinds, unsigned int *num, const char *fmt, ...)
{
	struct map_kind *kind = &kinds[*num];
	va_list ap;

	igt_assert_lt(*num, MAP_MAX_KINDS);
	++*num;
	memset(kind, 0, sizeof(*kind));
	va_start(ap, fmt);
	vsnprintf(kind->name, sizeof(kind->name), fmt, ap);
	va_end(ap);
	return kind;
}

static void add_created(struct map_kind *kinds, unsigned int *num, uint32_t heap,
			const struct drm_dgem_heap_info *info, uint64_t flags)
{
	struct map_kind *kind = add(kinds, num, "%s, flags %#llx", info->name,
				    (unsigned long long)flags);

	kind->how = MAP_CREATE;
	kind->heap = heap;
	kind->flags = flags;
}

static uint64_t defined_flags(void)
{
	for (unsigned int i = 0; i < abi_table_size; i++)
		if (abi_table[i].request == DRM_IOCTL_DGEM_BO_CREATE)
			return abi_find(&abi_table[i], ABI_FLAGS)->flags;
	igt_assert_f(false, "BO_CREATE is not in the header\n");
	return 0;
}

unsigned int map_kinds_find(int fd, struct map_kind kinds[MAP_MAX_KINDS])
{
	const uint64_t defined = defined_flags();
	struct drm_dgem_heap_info info;
	unsigned int num = 0;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &info);
		igt_assert_eq_u64(info.create_flags & ~defined, 0);
		add_created(kinds, &num, heap, &info, 0);
		for (unsigned int bit = 0; bit < 64; bit++)
			if (info.create_flags & 1ull << bit)
				add_created(kinds, &num, heap, &info, 1ull << bit);
		/* more than one */
		if (info.create_flags & (info.create_flags - 1))
			add_created(kinds, &num, heap, &info, info.create_flags);
	}
	add(kinds, &num, "dumb")->how = MAP_DUMB;
	add(kinds, &num, "imported again")->how = MAP_PRIME;
	return num;
}

static struct peer_bo *create(int fd, const struct map_kind *kind, uint64_t size)
{
	struct drm_dgem_bo_create args = {
		.size = size,
		.heap = kind->heap,
		.flags = kind->flags,
	};
	struct peer_bo *bo;

	igt_assert_eq(__dgem_bo_create(fd, &args), 0);
	bo = peer_adopt(fd, args.handle, args.size);
	if (kind->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		bo->offset = args.mmap_offset;
	return bo;
}

static struct peer_bo *create_dumb(int fd, uint64_t size)
{
	struct drm_mode_map_dumb map = { .handle = peer_create_dumb(fd, &size) };
	struct peer_bo *bo = peer_adopt(fd, map.handle, size);

	do_ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &map);
	bo->offset = map.offset;
	return bo;
}

/* The file that made it has it no longer, and its dma-buf goes on. */
static struct peer_bo *import_again(int fd, uint64_t size, bool read_only)
{
	uint32_t handle = dgem_bo_create(fd, size), imported;
	int dma_buf = read_only ? prime_handle_to_fd(fd, handle) :
				  prime_handle_to_fd_for_mmap(fd, handle);
	int other = drm_reopen_driver(fd);

	imported = prime_fd_to_handle(other, dma_buf);
	close(dma_buf);
	gem_close(fd, handle);
	return peer_adopt(other, imported, size);
}

struct peer_bo *map_kind_create(int fd, const struct map_kind *kind, uint64_t size, bool read_only)
{
	struct peer_bo *bo = NULL;

	switch (kind->how) {
	case MAP_CREATE:
		bo = create(fd, kind, size);
		break;
	case MAP_DUMB:
		bo = create_dumb(fd, size);
		break;
	case MAP_PRIME:
		bo = import_again(fd, size, read_only);
		break;
	}
	igt_assert(bo);
	igt_assert_eq_u64(bo->size, size);
	peer_fill(bo, PEER_DRM);
	return bo;
}

void map_kind_free(struct peer_bo *bo, const struct map_kind *kind)
{
	int fd = bo->fd;

	peer_free(bo);
	if (kind->how == MAP_PRIME)
		drm_close_driver(fd);
}

/* Has a handle to the BO until it is closed. */
static int open_read_only(struct peer_bo *bo)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", bo->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_fd(fd);
	prime_fd_to_handle(fd, peer_export(bo));
	return fd;
}

void map_target_init(struct map_target *t, int fd, const struct map_kind *kind, uint64_t size,
		     enum map_way way)
{
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->way = way;
	t->size = size;
	t->bo = map_kind_create(fd, kind, size, way == MAP_DMABUF_READ_ONLY);
	t->witness = map_whole(t->bo, PEER_DRM);
	t->base = peer_offset(t->bo);
	switch (way) {
	case MAP_DRM:
		t->file = t->bo->fd;
		break;
	case MAP_DRM_READ_ONLY:
		t->file = open_read_only(t->bo);
		break;
	case MAP_DMABUF:
		t->base = 0;
		t->file = peer_export(t->bo);
		break;
	case MAP_DMABUF_READ_ONLY:
		t->base = 0;
		t->bo->dmabuf = prime_handle_to_fd(t->bo->fd, t->bo->handle);
		t->file = t->bo->dmabuf;
		break;
	case MAP_STRANGER:
		t->file = drm_reopen_driver(fd);
		break;
	case MAP_WAYS:
		igt_assert(false);
	}
}

void map_target_fini(struct map_target *t)
{
	if (t->way == MAP_DRM_READ_ONLY || t->way == MAP_STRANGER)
		close(t->file);
	shadow_check(t->bo->sh, t->witness, 0, t->bo->pages);
	munmap(t->witness, t->size);
	map_kind_free(t->bo, t->kind);
}
