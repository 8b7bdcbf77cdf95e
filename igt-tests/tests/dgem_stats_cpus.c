// SPDX-License-Identifier: MIT
/* debugfs' list of BOs, which each CPU has a part of. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("dgem_bos is complete on machines with several CPUs.");

static int fd = -1;

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	igt_assert_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

static uint64_t bo_id(uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.id;
}

/* How many lines of the list are of a BO. */
static int listed(uint64_t id)
{
	char *text = observe_debugfs(fd, "dgem_bos"), start[32], *at;
	int lines = 0;

	igt_assert(text);
	snprintf(start, sizeof(start), "\n%llu ", (unsigned long long)id);
	for (at = strstr(text, start); at; at = strstr(at + 1, start))
		lines++;
	free(text);
	return lines;
}

/* None is missing or there twice, also when freed on another CPU. */
static void test_list(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t handle[2 * cpus];
	cpu_set_t everywhere;

	igt_assert_eq(sched_getaffinity(0, sizeof(everywhere), &everywhere), 0);
	for (int i = 0; i < 2 * cpus; i++) {
		run_on(i % cpus);
		handle[i] = dgem_bo_create(fd, 4096);
	}
	for (int i = 0; i < 2 * cpus; i++)
		igt_assert_eq(listed(bo_id(handle[i])), 1);
	for (int i = 0; i < 2 * cpus; i++) {
		uint64_t id = bo_id(handle[i]);

		run_on((i + 1) % cpus);
		gem_close(fd, handle[i]);
		igt_assert_eq(listed(id), 0);
	}
	igt_assert_eq(sched_setaffinity(0, sizeof(everywhere), &everywhere), 0);
}

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("dgem_bos has each BO once, whatever CPU created it.");
	igt_subtest("list")
		test_list();

	igt_fixture()
		drm_close_driver(fd);
}
