// SPDX-License-Identifier: MIT
/*
 * Scans of the driver's shrinker, one by one, as tracepoints show them: how much the
 * driver has, how much each of them does, and for which node.
 *
 * There is one subtest more on a machine with CPU 1 on node 1, which boot makes with
 *
 *	--smp 2,sockets=2 --qemu "-object memory-backend-ram,size=1G,id=a
 *	-object memory-backend-ram,size=1G,id=b -numa node,memdev=a,cpus=0
 *	-numa node,memdev=b,cpus=1"
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "dgem/trace.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Each scan does as much as it was asked to, for the node it was asked.");

#define MIB (1ull << 20)
#define CHUNK (2 * MIB)

/* When a scan begins, and what the driver evicts in it. */
#define SCAN_EVENTS "vmscan:mm_shrink_slab_start dgem:dgem_bo_evict"

static void reclaim(const char *cgroup, const char *bytes)
{
	int ret = cgroup_set(cgroup, "memory.reclaim", bytes);

	igt_assert(!ret || ret == -EAGAIN);
}

/** struct scan - what one call of do_shrink_slab() had the driver do */
struct scan {
	/* the node */
	long nid;
	/* pages that it was to look for, and that it evicted */
	long asked, evicted;
	/* chunks zapped in a row without one that was evicted */
	long zaps;
};

/** struct scans - what was seen of all */
struct scans {
	long count, evicted, zapped;
	/* the most that one scan evicted beyond what it was asked for, in pages */
	long most_beyond;
	/* the most chunks that were zapped in a row */
	long most_zaps;
	/* the most pages that the driver said it could evict */
	long most_evictable;
	/* chunks evicted by node */
	long on_node[2];
};

static long number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	igt_assert_f(at, "%s has no %s\n", line, key);
	return strtol(at + strlen(key), NULL, 10);
}

static void scan_line(struct scan *scan, struct scans *all, const char *line)
{
	if (strstr(line, "mm_shrink_slab_start: dgem_")) {
		*scan = (struct scan){ .nid = number_after(line, " nid: "),
				       .asked = number_after(line, " total_scan ") };
		all->count++;
		all->most_evictable = max(all->most_evictable, number_after(line, " cache items "));
	} else if (strstr(line, "dgem_bo_zap: ")) {
		all->zapped++;
		scan->zaps++;
		all->most_zaps = max(all->most_zaps, scan->zaps);
	} else if (strstr(line, "dgem_bo_evict: ")) {
		scan->zaps = 0;
		scan->evicted += number_after(line, " pages=");
		igt_assert(scan->nid >= 0 && scan->nid < (long)ARRAY_SIZE(all->on_node));
		all->on_node[scan->nid]++;
		all->evicted++;
		all->most_beyond = max(all->most_beyond, scan->evicted - scan->asked);
	}
}

/* Ends tracing. */
static void read_scans(struct scans *all)
{
	char *text = trace_stop(), *line, *rest;
	struct scan scan = {};

	*all = (struct scans){};
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		scan_line(&scan, all, line);
	free(text);
	igt_info("%ld scans: %ld chunks evicted, %ld zapped, %ld of these in a row\n", all->count,
		 all->evicted, all->zapped, all->most_zaps);
	igt_info("%ld pages beyond what one was asked for\n", all->most_beyond);
	igt_assert_lt(0, all->count);
	igt_assert_lt(0, all->evicted);
}

static void touch_chunks(char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += CHUNK)
		map[at] = 1;
}

/*
 * One scan of the core calls the driver several times, and each of these calls that
 * unmaps chunks ends with one that it evicts.
 */
static void bounded(int fd, const char *cgroup)
{
	uint64_t size = min(256ull, observe_meminfo("MemAvailable") / 1024 / 3) / 2 * CHUNK;
	uint32_t handle = dgem_bo_create(fd, size);
	char *map = dgem_bo_map(fd, handle, size);
	struct scans all;

	cgroup_enter(cgroup);
	touch_chunks(map, size);
	trace_start(SCAN_EVENTS " dgem:dgem_bo_zap");
	for (int i = 0; i < 8; i++) {
		reclaim(cgroup, "8M");
		touch_chunks(map, size / 2);
	}
	read_scans(&all);
	igt_assert_lt(0, all.zapped);
	igt_assert_lte(all.most_zaps, 8);
	igt_assert_lt(all.most_beyond, CHUNK / dgem_page_size());
	igt_assert_eq(map[0], 1);
	dgem_unmap(map, size);
	gem_close(fd, handle);
	cgroup_leave();
}

