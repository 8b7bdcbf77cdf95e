// SPDX-License-Identifier: MIT
/*
 * What ends while the engine of another driver works at a BO: the program, the BO's
 * last handle, either driver, and the interrupts. Nothing of it is left.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/foreign.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Whatever ends while a device copies, the copy ends well and leaves nothing.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE 8192
#define LENGTH DGEM_EDU_MAX_LENGTH

/* What has to come during a copy is done again where the machine was too slow. */
#define TRIES 10

/* A byte of the BO, and what a copy makes of it. */
#define OLD 0x11
#define NEW 0x22

static int fd = -1;
static struct bound edu_bound;

/** struct scene - a BO of OLD, and a device with NEW */
struct scene {
	int file, edu, dmabuf;
	uint32_t handle;
	volatile uint8_t *map;
};

static void scene_create(struct scene *s)
{
	s->file = drm_open_driver(DRIVER_DGEM);
	s->edu = edu_open();
	s->handle = dgem_bo_create(s->file, SIZE);
	s->dmabuf = prime_handle_to_fd_for_mmap(s->file, s->handle);
	s->map = dgem_dmabuf_map(s->dmabuf, 0, SIZE, RW);
	memset((void *)s->map, NEW, SIZE);
	edu_copy(s->edu, s->dmabuf, DGEM_EDU_TO_DEVICE, 0, LENGTH, 0);
	memset((void *)s->map, OLD, SIZE);
}

/* Begins to write NEW into the BO; @begun tells whether it goes on by now. */
static int scene_begin(struct scene *s, bool *begun)
{
	int fence = edu_begin(s->edu, s->dmabuf, DGEM_EDU_FROM_DEVICE, 0, LENGTH, 0);

	*begun = edu_fence_status(fence) == 0;
	return fence;
}

static void scene_unmap(struct scene *s)
{
	dgem_unmap((void *)s->map, SIZE);
	s->map = NULL;
}

static void scene_free(struct scene *s)
{
	if (s->map)
		scene_unmap(s);
	close(s->edu);
	close(s->dmabuf);
	close(s->file);
}

static void assert_written(const struct scene *s)
{
	for (int i = 0; i < SIZE; i++)
		igt_assert_eq(s->map[i], i < LENGTH ? NEW : OLD);
}

/* The device works for whoever comes next. */
static void assert_works(void)
{
	struct scene s;
	bool begun;

	scene_create(&s);
	igt_assert_eq(edu_end(scene_begin(&s, &begun)), 0);
	assert_written(&s);
	scene_free(&s);
}

/* Runs until what it is about came during a copy. */
static void until_begun(bool (*run)(void))
{
	int tries = 0;

	while (!run())
		igt_assert_f(++tries < TRIES, "each copy had ended too early\n");
	assert_works();
}

/* The child has the only file of edu; the BO is both's. */
static bool run_killed(void)
{
	int ready[2], status;
	struct scene s;
	bool begun;
	pid_t pid;

	scene_create(&s);
	igt_assert_eq(pipe(ready), 0);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		close(s.edu);
		s.edu = edu_open();
		scene_begin(&s, &begun);
		if (write(ready[1], &begun, sizeof(begun)) != sizeof(begun))
			_exit(1);
		pause();
	}
	igt_assert_eq(read(ready[0], &begun, sizeof(begun)), sizeof(begun));
	igt_assert_eq(kill(pid, SIGKILL), 0);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFSIGNALED(status));
	dgem_bo_wait(s.file, s.handle, DRM_DGEM_BO_WAIT_WRITE, INT64_MAX);
	assert_written(&s);
	close(ready[0]);
	close(ready[1]);
	scene_free(&s);
	return begun;
}

static bool run_closed(void)
{
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	scene_unmap(&s);
	fence = scene_begin(&s, &begun);
	gem_close(s.file, s.handle);
	close(s.dmabuf);
	begun = begun && edu_fence_status(fence) == 0;
	igt_assert_eq(edu_end(fence), 0);
	close(s.edu);
	close(s.file);
	return begun;
}

/* The file's end waits for the copy, for the memory is unmapped then. */
static bool run_file(void)
{
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	fence = scene_begin(&s, &begun);
	close(s.edu);
	igt_assert_eq(edu_fence_status(fence), 1);
	igt_assert_eq(edu_end(fence), 0);
	assert_written(&s);
	s.edu = -1;
	scene_free(&s);
	return begun;
}

static bool run_unbind_edu(void)
{
	struct dgem_edu_copy copy = { .length = 1 };
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	fence = scene_begin(&s, &begun);
	igt_assert_eq(bound_unbind(&edu_bound), 0);
	igt_assert_eq(edu_fence_status(fence), 1);
	igt_assert_eq(edu_end(fence), 0);
	assert_written(&s);
	copy.dmabuf = s.dmabuf;
	igt_assert_eq(__edu_copy(s.edu, &copy), -ENODEV);
	igt_assert_eq(bound_bind(&edu_bound), 0);
	igt_assert_eq(__edu_copy(s.edu, &copy), -ENODEV);
	scene_free(&s);
	return begun;
}

