// SPDX-License-Identifier: MIT
/*
 * BOs of dgem in another driver's hands: vgem imports them, attaches, maps
 * where its kernel's helper maps at import, and puts fences on them. Counters
 * of the exporter tell that it was really called.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("vgem imports BOs of dgem and attaches fences to them.");

#define SIZE (5ull << 20)
#define MS 1000000ll
#define READ DRM_DGEM_BO_WAIT_READ
#define WRITE DRM_DGEM_BO_WAIT_WRITE

/** struct lent - a BO of dgem that vgem has a handle of */
struct lent {
	int fd, vgem, dmabuf;
	uint32_t handle, at_vgem;
};

static void lend(struct lent *l, int fd, uint32_t heap)
{
	l->fd = fd;
	l->handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	l->dmabuf = prime_handle_to_fd_for_mmap(fd, l->handle);
	l->vgem = vgem_open();
	l->at_vgem = prime_fd_to_handle(l->vgem, l->dmabuf);
}

static void take_back(struct lent *l)
{
	close(l->vgem);
	close(l->dmabuf);
	gem_close(l->fd, l->handle);
}

static uint64_t state(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.state;
}

/*
 * A static exporter's importer maps at import and pins; where the importer
 * maps only on use, importing makes nothing resident.
 */
static void attach(int fd, uint32_t heap)
{
	long long attaches = observe_stat(fd, "attaches"), maps = observe_stat(fd, "maps");
	long long attachments = observe_stat(fd, "attachments");
	long long pinned = observe_stat(fd, "importer_pinned_pages");
	struct drm_dgem_bo_info info;
	struct lent l;

	lend(&l, fd, heap);
	igt_assert_eq(observe_stat(fd, "attaches"), attaches + 1);
	igt_assert_eq(observe_stat(fd, "attachments"), attachments + 1);
	dgem_bo_info(fd, l.handle, &info);
	igt_assert(info.state & DRM_DGEM_BO_STATE_EXPORTED);
	igt_info("import: %lld maps, %llu bytes resident\n", observe_stat(fd, "maps") - maps,
		 (unsigned long long)info.resident);
	if (observe_stat(fd, "maps") > maps) {
		igt_assert(info.state & DRM_DGEM_BO_STATE_PINNED);
		igt_assert_eq_u64(info.resident, SIZE);
	} else {
		igt_assert(!(info.state & DRM_DGEM_BO_STATE_PINNED));
		igt_assert_eq_u64(info.resident, dgem_heap_reserves(fd, heap) ? SIZE : 0);
	}
	close(l.vgem);
	igt_assert_eq(observe_stat(fd, "attachments"), attachments);
	igt_assert_eq(observe_stat(fd, "importer_pinned_pages"), pinned);
	igt_assert(!(state(fd, l.handle) & DRM_DGEM_BO_STATE_PINNED));
	close(l.dmabuf);
	gem_close(fd, l.handle);
}

/* Same contents, whichever driver holds it last; vgem's re-export is dgem's dma-buf. */
static void contents(int fd, uint32_t heap)
{
	uint64_t pages = SIZE / dgem_page_size();
	struct shadow *sh = shadow_create(pages);
	struct lent l;
	char *map, *back;
	int again;

	lend(&l, fd, heap);
	map = dgem_bo_map(fd, l.handle, SIZE);
	shadow_mix(sh, map, 0, pages);
	again = prime_handle_to_fd_for_mmap(l.vgem, l.at_vgem);
	igt_assert_eq_u64(dmabuf_inode(again), dmabuf_inode(l.dmabuf));
	back = dgem_dmabuf_map(again, 0, SIZE, PROT_READ | PROT_WRITE);
	shadow_mix(sh, back, 0, pages);
	shadow_check(sh, map, 0, pages);
	dgem_unmap(map, SIZE);
	take_back(&l);
	shadow_mix(sh, back, 0, pages);
	dgem_unmap(back, SIZE);
	close(again);
	shadow_destroy(sh);
}

