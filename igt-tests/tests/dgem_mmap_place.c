// SPDX-License-Identifier: MIT
/*
 * Where a mapping lies and how large its BO is: every size around a chunk,
 * every alignment to it, fixed places, hints, the end of the BO, fork, and
 * mappings that outlive handle and file. Contents are compared throughout.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/peer.h"
#include "dgem/subtests.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Mappings of any size at any address show the right contents.");

#define RW (PROT_READ | PROT_WRITE)

static uint64_t bytes(uint64_t pages)
{
	return pages * content_page_size();
}

/* New memory reads as zero, then as what was written, by both files. */
static void one_size(int fd, uint64_t size, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, size, heap);
	char *drm = peer_map(bo, PEER_DRM, 0, bo->pages), *dmabuf;

	shadow_mix(bo->sh, drm, 0, bo->pages);
	dmabuf = peer_map(bo, PEER_DMABUF, 0, bo->pages);
	shadow_mix(bo->sh, dmabuf, 0, bo->pages);
	shadow_check(bo->sh, drm, 0, bo->pages);
	munmap(drm, bo->size);
	drm = peer_map(bo, PEER_DRM, 0, bo->pages);
	shadow_check(bo->sh, drm, 0, bo->pages);
	munmap(drm, bo->size);
	munmap(dmabuf, bo->size);
	peer_free(bo);
}

static void map_fixed(struct peer_bo *bo, enum peer_map how, void *place, uint64_t first,
		      uint64_t count)
{
	void *map = peer_mmap(bo, how, place, MAP_FIXED, RW, first, count);

	igt_assert_f(map == place, "MAP_FIXED: %s\n", strerror(errno));
}

/* A mapping at @skew above a huge boundary, from page @first of the BO on. */
static void one_place(struct peer_bo *bo, enum peer_map how, uint64_t skew, uint64_t first)
{
	uint64_t count = bo->pages - first;
	char *place = peer_reserve(bytes(count), skew);

	map_fixed(bo, how, place, first, count);
	shadow_mix(bo->sh, place, first, count);
	igt_assert_eq(content_touch_read(place - 1), SIGSEGV);
	igt_assert_eq(content_touch_read(place + bytes(count)), SIGSEGV);
	peer_unreserve(place, bytes(count), skew);
}

static void fixed_any_alignment(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, 2 * PEER_CHUNK + bytes(7), heap);
	const uint64_t skews[] = { 0, bytes(1), PEER_CHUNK / 2, PEER_CHUNK - bytes(1) };
	uint64_t firsts[] = { 0,
			      1,
			      PEER_CHUNK / bytes(1) / 2,
			      PEER_CHUNK / bytes(1) - 1,
			      PEER_CHUNK / bytes(1),
			      PEER_CHUNK / bytes(1) + 1 };
	size_t i, j;

	for (i = 0; i < sizeof(skews) / sizeof(skews[0]); i++)
		for (j = 0; j < sizeof(firsts) / sizeof(firsts[0]); j++) {
			one_place(bo, PEER_DRM, skews[i], firsts[j]);
			one_place(bo, PEER_DMABUF, skews[i], firsts[j]);
		}
	peer_free(bo);
}

/* One BO at two places, one of which can have huge entries and one not. */
static void two_alignments(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, 2 * PEER_CHUNK, heap);
	char *even = peer_reserve(bo->size, 0), *odd = peer_reserve(bo->size, bytes(1));
	int i;

	map_fixed(bo, PEER_DRM, even, 0, bo->pages);
	map_fixed(bo, PEER_DMABUF, odd, 0, bo->pages);
	for (i = 0; i < 4; i++) {
		shadow_mix(bo->sh, odd, 0, bo->pages);
		shadow_mix(bo->sh, even, 0, bo->pages);
	}
	peer_unreserve(even, bo->size, 0);
	shadow_check(bo->sh, odd, 0, bo->pages);
	peer_unreserve(odd, bo->size, bytes(1));
	peer_free(bo);
}

