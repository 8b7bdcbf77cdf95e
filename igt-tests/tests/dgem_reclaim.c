// SPDX-License-Identifier: MIT
/*
 * Memory pressure: BOs of the system heap are evicted to swap and come back as they
 * were, also while they are mapped to user space; those that a device or the kernel
 * uses stay, and a memory cgroup at its limit evicts its own BOs only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BOs are evicted unless in use, also at the limit of a memory cgroup.");

#define RW (PROT_READ | PROT_WRITE)
#define MIB (1ull << 20)
#define SIZE (12 * MIB)
/* per-CPU stocks of charges, and a BO's own metadata */
#define SLACK (2 * MIB)

/** struct kept - a BO and what it holds */
struct kept {
	uint32_t handle;
	struct shadow *sh;
};

static uint64_t resident(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.resident;
}

/* Filled through a mapping that is gone: idle from now on, and a target. */
static void fill(int fd, struct kept *k, uint32_t heap, uint64_t size)
{
	char *map;

	k->handle = dgem_bo_create_in(fd, size, heap, 0);
	k->sh = shadow_create(size / dgem_page_size());
	map = dgem_bo_map(fd, k->handle, size);
	shadow_write(k->sh, map, 0, k->sh->pages);
	dgem_unmap(map, size);
}

/* Creates a BO that stays resident, for nothing presses for memory. */
static void keep(int fd, struct kept *k, uint32_t heap, uint64_t size)
{
	fill(fd, k, heap, size);
	igt_assert_eq_u64(resident(fd, k->handle), size);
}

/* Brings back what was evicted; under pressure, parts may be evicted again meanwhile. */
static void check_and_free(int fd, struct kept *k)
{
	uint64_t size = k->sh->pages * dgem_page_size();
	char *map = dgem_bo_map(fd, k->handle, size);

	shadow_check(k->sh, map, 0, k->sh->pages);
	dgem_unmap(map, size);
	gem_close(fd, k->handle);
	shadow_destroy(k->sh);
}

/* Asks the group to give up memory, until the BO has none or for some time. */
static void reclaim(const char *cgroup, int fd, uint32_t handle)
{
	for (int i = 0; i < 60 && resident(fd, handle); i++) {
		int ret = cgroup_set(cgroup, "memory.reclaim", "8M");

		igt_assert(!ret || ret == -EAGAIN);
	}
}

/* An idle BO of the system heap is written to swap, and read back. */
static void idle(int fd, const char *cgroup)
{
	long long evicted = observe_stat(fd, "evicted_pages");
	struct kept k;

	cgroup_enter(cgroup);
	keep(fd, &k, 0, SIZE);
	reclaim(cgroup, fd, k.handle);
	igt_assert_eq_u64(resident(fd, k.handle), 0);
	igt_assert_lte(evicted + SIZE / dgem_page_size(), observe_stat(fd, "evicted_pages"));
	for (int i = 0; i < 60 && cgroup_get(cgroup, "memory.swap.current", NULL) < SIZE / 2; i++)
		cgroup_set(cgroup, "memory.reclaim", "8M");
	igt_assert_lte_u64(SIZE / 2, cgroup_get(cgroup, "memory.swap.current", NULL));
	igt_assert_lt_u64(cgroup_get(cgroup, "memory.current", NULL), SIZE / 2 + SLACK);
	check_and_free(fd, &k);
}

/*
 * What is mapped to user space goes, in whole or in part, and comes back through the
 * same mappings. What cannot be swapped stays.
 */
static void in_use(int fd, const char *cgroup)
{
	long long chunks = observe_stat(fd, "evicted_mapped_chunks");
	struct kept mapped, half, pinned;
	char *map, *half_map;

	cgroup_enter(cgroup);
	keep(fd, &mapped, 0, SIZE);
	keep(fd, &half, 0, SIZE);
	keep(fd, &pinned, 1, SIZE);
	map = dgem_bo_map(fd, mapped.handle, SIZE);
	half_map = __dgem_bo_map(fd, half.handle, SIZE / 2, SIZE / 2, RW);
	shadow_check(mapped.sh, map, 0, mapped.sh->pages);
	shadow_check(half.sh, half_map, half.sh->pages / 2, half.sh->pages / 2);
	reclaim(cgroup, fd, mapped.handle);
	reclaim(cgroup, fd, half.handle);
	igt_assert_eq_u64(resident(fd, mapped.handle), 0);
	igt_assert_eq_u64(resident(fd, half.handle), 0);
	igt_assert_eq_u64(resident(fd, pinned.handle), SIZE);
	igt_assert_lte(chunks + 2 * SIZE / (2 * MIB), observe_stat(fd, "evicted_mapped_chunks"));
	shadow_mix(mapped.sh, map, 0, mapped.sh->pages);
	shadow_mix(half.sh, half_map, half.sh->pages / 2, half.sh->pages / 2);
	dgem_unmap(map, SIZE);
	dgem_unmap(half_map, SIZE / 2);
	check_and_free(fd, &mapped);
	check_and_free(fd, &half);
	check_and_free(fd, &pinned);
}

