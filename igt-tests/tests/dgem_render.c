// SPDX-License-Identifier: MIT
/*
 * The render node, which is there when the module's parameter asks for it. Runs
 * in the machine that loads dgem so.
 */
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("The render node does what the primary node does, but for dumb buffers.");

#define SIZE 65536

static int fd = -1, render = -1;

static void test_unprivileged(void)
{
	igt_fork(child, 1) {
		igt_drop_root();
		dgem_use(render);
	}
	igt_waitchildren();
}

static void test_params(void)
{
	for (uint32_t param = 0; param < abi_num_params; param++)
		igt_assert_eq_u64(dgem_get_param(fd, param), dgem_get_param(render, param));
}

static void test_dumb(void)
{
	struct drm_mode_create_dumb dumb = { .width = 1, .height = 1, .bpp = 32 };

	do_ioctl_err(render, DRM_IOCTL_MODE_CREATE_DUMB, &dumb, EACCES);
}

static void test_flink(void)
{
	struct drm_gem_flink flink = { .handle = dgem_bo_create(render, SIZE) };
	struct drm_gem_open open = { .name = 1 };

	dgem_assert_refused(render, DRM_IOCTL_GEM_FLINK, &flink, EOPNOTSUPP);
	dgem_assert_refused(render, DRM_IOCTL_GEM_OPEN, &open, EOPNOTSUPP);
	gem_close(render, flink.handle);
}

/* What one node's file writes, the other's reads, in both directions. */
static void test_share(int from, int to)
{
	uint32_t handle = dgem_bo_create(from, SIZE), shared;
	char *here = dgem_bo_map(from, handle, SIZE), *there;
	int dma_buf = prime_handle_to_fd_for_mmap(from, handle);

	shared = prime_fd_to_handle(to, dma_buf);
	there = dgem_bo_map(to, shared, SIZE);
	here[0] = 1;
	igt_assert_eq(there[0], 1);
	there[SIZE - 1] = 2;
	igt_assert_eq(here[SIZE - 1], 2);
	dgem_unmap(here, SIZE);
	dgem_unmap(there, SIZE);
	close(dma_buf);
	gem_close(from, handle);
	gem_close(to, shared);
}

static void test_caps(void)
{
	dgem_assert_caps(render);
}

static void test_share_both_ways(void)
{
	test_share(fd, render);
	test_share(render, fd);
}

static const struct dgem_test tests[] = {
	{ "unprivileged", "Unprivileged clients can do everything.", test_unprivileged },
	{ "caps", "PRIME and syncobjs are announced.", test_caps },
	{ "params", "Parameters are those of the primary node.", test_params },
	{ "dumb", "Dumb buffers are of the primary node only.", test_dumb },
	{ "flink", "BOs have no global names.", test_flink },
	{ "share", "A BO is shared between files of the two nodes.", test_share_both_ways },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		render = drm_open_driver_render(DRIVER_DGEM);
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture() {
		drm_close_driver(render);
		drm_close_driver(fd);
	}
}
