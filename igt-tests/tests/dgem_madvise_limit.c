// SPDX-License-Identifier: MIT
/*
 * BOs that are not needed at a limit: of a cgroup, of a user, or of the machine. They
 * make room for others, and nobody is killed. With DGEM_LONG=1 in the environment, four
 * times the RAM is created, not once.
 */
#include <errno.h>
#include <stdlib.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("What is not needed makes room where a limit would refuse.");

#define MIB (1ULL << 20)
#define SIZE (4 * MIB)
#define WILLNEED DRM_DGEM_MADV_WILLNEED
#define DONTNEED DRM_DGEM_MADV_DONTNEED

static int fd = -1;

static uint32_t create_unneeded(int file, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(file, SIZE, heap, DRM_DGEM_BO_POPULATE);

	igt_assert(dgem_bo_madvise(file, handle, DONTNEED));
	return handle;
}

/* A cgroup at its limit has four times as much, since nothing of it is needed. */
static void at_its_limit(void)
{
	uint64_t kills = observe_vmstat("oom_kill");
	const char *cgroup = cgroup_create("dgem-test");
	unsigned int gone = 0;

	igt_assert_eq(cgroup_set(cgroup, "memory.max", "32M"), 0);
	igt_fork(child, 1) {
		uint32_t handle[32];

		cgroup_enter(cgroup);
		for (int i = 0; i < 32; i++)
			handle[i] = create_unneeded(fd, i % 2);
		for (int i = 0; i < 32; i++) {
			gone += !dgem_bo_madvise(fd, handle[i], WILLNEED);
			gem_close(fd, handle[i]);
		}
		igt_info("%u of 32 BOs purged\n", gone);
		igt_assert_lte(24, gone);
	}
	igt_waitchildren();
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
	cgroup_destroy(cgroup);
}

/* Without swap, what has been given up makes room for the next. */
static void create_and_give_up(uid_t uid, uint32_t heap)
{
	uint64_t total = hog_ram() * (getenv("DGEM_LONG") ? 4 : 1), had = 0;
	char *mem = hog_take(32 * MIB);
	unsigned int purged = 0, bos = 0;
	int file = uid ? user_open(fd, uid) : drm_reopen_driver(fd);
	uint32_t first = 0;

	for (; had < total; had += SIZE, bos++) {
		uint32_t handle = create_unneeded(file, heap);

		first = first ?: handle;
	}
	for (uint32_t handle = first; handle < first + bos; handle++)
		purged += !dgem_bo_madvise(file, handle, WILLNEED);
	igt_info("user %u, heap %u: %u of %u BOs purged\n", (unsigned int)uid, heap, purged, bos);
	igt_assert_lt(0, purged);
	hog_check(mem, 32 * MIB);
	drm_close_driver(file);
}

/* Root, who has no limit but the reserve, and a user, each with one of the heaps at least. */
static void without_end(void)
{
	uint64_t kills = observe_vmstat("oom_kill");

	for (uint32_t i = 0; i < 4; i++) {
		const uid_t uid = i & 1 ? USER_A : 0;
		const uint32_t heap = i & 2 ? 1 : 0;

		if (!getenv("DGEM_LONG") && !uid == !heap)
			continue;
		igt_fork(child, 1)
			create_and_give_up(uid, heap);
		igt_waitchildren();
	}
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}

/*
 * At his limits, a user has what he gave up purged, the oldest first, and neither what he
 * needs nor what is another's.
 */
static void user_limit(void)
{
	int a = user_open(fd, USER_A), b = user_open(fd, USER_B);
	uint32_t others[2], needed[2], unneeded[4];

	for (uint32_t heap = 0; heap < 2; heap++) {
		others[heap] = create_unneeded(b, heap);
		needed[heap] = dgem_bo_create_in(a, SIZE, heap, DRM_DGEM_BO_POPULATE);
	}
	for (int i = 0; i < 4; i++)
		unneeded[i] = create_unneeded(a, i % 2);
	/* a heap each: three BOs, and what they cost beside their memory */
	limits_set("user_limit_mb", 13);
	limits_set("system_user_mb", 13);
	for (uint32_t heap = 0; heap < 2; heap++)
		dgem_bo_create_in(a, SIZE, heap, DRM_DGEM_BO_POPULATE);
	for (int i = 0; i < 4; i++)
		igt_assert_eq(dgem_bo_madvise(a, unneeded[i], WILLNEED), i >= 2);
	for (uint32_t heap = 0; heap < 2; heap++) {
		struct drm_dgem_bo_create create = {
			.size = SIZE,
			.heap = heap,
			.flags = DRM_DGEM_BO_POPULATE,
		};

		/* all of it is needed again */
		igt_assert_eq(__dgem_bo_create(a, &create), heap ? -EDQUOT : -ENOMEM);
		igt_assert(dgem_bo_madvise(b, others[heap], WILLNEED));
		igt_assert(dgem_bo_madvise(a, needed[heap], WILLNEED));
	}
	drm_close_driver(a);
	drm_close_driver(b);
}

static const struct dgem_test tests[] = {
	{ "at-its-limit", "A cgroup at its limit gets memory for what is not needed.",
	  at_its_limit },
	{ "without-end", "More than there is can be created and given up, and nobody is killed.",
	  without_end },
	{ "user-limit", "At a user's limit, what he gave up makes room, and nothing else.",
	  user_limit },
};

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
	}

	for_each_dgem_subtest(fd, t, tests) {
		t->run();
		limits_restore();
	}

	igt_fixture() {
		limits_close(fd);
	}
}