/* A device may be at work on a BO without a mapping: a fence says so. */
static void fenced(int fd, const char *cgroup)
{
	int vgem = vgem_open(), dmabuf;
	uint32_t handle, fence;
	struct kept k, idle;

	cgroup_enter(cgroup);
	keep(fd, &k, 0, SIZE);
	keep(fd, &idle, 0, SIZE);
	dmabuf = prime_handle_to_fd_for_mmap(fd, k.handle);
	handle = prime_fd_to_handle(vgem, dmabuf);
	igt_assert_eq(vgem_fence_attach(vgem, handle, 0, &fence), 0);
	/* The older first, were it not for the fence. */
	reclaim(cgroup, fd, idle.handle);
	igt_assert_eq_u64(resident(fd, idle.handle), 0);
	igt_assert_eq_u64(resident(fd, k.handle), SIZE);
	/* vgem's fences last ten seconds at most. */
	igt_assert_eq(__dgem_bo_wait(fd, k.handle, DRM_DGEM_BO_WAIT_WRITE, 0), -ETIME);
	igt_assert_eq(vgem_fence_signal(vgem, fence), 0);
	close(vgem);
	reclaim(cgroup, fd, k.handle);
	igt_assert_eq_u64(resident(fd, k.handle), 0);
	close(dmabuf);
	check_and_free(fd, &k);
	check_and_free(fd, &idle);
}

/* vgem's attachment: nothing moves under it, and it is found when that is gone. */
static void imported(int fd, const char *cgroup)
{
	int vgem = vgem_open(), dmabuf;
	struct drm_dgem_bo_info info;
	struct kept k, idle;

	cgroup_enter(cgroup);
	keep(fd, &k, 0, SIZE);
	keep(fd, &idle, 0, SIZE);
	dmabuf = prime_handle_to_fd_for_mmap(fd, k.handle);
	prime_fd_to_handle(vgem, dmabuf);
	dgem_bo_info(fd, k.handle, &info);
	reclaim(cgroup, fd, idle.handle);
	igt_assert_eq_u64(resident(fd, idle.handle), 0);
	if (info.state & DRM_DGEM_BO_STATE_PINNED)
		igt_assert_eq_u64(resident(fd, k.handle), SIZE);
	close(vgem);
	close(dmabuf);
	reclaim(cgroup, fd, k.handle);
	igt_assert_eq_u64(resident(fd, k.handle), 0);
	check_and_free(fd, &k);
	check_and_free(fd, &idle);
}

/* More BOs than the group may have memory: the others make room. */
static void limit(int fd, const char *cgroup)
{
	enum { COUNT = 5 };
	struct kept k[COUNT], outside;
	uint64_t kills;

	keep(fd, &outside, 0, SIZE);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", "32M"), 0);
	kills = cgroup_get(cgroup, "memory.events", "oom_kill ");
	igt_fork(child, 1) {
		cgroup_enter(cgroup);
		for (int i = 0; i < COUNT; i++)
			fill(fd, &k[i], 0, SIZE);
		igt_assert_lte_u64(cgroup_get(cgroup, "memory.current", NULL), 32 * MIB);
		igt_assert_lt_u64(resident(fd, k[0].handle), SIZE);
		for (int i = 0; i < COUNT; i++)
			check_and_free(fd, &k[i]);
	}
	igt_waitchildren();
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), kills);
	igt_assert_eq_u64(resident(fd, outside.handle), SIZE);
	check_and_free(fd, &outside);
}

