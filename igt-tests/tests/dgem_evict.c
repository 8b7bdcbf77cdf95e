// SPDX-License-Identifier: MIT
/*
 * BOs that are mapped to user space are evicted chunk by chunk, and each mapping goes
 * on to show the right contents, whatever was done to it meanwhile.
 *
 * IGT_DGEM_EVICT_SECONDS is how long the loops run, and IGT_DGEM_EVICT_MIB the memory
 * that BOs of 1.5 times that size share: what the cgroup may have. With
 * IGT_DGEM_EVICT_SWAP=DEVICE it is RAM that is too small, and DEVICE is the swap.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
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

IGT_TEST_DESCRIPTION("BOs that are mapped are evicted, and keep their contents.");

#define MIB (1ull << 20)
#define BO_SIZE (6 * MIB)
#define MAX_BOS 256

static uint64_t resident(struct peer_bo *bo)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(bo->fd, bo->handle, &info);
	return info.resident;
}

/* Asks the group to give up memory, until the BO has none or for some time. */
static void reclaim(const char *cgroup, struct peer_bo *bo)
{
	for (int i = 0; i < 60 && resident(bo); i++) {
		int ret = cgroup_set(cgroup, "memory.reclaim", "8M");

		igt_assert(!ret || ret == -EAGAIN);
	}
}

/* Half of the BOs stay mapped; the others are mapped for each visit. */
static void visit_all(struct peer_bo **bos, char **maps, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		enum peer_map how = i / 2 % PEER_MAPS;
		char *map = maps[i] ?: map_whole(bos[i], how);

		if (bos[i]->sh->stamps)
			shadow_mix(bos[i]->sh, map, 0, bos[i]->pages);
		else
			shadow_write(bos[i]->sh, map, 0, bos[i]->pages);
		if (i % 2)
			munmap(map, bos[i]->size);
		else
			maps[i] = map;
	}
}

/* BOs of @total bytes, each page of which is checked in each cycle, and often changed. */
static void cycles(int fd, uint64_t total, unsigned int num)
{
	unsigned int count = (total + BO_SIZE - 1) / BO_SIZE;
	struct peer_bo *bos[MAX_BOS];
	char *maps[MAX_BOS] = { NULL };
	uint64_t checked = 0;

	igt_assert_lte(count, MAX_BOS);
	for (unsigned int i = 0; i < count; i++)
		bos[i] = peer_create(fd, BO_SIZE, 0);
	for (unsigned int i = 0; i <= num; i++) {
		visit_all(bos, maps, count);
		igt_info("cycle %u of %u: %lld pages evicted so far\n", i, num,
			 observe_stat(fd, "evicted_pages"));
	}
	for (unsigned int i = 0; i < count; i++) {
		if (maps[i])
			munmap(maps[i], bos[i]->size);
		checked += bos[i]->sh->checked;
		peer_free(bos[i]);
	}
	igt_info("%u BOs, %llu pages compared\n", count, (unsigned long long)checked);
	igt_assert_eq_u64(checked, (uint64_t)num * count * (BO_SIZE / dgem_page_size()));
}

/* Half again as much as there is memory, half of it mapped all the time. */
static void half_mapped(int fd, const char *cgroup)
{
	uint64_t mib = dgem_repeat("IGT_DGEM_EVICT_MIB", 24), kills = observe_vmstat("oom_kill");
	long long mapped = observe_stat(fd, "evicted_mapped_chunks");
	long long zapped = observe_stat(fd, "zapped_chunks");
	const char *disk = getenv("IGT_DGEM_EVICT_SWAP");
	char limit[32];

	if (disk) {
		mib = observe_meminfo("MemTotal") / 1024;
		swap_stop();
		swap_disk_start(disk, 1024 * MIB);
	} else {
		snprintf(limit, sizeof(limit), "%lluM", (unsigned long long)mib);
		igt_assert_eq(cgroup_set(cgroup, "memory.max", limit), 0);
	}
	igt_fork(child, 1) {
		if (!disk)
			cgroup_enter(cgroup);
		cycles(fd, mib * MIB / 2 * 3, 3);
	}
	igt_waitchildren();
	if (disk) {
		swap_disk_stop(disk);
		swap_start(PRESSURE_SWAP);
	}
	mapped = observe_stat(fd, "evicted_mapped_chunks") - mapped;
	zapped = observe_stat(fd, "zapped_chunks") - zapped;
	igt_info("%lld chunks evicted while mapped, %lld zapped\n", mapped, zapped);
	igt_assert_lt(0, mapped);
	igt_assert_lt(0, zapped);
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}

