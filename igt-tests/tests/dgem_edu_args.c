// SPDX-License-Identifier: MIT
/*
 * What the ioctl of dgem_edu refuses, and what it waits for before it begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/foreign.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("dgem_edu refuses what its device would not survive, and waits its turn.");

#define SIZE 8192
#define MAX DGEM_EDU_MAX_LENGTH
#define BUFFER DGEM_EDU_BUFFER_SIZE

static int fd = -1;

/** struct scene - a BO, and a file of the device */
struct scene {
	uint32_t handle;
	int dmabuf, edu;
};

static void scene_create(struct scene *s)
{
	s->handle = dgem_bo_create(fd, SIZE);
	s->dmabuf = prime_handle_to_fd_for_mmap(fd, s->handle);
	s->edu = edu_open();
}

static void scene_free(struct scene *s)
{
	close(s->edu);
	close(s->dmabuf);
	gem_close(fd, s->handle);
}

static void assert_refused(const struct scene *s, const struct dgem_edu_copy *copy, int err)
{
	struct dgem_edu_copy arg = *copy;
	struct dgem_counters before;

	dgem_counters_read(fd, &before);
	igt_assert_eq(__edu_copy(s->edu, &arg), -err);
	igt_assert(!memcmp(&arg, copy, sizeof(arg)));
	dgem_counters_assert_same(fd, &before);
}

/* Each is wrong in one way, and right otherwise. */
static void test_refused(void)
{
	static const struct dgem_edu_copy wrong[] = {
		{ .length = 0 },
		{ .length = MAX + 1 },
		{ .length = UINT32_MAX },
		{ .length = 1, .direction = 2 },
		{ .length = 1, .direction = UINT32_MAX },
		{ .length = 1, .pad = 1 },
		{ .length = 1, .offset = SIZE },
		{ .length = MAX, .offset = SIZE - MAX + 1 },
		{ .length = 1, .offset = UINT64_MAX },
		{ .length = MAX, .offset = UINT64_MAX - MAX + 1 },
		{ .length = MAX, .device_offset = BUFFER - MAX },
		{ .length = 1, .device_offset = BUFFER - 1 },
		{ .length = 1, .device_offset = BUFFER },
		{ .length = 1, .device_offset = UINT32_MAX },
		{ .length = MAX, .device_offset = UINT32_MAX - MAX + 1 },
	};
	struct scene s;

	scene_create(&s);
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct dgem_edu_copy copy = wrong[i];

		copy.dmabuf = s.dmabuf;
		assert_refused(&s, &copy, EINVAL);
	}
	edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, SIZE - MAX, MAX, BUFFER - MAX - 1);
	edu_copy(s.edu, s.dmabuf, DGEM_EDU_FROM_DEVICE, SIZE - MAX, MAX, BUFFER - MAX - 1);
	scene_free(&s);
}

static void test_files(void)
{
	struct dgem_edu_copy copy = { .length = 1 };
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct scene s;

	scene_create(&s);
	copy.dmabuf = -1;
	assert_refused(&s, &copy, EBADF);
	copy.dmabuf = 1000000;
	assert_refused(&s, &copy, EBADF);
	copy.dmabuf = file;
	assert_refused(&s, &copy, EINVAL);
	copy.dmabuf = s.edu;
	assert_refused(&s, &copy, EINVAL);
	close(file);
	scene_free(&s);
}

/* By a file descriptor that others got to read only, the device does not write. */
static void test_read_only(void)
{
	struct dgem_edu_copy copy = { .length = 1, .direction = DGEM_EDU_FROM_DEVICE };
	struct scene s;

	s.handle = dgem_bo_create(fd, SIZE);
	s.dmabuf = prime_handle_to_fd(fd, s.handle);
	s.edu = edu_open();
	copy.dmabuf = s.dmabuf;
	assert_refused(&s, &copy, EACCES);
	edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, 0, 1, 0);
	scene_free(&s);
}

