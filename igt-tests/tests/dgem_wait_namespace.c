// SPDX-License-Identifier: MIT
/*
 * BO_WAIT in time namespaces, whose CLOCK_MONOTONIC is ahead of the kernel's or
 * behind it. vgem's fence keeps a BO of dgem busy.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_WAIT takes the time of its caller's time namespace.");

#define MSEC 1000000ll
#define SEC (1000 * MSEC)
#define SIZE (64 * 1024)
#define READ DRM_DGEM_BO_WAIT_READ
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static int fd = -1;

/* Puts the calling process into a namespace @offset seconds ahead. */
static void enter_time_namespace(int offset)
{
	char text[64];
	int file;

	igt_assert_eq(unshare(CLONE_NEWTIME), 0);
	file = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	igt_assert_lte(0, file);
	snprintf(text, sizeof(text), "monotonic %d 0\n", offset);
	igt_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	file = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	igt_assert_lte(0, file);
	igt_assert_eq(setns(file, CLONE_NEWTIME), 0);
	close(file);
}

/* What has passed polls, what lies ahead is waited for, and not longer. */
static void waits(uint32_t handle, int vgem, uint32_t fence)
{
	int64_t start = dgem_now(), took;
	pid_t signaller;
	int status;

	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, start - 1), -ETIME);
	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, INT64_MIN), -ETIME);
	igt_assert_lt(dgem_now() - start, 5 * SEC);

	start = dgem_now();
	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, start + 300 * MSEC), -ETIME);
	took = dgem_now() - start;
	igt_assert_lte(300 * MSEC, took);
	igt_assert_lt(took, 5 * SEC);

	start = dgem_now();
	signaller = fork();
	igt_assert_lte(0, signaller);
	if (!signaller) {
		usleep(300000);
		_exit(!!vgem_fence_signal(vgem, fence));
	}
	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, INT64_MAX), 0);
	igt_assert_lte(300 * MSEC, dgem_now() - start);
	igt_assert_eq(waitpid(signaller, &status, 0), signaller);
	igt_assert_eq(status, 0);
}

static void test(int offset)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), at_vgem, fence;
	int dmabuf = prime_handle_to_fd(fd, handle), vgem = vgem_open();
	int64_t before = dgem_now();

	at_vgem = prime_fd_to_handle(vgem, dmabuf);
	close(dmabuf);
	igt_assert_eq(vgem_fence_attach(vgem, at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	igt_fork(child, 1) {
		enter_time_namespace(offset);
		igt_assert_lte(offset * SEC, dgem_now() - before);
		igt_assert_lt(dgem_now() - before, (offset + 60) * SEC);
		waits(handle, vgem, fence);
	}
	igt_waitchildren_timeout(60, "a wait that is far too long");
	drm_close_driver(vgem);
	gem_close(fd, handle);
}

int igt_main()
{
	igt_fixture() {
		igt_require_f(!access("/proc/self/ns/time", F_OK),
			      "this kernel has no time namespaces\n");
		fd = drm_open_driver(DRIVER_DGEM);
	}

	igt_describe("A clock that is ahead of the kernel's.");
	igt_subtest("ahead")
		test(5000);
	igt_describe("A clock that is behind the kernel's.");
	igt_subtest("behind")
		test(-1);

	igt_fixture()
		drm_close_driver(fd);
}
