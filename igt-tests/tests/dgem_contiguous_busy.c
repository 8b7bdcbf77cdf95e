// SPDX-License-Identifier: MIT
/*
 * Heap "contiguous" while others use the memory that it takes: theirs is moved, and
 * stays what it was. Searches that are killed, that signals come to, and two at once.
 * With DGEM_LONG=1 in the environment there are more kinds of memory.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/churn.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Contiguous memory is found while others use it, and they do not notice.");

#define MIB (1ULL << 20)
#define KILLS 10

static int fd = -1;
static uint32_t heap;
static volatile sig_atomic_t ticks;

static int create(uint64_t size, uint32_t *handle)
{
	struct drm_dgem_bo_create args = { .size = size, .heap = heap };
	int err = __dgem_bo_create(fd, &args);

	if (err)
		igt_info("%llu bytes: %d, reason %u, %llu\n", (unsigned long long)size, err,
			 args.reason, (unsigned long long)args.reason_arg);
	*handle = args.handle;
	return err;
}

static void churn(enum churn_kind kind)
{
	const uint64_t size = hog_available() / 2;
	struct churn c;
	uint32_t handle;

	churn_start(&c, kind, size, true);
	for (int i = 0; i < 6; i++) {
		igt_assert_eq(create((4ULL << i % 3 * 2) * MIB, &handle), 0);
		gem_close(fd, handle);
	}
	churn_stop(&c);
}

static void test_churn_anon(void)
{
	churn(CHURN_ANON);
}

static void test_churn_shmem(void)
{
	churn(CHURN_SHMEM);
}

static void test_churn_file(void)
{
	churn(CHURN_FILE);
}

/* BOs of heap "system" are in the way until they are evicted, and are not changed. */
static void test_own_bos(void)
{
	const uint64_t bo_size = 16 * MIB, nr = hog_available() / 2 / bo_size;
	const uint64_t pages = bo_size / dgem_page_size();
	uint32_t handles[nr], handle;
	struct shadow *sh[nr];
	char *map;

	for (uint64_t i = 0; i < nr; i++) {
		handles[i] = dgem_bo_create(fd, bo_size);
		sh[i] = shadow_create(pages);
		map = dgem_bo_map(fd, handles[i], bo_size);
		shadow_write(sh[i], map, 0, pages);
		dgem_unmap(map, bo_size);
	}
	/*
	 * What the kernel itself has can lie anywhere, and stays: by blocks, which with
	 * pages of 16 KiB have 32 MiB.
	 */
	igt_assert_eq(create(hog_contiguous() / (dgem_page_size() > 4096 ? 8 : 4), &handle), 0);
	gem_close(fd, handle);
	for (uint64_t i = 0; i < nr; i++) {
		map = dgem_bo_map(fd, handles[i], bo_size);
		shadow_check(sh[i], map, 0, pages);
		dgem_unmap(map, bo_size);
		gem_close(fd, handles[i]);
		shadow_destroy(sh[i]);
	}
}

static void count_tick(int signal)
{
	(void)signal;
	ticks++;
}

/* Who repeats what a signal has ended, as libdrm does, would never get to the end. */
static void test_timer(void)
{
	struct sigaction action = { .sa_handler = count_tick }, old;
	struct itimerval timer = { .it_interval.tv_usec = 10000, .it_value.tv_usec = 10000 };
	const struct itimerval off = {};
	struct churn c;
	uint32_t handle;

	churn_start(&c, CHURN_ANON, hog_available() / 2, false);
	ticks = 0;
	igt_assert_eq(sigaction(SIGALRM, &action, &old), 0);
	igt_assert_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
	for (int i = 0; i < 3; i++) {
		igt_assert_eq(create(hog_contiguous() / 16, &handle), 0);
		gem_close(fd, handle);
	}
	igt_assert_eq(setitimer(ITIMER_REAL, &off, NULL), 0);
	igt_assert_eq(sigaction(SIGALRM, &old, NULL), 0);
	churn_stop(&c);
	igt_info("%d signals\n", (int)ticks);
	igt_assert_lt(0, ticks);
}

static void test_two(void)
{
	const uint64_t size = hog_contiguous() / 32;
	struct churn c;

	churn_start(&c, CHURN_ANON, hog_available() / 2, true);
	igt_fork(child, 2) {
		uint32_t handle;

		for (int i = 0; i < 2; i++) {
			igt_assert_eq(create(size, &handle), 0);
			gem_close(fd, handle);
		}
	}
	igt_waitchildren();
	churn_stop(&c);
}

static void __attribute__((noreturn)) search_for_ever(uint64_t size)
{
	for (;;) {
		uint32_t handle;

		if (!create(size, &handle))
			gem_close(fd, handle);
	}
}

/* Ends as soon as it is killed, and gives back what it had by then. */
static void test_kill(void)
{
	struct drm_dgem_heap_info before, after;
	uint64_t rng = content_seed(), most;
	int64_t start, worst = 0;
	struct churn c;
	int status;
	pid_t pid;

	dgem_heap_info(fd, heap, &before);
	churn_start(&c, CHURN_ANON, hog_available() / 2, false);
	most = hog_contiguous() * 3 / 4;
	for (int i = 0; i < KILLS; i++) {
		pid = fork();
		igt_assert(pid >= 0);
		if (!pid)
			search_for_ever(most);
		usleep(content_random(&rng, 1000000));
		start = dgem_now();
		igt_assert_eq(kill(pid, SIGKILL), 0);
		igt_assert_eq(waitpid(pid, &status, 0), pid);
		worst = max(worst, dgem_now() - start);
		igt_assert(WIFSIGNALED(status));
		/* it may have come between two ioctls, with a handle of our file */
		for (uint32_t handle = 1; handle < 64; handle++)
			__gem_close(fd, handle);
		dgem_heap_info(fd, heap, &after);
		igt_assert_eq_u64(after.used, before.used);
	}
	churn_stop(&c);
	igt_info("gone in at most %lld ms\n", (long long)worst / 1000000);
	igt_assert_lt_u64(worst, 1000000000);
}

/* With DGEM_LONG=1 only: more kinds of memory that is in the way */
static const struct dgem_test long_tests[] = {
	{ "churn-shmem", "Shared memory that is moved stays what it was.", test_churn_shmem },
	{ "churn-file", "The page cache makes room.", test_churn_file },
	{ "own-bos", "BOs that are in the way are evicted, and stay what they were.",
	  test_own_bos },
};

static const struct dgem_test tests[] = {
	{ "churn-anon", "Anonymous memory that is moved stays what it was.", test_churn_anon },
	{ "timer", "A search goes on under a timer, whatever interrupts it.", test_timer },
	{ "two", "Two searches at once find what there is for both.", test_two },
	{ "kill", "A killed search ends at once and leaves nothing.", test_kill },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		heap = dgem_require_heap(fd, DRM_DGEM_HEAP_CONTIGUOUS);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();
	if (getenv("DGEM_LONG"))
		for_each_dgem_subtest(fd, t, long_tests)
			t->run();

	igt_fixture()
		drm_close_driver(fd);
}
