// SPDX-License-Identifier: MIT
/*
 * vivid maps a large BO, which takes as long as its memory takes to zero, and
 * others want the BO at that time. Whoever of them is killed is gone at once.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A process that waits while a BO is populated can be killed.");

#define MIB (1ull << 20)
#define TRIES 5

static int fd = -1, vgem = -1;

static void end_access(int dmabuf)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW };

	ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

static void attach(int dmabuf)
{
	prime_fd_to_handle(vgem, dmabuf);
}

static char state_of(pid_t pid)
{
	char path[64], state = '?', *text;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = observe_file(path);
	if (text)
		sscanf(strrchr(text, ')'), ") %c", &state);
	free(text);
	return state;
}

/*
 * Half of what there is: neither swapping nor done in no time. A 32-bit kernel has
 * room to map 128 MiB.
 */
static uint64_t large(void)
{
	const uint64_t most = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE) > 1024 * MIB ?
				      1024 * MIB :
				      128 * MIB;
	uint64_t half = observe_meminfo("MemAvailable") * 1024 / 2;

	return (half < most ? half : most) & ~(2 * MIB - 1);
}

static uint64_t resident(uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.resident;
}

static pid_t populate(int dmabuf)
{
	struct vivid v;
	pid_t pid = fork();

	igt_assert_lte(0, pid);
	if (pid)
		return pid;
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT, 640, 360);
	if (vivid_request(&v, V4L2_MEMORY_DMABUF, 2) || vivid_queue(&v, 0, dmabuf, 0))
		_exit(1);
	vivid_close(&v);
	_exit(0);
}

static pid_t wait_for_lock(void (*call)(int dmabuf), int dmabuf)
{
	int asleep = 0, status;
	pid_t pid = fork();

	igt_assert_lte(0, pid);
	if (!pid) {
		call(dmabuf);
		_exit(0);
	}
	while (asleep < 5 && waitpid(pid, &status, WNOHANG) == 0) {
		usleep(5000);
		asleep = state_of(pid) == 'R' ? 0 : asleep + 1;
	}
	return asleep < 5 ? 0 : pid;
}

/* Whether a waiter that was killed was gone before the populating ended. */
static bool gone_before(void (*call)(int dmabuf))
{
	uint32_t heap = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED);
	uint64_t size = large(), done;
	uint32_t handle = dgem_bo_create_in(fd, size, heap, 0);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle), status = 0;
	pid_t filler = populate(dmabuf), waiter;
	bool before = false;

	while (!resident(handle) && waitpid(filler, &status, WNOHANG) == 0)
		usleep(1000);
	waiter = wait_for_lock(call, dmabuf);
	if (waiter) {
		igt_assert_eq(kill(waiter, SIGKILL), 0);
		igt_assert_eq(waitpid(waiter, &status, 0), waiter);
		igt_assert(WIFSIGNALED(status));
		done = resident(handle);
		before = done < size;
		igt_info("%llu of %llu MiB were populated when the waiter was gone\n",
			 (unsigned long long)(done / MIB), (unsigned long long)(size / MIB));
	}
	/* Maybe it has been waited for already. */
	status = 0;
	waitpid(filler, &status, 0);
	igt_assert_eq(status, 0);
	close(dmabuf);
	gem_close(fd, handle);
	return before;
}

/* A fast machine may be done before the waiter has been asleep for a moment. */
static void killed(void (*call)(int dmabuf))
{
	vivid_load(VIVID_VMALLOC);
	for (int i = 0; i < TRIES; i++)
		if (gone_before(call))
			return;
	igt_assert_f(false, "each waiter stayed until all was populated\n");
}

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		vgem = vgem_open();
	}

	igt_describe("A process that waits at the end of a CPU access can be killed.");
	igt_subtest("sync-end")
		killed(end_access);

	igt_describe("A process that waits while another driver attaches can be killed.");
	igt_subtest("attach")
		killed(attach);

	igt_fixture() {
		drm_close_driver(vgem);
		drm_close_driver(fd);
	}
}
