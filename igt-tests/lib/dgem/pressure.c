// SPDX-License-Identifier: MIT
#include "dgem/pressure.h"
#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/swap.h"
#include "igt.h"

static void run_in_cgroup(int fd, const struct pressure_test *test)
{
	const char *cgroup = cgroup_create("dgem-test");

	test->run(fd, cgroup);
	cgroup_leave();
	cgroup_destroy(cgroup);
}

void pressure_tests_run(const struct pressure_test *tests, unsigned int count, uint64_t swap)
{
	static int fd;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		if (swap)
			swap_start(swap);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (const struct pressure_test *test = tests; test < tests + count; test++) {
		igt_describe(test->what);
		dgem_subtest(fd, test->name)
			run_in_cgroup(fd, test);
	}

	igt_fixture() {
		swap_dm_stop();
		swap_stop();
		drm_close_driver(fd);
	}
}
