// SPDX-License-Identifier: MIT
/*
 * What reclaim finds, in which cgroup, and what goes: a small part of a large BO, what is
 * cold before what is hot, and nothing that cannot be written to swap.
 *
 * IGT_DGEM_EVICT_PASSES is how often the hot set is touched; with 100 and more, the
 * share of it that had to be read from swap is held against its bar.
 */
#include <errno.h>
#include <sys/mman.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Eviction takes what it is asked for, and what is cold.");

#define MIB (1ull << 20)

static uint64_t resident(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.resident;
}

static uint32_t create_idle(int fd, uint64_t size)
{
	return dgem_bo_create_in(fd, size, 0, DRM_DGEM_BO_POPULATE);
}

static void reclaim(const char *cgroup, const char *bytes, int times)
{
	while (times--) {
		int ret = cgroup_set(cgroup, "memory.reclaim", bytes);

		igt_assert(!ret || ret == -EAGAIN);
	}
}

/*
 * A large idle BO, as large as fits beside the rest of the machine. What is evicted must
 * still be written to swap, so reclaim asks for more until enough is, and the slower
 * that is, the more it asks for: the BO does not go as a whole.
 */
static void no_more_than_asked(int fd, const char *cgroup)
{
	uint64_t size = min(400ull, observe_meminfo("MemAvailable") / 1024 / 3) * MIB;
	uint64_t page = dgem_page_size();
	long long evicted;

	igt_fork(child, 1) {
		uint32_t handle;

		cgroup_enter(cgroup);
		handle = create_idle(fd, size);
		evicted = observe_stat(fd, "evicted_pages");
		reclaim(cgroup, "1M", 1);
		evicted = observe_stat(fd, "evicted_pages") - evicted;
		igt_info("1 MiB asked of a BO of %llu MiB: %llu KiB evicted\n",
			 (unsigned long long)(size / MIB),
			 (unsigned long long)(evicted * page) / 1024);
		igt_assert_lte_u64(1, evicted);
		igt_assert_lte_u64(evicted * page, size / 2);
		gem_close(fd, handle);
	}
	igt_waitchildren();
}

static void touch_in(const char *cgroup, int fd, uint32_t handle, uint64_t size)
{
	igt_fork(child, 1) {
		char *map = dgem_bo_map(fd, handle, size);

		cgroup_enter(cgroup);
		for (uint64_t at = 0; at < size; at += dgem_page_size())
			map[at]++;
		dgem_unmap(map, size);
	}
	igt_waitchildren();
	igt_assert_eq_u64(resident(fd, handle), size);
}

/*
 * Memory is charged to who touched it first and not to who made the BO, also when it
 * has come back for another.
 */
static void first_toucher(int fd, const char *cgroup)
{
	const char *other = cgroup_create("dgem-other");
	uint64_t size = 6 * MIB + dgem_page_size();
	uint32_t handle;

	cgroup_enter(other);
	handle = dgem_bo_create(fd, size);
	cgroup_leave();
	for (int i = 0; i < 2; i++) {
		touch_in(i ? other : cgroup, fd, handle, size);
		reclaim(other, "16M", 10);
		igt_assert_eq_u64(resident(fd, handle), size);
		for (int j = 0; j < 60 && resident(fd, handle); j++)
			reclaim(cgroup, "8M", 1);
		igt_assert_eq_u64(resident(fd, handle), 0);
	}
	gem_close(fd, handle);
	cgroup_destroy(other);
}

/** struct member - a BO of a set, mapped, with what it holds */
struct member {
	uint32_t handle;
	char *map;
	uint32_t stamp;
};

#define MEMBER_SIZE (4 * MIB)

