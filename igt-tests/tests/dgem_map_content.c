// SPDX-License-Identifier: MIT
/*
 * What a mapping shows after its VMA was split, moved, or made at an offset.
 * Every page carries its own number; all comparisons run in random order.
 * IGT_DGEM_PEER=vgem points the program at vgem, whose fault handler counts
 * pages from the start of the VMA: lists/vgem-map-content.txt says what must
 * fail there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_dgem.h"
#include "igt_peer.h"

IGT_TEST_DESCRIPTION("Contents of mappings that are split, moved, or start inside the BO");

#define RW (PROT_READ | PROT_WRITE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static char *page_at(void *map, uint64_t nr)
{
	return (char *)map + nr * content_page_size();
}

static uint64_t bytes(uint64_t pages)
{
	return pages * content_page_size();
}

/* A mapping of the whole BO that nobody has touched. */
static char *fresh(struct peer_bo *bo, enum peer_map how)
{
	return peer_map(bo, how, 0, bo->pages);
}

static void split_munmap_head(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8, rest = bo->pages - cut;
	char *map = fresh(bo, how);

	igt_assert_eq(munmap(map, bytes(cut)), 0);
	shadow_check(bo->sh, page_at(map, cut), cut, rest);
	shadow_mix(bo->sh, page_at(map, cut), cut, rest);
	munmap(page_at(map, cut), bytes(rest));
}

static void split_munmap_middle(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 4, tail = bo->pages - bo->pages / 4;
	char *map = fresh(bo, how);

	igt_assert_eq(munmap(page_at(map, head), bytes(tail - head)), 0);
	shadow_mix(bo->sh, page_at(map, tail), tail, bo->pages - tail);
	shadow_mix(bo->sh, map, 0, head);
	munmap(map, bytes(head));
	munmap(page_at(map, tail), bytes(bo->pages - tail));
}

static void split_munmap_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t keep = bo->pages * 3 / 8;
	char *map = fresh(bo, how);

	igt_assert_eq(munmap(page_at(map, keep), bytes(bo->pages - keep)), 0);
	shadow_mix(bo->sh, map, 0, keep);
	igt_assert_eq(content_touch_read(page_at(map, keep)), SIGSEGV);
	munmap(map, bytes(keep));
}

/* The pieces of a write-protected range, then the whole again. */
static void mprotect_range(struct peer_bo *bo, enum peer_map how, uint64_t first, uint64_t count)
{
	uint64_t after = first + count;
	char *map = fresh(bo, how);

	igt_assert_eq(mprotect(page_at(map, first), bytes(count), PROT_READ), 0);
	shadow_check(bo->sh, page_at(map, first), first, count);
	igt_assert_eq(content_touch_write(page_at(map, first + count / 2)), SIGSEGV);
	shadow_mix(bo->sh, map, 0, first);
	if (after < bo->pages)
		shadow_mix(bo->sh, page_at(map, after), after, bo->pages - after);
	igt_assert_eq(mprotect(page_at(map, first), bytes(count), RW), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void split_mprotect_tail(struct peer_bo *bo, enum peer_map how)
{
	mprotect_range(bo, how, bo->pages / 2, bo->pages - bo->pages / 2);
}

static void split_mprotect_middle(struct peer_bo *bo, enum peer_map how)
{
	mprotect_range(bo, how, bo->pages / 4, bo->pages / 2);
}

/* Some advice is refused for such mappings; none may change what they show. */
static void madvise_tail(struct peer_bo *bo, enum peer_map how, int advice, bool must_work)
{
	uint64_t cut = bo->pages / 2;
	char *map = fresh(bo, how);
	int ret = madvise(page_at(map, cut), bytes(bo->pages - cut), advice);

	igt_assert_f(!ret || !must_work, "madvise(%d): %s\n", advice, strerror(errno));
	shadow_check(bo->sh, page_at(map, cut), cut, bo->pages - cut);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void split_madvise_dontfork(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_DONTFORK, true);
}

static void split_madvise_sequential(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_SEQUENTIAL, true);
}

static void split_madvise_random(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_RANDOM, true);
}

