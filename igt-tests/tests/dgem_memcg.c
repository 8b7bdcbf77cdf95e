// SPDX-License-Identifier: MIT
/*
 * A process that wants more than its memory cgroup may have fails alone: by an
 * error where there is a call to return it, and by the OOM killer at a touch.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A memory cgroup can be full of memory that cannot be reclaimed.");

#define MIB (1ull << 20)
#define SIZE (12 * MIB)

/* What ended a child. */
static int signal_of(pid_t pid)
{
	int status;

	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_f(WIFSIGNALED(status), "the child ended with %#x\n", status);
	return WTERMSIG(status);
}

/* Nothing takes the memory of a BO without swap: SIGBUS, or the group's own OOM kill. */
static void too_much(int fd, const char *cgroup, uint32_t heap)
{
	long long pages = observe_stat(fd, "resident_pages"), bos = observe_stat(fd, "bos");
	/* idle, and of the heap that could be evicted */
	uint32_t outside = dgem_bo_create_in(fd, SIZE, 0, 0);
	char *other = dgem_bo_map(fd, outside, SIZE);
	struct drm_dgem_bo_info info;
	pid_t pid;
	int sig;

	memset(other, 0x5a, SIZE);
	dgem_unmap(other, SIZE);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", "16M"), 0);
	igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		int own = drm_reopen_driver(fd);
		uint32_t handle = dgem_bo_create_in(own, 64 * MIB, heap, 0);
		char *map = dgem_bo_map(own, handle, 64 * MIB);

		signal(SIGBUS, SIG_DFL);
		cgroup_enter(cgroup);
		for (uint64_t at = 0; at < 64 * MIB; at += dgem_page_size())
			map[at] = 1;
		_exit(0);
	}
	sig = signal_of(pid);
	igt_assert(sig == SIGBUS || sig == SIGKILL);
	igt_info("64 MiB in a group of 16 MiB: signal %d\n", sig);
	dgem_bo_info(fd, outside, &info);
	igt_assert_eq_u64(info.resident, SIZE);
	other = dgem_bo_map(fd, outside, SIZE);
	igt_assert_eq(other[0], 0x5a);
	igt_assert(!memcmp(other, other + 1, SIZE - 1));
	dgem_unmap(other, SIZE);
	gem_close(fd, outside);
	for (int i = 0; i < 200 && observe_stat(fd, "bos") > bos; i++)
		usleep(10000);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
	igt_assert_eq(observe_stat(fd, "resident_pages"), pages);
}

/*
 * Part of the BO is in swap, which is full then. Fresh pages of the same BO are
 * refused like those of any other, and nothing is killed for them.
 */
static void too_much_swapped(int fd, const char *cgroup)
{
	uint64_t kills = cgroup_get(cgroup, "memory.events", "oom_kill ");
	pid_t pid;

	igt_assert_eq(cgroup_set(cgroup, "memory.max", "16M"), 0);
	igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "6M"), 0);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		int own = drm_reopen_driver(fd);
		uint32_t handle;
		char *map;

		signal(SIGBUS, SIG_DFL);
		cgroup_enter(cgroup);
		handle = dgem_bo_create_in(own, 64 * MIB, 0, 0);
		map = dgem_bo_map(own, handle, 64 * MIB);
		memset(map, 1, 8 * MIB);
		dgem_unmap(map, 64 * MIB);
		for (int i = 0; i < 60; i++)
			cgroup_set(cgroup, "memory.reclaim", "8M");
		if (cgroup_get(cgroup, "memory.swap.current", NULL) < 5 * MIB)
			_exit(1);
		map = dgem_bo_map(own, handle, 64 * MIB);
		for (uint64_t at = 63 * MIB; at >= 8 * MIB; at -= dgem_page_size())
			map[at] = 1;
		_exit(0);
	}
	igt_assert_eq(signal_of(pid), SIGBUS);
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), kills);
}

/*
 * Touches page by page until there is none to be had. By a system call, whose failure
 * raises no signal: those are charged even to a group that is full, and what was charged
 * for one is what the next touch gets.
 */
static uint64_t touch_all(int zero, char *map, uint64_t size)
{
	uint64_t at = 0;

	/* A page may still come from what another processor had in stock. */
	for (int failed = 0; failed < 3 && at < size;) {
		if (read(zero, map + at, 1) == 1) {
			at += dgem_page_size();
			failed = 0;
		} else {
			igt_assert_eq(errno, EFAULT);
			failed++;
		}
	}
	return at;
}

/*
 * A touch that failed has taken nothing: what the group is charged for is what
 * its BO has. It works when there is room again.
 */
static void failed_touch(int fd, const char *cgroup)
{
	uint32_t handle = dgem_bo_create_in(fd, 64 * MIB, 0, 0);
	char *map = dgem_bo_map(fd, handle, 64 * MIB);
	struct drm_dgem_bo_info info;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), max;
	char path[256];
	uint64_t at;

	/*
	 * The group will be full to the last page: what this process needs beside the BO
	 * it gets before, copies of its parent's pages among it.
	 */
	snprintf(path, sizeof(path), "%s/memory.max", cgroup);
	max = open(path, O_WRONLY | O_CLOEXEC);
	igt_assert(zero >= 0 && max >= 0);
	igt_assert_eq(mlockall(MCL_CURRENT), 0);
	cgroup_enter(cgroup);
	at = touch_all(zero, map, 64 * MIB);
	igt_assert_eq(write(max, "17M", 3), 3);
	close(max);
	close(zero);

	igt_info("%llu KiB in a group of 15 MiB\n", (unsigned long long)at >> 10);
	igt_assert_lt_u64(at, 15 * MIB);
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.resident, at);
	/* The group's statistics lag behind by what each CPU has yet to add. */
	for (int i = 0; i < 50 && cgroup_get(cgroup, "memory.stat", "\nshmem ") != at; i++)
		usleep(100000);
	igt_assert_eq_u64(cgroup_get(cgroup, "memory.stat", "\nshmem "), at);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", "20M"), 0);
	igt_assert_eq(content_touch_write(map + at), 0);
	dgem_unmap(map, 64 * MIB);
	gem_close(fd, handle);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		swap_start(512 * MIB);
	}

	for (uint32_t heap = 0; heap < 2; heap++) {
		igt_describe("A process that touches more than its cgroup's limit is killed.");
		igt_subtest_f("too-much-%s", heap ? "pinned" : "system") {
			const char *cgroup = cgroup_create("dgem-test");

			too_much(fd, cgroup, heap);
			cgroup_destroy(cgroup);
		}
	}

	igt_describe("A process is killed when its BO is partly in swap and swap is full.");
	igt_subtest("too-much-swapped") {
		const char *cgroup = cgroup_create("dgem-test");

		too_much_swapped(fd, cgroup);
		cgroup_destroy(cgroup);
	}

	igt_describe("A touch that fails leaves no memory charged.");
	igt_subtest("failed-touch") {
		const char *cgroup = cgroup_create("dgem-test");

		/* Full in the middle of a chunk: page tables are not refused, but kill. */
		igt_assert_eq(cgroup_set(cgroup, "memory.max", "15M"), 0);
		igt_assert_eq(cgroup_set(cgroup, "memory.swap.max", "0"), 0);
		igt_fork(child, 1)
			failed_touch(fd, cgroup);
		igt_waitchildren();
		igt_assert_eq_u64(cgroup_get(cgroup, "memory.events", "oom_kill "), 0);
		cgroup_destroy(cgroup);
	}

	igt_fixture() {
		swap_stop();
		drm_close_driver(fd);
	}
}
