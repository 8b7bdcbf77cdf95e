// SPDX-License-Identifier: MIT
/* Limits of the system heap where there is swap. */
#include <signal.h>
#include <string.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Eviction frees nothing of a limit, and free swap is room beyond it.");

#define MIB (1ULL << 20)
#define CHUNK (2 * MIB)
#define SIZE (12 * MIB)

/* of root; a file of USER_A */
static int fd = -1, user = -1;

static uint64_t used(void)
{
	return dgem_get_param(user, DRM_DGEM_PARAM_SYSTEM_USED);
}

static uint64_t resident(uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(user, handle, &info);
	return info.resident;
}

/* What is evicted is charged, and comes back whatever the limit is by then. */
static void test_evicted(void)
{
	const char *cgroup = cgroup_create("dgem-test");
	uint32_t handle;
	char *map;

	swap_start(256 * MIB);
	/* the group that makes and fills a BO is that which has to give it up */
	cgroup_enter(cgroup);
	handle = dgem_bo_create(user, SIZE);
	map = dgem_bo_map(user, handle, SIZE);
	memset(map, 0x5a, SIZE);
	dgem_unmap(map, SIZE);
	for (int i = 0; i < 60 && resident(handle); i++)
		cgroup_set(cgroup, "memory.reclaim", "8M");
	cgroup_enter("/sys/fs/cgroup");
	igt_assert_eq_u64(resident(handle), 0);
	igt_assert_eq_u64(used(), SIZE);

	limits_set("system_user_mb", 4);
	/* so that free swap is no reason either */
	swap_stop();
	igt_assert_eq_u64(used(), SIZE);
	map = dgem_bo_map(user, handle, SIZE);
	for (uint64_t at = 0; at < SIZE; at += CHUNK)
		igt_assert_eq(content_touch_read(map + at), 0);
	igt_assert_eq(map[0], 0x5a);
	igt_assert(!memcmp(map, map + 1, SIZE - 1));
	/* What comes back in pieces needs a page for each chunk to find them. */
	igt_assert_lte_u64(SIZE, used());
	igt_assert_lte_u64(used(), SIZE + SIZE / CHUNK * dgem_page_size());
	dgem_unmap(map, SIZE);
	gem_close(user, handle);
	cgroup_destroy(cgroup);
}

/*
 * Nothing is left. A chunk that just fitted may have been given to find its pages what is
 * beyond the limit.
 */
static void assert_at_limit(uint64_t limit)
{
	igt_assert_lte_u64(limit, used());
	igt_assert_lte_u64(used(), limit + dgem_page_size());
}

/* Beyond the limit, a touch gets memory while a sixteenth of RAM is free in swap. */
static void test_free_swap(void)
{
	const uint64_t sixteenth = (observe_meminfo("MemTotal") << 10) / 16;
	uint32_t handle = dgem_bo_create(user, SIZE);
	char *map = dgem_bo_map(user, handle, SIZE);
	uint64_t at;

	limits_set("system_user_mb", 4);
	swap_start(sixteenth / CHUNK * CHUNK);
	at = limits_touch(map, 0, SIZE);
	swap_stop();
	igt_assert_eq(content_touch_write(map + at), SIGBUS);
	igt_assert_eq_u64(used(), limits_backing_of_bo(user, handle));
	assert_at_limit(4 * MIB);

	swap_start(2 * sixteenth);
	igt_assert_eq_u64(limits_touch(map, at, 8 * MIB), 8 * MIB);
	swap_stop();
	igt_assert_eq_u64(resident(handle), 8 * MIB);
	igt_assert_eq_u64(used(), limits_backing_of_bo(user, handle));
	igt_assert_eq(content_touch_write(map + 8 * MIB), SIGBUS);
	igt_assert_eq(content_touch_write(map), 0);
	dgem_unmap(map, SIZE);
	gem_close(user, handle);
}

static const struct dgem_test tests[] = {
	{ "evicted", "What is evicted or in swap is charged, and can be accessed again.",
	  test_evicted },
	{ "free-swap", "Beyond the limit there is memory while enough swap is free.",
	  test_free_swap },
};

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
	}

	for_each_dgem_subtest(fd, t, tests) {
		limits_restore();
		user = user_open(fd, USER_A);
		t->run();
		igt_assert_eq_u64(used(), 0);
		drm_close_driver(user);
	}

	igt_fixture() {
		swap_stop();
		limits_close(fd);
	}
}
