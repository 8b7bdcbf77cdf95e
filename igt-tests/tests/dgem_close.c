// SPDX-License-Identifier: MIT
/* Handles: GEM_CLOSE, the end of a file, and what is left of both. */
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Closing a handle or a file frees its BOs, once.");

#define MIB (1ULL << 20)

static int fd = -1;

static void refused(uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	dgem_assert_refused(fd, DRM_IOCTL_GEM_CLOSE, &args, EINVAL);
}

static void test_bad_handle(void)
{
	uint32_t handle = dgem_bo_create(fd, 4096);

	refused(0);
	refused(handle + 1000);
	refused(0xdeadbeef);
	refused(UINT32_MAX);
	for (int bit = 16; bit < 32; bit++)
		refused(handle | 1u << bit);
	gem_close(fd, handle);
}

static void test_twice(void)
{
	uint32_t handle = dgem_bo_create(fd, 4096);

	gem_close(fd, handle);
	refused(handle);
	/* the number may come again, for another BO */
	gem_close(fd, dgem_bo_create(fd, 4096));
}

static void test_loop(void)
{
	const int rounds = 10000;
	struct dgem_counters before;

	dgem_counters_read(fd, &before);
	for (int i = 0; i < rounds; i++)
		gem_close(fd, dgem_bo_create(fd, 1 + i % (4 * MIB)));
	dgem_counters_assert_same(fd, &before);
}

static void test_fd_frees(void)
{
	struct dgem_counters before, during;
	int other;

	dgem_counters_read(fd, &before);
	other = drm_reopen_driver(fd);
	for_each_dgem_heap(fd, heap)
		for (int i = 0; i < 100; i++)
			dgem_bo_create_in(other, 65536, heap, i % 2 ? DRM_DGEM_BO_POPULATE : 0);
	dgem_counters_read(fd, &during);
	if (geteuid() == 0) {
		igt_assert_lte(100 + dgem_counter(&before, "bos"), dgem_counter(&during, "bos"));
		igt_assert_lt(dgem_counter(&before, "resident_pages"),
			      dgem_counter(&during, "resident_pages"));
	}
	drm_close_driver(other);
	dgem_counters_assert_same(fd, &before);
}

/* Each of two files that share a BO closes its own handle only. */
static void test_other_file_keeps(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(fd, MIB), shared;
	struct dgem_counters before, now;
	int dma_buf = prime_handle_to_fd(fd, handle);

	dgem_counters_read(fd, &before);
	shared = prime_fd_to_handle(other, dma_buf);
	close(dma_buf);
	gem_close(fd, handle);
	refused(handle);
	igt_assert_eq_u64(dgem_bo_size(other, shared), MIB);

	dgem_counters_read(fd, &now);
	if (geteuid() == 0)
		igt_assert_eq(dgem_counter(&now, "bos"), dgem_counter(&before, "bos"));
	gem_close(other, shared);
	dgem_counters_read(fd, &now);
	if (geteuid() == 0)
		igt_assert_eq(dgem_counter(&now, "bos"), dgem_counter(&before, "bos") - 1);
	drm_close_driver(other);
}

static void test_killed(void)
{
	struct dgem_counters before;
	int pipes[2];
	char byte;

	dgem_counters_read(fd, &before);
	igt_assert_eq(pipe(pipes), 0);
	igt_fork(child, 4) {
		int own = drm_reopen_driver(fd);

		for (int i = 0; i < 50; i++)
			dgem_bo_create_in(own, 65536, 0, DRM_DGEM_BO_POPULATE);
		igt_assert_eq(write(pipes[1], "x", 1), 1);
		/* the children end with their files open */
	}
	for (int i = 0; i < 4; i++)
		igt_assert_eq(read(pipes[0], &byte, 1), 1);
	igt_waitchildren();
	close(pipes[0]);
	close(pipes[1]);
	dgem_counters_assert_same(fd, &before);
}

static const struct dgem_test tests[] = {
	{ "bad-handle", "GEM_CLOSE of what is no handle gives EINVAL.", test_bad_handle },
	{ "twice", "The second close of a handle gives EINVAL.", test_twice },
	{ "create-close-loop", "Creating and closing many times leaves nothing.", test_loop },
	{ "fd-close-frees", "Closing a file frees all of its BOs.", test_fd_frees },
	{ "other-file-keeps", "A handle to a shared BO closes alone.", test_other_file_keeps },
	{ "exit-frees", "A process that ends frees all of its BOs.", test_killed },
};

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
