// SPDX-License-Identifier: MIT
/*
 * What a mapping shows after its VMA was split, moved, or made at an offset.
 * Every page carries its own number; all comparisons run in random order.
 * IGT_DGEM_PEER=vgem points the program at vgem, whose fault handler counts
 * pages from the start of the VMA: lists/vgem-none-fails.txt says what must
 * fail there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/map_shapes.h"
#include "igt.h"

IGT_TEST_DESCRIPTION(
	"Mappings that are split, moved, or start inside the BO show the right contents.");

#define RW (PROT_READ | PROT_WRITE)

/* First page, middle, last page, and ranges at random. */
static void inner_ranges(struct peer_bo *bo, enum peer_map how)
{
	uint64_t n = bo->pages;
	uint64_t range[12][2] = { { 0, 1 },	{ n / 2, 1 },	      { n - 1, 1 },
				  { 1, n - 1 }, { n / 2, n - n / 2 }, { n / 3, n / 3 } };
	size_t i;

	for (i = 0; i < 12; i++) {
		uint64_t first = range[i][0], count = range[i][1];
		char *map;

		if (i >= 6) {
			first = content_random(&bo->sh->rng, n);
			count = 1 + content_random(&bo->sh->rng, n - first);
		}
		map = peer_map(bo, how, first, count);
		shadow_mix(bo->sh, map, first, count);
		munmap(map, map_bytes(count));
	}
}

static void run_all(int fd, void (*run)(struct peer_bo *, enum peer_map), enum peer_map from,
		    enum peer_map to)
{
	/* Less than a chunk, one, and several with a part of one at the end. */
	const uint64_t sizes[] = { map_bytes(8), PEER_CHUNK, 5 * PEER_CHUNK / 2 + map_bytes(3) };
	unsigned int heap, how;
	size_t i;

	for (heap = 0; heap < peer_heaps(); heap++)
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (how = from; how <= to; how++) {
				struct peer_bo *bo = peer_create(fd, sizes[i], heap);

				igt_debug("heap %s, %llu bytes, by %s\n", peer_heap_name(heap),
					  (unsigned long long)bo->size,
					  how == PEER_DRM ? "DRM file" : "dma-buf");
				peer_fill(bo, PEER_DRM);
				run(bo, how);
				peer_free(bo);
			}
}

/*
 * The dma-buf is mapped, and half of it touched, before anyone asked where the
 * BO lies in the DRM file: that answer must not move what is mapped already.
 */
static void offset_after_dmabuf(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, PEER_CHUNK + map_bytes(5), heap);
	uint64_t half = bo->pages / 2;
	char *early = peer_map(bo, PEER_DMABUF, 0, bo->pages), *late;

	shadow_write(bo->sh, early, 0, half);
	late = peer_map(bo, PEER_DRM, 0, bo->pages);
	shadow_check(bo->sh, late, 0, bo->pages);
	shadow_mix(bo->sh, map_page(early, half), half, bo->pages - half);
	shadow_mix(bo->sh, late, 0, bo->pages);
	shadow_check(bo->sh, early, 0, bo->pages);
	munmap(early, bo->size);
	munmap(late, bo->size);
	peer_free(bo);
}

/*
 * What a second export without DRM_RDWR may do: be refused, or be read-only.
 * Returning the first dma-buf, which is writable, is neither.
 */
static void export_not_widened(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, map_bytes(1), heap);
	int second = -1, ret, mode;

	peer_fill(bo, PEER_DRM);
	peer_export(bo);
	ret = __prime_handle_to_fd(fd, bo->handle, DRM_CLOEXEC, &second);
	if (ret) {
		igt_assert_eq(ret, -EACCES);
		igt_assert_eq(second, -1);
	} else {
		mode = fcntl(second, F_GETFL) & O_ACCMODE;
		igt_assert_f(mode == O_RDONLY, "a read-only export came back with mode %d\n", mode);
		igt_assert(mmap(NULL, bo->size, RW, MAP_SHARED, second, 0) == MAP_FAILED);
		close(second);
	}
	igt_assert_eq(bo->sh->checked, 0);
	shadow_check_at(bo->sh, peer_map(bo, PEER_DMABUF, 0, 1), 0);
	peer_free(bo);
}

/* The other way round: a read-only dma-buf does not become writable. */
static void export_not_raised(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, map_bytes(1), heap);
	int ro, rw = -1, ret;

	peer_fill(bo, PEER_DRM);
	igt_assert_eq(__prime_handle_to_fd(fd, bo->handle, DRM_CLOEXEC, &ro), 0);
	igt_assert_eq(fcntl(ro, F_GETFL) & O_ACCMODE, O_RDONLY);
	igt_assert(mmap(NULL, bo->size, RW, MAP_SHARED, ro, 0) == MAP_FAILED);
	igt_assert_eq(errno, EACCES);
	ret = __prime_handle_to_fd(fd, bo->handle, DRM_RDWR | DRM_CLOEXEC, &rw);
	igt_assert_f(ret == -EACCES, "a writable export of a read-only dma-buf: %d\n", ret);
	igt_assert_eq(rw, -1);
	shadow_check_at(bo->sh, peer_map(bo, PEER_DRM, 0, 1), 0);
	close(ro);
	peer_free(bo);
}

int igt_main()
{
	int fd = -1;
	unsigned int heap;
	size_t i;

	igt_fixture() {
		fd = peer_open();
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (i = 0; i < map_shapes_num; i++) {
		igt_describe(map_shapes[i].what);
		igt_subtest_f("%s", map_shapes[i].name)
			run_all(fd, map_shapes[i].run, PEER_DRM, PEER_DMABUF);
	}

	igt_describe("A mapping of the DRM file that starts inside the BO shows its range.");
	igt_subtest("inner-drm")
		run_all(fd, inner_ranges, PEER_DRM, PEER_DRM);

	igt_describe("A mapping of the dma-buf at an offset shows its range.");
	igt_subtest("inner-dmabuf")
		run_all(fd, inner_ranges, PEER_DMABUF, PEER_DMABUF);

	igt_describe(
		"An mmap offset that is made after the dma-buf was touched shows the same memory.");
	igt_subtest("offset-after-dmabuf")
		for (heap = 0; heap < peer_heaps(); heap++)
			offset_after_dmabuf(fd, heap);

	igt_describe("An export without DRM_RDWR does not return the writable dma-buf.");
	igt_subtest("export-not-widened")
		for (heap = 0; heap < peer_heaps(); heap++)
			export_not_widened(fd, heap);

	igt_describe("An export with DRM_RDWR does not return the read-only dma-buf.");
	igt_subtest("export-not-raised")
		for (heap = 0; heap < peer_heaps(); heap++)
			export_not_raised(fd, heap);

	igt_fixture()
		close(fd);
}
