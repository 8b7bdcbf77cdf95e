// SPDX-License-Identifier: MIT
/*
 * BO_WAIT. vgem's fences keep a BO busy: on a dgem BO that vgem imported, and
 * on a vgem BO that dgem imported.
 */
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_WAIT waits for the fences that matter, until the time that was given.");

#define MSEC 1000000ll
#define SIZE (64 * 1024)
#define READ DRM_DGEM_BO_WAIT_READ
#define WRITE DRM_DGEM_BO_WAIT_WRITE

static int fd = -1;
static uint32_t bo;

/* A BO with a fence: both drivers' handles, and vgem's file and fence. */
struct busy {
	uint32_t handle;
	int vgem;
	uint32_t vgem_handle;
	uint32_t fence;
	struct foreign foreign;
	bool imported;
};

static void valid(int file, void *arg)
{
	*(struct drm_dgem_bo_wait *)arg = (struct drm_dgem_bo_wait){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
		.flags = READ,
	};
}

static void make_busy(struct busy *busy, bool imported, uint32_t fence_flags)
{
	int dma_buf;

	memset(busy, 0, sizeof(*busy));
	busy->imported = imported;
	if (imported) {
		foreign_create(&busy->foreign, FOREIGN_VGEM, SIZE);
		busy->vgem = busy->foreign.fd;
		busy->vgem_handle = busy->foreign.handle;
		busy->handle = prime_fd_to_handle(fd, busy->foreign.dmabuf);
	} else {
		busy->vgem = vgem_open();
		busy->handle = dgem_bo_create(fd, SIZE);
		dma_buf = prime_handle_to_fd(fd, busy->handle);
		busy->vgem_handle = prime_fd_to_handle(busy->vgem, dma_buf);
		close(dma_buf);
	}
	igt_assert_eq(vgem_fence_attach(busy->vgem, busy->vgem_handle, fence_flags, &busy->fence),
		      0);
}

static void end_busy(struct busy *busy)
{
	gem_close(fd, busy->handle);
	if (busy->imported)
		foreign_destroy(&busy->foreign);
	else
		drm_close_driver(busy->vgem);
}

static void test_idle(void)
{
	const int64_t times[] = {
		INT64_MIN,     -1,	 0, 1, dgem_now() - 1, dgem_now() + 60000 * MSEC,
		INT64_MAX - 1, INT64_MAX
	};
	static const uint32_t flags[] = { READ, WRITE, READ | WRITE };
	const int64_t start = dgem_now();

	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(flags); j++)
			dgem_bo_wait(fd, bo, flags[j], times[i]);
	igt_assert_lt(dgem_now() - start, 10000 * MSEC);
}

static void refused_flags(uint32_t flags)
{
	struct drm_dgem_bo_wait args = { .handle = bo, .flags = flags };

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_WAIT, &args, EINVAL);
}

static void test_unknown_flags(void)
{
	const struct dgem_field flags = DGEM_FIELD(drm_dgem_bo_wait, flags);
	struct drm_dgem_bo_wait args = { .handle = bo, .flags = READ };

	dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_BO_WAIT, &args, &flags, ~(READ | WRITE));
	args.flags = WRITE;
	dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_BO_WAIT, &args, &flags, ~(READ | WRITE));
}

static void test_poll(bool imported)
{
	const int64_t times[] = { INT64_MIN, -1, 0, 1, dgem_now() - 1 };
	struct busy busy;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		struct drm_dgem_bo_wait args = {
			.handle = busy.handle,
			.flags = READ,
			.timeout_ns = times[i],
		};

		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_WAIT, &args, ETIME);
	}
	igt_assert_eq(vgem_fence_signal(busy.vgem, busy.fence), 0);
	dgem_bo_wait(fd, busy.handle, READ, 0);
	end_busy(&busy);
}

static void test_timeout(bool imported)
{
	const int64_t end = dgem_now() + 300 * MSEC;
	struct busy busy;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ, end), -ETIME);
	igt_assert_lte(end, dgem_now());
	igt_assert_lt(dgem_now() - end, 5000 * MSEC);
	end_busy(&busy);
}

static void test_signaled(bool imported, int64_t timeout_ns)
{
	const int64_t start = dgem_now();
	struct busy busy;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	igt_fork(child, 1) {
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(busy.vgem, busy.fence), 0);
	}
	dgem_bo_wait(fd, busy.handle, READ, timeout_ns);
	igt_assert_lte(300 * MSEC, dgem_now() - start);
	igt_waitchildren();
	end_busy(&busy);
}

/* READ waits for writers, WRITE for writers and readers. */
static void test_direction(bool imported)
{
	struct busy busy;

	make_busy(&busy, imported, 0);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ, 0), 0);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, WRITE, 0), -ETIME);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ | WRITE, 0), -ETIME);
	end_busy(&busy);

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ, 0), -ETIME);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, WRITE, 0), -ETIME);
	end_busy(&busy);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* The argument is as it was, so that the call can be repeated. */