/* vgem keeps the BO when dgem's file, handle and dma-buf are gone. */
static void outlives(int fd, uint32_t heap)
{
	int own = drm_reopen_driver(fd), again;
	uint64_t pages = SIZE / dgem_page_size();
	struct shadow *sh = shadow_create(pages);
	long long bos = observe_stat(fd, "bos");
	struct lent l;
	char *map;

	lend(&l, own, heap);
	map = dgem_bo_map(own, l.handle, SIZE);
	shadow_mix(sh, map, 0, pages);
	dgem_unmap(map, SIZE);
	close(l.dmabuf);
	gem_close(own, l.handle);
	drm_close_driver(own);
	igt_assert_eq(observe_stat(fd, "bos"), bos + 1);
	again = prime_handle_to_fd_for_mmap(l.vgem, l.at_vgem);
	map = dgem_dmabuf_map(again, 0, SIZE, PROT_READ | PROT_WRITE);
	shadow_mix(sh, map, 0, pages);
	dgem_unmap(map, SIZE);
	close(again);
	close(l.vgem);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
	shadow_destroy(sh);
}

/* A writer keeps everyone waiting, a reader keeps only writers. */
static void fence(int fd, uint32_t heap, uint32_t vgem_flags)
{
	bool write = vgem_flags & VGEM_FENCE_WRITE;
	uint32_t fence;
	struct lent l;

	lend(&l, fd, heap);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ | WRITE, 0), 0);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, vgem_flags, &fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ, 0), write ? -ETIME : 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, 0), -ETIME);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ | WRITE, 0), -ETIME);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ, 0), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, 0), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ | WRITE, INT64_MAX), 0);
	take_back(&l);
}

/* Times are absolute: what has passed polls, what lies ahead is waited for. */
static void timeout(int fd, uint32_t heap)
{
	const int64_t past[] = { 0, 1, -1, INT64_MIN };
	struct lent l;
	uint32_t fence;
	int64_t start;

	lend(&l, fd, heap);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(past); i++) {
		start = dgem_now();
		igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, past[i]), -ETIME);
		igt_assert_lt(dgem_now() - start, 1000 * MS);
	}
	start = dgem_now();
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, start + 200 * MS), -ETIME);
	igt_assert_lte(200 * MS, dgem_now() - start);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, start), 0);
	take_back(&l);
}

/* A waiter wakes up when the fence is signalled, long before its time is up. */
static void wakes(int fd, uint32_t heap)
{
	struct lent l;
	uint32_t fence;
	int64_t start;

	lend(&l, fd, heap);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	start = dgem_now();
	igt_fork(child, 1) {
		usleep(200000);
		igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	}
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, READ, INT64_MAX), 0);
	igt_assert_lte(200 * MS, dgem_now() - start);
	igt_assert_lt(dgem_now() - start, 8000 * MS);
	igt_waitchildren();
	take_back(&l);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal ends the wait with EINTR, and repeating it goes on waiting. */
static void interrupted(int fd, uint32_t heap)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct itimerval storm = { { 0, 2000 }, { 0, 2000 } }, quiet = { 0 };
	struct drm_dgem_bo_wait wait = { .flags = WRITE, .timeout_ns = INT64_MAX }, copy;
	int interrupts = 0, ret, err;
	struct lent l;
	uint32_t fence;
	int64_t start;

	lend(&l, fd, heap);
	wait.handle = l.handle;
	copy = wait;
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	igt_assert_eq(sigaction(SIGALRM, &act, &old), 0);
	start = dgem_now();
	setitimer(ITIMER_REAL, &storm, NULL);
	while (interrupts < 20 && dgem_now() - start < 5000 * MS) {
		ret = ioctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &wait);
		err = errno;
		igt_assert_eq(ret, -1);
		igt_assert_eq(err, EINTR);
		igt_assert(!memcmp(&wait, &copy, sizeof(wait)));
		interrupts++;
	}
	igt_assert_eq(interrupts, 20);
	wait.timeout_ns = dgem_now() + 100 * MS;
	start = dgem_now();
	igt_assert_eq(__dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &wait), -ETIME);
	igt_assert_lte(100 * MS, dgem_now() - start + MS);
	setitimer(ITIMER_REAL, &quiet, NULL);
	sigaction(SIGALRM, &old, NULL);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, INT64_MAX), 0);
	take_back(&l);
}

