// SPDX-License-Identifier: MIT
/*
 * A chunk need not be whole: where memory is short, or part of it is in swap, a touch
 * gets the page that was touched, and others as far as they cost nothing.
 *
 * IGT_DGEM_HOLES_SECONDS is how long the random touches go on, and IGT_DGEM_HOLES_BOS how
 * many BOs, of 50 chunks each, have one page of each chunk touched.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "dgem/swap.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Chunks are filled in part where memory is short or in swap.");

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define CHUNK PEER_CHUNK
/* too little for a chunk, even with what a group gives back of its page cache for it */
#define TIGHT (1000 * KIB)
/* what is touched of it, one page at a time */
#define TOUCHED (700 * KIB)

static uint64_t resident(const struct peer_bo *bo)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(bo->fd, bo->handle, &info);
	return info.resident;
}

/* With one BO only, all that tell what is resident say the same. */
static uint64_t resident_by_all(const struct peer_bo *bo, unsigned int heap)
{
	struct drm_dgem_heap_info info;
	uint64_t bytes = resident(bo);

	dgem_heap_info(bo->fd, heap, &info);
	igt_assert_eq_u64(info.used, bytes);
	igt_assert_eq_u64(observe_stat(bo->fd, "resident_pages") * dgem_page_size(), bytes);
	return bytes;
}

/* The pages of a chunk in random order. */
static void shuffle(struct peer_bo *bo, uint64_t *order, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		order[i] = i;
	for (uint64_t i = count; i > 1; i--) {
		uint64_t j = content_random(&bo->sh->rng, i), other = order[j];

		order[j] = order[i - 1];
		order[i - 1] = other;
	}
}

static void touch_in_turn(struct peer_bo *bo, unsigned int heap, char *map, const char *cgroup)
{
	const uint64_t page = dgem_page_size(), count = TOUCHED / page;
	uint64_t order[CHUNK / 4096] = { 0 };

	shuffle(bo, order, bo->pages);
	resident_by_all(bo, heap);
	cgroup_allow(cgroup, TIGHT);
	for (uint64_t i = 0; i < count; i++) {
		char *at = map_page(map, order[i]);

		igt_assert_f(!content_touch_read(at), "page %llu of %llu cannot be had\n",
			     (unsigned long long)i, (unsigned long long)count);
		shadow_check(bo->sh, at, order[i], 1);
		shadow_write(bo->sh, at, order[i], 1);
		igt_assert_eq_u64(resident_by_all(bo, heap), (i + 1) * page);
	}
	for (uint64_t i = 0; i < count; i++)
		shadow_check(bo->sh, map_page(map, order[i]), order[i], 1);
	igt_assert_eq_u64(resident_by_all(bo, heap), count * page);
}

/* A group that has no room for a chunk has some for its pages. */
static void tight(int fd, const char *cgroup, unsigned int heap)
{
	igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
	igt_fork(child, 1) {
		struct peer_bo *bo = peer_create(fd, CHUNK, heap);
		char *map = map_whole(bo, PEER_DRM);

		cgroup_enter(cgroup);
		touch_in_turn(bo, heap, map, cgroup);
		munmap(map, CHUNK);
		peer_free(bo);
	}
	igt_waitchildren();
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), 0);
}

static void tight_system(int fd, const char *cgroup)
{
	tight(fd, cgroup, 0);
}

static void tight_pinned(int fd, const char *cgroup)
{
	tight(fd, cgroup, 1);
}

enum { CHUNKS = 50, MAX_BOS = 20 };

/*
 * One page of each chunk, which is mapped for that time only: what a mapping costs is
 * not the question. Never is there room for a chunk.
 */
static uint64_t one_page_each(struct peer_bo **bos, int chunks, const char *cgroup)
{
	uint64_t before = cgroup_charged(cgroup);

	for (int i = 0; i < chunks; i++) {
		struct peer_bo *bo = bos[i / CHUNKS];
		uint64_t nr = i % CHUNKS * (CHUNK / dgem_page_size()) + 17;
		char *map;

		igt_assert(bo);
		map = peer_map(bo, PEER_DRM, nr, 8);
		if (i % 16 == 0)
			cgroup_allow(cgroup, TIGHT / 2);
		igt_assert_eq(content_touch_write(map), 0);
		shadow_write(bo->sh, map, nr, 1);
		munmap(map, 8 * dgem_page_size());
	}
	return cgroup_charged(cgroup) - before;
}