/* The toucher pays, for the pages and until they are freed. */
static void charged(int fd, const char *cgroup)
{
	cgroup_enter(cgroup);
	for_each_touched_heap(fd, heap) {
		uint64_t before = cgroup_get(cgroup, "memory.current", NULL);
		struct kept k;

		keep(fd, &k, heap, SIZE);
		igt_assert_lte_u64(before + SIZE - SLACK,
				   cgroup_get(cgroup, "memory.current", NULL));
		check_and_free(fd, &k);
		igt_assert_lte_u64(cgroup_get(cgroup, "memory.current", NULL), before + SLACK);
	}
}

/* One process maps, checks and changes what another keeps taking away. */
static void races(int fd, const char *cgroup)
{
	uint32_t *stop = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t size = 6 * MIB + 3 * dgem_page_size();
	long long evicted = observe_stat(fd, "evicted_pages");
	struct kept k[4];

	igt_assert(stop != MAP_FAILED);
	igt_fork(child, 1) {
		cgroup_enter(cgroup);
		for (int i = 0; i < 4; i++)
			fill(fd, &k[i], 0, size);
		igt_until_timeout(4) {
			struct kept *one = &k[content_random(&k[0].sh->rng, 4)];
			char *map = dgem_bo_map(fd, one->handle, size);

			shadow_mix(one->sh, map, 0, one->sh->pages);
			dgem_unmap(map, size);
		}
		*stop = 1;
		for (int i = 0; i < 4; i++)
			check_and_free(fd, &k[i]);
	}
	igt_until_timeout(30) {
		if (*(volatile uint32_t *)stop)
			break;
		if (cgroup_set(cgroup, "memory.reclaim", "4M"))
			usleep(1000);
	}
	igt_waitchildren();
	evicted = observe_stat(fd, "evicted_pages") - evicted;
	igt_info("%lld pages evicted meanwhile\n", evicted);
	igt_assert_lt(0, evicted);
	munmap(stop, 4096);
}

/*
 * One touch of a BO that was evicted must not keep the rest of it in memory: the
 * folios that are still there go on being reclaimable.
 */
static void partly(int fd, const char *cgroup)
{
	struct kept k;
	char *map;

	cgroup_enter(cgroup);
	keep(fd, &k, 0, SIZE);
	for (int i = 0; i < 10 && resident(fd, k.handle); i++)
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	igt_assert_eq_u64(resident(fd, k.handle), 0);

	map = dgem_bo_map(fd, k.handle, SIZE);
	shadow_check(k.sh, map, 0, 1);
	igt_assert_lt_u64(resident(fd, k.handle), SIZE);
	for (int i = 0; i < 60 && cgroup_get(cgroup, "memory.swap.current", NULL) < SIZE / 2; i++)
		cgroup_set(cgroup, "memory.reclaim", "8M");
	igt_assert_lt_u64(cgroup_get(cgroup, "memory.stat", "unevictable "), SIZE / 4);
	igt_assert_lte_u64(SIZE / 2, cgroup_get(cgroup, "memory.swap.current", NULL));
	dgem_unmap(map, SIZE);
	check_and_free(fd, &k);
}

/* The whole system's caches dropped: every idle BO, of no cgroup either. */
static void drop_caches(int fd, const char *cgroup)
{
	struct kept k;

	(void)cgroup;
	keep(fd, &k, 0, SIZE);
	for (int i = 0; i < 10 && resident(fd, k.handle); i++)
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	igt_assert_eq_u64(resident(fd, k.handle), 0);
	check_and_free(fd, &k);
}

static const struct pressure_test tests[] = {
	{ "idle", "An idle BO is evicted to swap and comes back with its contents.", idle },
	{ "in-use", "BOs that are mapped are evicted, and BOs of the pinned heap are not.",
	  in_use },
	{ "imported", "A BO is not evicted while an importer has it mapped.", imported },
	{ "fenced", "A BO with an unsignalled fence is not evicted.", fenced },
	{ "charged",
	  "Memory of both heaps is charged to the cgroup of the process that touches it.",
	  charged },
	{ "limit", "A cgroup at its limit evicts its own BOs and no others.", limit },
	{ "races", "BOs keep their contents while threads touch them and eviction runs.", races },
	{ "partly", "Of a BO that was touched in one place, the rest is still evicted.", partly },
	{ "drop-caches", "BOs that belong to no cgroup are evicted.", drop_caches },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), PRESSURE_SWAP);
}
