// SPDX-License-Identifier: MIT
/*
 * Attacks on the memory and the offsets of others, by a user without privilege and,
 * where the reserve alone is in the way, by root. What limits are charged for is in
 * dgem_limit_charge, dgem_limit_offset and dgem_limit_who. With DGEM_LONG=1 in the
 * environment, there are more of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Nobody takes a machine down or starves others through dgem.");

#define MIB (1ULL << 20)
#define CHUNK (2 * MIB)
#define RW (PROT_READ | PROT_WRITE)

static int fd = -1;

/* What one user may have leaves enough for another. */
static void test_second_user(void)
{
	const struct hog a = { .heap = 0 };
	const uint64_t size = hog_ram() / 10;

	igt_fork(attacker, 1)
		hog_run(fd, &a);
	igt_assert(hog_wait_refused(fd, 1));
	igt_fork(second, 1) {
		uint32_t handle;
		char *map;
		int file;

		user_enter(USER_B);
		file = drm_reopen_driver(fd);
		handle = dgem_bo_create(file, size);
		map = dgem_bo_map(file, handle, size);
		for (uint64_t at = 0; at < size; at += CHUNK)
			igt_assert_eq(content_touch_write(map + at), 0);
		dgem_unmap(map, size);
		hog_stage->stop = 1;
	}
	igt_waitchildren_timeout(60, "the users have not ended");
}

/* With free swap, what another process has in memory is not held against a user. */
static void test_anonymous(void)
{
	const uint64_t swap = hog_ram() / 2, hog = hog_available();
	const uint64_t kills = observe_vmstat("oom_kill");
	unsigned int bos = 0;

	swap_start(swap);
	igt_fork(child, 1) {
		char *mem = hog_take(hog);

		hog_stage->ready++;
		for (uint64_t at = 0; !hog_stage->stop; at = (at + dgem_page_size()) % hog)
			igt_assert_eq_u64(*(uint64_t *)(mem + at), at + 1);
	}
	igt_fork(child, 1) {
		int file;

		igt_drop_root();
		file = drm_reopen_driver(fd);
		while (!hog_stage->stop) {
			const uint64_t size = 32 * MIB;
			uint32_t handle = dgem_bo_create(file, size);
			char *map = dgem_bo_map(file, handle, size);

			for (uint64_t at = 0; at < size; at += CHUNK)
				igt_assert_eq(content_touch_write(map + at), 0);
			dgem_unmap(map, size);
			gem_close(file, handle);
			bos++;
		}
		igt_info("%u BOs of 32 MiB\n", bos);
		igt_assert_lt(0, bos);
	}
	igt_assert(hog_wait(&hog_stage->ready, 1, HOG_READY_S));
	sleep(2);
	hog_stage->stop = 1;
	igt_waitchildren_timeout(60, "the processes have not ended");
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
	swap_stop();
}

/* Without overcommit, who asks for too much is refused, and nobody else. */
static void test_overcommit(void)
{
	const struct hog touch = { .heap = 0 }, populate = { .flags = DRM_DGEM_BO_POPULATE };
	const uint64_t kills = observe_vmstat("oom_kill");
	char limit[32];

	snprintf(limit, sizeof(limit), "%llu",
		 (unsigned long long)observe_meminfo("Committed_AS") + (128 << 10));
	igt_assert_eq(observe_write("/proc/sys/vm/overcommit_kbytes", limit), 0);
	igt_assert_eq(observe_write("/proc/sys/vm/overcommit_memory", "2"), 0);
	igt_fork(child, 1)
		hog_run(fd, &touch);
	igt_fork(child, 1)
		hog_run(fd, &populate);
	if (hog_wait_refused(fd, 2) && hog_available() > hog_ram() / 2)
		hog_stage->stop = 1;
	observe_write("/proc/sys/vm/overcommit_memory", "0");
	observe_write("/proc/sys/vm/overcommit_ratio", "50");
	igt_assert(hog_stage->stop);
	igt_waitchildren_timeout(60, "the attackers have not ended");
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}