static void check_each(struct peer_bo *bo)
{
	for (int i = 0; i < CHUNKS; i++) {
		uint64_t nr = i * (CHUNK / dgem_page_size()) + 17;
		char *map = peer_map(bo, PEER_DMABUF, nr, 1);

		shadow_check(bo->sh, map, nr, 1);
		munmap(map, dgem_page_size());
	}
}

/* What the kernel takes for 4 KiB: more where it looks for mistakes in using memory. */
static uint64_t table_cost(void)
{
	char *text = observe_file("/sys/kernel/slab/kmalloc-cg-4k/slab_size");
	uint64_t size = text ? strtoull(text, NULL, 10) : 4 * KIB;

	free(text);
	igt_assert_lte_u64(4 * KIB, size);
	return size;
}

static void one_page_a_chunk(int fd, const char *cgroup, unsigned int heap)
{
	const int num = dgem_repeat("IGT_DGEM_HOLES_BOS", 3), chunks = num * CHUNKS;

	igt_assert_lte(num, MAX_BOS);
	igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
	igt_fork(child, 1) {
		struct peer_bo *bos[MAX_BOS] = {};
		uint64_t pages = 0, taken;

		for (int i = 0; i < num; i++)
			bos[i] = peer_create(fd, CHUNKS * CHUNK, heap);
		cgroup_enter(cgroup);
		taken = one_page_each(bos, chunks, cgroup);
		for (int i = 0; i < num; i++) {
			pages += resident(bos[i]) / dgem_page_size();
			check_each(bos[i]);
			peer_free(bos[i]);
		}
		igt_info("one page of each of %d chunks: %llu bytes a chunk\n", chunks,
			 (unsigned long long)taken / chunks);
		igt_assert_eq_u64(pages, chunks);
		igt_assert_lte_u64(taken, chunks * (dgem_page_size() + table_cost() / 4 * 5));
	}
	igt_waitchildren();
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), 0);
}

static void one_page_a_chunk_system(int fd, const char *cgroup)
{
	one_page_a_chunk(fd, cgroup, 0);
}

static void one_page_a_chunk_pinned(int fd, const char *cgroup)
{
	one_page_a_chunk(fd, cgroup, 1);
}

/* Pages of the last chunk of what is touched in any order: less than a part's. */
#define TAIL 3

/* A child's touches and its parent's are of the same pages. */
static void check_in_child(struct peer_bo *bo, char *map)
{
	igt_fork(child, 1)
		for (int i = 0; i < 8; i++) {
			uint64_t nr = content_random(&bo->sh->rng, bo->pages);

			shadow_mix(bo->sh, map_page(map, nr), nr, 1);
		}
	igt_waitchildren();
}

/* A mapping of its own, through the dma-buf. */
static void check_by_dmabuf(struct peer_bo *bo)
{
	uint64_t nr = content_random(&bo->sh->rng, bo->pages - 8);
	char *map = peer_map(bo, PEER_DMABUF, nr, 8);

	shadow_mix(bo->sh, map, nr, 8);
	munmap(map, 8 * dgem_page_size());
}

static void touch_anything(struct peer_bo *bo, char *map, const char *cgroup, int64_t end)
{
	uint64_t parts = 0, ops = 0;

	for (; dgem_now() < end; ops++) {
		uint64_t nr = content_random(&bo->sh->rng, bo->pages), now;

		switch (content_random(&bo->sh->rng, 64)) {
		case 0:
			check_in_child(bo, map);
			break;
		case 1 ... 2:
			check_by_dmabuf(bo);
			break;
		case 3 ... 6:
			cgroup_set(cgroup, "memory.reclaim", "2M");
			break;
		default:
			shadow_mix(bo->sh, map_page(map, nr), nr, 1);
		}
		now = resident_by_all(bo, 0);
		parts += now % CHUNK > TAIL * dgem_page_size();
	}
	igt_info("%llu operations, after %llu of them a chunk was filled in part\n",
		 (unsigned long long)ops, (unsigned long long)parts);
	igt_assert_lt_u64(0, parts);
}

/* In any order, with eviction, swap, fork and a second mapping in between. */
static void any_order(int fd, const char *cgroup)
{
	int64_t ns = dgem_repeat("IGT_DGEM_HOLES_SECONDS", 5) * 1000000000ll;
	long long evicted = observe_stat(fd, "evicted_pages");
	struct peer_bo *bo = peer_create(fd, 4 * CHUNK + TAIL * dgem_page_size(), 0);
	char *map = map_whole(bo, PEER_DRM);

	/* From zram itself, newer kernels read folios back as large as they wrote them. */
	swap_dm_start(64 * MIB);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", "12M"), 0);
	cgroup_enter(cgroup);
	touch_anything(bo, map, cgroup, dgem_now() + ns);
	shadow_check(bo->sh, map, 0, bo->pages);
	cgroup_leave();
	munmap(map, bo->size);
	peer_free(bo);
	swap_dm_stop();
	igt_assert_lt(evicted, observe_stat(fd, "evicted_pages"));
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), 0);
}