static bool run_unbind_dgem(void)
{
	struct bound dgem;
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	bound_find(&dgem, s.file);
	fence = scene_begin(&s, &begun);
	igt_assert_eq(bound_unbind(&dgem), 0);
	begun = begun && edu_fence_status(fence) == 0;
	igt_assert_eq(edu_end(fence), 0);
	assert_written(&s);
	scene_free(&s);
	igt_assert_eq(bound_bind(&dgem), 0);
	return begun;
}

/* Without bus mastering neither bytes nor interrupt come. */
static bool run_no_interrupt(void)
{
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	fence = scene_begin(&s, &begun);
	edu_clear_master(&edu_bound);
	begun = begun && edu_fence_status(fence) == 0 && s.map[0] == OLD;
	if (!begun) {
		edu_end(fence);
		scene_free(&s);
		return false;
	}
	dgem_bo_wait(s.file, s.handle, DRM_DGEM_BO_WAIT_WRITE, INT64_MAX);
	igt_assert_eq(edu_end(fence), -ETIMEDOUT);
	for (int i = 0; i < SIZE; i++)
		igt_assert_eq(s.map[i], OLD);
	igt_assert_eq(edu_end(scene_begin(&s, &begun)), 0);
	assert_written(&s);
	scene_free(&s);
	return true;
}

/* While a copy waits for a fence that nobody signals, the device can go. */
static void test_unbind_waiting(void)
{
	int vgem = vgem_open();
	uint32_t handle, fence;
	struct scene s;

	scene_create(&s);
	handle = prime_fd_to_handle(vgem, s.dmabuf);
	igt_assert_eq(vgem_fence_attach(vgem, handle, VGEM_FENCE_WRITE, &fence), 0);
	igt_fork(child, 1) {
		struct dgem_edu_copy copy = { .dmabuf = s.dmabuf, .length = 1 };

		igt_assert_eq(__edu_copy(s.edu, &copy), -ENODEV);
	}
	usleep(300000);
	igt_assert_eq(bound_unbind(&edu_bound), 0);
	igt_assert_eq(__dgem_bo_wait(s.file, s.handle, DRM_DGEM_BO_WAIT_WRITE, 0), -ETIME);
	igt_waitchildren();
	igt_assert_eq(vgem_fence_signal(vgem, fence), 0);
	drm_close_driver(vgem);
	igt_assert_eq(bound_bind(&edu_bound), 0);
	scene_free(&s);
	assert_works();
}

/* Who has a fence calls functions of the module. */
static void test_module(void)
{
	struct scene s;
	bool begun;
	int fence;

	scene_create(&s);
	fence = scene_begin(&s, &begun);
	scene_free(&s);
	igt_assert_eq(module_remove(EDU_MODULE), -EAGAIN);
	igt_assert_eq(edu_fence_status(fence), 1);
	igt_assert_eq(edu_end(fence), 0);
	igt_assert_eq(module_remove(EDU_MODULE), 0);
	igt_assert_eq(module_insert(EDU_MODULE), 0);
	assert_works();
}

static const struct {
	const char *name, *what;
	bool (*run)(void);
} tests[] = {
	{ "killed", "A program that is killed while the device writes its BO leaves nothing.",
	  run_killed },
	{ "last-close", "A BO that the device still writes lives until it has written it.",
	  run_closed },
	{ "file", "The end of the device's file waits for its copy.", run_file },
	{ "unbind-edu", "Unbinding the device waits for its copy, and is ENODEV from then on.",
	  run_unbind_edu },
	{ "no-interrupt",
	  "A copy of which no interrupt tells ends with an error, the next one works.",
	  run_no_interrupt },
};

int igt_main()
{
	igt_fixture() {
		int edu = edu_open();

		fd = drm_open_driver(DRIVER_DGEM);
		bound_find(&edu_bound, edu);
		close(edu);
	}

	for_each_dgem_subtest(fd, t, tests)
		until_begun(t->run);

	igt_describe("The device can go while a copy waits for others' fences.");
	dgem_subtest(fd, "unbind-waiting")
		test_unbind_waiting();
	igt_describe("The module stays while there is a fence of it.");
	dgem_subtest(fd, "module")
		test_module();

	igt_fixture()
		drm_close_driver(fd);

	/* The device whose levels are compared goes in this one. */
	igt_describe("A BO whose device is unbound is written to its end.");
	igt_subtest("unbind-dgem")
		until_begun(run_unbind_dgem);
}
