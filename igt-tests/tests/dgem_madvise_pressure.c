// SPDX-License-Identifier: MIT
/*
 * BOs that are not needed when memory is short: they go first, wherever it is, and
 * nothing is swapped out for them. Limits are in dgem_madvise_limit.
 */
#include <errno.h>
#include <signal.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "dgem/swap.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("What is not needed goes first when memory is short.");

#define MIB (1ULL << 20)
#define SIZE (4 * MIB)
#define WILLNEED DRM_DGEM_MADV_WILLNEED
#define DONTNEED DRM_DGEM_MADV_DONTNEED

/* Swap is the whole system's, but nothing else is short of memory here. */
static uint64_t swapped_out(void)
{
	return observe_vmstat("pswpout");
}

static uint32_t create_unneeded(int file, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(file, SIZE, heap, DRM_DGEM_BO_POPULATE);

	igt_assert(dgem_bo_madvise(file, handle, DONTNEED));
	return handle;
}

static uint64_t resident(int file, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(file, handle, &info);
	return info.resident;
}

/* What shrinkers free does not count when a cgroup is asked, so EAGAIN is right. */
static void reclaim(const char *cgroup)
{
	int ret = cgroup_set(cgroup, "memory.reclaim", "4M");

	igt_assert(!ret || ret == -EAGAIN);
}

/*
 * A process that takes more than is available gets it from what is not needed: nothing
 * of what is needed is evicted.
 */
static void before_swap(int fd, const char *cgroup)
{
	uint64_t size = hog_available() / 2, swapped = swapped_out(), had = 0, pages;
	long long evicted = observe_stat(fd, "evicted_pages");
	uint32_t needed = dgem_bo_create_in(fd, 6 * SIZE, 0, DRM_DGEM_BO_POPULATE);
	uint32_t first = create_unneeded(fd, 0);
	unsigned int purged = 0, bos = 1;

	(void)cgroup;
	for (; had < size; had += SIZE, bos++)
		create_unneeded(fd, bos % 2);
	igt_fork(child, 1)
		hog_check(hog_take(size / 2 * 3), size / 2 * 3);
	igt_waitchildren();
	igt_assert_eq_u64(resident(fd, needed), 6 * SIZE);
	gem_close(fd, needed);
	for (uint32_t handle = first; handle < first + bos; handle++) {
		purged += !dgem_bo_madvise(fd, handle, WILLNEED);
		gem_close(fd, handle);
	}
	swapped = swapped_out() - swapped;
	pages = purged * (SIZE / dgem_page_size());
	igt_info("%u of %u BOs purged, %llu pages swapped out\n", purged, bos,
		 (unsigned long long)swapped);
	igt_assert_lt(0, purged);
	igt_assert_eq(observe_stat(fd, "evicted_pages"), evicted);
	/* the kernel swaps some cold pages of processes out beside that */
	igt_assert_lte_u64(swapped, pages / 20);
}

/* Of a cgroup, too: what is needed goes when there is nothing else to be had. */
static void in_cgroup(int fd, const char *cgroup)
{
	uint32_t needed, unneeded[6];
	unsigned int gone;

	cgroup_enter(cgroup);
	needed = dgem_bo_create_in(fd, 6 * SIZE, 0, DRM_DGEM_BO_POPULATE);
	for (int i = 0; i < 6; i++)
		unneeded[i] = create_unneeded(fd, i % 2);
	do {
		reclaim(cgroup);
		gone = 0;
		for (int i = 0; i < 6; i++)
			gone += !resident(fd, unneeded[i]);
		igt_info("%u of 6 BOs purged\n", gone);
		igt_assert(gone == 6 || resident(fd, needed) == 6 * SIZE);
	} while (gone < 6);
	gem_close(fd, needed);
	for (int i = 0; i < 6; i++)
		gem_close(fd, unneeded[i]);
}

/* There is nothing to write it to, or it must not be written there. */
static void without_swap(int fd, const char *cgroup)
{
	uint32_t handle[2];

	swap_stop();
	cgroup_enter(cgroup);
	for (int i = 0; i < 2; i++)
		handle[i] = create_unneeded(fd, i);
	reclaim(cgroup);
	for (int i = 0; i < 2; i++) {
		igt_assert_eq_u64(resident(fd, handle[i]), 0);
		gem_close(fd, handle[i]);
	}
	cgroup_leave();
	swap_start(PRESSURE_SWAP);
}

static void must_not_swap(int fd, const char *cgroup)
{
	uint32_t handle;

	igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
	cgroup_enter(cgroup);
	handle = create_unneeded(fd, 0);
	reclaim(cgroup);
	igt_assert_eq_u64(resident(fd, handle), 0);
	gem_close(fd, handle);
}

/* What was evicted before is dropped at once, with what is in swap of it. */
static void evicted(int fd, const char *cgroup)
{
	uint64_t swap = observe_meminfo("SwapFree"), back;
	long long purged = observe_stat(fd, "purged_pages");
	uint32_t handle;
	char *map;

	cgroup_enter(cgroup);
	handle = dgem_bo_create(fd, 3 * SIZE);
	map = dgem_bo_map(fd, handle, 3 * SIZE);
	for (uint64_t nr = 0; nr < 3 * SIZE / dgem_page_size(); nr++)
		content_fill_page(map + nr * dgem_page_size(), 7, nr);
	for (int i = 0; i < 60 && resident(fd, handle) > SIZE; i++)
		reclaim(cgroup);
	back = observe_meminfo("SwapFree");
	igt_info("%llu KiB in swap\n", (unsigned long long)(swap - back));
	igt_assert_lt_u64(back, swap);
	igt_assert(!dgem_bo_madvise(fd, handle, DONTNEED));
	igt_assert_eq_u64(resident(fd, handle), 0);
	igt_assert_eq(content_touch_read(map), SIGBUS);
	igt_assert_lt_u64(back, observe_meminfo("SwapFree"));
	igt_assert_eq(observe_stat(fd, "purged_pages") - purged, 3 * SIZE / dgem_page_size());
	dgem_unmap(map, 3 * SIZE);
	gem_close(fd, handle);
}

static const struct pressure_test tests[] = {
	{ "before-swap", "What is not needed goes before anything is evicted or swapped out.",
	  before_swap },
	{ "in-cgroup", "What is not needed of a cgroup goes before what is.", in_cgroup },
	{ "without-swap", "What is not needed goes where there is no swap.", without_swap },
	{ "must-not-swap", "What is not needed goes where a cgroup must not swap.", must_not_swap },
	{ "evicted", "What is evicted when it is given up goes at once, also from swap.", evicted },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), PRESSURE_SWAP);
}