/* Another mapping has the chunk's last page, which a huge entry would cover. */
static void neighbour_at_the_end(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, PEER_CHUNK - bytes(1), heap);
	char *place = peer_reserve(PEER_CHUNK, 0), *next = place + bo->size;
	unsigned int how;

	for (how = 0; how < PEER_MAPS; how++) {
		map_fixed(bo, how, place, 0, bo->pages);
		igt_assert(mmap(next, bytes(1), RW, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0) == next);
		content_fill_page(next, 77, 7);
		shadow_mix(bo->sh, place, 0, bo->pages);
		igt_assert(content_page_is(next, 77, 7));
		igt_assert_eq(munmap(next, bytes(1)), 0);
		igt_assert_eq(content_touch_read(next), SIGSEGV);
		igt_assert_eq(munmap(place, bo->size), 0);
	}
	munmap(place - PEER_CHUNK, PEER_CHUNK);
	munmap(place + PEER_CHUNK, PEER_CHUNK);
	peer_free(bo);
}

static void noreplace(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, bytes(16), heap);
	char *taken = peer_reserve(bo->size, 0);
	unsigned int how;

	for (how = 0; how < PEER_MAPS; how++) {
		igt_assert(peer_mmap(bo, how, taken, MAP_FIXED_NOREPLACE, RW, 0, bo->pages) ==
			   MAP_FAILED);
		igt_assert_eq(errno, EEXIST);
		munmap(taken, bo->size);
		igt_assert(peer_mmap(bo, how, taken, MAP_FIXED_NOREPLACE, RW, 0, bo->pages) ==
			   taken);
		shadow_mix(bo->sh, taken, 0, bo->pages);
	}
	peer_unreserve(taken, bo->size, 0);
	peer_free(bo);
}

/* A free place that was asked for is the place that is given. */
static void hints(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, 2 * PEER_CHUNK, heap);
	const uint64_t skews[] = { 0, bytes(1), PEER_CHUNK / 2 };
	unsigned int how;
	size_t i;

	for (i = 0; i < sizeof(skews) / sizeof(skews[0]); i++)
		for (how = 0; how < PEER_MAPS; how++) {
			char *place = peer_reserve(bo->size, skews[i]);

			munmap(place, bo->size);
			igt_assert(peer_mmap(bo, how, place, 0, RW, 0, bo->pages) == place);
			shadow_mix(bo->sh, place, 0, bo->pages);
			peer_unreserve(place, bo->size, skews[i]);
		}
	peer_free(bo);
}

/* Ranges that do not lie within the BO, by either file. */
static void past_the_end(int fd, unsigned int heap)
{
	struct peer_bo *bo = peer_create(fd, PEER_CHUNK + bytes(3), heap);
	uint64_t n = bo->pages;
	const uint64_t range[][2] = { { 0, n + 1 }, { n - 1, 2 }, { n, 1 },
				      { 1, n },	    { n + 1, 1 }, { n / 2, n } };
	unsigned int how;
	size_t i;

	for (how = 0; how < PEER_MAPS; how++) {
		char *last;

		for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
			igt_assert(peer_mmap(bo, how, NULL, 0, RW, range[i][0], range[i][1]) ==
				   MAP_FAILED);
			igt_assert_eq(errno, EINVAL);
		}
		last = peer_map(bo, how, n - 2, 2);
		shadow_mix(bo->sh, last, n - 2, 2);
		igt_assert_eq(content_touch_write(last + bytes(2) - 1), 0);
		munmap(last, bytes(2));
	}
	peer_free(bo);
}

