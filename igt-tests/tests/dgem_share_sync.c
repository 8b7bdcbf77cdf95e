// SPDX-License-Identifier: MIT
/*
 * CPU access to dgem's own dma-bufs is bracketed by DMA_BUF_IOCTL_SYNC: which
 * flags it takes, brackets that overlap, and signals while it waits.
 */
#include <errno.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("CPU access to dgem's own dma-bufs can be bracketed.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (3ull << 20)

static int sync_flags(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	return ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) ? -errno : 0;
}

/* Which flags are flags; each accepted pair reaches the driver twice. */
static void sync_ioctl(int fd, uint32_t heap)
{
	const uint64_t dirs[] = { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW };
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
	long long calls = observe_stat(fd, "cpu_accesses");

	igt_assert_eq(sync_flags(dmabuf, DMA_BUF_SYNC_START), -EINVAL);
	igt_assert_eq(sync_flags(dmabuf, DMA_BUF_SYNC_END), -EINVAL);
	for (int bit = 3; bit < 64; bit++)
		igt_assert_eq(sync_flags(dmabuf, 1ull << bit | DMA_BUF_SYNC_RW), -EINVAL);
	igt_assert_eq(observe_stat(fd, "cpu_accesses"), calls);
	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++) {
		igt_assert_eq(sync_flags(dmabuf, DMA_BUF_SYNC_START | dirs[i]), 0);
		igt_assert_eq(sync_flags(dmabuf, DMA_BUF_SYNC_END | dirs[i]), 0);
	}
	igt_assert_eq(observe_stat(fd, "cpu_accesses"), calls + 6);
	close(dmabuf);
	gem_close(fd, handle);
}

/* Brackets that overlap, of several threads, on a BO that vgem is attached to. */
static void *sync_thread(void *arg)
{
	int dmabuf = *(int *)arg;
	long failures = 0;

	for (int i = 0; i < 300; i++) {
		failures += sync_flags(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW) != 0;
		failures += sync_flags(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ) != 0;
		failures += sync_flags(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ) != 0;
		failures += sync_flags(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW) != 0;
	}
	return (void *)failures;
}

static void sync_nested(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle), vgem = vgem_open();
	pthread_t thread[4];
	void *failures;

	prime_fd_to_handle(vgem, dmabuf);
	for (int i = 0; i < 4; i++)
		igt_assert_eq(pthread_create(&thread[i], NULL, sync_thread, &dmabuf), 0);
	for (int i = 0; i < 4; i++) {
		igt_assert_eq(pthread_join(thread[i], &failures), 0);
		igt_assert_eq((long)failures, 0);
	}
	close(vgem);
	close(dmabuf);
	gem_close(fd, handle);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Repeats a sync call until it is done; counts what signals took away. */
static int sync_insist(int dmabuf, uint64_t flags)
{
	int interrupts = 0, ret;

	while ((ret = sync_flags(dmabuf, flags))) {
		igt_assert_eq(ret, -EINTR);
		interrupts++;
	}
	return interrupts;
}

static void storm_start(struct sigaction *old)
{
	struct itimerval storm = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction act = { .sa_handler = on_alarm };

	igt_assert_eq(sigaction(SIGALRM, &act, old), 0);
	setitimer(ITIMER_REAL, &storm, NULL);
}

static void storm_stop(const struct sigaction *old)
{
	struct itimerval quiet = { 0 };

	setitimer(ITIMER_REAL, &quiet, NULL);
	sigaction(SIGALRM, old, NULL);
}

/*
 * Under a storm of signals it is success or EINTR, and the data is right. The
 * first START has a fence to wait for, where signals cannot miss it.
 */
static void sync_storm(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0), fence;
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle), vgem = vgem_open(), interrupts;
	struct shadow *sh = shadow_create(SIZE / dgem_page_size());
	char *a = dgem_bo_map(fd, handle, SIZE), *b = dgem_dmabuf_map(dmabuf, 0, SIZE, RW);
	uint32_t at_vgem = prime_fd_to_handle(vgem, dmabuf);
	struct sigaction old;

	igt_assert_eq(vgem_fence_attach(vgem, at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	igt_fork(child, 1) {
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(vgem, fence), 0);
	}
	storm_start(&old);
	interrupts = sync_insist(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	igt_assert_lt(0, interrupts);
	for (int i = 0; i < 300; i++) {
		uint64_t nr = content_random(&sh->rng, sh->pages);
		uint64_t at = nr * dgem_page_size();

		shadow_mix(sh, b + at, nr, 1);
		interrupts += sync_insist(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
		shadow_mix(sh, a + at, nr, 1);
		interrupts += sync_insist(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	}
	storm_stop(&old);
	igt_waitchildren();
	igt_info("%d interrupted of %d calls\n", interrupts, interrupts + 601);
	shadow_check(sh, a, 0, sh->pages);
	igt_assert_lt(0, sh->checked);
	shadow_destroy(sh);
	dgem_unmap(a, SIZE);
	dgem_unmap(b, SIZE);
	close(vgem);
	close(dmabuf);
	gem_close(fd, handle);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, uint32_t heap);
} tests[] = {
	{ "flags", "DMA_BUF_IOCTL_SYNC takes the defined flags only and calls the driver.",
	  sync_ioctl },
	{ "nested", "Several threads can bracket CPU access while an importer has the BO mapped.",
	  sync_nested },
	{ "storm", "CPU access works while signals arrive.", sync_storm },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_subtest(t, tests)
		for_each_dgem_heap(fd, heap)
			t->run(fd, heap);

	igt_fixture()
		drm_close_driver(fd);
}