/* The fence is on the reservation object that both drivers share. */
static void imported_fence(int fd)
{
	struct foreign f;
	uint32_t handle, fence;

	foreign_create(&f, FOREIGN_VGEM, 1 << 20);
	handle = prime_fd_to_handle(fd, f.dmabuf);
	igt_assert_eq(vgem_fence_attach(f.fd, f.handle, VGEM_FENCE_WRITE, &fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, 0), -ETIME);
	igt_assert_eq(vgem_fence_signal(f.fd, fence), 0);
	igt_assert_eq(__dgem_bo_wait(fd, handle, READ, 0), 0);
	gem_close(fd, handle);
	foreign_destroy(&f);
}

static int polled(int dmabuf, int events)
{
	struct pollfd pfd = { .fd = dmabuf, .events = events };

	igt_assert_lte(0, poll(&pfd, 1, 0));
	return pfd.revents;
}

/* poll() of the dma-buf: POLLIN waits for writers, POLLOUT for everyone. */
static void poll_dmabuf(int fd, uint32_t heap)
{
	uint32_t fence;
	struct lent l;

	lend(&l, fd, heap);
	igt_assert_eq(polled(l.dmabuf, POLLIN | POLLOUT), POLLIN | POLLOUT);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, 0, &fence), 0);
	igt_assert_eq(polled(l.dmabuf, POLLIN), POLLIN);
	igt_assert_eq(polled(l.dmabuf, POLLOUT), 0);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	igt_assert_eq(polled(l.dmabuf, POLLIN), 0);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	igt_assert_eq(polled(l.dmabuf, POLLIN | POLLOUT), POLLIN | POLLOUT);
	take_back(&l);
}

/* Neither touching a busy BO nor BO_INFO waits for its fences. */
static void busy_fault(int fd, uint32_t heap)
{
	struct lent l;
	uint32_t fence;
	int64_t start;
	char *map;

	lend(&l, fd, heap);
	map = dgem_bo_map(fd, l.handle, SIZE);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	start = dgem_now();
	for (uint64_t at = 0; at < SIZE; at += dgem_page_size())
		igt_assert_eq(map[at], 0);
	igt_assert(state(fd, l.handle) & DRM_DGEM_BO_STATE_RESIDENT_ALL);
	igt_assert_lt(dgem_now() - start, 5000 * MS);
	igt_assert_eq(__dgem_bo_wait(fd, l.handle, WRITE, 0), -ETIME);
	igt_assert_eq(vgem_fence_signal(l.vgem, fence), 0);
	dgem_unmap(map, SIZE);
	take_back(&l);
}

/* Everything closed with the fence unsignalled: the fence goes with vgem's file. */
static void close_busy(int fd, uint32_t heap)
{
	long long bos = observe_stat(fd, "bos");
	uint32_t fence;
	struct lent l;

	lend(&l, fd, heap);
	igt_assert_eq(vgem_fence_attach(l.vgem, l.at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	close(l.dmabuf);
	gem_close(fd, l.handle);
	close(l.vgem);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
}

static void fence_read(int fd, uint32_t heap)
{
	fence(fd, heap, 0);
}

static void fence_write(int fd, uint32_t heap)
{
	fence(fd, heap, VGEM_FENCE_WRITE);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, uint32_t heap);
} tests[] = {
	{ "attach", "An import attaches, and only its mapping pins the BO and makes it resident.",
	  attach },
	{ "contents", "Both drivers see all writes, and vgem exports dgem's own dma-buf.",
	  contents },
	{ "outlives", "vgem's handle keeps the BO.", outlives },
	{ "wait-write-fence", "A writer's fence gives ETIME to all waits until it signals.",
	  fence_write },
	{ "wait-read-fence", "A reader's fence gives ETIME only to waits with the flag WRITE.",
	  fence_read },
	{ "wait-timeout", "The timeout is an absolute time, past or future.", timeout },
	{ "wait-wakes", "A waiter wakes up when the fence signals.", wakes },
	{ "wait-interrupted", "A signal gives EINTR, and the wait can be repeated.", interrupted },
	{ "poll", "poll() of the dma-buf waits for fences as BO_WAIT does.", poll_dmabuf },
	{ "busy-fault", "A page fault does not wait for fences.", busy_fault },
	{ "close-busy", "Closing a busy BO leaves nothing.", close_busy },
};

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_subtest(t, tests)
		for_each_dgem_heap(fd, heap)
			t->run(fd, heap);

	igt_describe("BO_WAIT on an imported BO waits for its exporter's fences.");
	igt_subtest("wait-imported")
		imported_fence(fd);

	igt_fixture()
		drm_close_driver(fd);
}