static void split_madvise_others(struct peer_bo *bo, enum peer_map how)
{
	static const int advice[] = {
		MADV_WILLNEED,	  MADV_DONTNEED,   MADV_FREE,	       MADV_REMOVE,
		MADV_HUGEPAGE,	  MADV_NOHUGEPAGE, MADV_DONTDUMP,      MADV_DODUMP,
		MADV_WIPEONFORK,  MADV_COLD,	   MADV_PAGEOUT,       MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_COLLAPSE,   MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	size_t i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		madvise_tail(bo, how, advice[i], false);
}

static void move_tail(struct peer_bo *bo, enum peer_map how, uint64_t skew)
{
	uint64_t cut = bo->pages / 2, rest = bo->pages - cut;
	char *place = peer_reserve(bytes(rest), skew), *map = fresh(bo, how), *tail;

	tail = mremap(page_at(map, cut), bytes(rest), bytes(rest), MREMAP_MAYMOVE | MREMAP_FIXED,
		      place);
	igt_assert_f(tail == place, "mremap: %s\n", strerror(errno));
	shadow_check(bo->sh, tail, cut, rest);
	shadow_mix(bo->sh, map, 0, cut);
	shadow_mix(bo->sh, tail, cut, rest);
	munmap(map, bytes(cut));
	peer_unreserve(place, bytes(rest), skew);
}

static void mremap_tail(struct peer_bo *bo, enum peer_map how)
{
	move_tail(bo, how, 0);
	move_tail(bo, how, bytes(1));
}

/* Moves what is half touched already: entries travel, holes stay holes. */
static void mremap_whole(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2, skew = bytes(3);
	char *place = peer_reserve(bo->size, skew), *map = fresh(bo, how);

	shadow_mix(bo->sh, map, 0, half);
	igt_assert(mremap(map, bo->size, bo->size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	shadow_mix(bo->sh, place, 0, bo->pages);
	igt_assert(mremap(place, bo->size, bytes(half), 0) == place);
	shadow_mix(bo->sh, place, 0, half);
	peer_unreserve(place, bo->size, skew);
}

/* What would show pages that the mapping was not made for is refused. */
static void mremap_refused(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *map = peer_map(bo, how, 0, half);

	igt_assert(mremap(map, bytes(half), bo->size, MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert_eq(errno, EFAULT);
	igt_assert(mremap(map, 0, bytes(half), MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert(errno == EFAULT || errno == EINVAL);
	igt_assert(mremap(map, bytes(half), bytes(half), MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0) ==
		   MAP_FAILED);
	igt_assert_eq(errno, EINVAL);
	shadow_mix(bo->sh, map, 0, half);
	munmap(map, bytes(half));
}

static void mlock_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages / 2;
	char *map = fresh(bo, how);

	igt_assert_eq(mlock(page_at(map, cut), bytes(bo->pages - cut)), 0);
	shadow_check(bo->sh, page_at(map, cut), cut, bo->pages - cut);
	munlock(page_at(map, cut), bytes(bo->pages - cut));
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

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
		munmap(map, bytes(count));
	}
}

/* Cut at random, again and again, until one page is left. */
static void split_many(struct peer_bo *bo, enum peer_map how)
{
	uint64_t left = bo->pages, first = 0;
	char *map = fresh(bo, how);

	while (left > 1) {
		uint64_t cut = 1 + content_random(&bo->sh->rng, left - 1);

		igt_assert_eq(munmap(page_at(map, first), bytes(cut)), 0);
		first += cut;
		left -= cut;
		shadow_check(bo->sh, page_at(map, first), first, left);
	}
	munmap(page_at(map, first), bytes(left));
}

static const struct split {
	const char *name, *what;
	void (*run)(struct peer_bo *bo, enum peer_map how);
} splits[] = {
	{ "split-munmap-head", "munmap() of the head leaves the tail right", split_munmap_head },
	{ "split-munmap-middle", "munmap() of the middle leaves both ends", split_munmap_middle },
	{ "split-munmap-tail", "munmap() of the tail leaves the head right", split_munmap_tail },
	{ "split-munmap-many", "a VMA cut again and again from the front", split_many },
	{ "split-mprotect-tail", "mprotect() of the tail, and back", split_mprotect_tail },
	{ "split-mprotect-middle", "mprotect() of the middle, and back", split_mprotect_middle },
	{ "split-madvise-dontfork", "madvise() splits the VMA", split_madvise_dontfork },
	{ "split-madvise-sequential", "madvise() splits the VMA", split_madvise_sequential },
	{ "split-madvise-random", "madvise() splits the VMA", split_madvise_random },
	{ "split-madvise-others", "no advice changes the contents", split_madvise_others },
	{ "split-mlock-tail", "mlock() splits the VMA", mlock_tail },
	{ "mremap-tail", "the tail moved, to any alignment", mremap_tail },
	{ "mremap-whole", "all moved when half touched, then shrunk", mremap_whole },
	{ "mremap-refused", "growing and duplicating a mapping is refused", mremap_refused },
};

static void run_all(int fd, void (*run)(struct peer_bo *, enum peer_map), enum peer_map from,
		    enum peer_map to)
{
	/* Less than a chunk, one, and several with a part of one at the end. */
	const uint64_t sizes[] = { bytes(8), PEER_HUGE, 5 * PEER_HUGE / 2 + bytes(3) };
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
	struct peer_bo *bo = peer_create(fd, PEER_HUGE + bytes(5), heap);
	uint64_t half = bo->pages / 2;
	char *early = peer_map(bo, PEER_DMABUF, 0, bo->pages), *late;

	shadow_write(bo->sh, early, 0, half);
	late = peer_map(bo, PEER_DRM, 0, bo->pages);
	shadow_check(bo->sh, late, 0, bo->pages);
	shadow_mix(bo->sh, page_at(early, half), half, bo->pages - half);
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
	struct peer_bo *bo = peer_create(fd, bytes(1), heap);
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
	struct peer_bo *bo = peer_create(fd, bytes(1), heap);
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

	for (i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		igt_describe(splits[i].what);
		igt_subtest_f("%s", splits[i].name)
			run_all(fd, splits[i].run, PEER_DRM, PEER_DMABUF);
	}

	igt_describe("the DRM file mapped from inside the BO, any range");
	igt_subtest("inner-drm")
		run_all(fd, inner_ranges, PEER_DRM, PEER_DRM);

	igt_describe("the dma-buf mapped at an offset, any range");
	igt_subtest("inner-dmabuf")
		run_all(fd, inner_ranges, PEER_DMABUF, PEER_DMABUF);

	igt_describe("the mmap offset asked for after the dma-buf was mapped and touched");
	igt_subtest("offset-after-dmabuf")
		for (heap = 0; heap < peer_heaps(); heap++)
			offset_after_dmabuf(fd, heap);

	igt_describe("an export without DRM_RDWR does not return the writable dma-buf");
	igt_subtest("export-not-widened")
		for (heap = 0; heap < peer_heaps(); heap++)
			export_not_widened(fd, heap);

	igt_describe("an export with DRM_RDWR does not reopen the read-only dma-buf");
	igt_subtest("export-not-raised")
		for (heap = 0; heap < peer_heaps(); heap++)
			export_not_raised(fd, heap);

	igt_fixture()
		close(fd);
}