static void test_interrupted(bool imported)
{
	struct sigaction act = { .sa_handler = on_signal }, old;
	struct drm_dgem_bo_wait args = { .flags = READ, .timeout_ns = INT64_MAX }, before;
	const pid_t self = getpid();
	struct busy busy;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	args.handle = busy.handle;
	before = args;
	sigaction(SIGUSR1, &act, &old);
	igt_fork(child, 1) {
		usleep(300000);
		igt_assert_eq(kill(self, SIGUSR1), 0);
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(busy.vgem, busy.fence), 0);
	}
	igt_assert_eq(ioctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &args), -1);
	igt_assert_eq(errno, EINTR);
	igt_assert(!memcmp(&args, &before, sizeof(args)));
	igt_assert_eq(ioctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &args), 0);
	igt_waitchildren();
	sigaction(SIGUSR1, &old, NULL);
	end_busy(&busy);
}

/* An absolute time does not move when the call is repeated. */
static void test_storm(bool imported)
{
	const int64_t end = dgem_now() + 500 * MSEC;
	struct busy busy;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	igt_fork_signal_helper();
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ, end), -ETIME);
	igt_stop_signal_helper();
	igt_assert_lte(end, dgem_now());
	igt_assert_lt(dgem_now() - end, 5000 * MSEC);
	end_busy(&busy);
}

/* A touch is the program's own affair: it waits for no fence. */
static void test_fault(bool imported)
{
	const int64_t start = dgem_now();
	struct busy busy;
	char *ptr;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	ptr = dgem_bo_map(fd, busy.handle, SIZE);
	memset(ptr, 1, SIZE);
	dgem_unmap(ptr, SIZE);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, READ, 0), -ETIME);
	igt_assert_lt(dgem_now() - start, 5000 * MSEC);
	end_busy(&busy);
}

static void test_closed_meanwhile(bool imported)
{
	struct busy busy;
	uint32_t again;

	make_busy(&busy, imported, VGEM_FENCE_WRITE);
	igt_fork(child, 1) {
		usleep(300000);
		gem_close(fd, busy.handle);
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(busy.vgem, busy.fence), 0);
	}
	dgem_bo_wait(fd, busy.handle, READ, INT64_MAX);
	igt_waitchildren();
	again = dgem_bo_create(fd, SIZE);
	busy.handle = again;
	end_busy(&busy);
}

static void test_signaled_forever(bool imported)
{
	test_signaled(imported, INT64_MAX);
}

static void test_signaled_in_time(bool imported)
{
	test_signaled(imported, dgem_now() + 8000 * MSEC);
}

static void busy_subtests(void)
{
	static const struct {
		const char *name, *what;
		void (*test)(bool imported);
	} tests[] = {
		{ "poll", "A time that has passed gives ETIME while busy.", test_poll },
		{ "timeout", "A wait ends with ETIME when its time comes, not before.",
		  test_timeout },
		{ "signaled", "A wait ends when the fence signals.", test_signaled_in_time },
		{ "signaled-forever", "INT64_MAX waits until the fence signals.",
		  test_signaled_forever },
		{ "direction", "READ waits for writers only, WRITE for all.", test_direction },
		{ "interrupted", "A signal gives EINTR, and the same call can be repeated.",
		  test_interrupted },
		{ "signal-storm", "The time is absolute, however often the call is repeated.",
		  test_storm },
		{ "fault-does-not-wait", "A touch of a busy BO does not wait.", test_fault },
		{ "closed-meanwhile", "A wait survives the end of its handle.",
		  test_closed_meanwhile },
	};

	for_each_row(t, tests) {
		dgem_subtest_f(fd, "%s-own", t->name)
			t->test(false);
		igt_describe(t->what);
		dgem_subtest_f(fd, "%s-imported", t->name)
			t->test(true);
	}
}

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_WAIT,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_wait, timeout_ns),
		.zero_err = EINVAL,
		.handle_offset = offsetof(struct drm_dgem_bo_wait, handle),
		.flags_offset = offsetof(struct drm_dgem_bo_wait, flags),
		.bo = &bo,
	};

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		bo = dgem_bo_create(fd, 4096);
	}

	igt_describe("An idle BO is no wait, whatever the time.");
	dgem_subtest(fd, "idle")
		test_idle();
	igt_describe("Neither READ nor WRITE gives EINVAL.");
	dgem_subtest(fd, "no-flags")
		refused_flags(0);
	igt_describe("Each unknown flag gives EINVAL.");
	dgem_subtest(fd, "unknown-flags")
		test_unknown_flags();

	busy_subtests();
	dgem_abi_subtests(&abi);

	igt_fixture() {
		gem_close(fd, bo);
		drm_close_driver(fd);
	}
}