/* Parent and child write in turn; the child's mapping outlives the parent's. */
static void forked(int fd, unsigned int heap, enum peer_map how)
{
	struct peer_bo *bo = peer_create(fd, PEER_CHUNK + bytes(9), heap);
	uint64_t half = bo->pages / 2;
	char *map = peer_map(bo, how, 0, bo->pages);

	shadow_mix(bo->sh, map, 0, half);
	igt_fork(child, 1)
		shadow_mix(bo->sh, map, 0, bo->pages);
	igt_waitchildren();
	shadow_mix(bo->sh, map, 0, bo->pages);
	igt_assert_eq(madvise(map, bytes(half), MADV_DONTFORK), 0);
	igt_fork(child, 1) {
		igt_assert_eq(content_touch_read(map), SIGSEGV);
		shadow_mix(bo->sh, map + bytes(half), half, bo->pages - half);
	}
	igt_waitchildren();
	shadow_check(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	peer_free(bo);
}

/* The parent's mapping and files go while the child's stay. */
static void forked_outlives(int fd, unsigned int heap)
{
	int ready[2];
	struct peer_bo *bo;
	char *map, c;

	igt_assert_eq(pipe(ready), 0);
	bo = peer_create(fd, PEER_CHUNK, heap);
	map = peer_map(bo, PEER_DRM, 0, bo->pages);
	shadow_mix(bo->sh, map, 0, bo->pages);
	igt_fork(child, 1) {
		igt_assert_eq(close(ready[1]) | close(fd), 0);
		igt_assert_eq(read(ready[0], &c, 1), 1);
		shadow_mix(bo->sh, map, 0, bo->pages);
	}
	munmap(map, bo->size);
	gem_close(fd, bo->handle);
	bo->handle = 0;
	igt_assert_eq(write(ready[1], "", 1), 1);
	igt_waitchildren();
	close(ready[0]);
	close(ready[1]);
	peer_free(bo);
}

/* Handle, dma-buf and file closed one by one, the mapping used in between. */
static void outlives(unsigned int heap, enum peer_map how)
{
	int fd = peer_open();
	struct peer_bo *bo = peer_create(fd, PEER_CHUNK + bytes(2), heap);
	char *map = peer_map(bo, how, 0, bo->pages);
	uint64_t third = bo->pages / 3;

	shadow_mix(bo->sh, map, 0, third);
	gem_close(fd, bo->handle);
	bo->handle = 0;
	shadow_mix(bo->sh, map, 0, 2 * third);
	if (bo->dmabuf >= 0)
		close(bo->dmabuf);
	bo->dmabuf = -1;
	close(fd);
	bo->fd = -1;
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bytes(third));
	shadow_check(bo->sh, map + bytes(third), third, bo->pages - third);
	munmap(map + bytes(third), bo->size - bytes(third));
	peer_free(bo);
}

static void each_heap(int fd, void (*run)(int fd, unsigned int heap))
{
	unsigned int heap;

	for (heap = 0; heap < peer_heaps(); heap++) {
		igt_debug("heap %s\n", peer_heap_name(heap));
		run(fd, heap);
	}
}

static void forked_both(int fd, unsigned int heap)
{
	forked(fd, heap, PEER_DRM);
	forked(fd, heap, PEER_DMABUF);
}

static void outlives_both(int fd, unsigned int heap)
{
	(void)fd;
	outlives(heap, PEER_DRM);
	outlives(heap, PEER_DMABUF);
}

static const struct {
	const char *name;
	uint64_t huge;
	int pages;
} sizes[] = {
	{ "size-1-page", 0, 1 }, { "size-3-pages", 0, 3 },	{ "size-chunk-minus-1", 1, -1 },
	{ "size-chunk", 1, 0 },	 { "size-chunk-plus-1", 1, 1 }, { "size-5m", 2, 256 },
	{ "size-64m", 32, 0 },
};

static const struct {
	const char *name, *what;
	void (*run)(int fd, unsigned int heap);
} places[] = {
	{ "fixed-any-alignment", "MAP_FIXED works at and off the boundaries of huge pages.",
	  fixed_any_alignment },
	{ "two-alignments",
	  "Two mappings of a BO, one with huge entries and one without, show the same contents.",
	  two_alignments },
	{ "neighbour-at-the-end", "No huge entry reaches beyond the end of the BO.",
	  neighbour_at_the_end },
	{ "fixed-noreplace", "MAP_FIXED_NOREPLACE gives EEXIST or the address that was asked for.",
	  noreplace },
	{ "hint", "A hint at a free address is honoured.", hints },
	{ "past-the-end", "A range outside the BO gives EINVAL.", past_the_end },
	{ "fork", "A child and its parent see each other's writes.", forked_both },
	{ "fork-outlives", "A child's mapping outlives the parent's mapping, handle and file.",
	  forked_outlives },
	{ "outlives-handle-and-file", "A mapping outlives its handle and its file.",
	  outlives_both },
};

int igt_main()
{
	int fd = -1;
	unsigned int heap;
	size_t i;

	igt_fixture() {
		fd = peer_open();
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		igt_describe(
			"A BO reads as zero, then as written, by the DRM file and by the dma-buf.");
		igt_subtest_f("%s", sizes[i].name)
			for (heap = 0; heap < peer_heaps(); heap++)
				one_size(fd,
					 sizes[i].huge * PEER_CHUNK +
						 sizes[i].pages * (int64_t)bytes(1),
					 heap);
	}

	for_each_subtest(t, places)
		each_heap(fd, t->run);

	igt_fixture()
		close(fd);
}
