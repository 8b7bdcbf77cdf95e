// SPDX-License-Identifier: MIT
/*
 * VFIO, which gives a device to a user-space driver, lets it access mappings of BOs with
 * DRM_DGEM_BO_DIRECT_IO: edu, behind an IOMMU, copies from one place of a BO to another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/direct.h"
#include "dgem/map_shapes.h"
#include "dgem/vfio.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A user-space driver's device accesses BOs with DIRECT_IO by VFIO.");

#define IOVA (1ull << 24)
#define LENGTH 2000

static struct vfio vfio;

/* The device copies from a page of the first chunk to one of the second, and no more. */
static void copy_checked(struct peer_bo *bo, const char *map)
{
	const uint64_t from = map_bytes(3) + 17, to = PEER_CHUNK + map_bytes(1) + 5;
	char *want = malloc(bo->size);

	igt_assert(want);
	memcpy(want, map, bo->size);
	igt_assert(memcmp(want + from, want + to, LENGTH));
	memcpy(want + to, want + from, LENGTH);
	vfio_copy(&vfio, IOVA + from, IOVA + to, LENGTH);
	igt_assert(!memcmp(want, map, bo->size));
	free(want);
}

static struct peer_bo *create(int fd, uint32_t heap, uint64_t flags)
{
	struct peer_bo *bo = direct_create(fd, PEER_CHUNK + map_bytes(4), heap, flags);

	peer_fill(bo, PEER_DRM);
	return bo;
}

static void cell(int fd, uint32_t heap, enum peer_map how)
{
	struct peer_bo *bo = create(fd, heap, DRM_DGEM_BO_DIRECT_IO);
	char *map = map_whole(bo, how);

	shadow_check(bo->sh, map, 0, bo->pages);
	igt_assert_eq(vfio_map(&vfio, map, bo->size, IOVA), 0);
	copy_checked(bo, map);
	vfio_unmap(&vfio, bo->size, IOVA);
	munmap(map, bo->size);
	peer_free(bo);
}

static void copies(int fd)
{
	unsigned int cells = 0;

	for_each_direct_heap(fd, heap)
		for (unsigned int how = 0; how < PEER_MAPS; how++) {
			cell(fd, heap, how);
			cells++;
		}
	igt_info("%u cells\n", cells);
	igt_assert_lt(0, cells);
}

static void cell_refused(int fd, uint32_t heap, enum peer_map how)
{
	struct peer_bo *bo = create(fd, heap, 0);
	char *map = map_whole(bo, how);

	shadow_check(bo->sh, map, 0, bo->pages);
	igt_assert_eq(vfio_map(&vfio, map, bo->size, IOVA), -EFAULT);
	munmap(map, bo->size);
	peer_free(bo);
}

static void refused(int fd)
{
	for_each_dgem_heap(fd, heap)
		for (unsigned int how = 0; how < PEER_MAPS; how++)
			cell_refused(fd, heap, how);
}

/*
 * VFIO takes pages that are marked as reserved without a reference, as if they were a
 * device's registers: the device would go on when the memory is another BO's.
 */
static void carveout(int fd)
{
	unsigned int cells = 0;

	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_heap_info info;

		dgem_heap_info(fd, heap, &info);
		if (info.kind != DRM_DGEM_HEAP_CARVEOUT)
			continue;
		for (unsigned int how = 0; how < PEER_MAPS; how++, cells++)
			cell_refused(fd, heap, how);
	}
	igt_info("%u cells\n", cells);
	igt_assert_lt(0, cells);
}

/* The handle and this mapping are gone: what is seen is another mapping's of those pages. */
static void held(int fd)
{
	for_each_direct_heap(fd, heap) {
		struct peer_bo *bo = create(fd, heap, DRM_DGEM_BO_DIRECT_IO);
		char *map = map_whole(bo, PEER_DRM), *other = map_whole(bo, PEER_DMABUF);

		igt_assert_eq(vfio_map(&vfio, map, bo->size, IOVA), 0);
		munmap(map, bo->size);
		gem_close(fd, bo->handle);
		bo->handle = 0;
		shadow_check(bo->sh, other, 0, bo->pages);
		copy_checked(bo, other);
		munmap(other, bo->size);
		close(bo->dmabuf);
		bo->dmabuf = -1;
		/* Nobody sees these pages any more, and the device works on them. */
		vfio_copy(&vfio, IOVA, IOVA + PEER_CHUNK, LENGTH);
		vfio_unmap(&vfio, bo->size, IOVA);
		peer_free(bo);
	}
}

static const struct {
	const char *name, *what;
	void (*run)(int fd);
} tests[] = {
	{ "copies", "A device copies within BOs of each heap, mapped by both kinds of file.",
	  copies },
	{ "refused", "A BO without DIRECT_IO is refused with EFAULT.", refused },
	{ "carveout", "A BO of memory that was reserved at boot is refused with EFAULT.",
	  carveout },
	{ "held", "A device goes on when mapping, handle and dma-buf are gone.", held },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
		vfio_start(&vfio);
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run(fd);

	igt_fixture() {
		vfio_stop(&vfio);
		close(fd);
	}
}