/* Very many small BOs of others say nothing of how much the own ones have. */
static void neighbour(int fd, const char *cgroup)
{
	const char *other = cgroup_create("dgem-neighbour");
	int others = drm_reopen_driver(fd), own = drm_reopen_driver(fd);
	struct scans all;

	cgroup_enter(other);
	for (int i = 0; i < 20000; i++)
		dgem_bo_create_in(others, dgem_page_size(), 0, DRM_DGEM_BO_POPULATE);
	cgroup_enter(cgroup);
	for (int i = 0; i < 2; i++)
		dgem_bo_create_in(own, 20 * CHUNK, 0, DRM_DGEM_BO_POPULATE);
	trace_start(SCAN_EVENTS);
	reclaim(cgroup, "1M");
	read_scans(&all);
	igt_info("%ld pages said to be evictable\n", all.most_evictable);
	igt_assert_lte(40 * CHUNK / dgem_page_size() / 10 * 9, all.most_evictable);
	igt_assert_lte(all.most_evictable, 40 * CHUNK / dgem_page_size() / 10 * 11);
	cgroup_leave();
	drm_close_driver(own);
	drm_close_driver(others);
	cgroup_destroy(other);
}

static void run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	igt_assert_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

/*
 * Pages are on the node of who fills, wherever the BO was made. A chunk is listed for the
 * node of the object that stands for it, which the slab allocator may take from another
 * node, where earlier tests have left room: not meanwhile.
 */
static void nodes(int fd, const char *cgroup)
{
	static const char remote[] = "/sys/kernel/slab/dgem_chunk/remote_node_defrag_ratio";
	char *ratio = observe_file(remote);

	igt_assert(ratio);
	igt_assert_eq(observe_write(remote, "0"), 0);
	igt_assert_eq(observe_write("/sys/kernel/slab/dgem_chunk/shrink", "1"), 0);
	igt_fork(child, 1) {
		struct drm_dgem_bo_info info;
		struct scans all;
		uint32_t handle;
		char *map;

		cgroup_enter(cgroup);
		run_on_cpu(0);
		handle = dgem_bo_create(fd, 8 * CHUNK);
		run_on_cpu(1);
		map = dgem_bo_map(fd, handle, 8 * CHUNK);
		touch_chunks(map, 8 * CHUNK);
		dgem_unmap(map, 8 * CHUNK);
		trace_start(SCAN_EVENTS);
		for (int i = 0; i < 60; i++) {
			dgem_bo_info(fd, handle, &info);
			if (!info.resident)
				break;
			reclaim(cgroup, "8M");
		}
		read_scans(&all);
		igt_info("node 0: %ld chunks, node 1: %ld\n", all.on_node[0], all.on_node[1]);
		igt_assert_eq(all.on_node[0], 0);
		igt_assert_eq(all.on_node[1], 8);
		gem_close(fd, handle);
	}
	igt_waitchildren();
	igt_assert_eq(observe_write(remote, ratio), 0);
	free(ratio);
}

int igt_main()
{
	const char *cgroup = NULL;
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		swap_start(512 * MIB);
		cgroup = cgroup_create("dgem-test");
	}

	igt_describe(
		"No scan evicts more than it was asked for, nor unmaps more than eight chunks.");
	dgem_subtest(fd, "bounded")
		bounded(fd, cgroup);

	igt_describe("What others have does not change how much can be evicted from a cgroup.");
	dgem_subtest(fd, "neighbour")
		neighbour(fd, cgroup);

	if (!access("/sys/devices/system/node/node1/cpu1", F_OK)) {
		igt_describe("Reclaim of a node finds what was filled there.");
		dgem_subtest(fd, "nodes")
			nodes(fd, cgroup);
	}

	igt_fixture() {
		cgroup_destroy(cgroup);
		swap_stop();
		drm_close_driver(fd);
	}
}