static void test_pointers(void)
{
	struct dgem_edu_copy *copy = mmap(NULL, dgem_page_size(), PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct scene s;

	igt_assert(copy != MAP_FAILED);
	scene_create(&s);
	igt_assert_eq(ioctl(s.edu, DGEM_EDU_IOCTL_COPY + 1, copy), -1);
	igt_assert_eq(errno, ENOTTY);
	igt_assert_eq(__edu_copy(s.edu, NULL), -EFAULT);
	copy->dmabuf = s.dmabuf;
	copy->direction = DGEM_EDU_FROM_DEVICE;
	copy->length = 1;
	igt_assert_eq(mprotect(copy, dgem_page_size(), PROT_READ), 0);
	igt_assert_eq(__edu_copy(s.edu, copy), -EFAULT);
	igt_assert_eq(__dgem_bo_wait(fd, s.handle, DRM_DGEM_BO_WAIT_WRITE, 0), 0);
	igt_assert_eq(mprotect(copy, dgem_page_size(), PROT_NONE), 0);
	igt_assert_eq(__edu_copy(s.edu, copy), -EFAULT);
	munmap(copy, dgem_page_size());
	scene_free(&s);
}

/** struct busy - a fence of vgem on a scene's BO */
struct busy {
	int vgem;
	uint32_t fence;
};

static void busy_begin(struct busy *busy, const struct scene *s, uint32_t flags)
{
	uint32_t handle;

	busy->vgem = vgem_open();
	handle = prime_fd_to_handle(busy->vgem, s->dmabuf);
	igt_assert_eq(vgem_fence_attach(busy->vgem, handle, flags, &busy->fence), 0);
}

static void busy_end(struct busy *busy)
{
	igt_assert_eq(vgem_fence_signal(busy->vgem, busy->fence), 0);
	drm_close_driver(busy->vgem);
}

/* Begins while a fence is there that signals after a third of a second. */
static void assert_waits(uint32_t flags, enum dgem_edu_direction direction)
{
	struct busy busy;
	struct scene s;
	int64_t start;
	int fence;

	scene_create(&s);
	busy_begin(&busy, &s, flags);
	start = dgem_now();
	igt_fork(child, 1) {
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(busy.vgem, busy.fence), 0);
	}
	fence = edu_begin(s.edu, s.dmabuf, direction, 0, 1, 0);
	igt_assert_lte(300000000, dgem_now() - start);
	igt_assert_eq(edu_end(fence), 0);
	igt_waitchildren();
	drm_close_driver(busy.vgem);
	scene_free(&s);
}

static void test_waits(void)
{
	struct busy busy;
	struct scene s;

	assert_waits(VGEM_FENCE_WRITE, DGEM_EDU_TO_DEVICE);
	assert_waits(VGEM_FENCE_WRITE, DGEM_EDU_FROM_DEVICE);
	assert_waits(0, DGEM_EDU_FROM_DEVICE);

	scene_create(&s);
	busy_begin(&busy, &s, 0);
	edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, 0, 1, 0);
	busy_end(&busy);
	scene_free(&s);
}

/* A file that waits for somebody else's fence keeps no other one from its copies. */
static void test_others_go_on(void)
{
	struct scene s, other;
	struct busy busy;

	scene_create(&s);
	scene_create(&other);
	busy_begin(&busy, &s, VGEM_FENCE_WRITE);
	igt_fork(child, 1)
		edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, 0, 1, 0);
	usleep(200000);
	edu_copy(other.edu, other.dmabuf, DGEM_EDU_FROM_DEVICE, 0, 1, 0);
	igt_assert_eq(__dgem_bo_wait(fd, s.handle, DRM_DGEM_BO_WAIT_READ, 0), -ETIME);
	busy_end(&busy);
	igt_waitchildren();
	scene_free(&other);
	scene_free(&s);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void test_interrupted(void)
{
	struct sigaction act = { .sa_handler = on_signal }, old;
	struct dgem_edu_copy copy = { .length = 1 };
	const pid_t self = getpid();
	struct busy busy;
	struct scene s;

	scene_create(&s);
	busy_begin(&busy, &s, VGEM_FENCE_WRITE);
	igt_assert_eq(sigaction(SIGUSR1, &act, &old), 0);
	igt_fork(child, 1) {
		/* again, in case the first came before the ioctl did */
		for (int i = 0; i < 10; i++) {
			usleep(200000);
			igt_assert_eq(kill(self, SIGUSR1), 0);
		}
	}
	copy.dmabuf = s.dmabuf;
	igt_assert_eq(__edu_copy(s.edu, &copy), -EINTR);
	igt_waitchildren();
	sigaction(SIGUSR1, &old, NULL);
	busy_end(&busy);
	edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, 0, 1, 0);
	scene_free(&s);
}

static const struct dgem_test tests[] = {
	{ "refused", "Arguments out of range are EINVAL, and those at their ends are not.",
	  test_refused },
	{ "refused-files", "What is no file is EBADF, what is no dma-buf is EINVAL.", test_files },
	{ "read-only", "The device does not write a dma-buf that is open for reading only.",
	  test_read_only },
	{ "pointers", "An argument that cannot be read or written is EFAULT, and nothing begins.",
	  test_pointers },
	{ "waits", "A copy waits for the fences that matter to it, and for no others.",
	  test_waits },
	{ "others-go-on", "While one file waits for a fence, another one copies.",
	  test_others_go_on },
	{ "interrupted", "A signal ends the wait for a fence, and nothing has begun.",
	  test_interrupted },
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