/* The directory of such a BO is 2 MiB of kernel memory, which one touch makes. */
static void test_directories(void)
{
	const uint64_t size = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);

	igt_fork(child, 1) {
		struct drm_dgem_bo_create args = { .size = size };
		unsigned int touched = 0, made = 0;
		uint64_t limit;
		int file, ret;

		igt_drop_root();
		file = drm_reopen_driver(fd);
		while (!(ret = __dgem_bo_create(file, &args)) && made < 10000) {
			char *map = hog_map(file, args.handle, CHUNK);

			if (map != MAP_FAILED)
				touched += !content_touch_write(map);
			args.handle = 0;
			made++;
		}
		igt_info("%u BOs, %u of them touched\n", made, touched);
		igt_assert_lt(0, touched);
		limit = dgem_get_param(file, DRM_DGEM_PARAM_USER_LIMIT);
		/* with 32 bits, the largest BO is 1 GiB, and so many of them are cheap */
		igt_assert_eq(ret, 10000 * limits_cost_of_bo(size) > limit ? -EDQUOT : 0);
		igt_assert_lte_u64(made * limits_cost_of_bo(size), limit);
	}
	igt_waitchildren_timeout(60, "it has not ended");
}

/* Maps a BO of its own by both files, and sees in one what is written by the other. */
static void works(int file)
{
	const uint64_t size = 4 * MIB;
	uint32_t handle = dgem_bo_create(file, size);
	int dmabuf = prime_handle_to_fd_for_mmap(file, handle);
	char *by_dmabuf = dgem_dmabuf_map(dmabuf, 0, size, RW);
	char *by_drm = dgem_bo_map(file, handle, size);

	memset(by_drm, 0x5a, size);
	igt_assert(!memcmp(by_drm, by_dmabuf, size));
	dgem_unmap(by_drm, size);
	dgem_unmap(by_dmabuf, size);
	close(dmabuf);
	gem_close(file, handle);
}

/* A user takes all offsets that he gets, through several files. */
static void test_offsets(void)
{
	int file[4], other = user_open(fd, USER_B);
	uint64_t got = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(file); i++) {
		uint64_t size = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);

		file[i] = user_open(fd, USER_A);
		for (; size >= dgem_page_size(); size /= 2) {
			struct drm_dgem_bo_create args = {
				.size = size,
				.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
			};

			while (!__dgem_bo_create(file[i], &args)) {
				got += size;
				args = (struct drm_dgem_bo_create){ .size = size,
								    .flags = args.flags };
			}
		}
	}
	igt_info("one user has %llu GiB of offsets\n", (unsigned long long)got >> 30);
	igt_assert_lt_u64(0, got);
	works(other);
	works(fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(file); i++)
		drm_close_driver(file[i]);
	works(other);
	drm_close_driver(other);
}

static const struct dgem_test tests[] = {
	{ "second-user", "A user touches a tenth of RAM beside one who took all he may have.",
	  test_second_user },
	{ "hog-anonymous", "A touch beside a process that needs swap raises no SIGBUS.",
	  test_anonymous },
	{ "hog-overcommit", "Without overcommit who asks for too much is refused.",
	  test_overcommit },
	{ "hog-directories", "Empty BOs of the largest size are limited.", test_directories },
	{ "offsets", "When a user took all offsets that he gets, others map and export.",
	  test_offsets },
};

/* All combinations take long: else, each two of heap, way and user once, without swap. */
static void attacks(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		const struct hog a = {
			.flags = i & 1 ? DRM_DGEM_BO_POPULATE : 0,
			.heap = i & 2 ? 1 : 0,
			.root = i & 4,
		};
		const bool swap = i & 8;

		if (!getenv("DGEM_LONG") && (swap || __builtin_popcount(i) % 2))
			continue;
		igt_describe("Who wants more memory than exists is refused, and nobody is killed.");
		igt_subtest_f("hog-%s-%s%s%s", a.flags ? "populate" : "touch",
			      a.heap ? "pinned" : "system", a.root ? "-root" : "",
			      swap ? "-swap" : "") {
			hog_stage_init();
			if (swap)
				swap_start(512 * MIB);
			hog_attack(fd, &a);
			if (swap)
				swap_stop();
		}
	}
}

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
	}

	attacks();

	igt_describe("Who keeps BOs that he does not map any more is refused, too.");
	igt_subtest("hog-unmapped") {
		hog_stage_init();
		hog_attack(fd, &(struct hog){ .unmap = true });
	}

	for_each_subtest(t, tests) {
		hog_stage_init();
		t->run();
	}

	igt_fixture() {
		swap_stop();
		limits_close(fd);
	}
}