/* All of it mapped in one process, which may have five eighths of it. */
static void mapped(int fd, const char *cgroup)
{
	uint64_t size = dgem_repeat("IGT_DGEM_EVICT_MIB", 24) * MIB / 10 * 16;
	uint64_t kills = observe_vmstat("oom_kill");
	char limit[32];

	size -= size % (2 * MIB);
	snprintf(limit, sizeof(limit), "%llu", (unsigned long long)size / 8 * 5);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", limit), 0);
	igt_fork(child, 1) {
		struct peer_bo *bo = peer_create(fd, size, 0);
		char *map = map_whole(bo, PEER_DRM);
		uint64_t piece = BO_SIZE / dgem_page_size();

		cgroup_enter(cgroup);
		for (int cycle = 0; cycle < 3; cycle++)
			for (uint64_t at = 0; at < bo->pages; at += piece)
				(cycle ? shadow_mix : shadow_write)(bo->sh, map_page(map, at), at,
								    min(piece, bo->pages - at));
		munmap(map, size);
		peer_free(bo);
	}
	igt_waitchildren();
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}

/** struct worker - a thread with a BO of its own, for some time */
struct worker {
	pthread_t thread;
	struct peer_bo *bo;
	char *map;
	int64_t end;
	uint64_t touched;
};

static void *touch_any(void *arg)
{
	struct worker *w = arg;

	while (dgem_now() < w->end) {
		uint64_t nr = content_random(&w->bo->sh->rng, w->bo->pages);

		shadow_mix(w->bo->sh, map_page(w->map, nr), nr, 1);
		w->touched++;
	}
	return NULL;
}

/* All of it is warm all the time, and nobody gets SIGBUS. */
static void threads(int fd, const char *cgroup)
{
	enum { THREADS = 4, LIMIT_MIB = 32 };
	int64_t seconds = dgem_repeat("IGT_DGEM_EVICT_SECONDS", 5);
	uint64_t size = LIMIT_MIB * MIB / 2 * 3 / THREADS, kills = observe_vmstat("oom_kill");

	igt_assert_eq(cgroup_set(cgroup, "memory.max", "32M"), 0);
	igt_fork(child, 1) {
		long long evicted = observe_stat(fd, "evicted_pages");
		struct worker w[THREADS] = {};

		for (int i = 0; i < THREADS; i++) {
			w[i].bo = peer_create(fd, size, 0);
			w[i].map = map_whole(w[i].bo, i % PEER_MAPS);
		}
		cgroup_enter(cgroup);
		for (int i = 0; i < THREADS; i++)
			shadow_write(w[i].bo->sh, w[i].map, 0, w[i].bo->pages);
		for (int i = 0; i < THREADS; i++) {
			w[i].end = dgem_now() + seconds * 1000000000ll;
			igt_assert_eq(pthread_create(&w[i].thread, NULL, touch_any, &w[i]), 0);
		}
		for (int i = 0; i < THREADS; i++) {
			pthread_join(w[i].thread, NULL);
			igt_info("thread %d: %llu touches\n", i, (unsigned long long)w[i].touched);
			munmap(w[i].map, size);
			peer_free(w[i].bo);
		}
		igt_assert_lt(evicted, observe_stat(fd, "evicted_pages"));
	}
	igt_waitchildren();
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}

/*
 * vivid's kernel mapping keeps a BO where it is, while user space has it mapped, too.
 * Reclaim that has met it then finds it once that mapping is gone.
 */
static void vmapped(int fd, const char *cgroup)
{
	struct peer_bo *bo = peer_create(fd, BO_SIZE, 0), *idle = peer_create(fd, BO_SIZE, 0);
	struct vivid v;
	char *map;

	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	cgroup_enter(cgroup);
	peer_fill(bo, PEER_DRM);
	peer_fill(idle, PEER_DRM);
	map = map_whole(bo, PEER_DMABUF);
	igt_assert_eq(vivid_queue(&v, 0, bo->dmabuf, BO_SIZE), 0);
	reclaim(cgroup, idle);
	igt_assert_eq_u64(resident(idle), 0);
	igt_assert_eq_u64(resident(bo), BO_SIZE);

	vivid_close(&v);
	reclaim(cgroup, bo);
	igt_assert_eq_u64(resident(bo), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, BO_SIZE);
	map = map_whole(idle, PEER_DRM);
	shadow_check(idle->sh, map, 0, idle->pages);
	munmap(map, BO_SIZE);
	peer_free(bo);
	peer_free(idle);
	cgroup_leave();
}

static const struct pressure_test tests[] = {
	{ "mapped", "More is mapped than its cgroup may have, and keeps its contents.", mapped },
	{ "half-mapped", "BOs half of which are mapped exceed the memory that they may have.",
	  half_mapped },
	{ "threads", "Threads that touch more than their cgroup may have get no SIGBUS.", threads },
	{ "vmapped", "A BO that the kernel has mapped is not evicted until it no longer has.",
	  vmapped },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), PRESSURE_SWAP);
}