/* Two chunks, nearly all of which the group has written to swap. */
static struct peer_bo *swapped_bo(int fd, const char *cgroup)
{
	struct peer_bo *bo = peer_create(fd, 2 * CHUNK, 0);

	igt_fork(child, 1) {
		cgroup_enter(cgroup);
		peer_fill(bo, PEER_DRM);
	}
	igt_waitchildren();
	for (int i = 0; i < 100; i++) {
		cgroup_set(cgroup, "memory.reclaim", "8M");
		if (cgroup_get(cgroup, "memory.swap.current", NULL) == 2 * CHUNK)
			break;
	}
	igt_assert_eq_u64(resident(bo), 0);
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.swap.current", NULL), 2 * CHUNK);
	return bo;
}

/*
 * One byte brings back what swap's own read-ahead would. That is turned off, so that
 * what is read is the driver's doing.
 */
static void window(int fd, const char *cgroup)
{
	enum { WINDOW = 8 };
	uint64_t before, page = dgem_page_size();
	struct peer_bo *bo;
	char *map;

	observe_vmstat("pswpin");
	swap_dm_start(16 * MIB);
	igt_assert_eq(observe_write("/proc/sys/vm/page-cluster", "0"), 0);
	bo = swapped_bo(fd, cgroup);
	map = map_whole(bo, PEER_DRM);
	before = observe_vmstat("pswpin");
	shadow_check(bo->sh, map_page(map, 100), 100, 1);
	igt_assert_eq_u64(observe_vmstat("pswpin") - before, WINDOW);
	igt_assert_eq_u64(resident_by_all(bo, 0), WINDOW * page);
	/* those around it are there */
	before = observe_vmstat("pswpin");
	shadow_check(bo->sh, map_page(map, 96), 96, WINDOW);
	igt_assert_eq_u64(observe_vmstat("pswpin"), before);

	shadow_check(bo->sh, map_page(map, 95), 95, 1);
	igt_assert_eq_u64(observe_vmstat("pswpin") - before, WINDOW);
	igt_assert_eq_u64(resident_by_all(bo, 0), 2 * WINDOW * page);
	observe_write("/proc/sys/vm/page-cluster", "3");
	shadow_check(bo->sh, map, 0, bo->pages);
	igt_assert_eq_u64(resident_by_all(bo, 0), bo->size);
	munmap(map, bo->size);
	peer_free(bo);
	swap_dm_stop();
}

/* The kernel needs all of a BO, holes or not. */
static void pinned_whole(int fd, const char *cgroup)
{
	struct peer_bo *bo;
	struct vivid v;
	char *map;

	swap_dm_start(16 * MIB);
	bo = swapped_bo(fd, cgroup);
	map = map_whole(bo, PEER_DRM);
	shadow_mix(bo->sh, map_page(map, 200), 200, 1);
	igt_assert_lt_u64(resident_by_all(bo, 0), CHUNK);
	peer_export(bo);
	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, bo->dmabuf, bo->size), 0);
	igt_assert_eq_u64(resident_by_all(bo, 0), bo->size);
	vivid_close(&v);
	shadow_check(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	peer_free(bo);
	swap_dm_stop();
}

static const struct pressure_test tests[] = {
	{ "tight-system", "With less memory left than a chunk, its pages can be had one by one.",
	  tight_system },
	{ "tight-pinned", "So can those of a heap that is not swappable.", tight_pinned },
	{ "one-page-a-chunk-system", "One page of a chunk costs little more than that page.",
	  one_page_a_chunk_system },
	{ "one-page-a-chunk-pinned", "So does one of a heap that is not swappable.",
	  one_page_a_chunk_pinned },
	{ "any-order", "Pages touched in any order, and evicted in between, keep their contents.",
	  any_order },
	{ "window", "A touch reads a few pages from swap, and not a chunk.", window },
	{ "pinned-whole", "A BO that is filled in part becomes whole when the kernel maps it.",
	  pinned_whole },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), 0);

	igt_fixture()
		observe_write("/proc/sys/vm/page-cluster", "3");
}
