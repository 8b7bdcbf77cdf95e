// SPDX-License-Identifier: MIT
/*
 * Mappings of BOs with DRM_DGEM_BO_DIRECT_IO: what they show after they were split or
 * moved, and that no page is lost by that. The kernel counts them as it counts pages
 * of files, with a reference and a count for each entry.
 *
 * IGT_DGEM_DIRECT_MIB is the size of the BOs that are used again and again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/direct.h"
#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Mappings of BOs with DIRECT_IO show the right contents and lose no page.");

#define MIB (1ull << 20)

/* Four times the size is large enough to tell from what else happens. */
#define LEAK_TIMES 4

static uint64_t leak_size(void)
{
	return dgem_repeat("IGT_DGEM_DIRECT_MIB", 16) * MIB;
}

static struct peer_bo *filled(int fd, uint64_t size, uint32_t heap)
{
	struct peer_bo *bo = direct_create(fd, size, heap, DRM_DGEM_BO_DIRECT_IO);

	peer_fill(bo, PEER_DRM);
	return bo;
}

static void shape(int fd, const struct map_shape *s)
{
	/* Less than a chunk, and two with a part of one at the end. */
	const uint64_t sizes[] = { map_bytes(8), 2 * PEER_CHUNK + map_bytes(3) };

	for_each_direct_heap(fd, heap)
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
			for (unsigned int how = 0; how < PEER_MAPS; how++) {
				struct peer_bo *bo = filled(fd, sizes[i], heap);

				s->run(bo, how);
				peer_free(bo);
			}
}

static void touch(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += map_bytes(1))
		*(volatile char *)(map + at) = 1;
}

/* One page in each chunk goes, all others stay until the end. */
static void part_unmapped(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PEER_CHUNK)
		igt_assert_eq(munmap(map + at + map_bytes(3), map_bytes(1)), 0);
}

static void part_protected(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PEER_CHUNK)
		igt_assert_eq(mprotect(map + at + map_bytes(3), map_bytes(1), PROT_READ), 0);
}

static void part_moved(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PEER_CHUNK) {
		char *to = mmap(NULL, map_bytes(1), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		igt_assert(to != MAP_FAILED);
		igt_assert(mremap(map + at + map_bytes(3), map_bytes(1), map_bytes(1),
				  MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		igt_assert_eq(*to, 1);
		munmap(to, map_bytes(1));
	}
}

static void part_zapped(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PEER_CHUNK) {
		igt_assert_eq(madvise(map + at + map_bytes(3), map_bytes(1), MADV_DONTNEED), 0);
		igt_assert_eq(map[at + map_bytes(3)], 1);
	}
}

/* The child ends with all of it mapped, and parts of it unmapped. */
static void part_forked(char *map, uint64_t size)
{
	igt_fork(child, 1) {
		part_unmapped(map, size);
		igt_assert_eq(map[0], 1);
		igt_assert_eq(map[size - map_bytes(1)], 1);
	}
	igt_waitchildren();
}

static const struct {
	const char *name, *what;
	void (*part)(char *map, uint64_t size);
} splits[] = {
	{ "munmap", "No page is lost when parts of a mapping are unmapped.", part_unmapped },
	{ "mprotect", "No page is lost when parts of a mapping are protected.", part_protected },
	{ "mremap", "No page is lost when parts of a mapping are moved.", part_moved },
	{ "dontneed", "No page is lost when parts of a mapping are zapped.", part_zapped },
	{ "fork", "No page is lost when a mapping is inherited.", part_forked },
};

static void use_and_split(int fd, uint32_t heap, void (*part)(char *map, uint64_t size))
{
	uint64_t size = leak_size();
	uint32_t handle = dgem_bo_create_in(fd, size, heap, DRM_DGEM_BO_DIRECT_IO);
	char *map = dgem_bo_map(fd, handle, size);

	touch(map, size);
	part(map, size);
	munmap(map, size);
	gem_close(fd, handle);
}

/*
 * A page that is lost is so with all that was mapped with it by one entry. The first
 * round is for what the kernel keeps for later.
 */
static void no_page_lost(int fd, void (*part)(char *map, uint64_t size))
{
	for_each_direct_heap(fd, heap) {
		uint64_t before;

		use_and_split(fd, heap, part);
		before = observe_free_memory();
		for (int i = 0; i < LEAK_TIMES; i++)
			use_and_split(fd, heap, part);
		igt_assert_lte_u64(before, observe_free_memory() + leak_size() * LEAK_TIMES / 2);
	}
}

/* Pages of files, or shared ones, that this process has mapped. */
static uint64_t mapped_pages(void)
{
	unsigned long long size, rss, shared;
	char *text = observe_file("/proc/self/statm");

	igt_assert(text && sscanf(text, "%llu %llu %llu", &size, &rss, &shared) == 3);
	free(text);
	return shared;
}

/* The kernel sums up what each thread counts, to 64 pages or so. */
#define SLACK_RSS 256

static void resident_set(int fd)
{
	for_each_direct_heap(fd, heap) {
		uint64_t size = 4 * PEER_CHUNK, pages = size / map_bytes(1), before;
		struct peer_bo *bo = filled(fd, size, heap);
		char *map = map_whole(bo, PEER_DRM);

		before = mapped_pages();
		shadow_check(bo->sh, map, 0, bo->pages);
		igt_assert_lte_u64(before + pages, mapped_pages() + SLACK_RSS);
		munmap(map, size);
		igt_assert_lte_u64(mapped_pages(), before + SLACK_RSS);
		peer_free(bo);
	}
}

/* No entry of a chunk maps more than a page, and BO_INFO promises none that does. */
static void small_entries(int fd)
{
	for_each_direct_heap(fd, heap) {
		long long huge = observe_stat(fd, "huge_faults"), ptes;
		struct peer_bo *bo = filled(fd, 4 * PEER_CHUNK, heap);
		char *map = map_whole(bo, PEER_DRM);
		struct drm_dgem_bo_info info;

		ptes = observe_stat(fd, "pte_faults");
		shadow_check(bo->sh, map, 0, bo->pages);
		igt_assert_eq(observe_stat(fd, "huge_faults"), huge);
		igt_assert_lte(ptes + 4, observe_stat(fd, "pte_faults"));
		dgem_bo_info(fd, bo->handle, &info);
		igt_assert_eq_u64(info.resident, bo->size);
		igt_assert_eq_u64(info.huge, 0);
		munmap(map, bo->size);
		peer_free(bo);
	}
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (unsigned int i = 0; i < map_shapes_num; i++) {
		igt_describe(map_shapes[i].what);
		dgem_subtest_f(fd, "shape-%s", map_shapes[i].name)
			shape(fd, &map_shapes[i]);
	}

	for_each_row(t, splits)
		dgem_subtest_f(fd, "lost-%s", t->name)
			no_page_lost(fd, t->part);

	igt_describe("Pages of such a mapping count as resident memory while they are mapped.");
	dgem_subtest(fd, "resident-set")
		resident_set(fd);

	igt_describe("Such a mapping has no huge entries, and BO_INFO says so.");
	dgem_subtest(fd, "small-entries")
		small_entries(fd);

	igt_fixture()
		close(fd);
}