static void member_create(int fd, struct member *member, uint32_t stamp)
{
	member->handle = dgem_bo_create(fd, MEMBER_SIZE);
	member->map = dgem_bo_map(fd, member->handle, MEMBER_SIZE);
	member->stamp = stamp;
	for (uint64_t nr = 0; nr < MEMBER_SIZE / dgem_page_size(); nr++)
		content_fill_page(member->map + nr * dgem_page_size(), stamp, nr);
}

/* Reads the first word of each page, which tells stamp and page. */
static void member_touch(const struct member *member)
{
	for (uint64_t nr = 0; nr < MEMBER_SIZE / dgem_page_size(); nr++)
		igt_assert_eq_u64(*(volatile uint64_t *)(member->map + nr * dgem_page_size()),
				  (uint64_t)member->stamp << 32 | nr);
}

/*
 * What is touched twice in each pass, beside a fifth as much of what is touched in one
 * pass of twenty, is mostly there. The first passes settle what is where.
 */
static void hot_set(int fd, const char *cgroup)
{
	enum { HOT = 5, COLD = 20, BAR = 35 };
	int passes = dgem_repeat("IGT_DGEM_EVICT_PASSES", 8);

	observe_vmstat("pswpin");
	igt_assert_eq(cgroup_set(cgroup, "memory.max", "64M"), 0);
	igt_fork(child, 1) {
		int own = drm_reopen_driver(fd);
		struct member hot[HOT], cold[COLD];
		uint64_t swapins = 0, before;

		cgroup_enter(cgroup);
		for (int i = 0; i < COLD; i++)
			member_create(own, &cold[i], 100 + i);
		for (int i = 0; i < HOT; i++)
			member_create(own, &hot[i], 1 + i);
		for (int pass = 0; pass < passes; pass++) {
			member_touch(&cold[pass % COLD]);
			before = observe_vmstat("pswpin");
			for (int i = 0; i < 2 * HOT; i++)
				member_touch(&hot[i % HOT]);
			if (pass >= passes / 5)
				swapins += observe_vmstat("pswpin") - before;
		}
		passes -= passes / 5;
		igt_info("hot set: %.1f pages swapped in a pass, in %d passes\n",
			 (double)swapins / passes, passes);
		if (passes >= 80)
			igt_assert_lte_u64(swapins, (uint64_t)BAR * passes);
	}
	igt_waitchildren();
}

/* What must not be written to swap would be taken away in vain, again and again. */
static void no_swap(int fd, const char *cgroup)
{
	struct peer_bo *bo = peer_create(fd, 8 * MIB, 0);
	long long evicted, zapped;
	char *map = map_whole(bo, PEER_DRM);

	igt_fork(child, 1) {
		cgroup_enter(cgroup);
		shadow_write(bo->sh, map, 0, bo->pages);
		evicted = observe_stat(fd, "evicted_pages");
		zapped = observe_stat(fd, "zapped_chunks");
		igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
		reclaim(cgroup, "8M", 8);
		shadow_check(bo->sh, map, 0, bo->pages);
		igt_assert_eq(observe_stat(fd, "evicted_pages"), evicted);
		igt_assert_eq(observe_stat(fd, "zapped_chunks"), zapped);

		igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "max"), 0);
		for (int i = 0; i < 60 && resident(fd, bo->handle); i++)
			reclaim(cgroup, "8M", 1);
		igt_assert_eq_u64(resident(fd, bo->handle), 0);
		shadow_check(bo->sh, map, 0, bo->pages);
	}
	igt_waitchildren();
	munmap(map, bo->size);
	peer_free(bo);
}

static const struct pressure_test tests[] = {
	{ "no-more-than-asked", "Who asks for 1 MiB takes a small part of a large BO.",
	  no_more_than_asked },
	{ "first-toucher", "A BO is evicted by reclaim of the cgroup that touched it first.",
	  first_toucher },
	{ "hot-set", "What is touched often stays beside what is not.", hot_set },
	{ "no-swap", "Nothing is evicted from a cgroup that must not swap.", no_swap },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), PRESSURE_SWAP);
}
