// SPDX-License-Identifier: MIT
/*
 * dgem_edu as a dynamic importer: BOs that it keeps mapped between its copies are
 * evicted where the exporter may ask for them back, and stay where the kernel has them
 * pinned for it. Contents survive, whichever comes first.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/evictor.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Reclaim has dynamic importers unmap, and loses nothing by that.");

#define PARAMETER "/sys/module/" EDU_MODULE "/parameters/dynamic"

/* A run and a short chunk. */
#define SIZE ((2ull << 20) + 8192)
#define LENGTH DGEM_EDU_MAX_LENGTH

/* Half seconds that reclaim may take. */
#define PATIENCE 60

/* What shows only while a copy goes on is looked at again where the machine was too slow. */
#define TRIES 10

static int fd = -1;

/** struct scene - a BO, and a device that has it mapped after each copy */
struct scene {
	int edu, dmabuf;
	uint32_t handle;
	uint8_t *map;
};

static void scene_create(struct scene *s, bool dynamic)
{
	igt_assert_eq(observe_write(PARAMETER, dynamic ? "1" : "0"), 0);
	s->edu = edu_open();
	s->handle = dgem_bo_create_in(fd, SIZE, 0, 0);
	s->dmabuf = prime_handle_to_fd_for_mmap(fd, s->handle);
	s->map = dgem_dmabuf_map(s->dmabuf, 0, SIZE, PROT_READ | PROT_WRITE);
	edu_copy_within(s->edu, s->dmabuf, s->map, SIZE, 0, SIZE - LENGTH, LENGTH, 0);
}

static void scene_free(struct scene *s)
{
	close(s->edu);
	dgem_unmap(s->map, SIZE);
	close(s->dmabuf);
	gem_close(fd, s->handle);
	igt_assert_eq(observe_write(PARAMETER, "0"), 0);
}

static uint64_t resident(const struct scene *s)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, s->handle, &info);
	return info.resident;
}

static void drop(void)
{
	igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
}

/* Whether reclaim gets all of it, if it is asked for some time. */
static bool goes(const struct scene *s)
{
	for (int i = 0; i < PATIENCE && resident(s); i++) {
		drop();
		usleep(500000);
	}
	return !resident(s);
}

/* A cold BO is evicted by the second look at the latest. */
static void assert_stays(const struct scene *s)
{
	for (int i = 0; i < 4; i++) {
		drop();
		usleep(100000);
	}
	igt_assert_eq_u64(resident(s), SIZE);
}

static bool exports_dynamic(void)
{
	return dgem_get_param(fd, DRM_DGEM_PARAM_FEATURES) &
	       (1ull << DRM_DGEM_FEATURE_DYNAMIC_EXPORT);
}

/* And it maps again for the next copy. */
static void test_unmaps(void)
{
	long long before = observe_stat(fd, "invalidates");
	struct scene s;

	scene_create(&s, true);
	if (exports_dynamic()) {
		igt_assert(goes(&s));
		igt_assert_lt(before, observe_stat(fd, "invalidates"));
		edu_copy_within(s.edu, s.dmabuf, s.map, SIZE, 4096, 0, LENGTH, 0);
		igt_assert(goes(&s));
	} else {
		assert_stays(&s);
		igt_assert_eq(before, observe_stat(fd, "invalidates"));
		close(s.edu);
		igt_assert(goes(&s));
		s.edu = edu_open();
	}
	edu_copy_within(s.edu, s.dmabuf, s.map, SIZE, SIZE - LENGTH, 1, LENGTH, 0);
	scene_free(&s);
}

static void test_contents_survive(void)
{
	uint8_t *want = malloc(SIZE);
	struct scene s;

	igt_assert(want);
	scene_create(&s, true);
	memcpy(want, s.map, SIZE);
	igt_assert_eq(goes(&s), exports_dynamic());
	igt_assert(!memcmp(want, s.map, SIZE));
	scene_free(&s);
	free(want);
}

static void test_static_stays(void)
{
	struct scene s;

	scene_create(&s, false);
	assert_stays(&s);
	scene_free(&s);
}

/* Not while the device is at work: what it writes arrives. */
static void test_busy(void)
{
	struct scene s;
	int seen = 0;

	scene_create(&s, true);
	for (int i = 0; i < TRIES && !seen; i++) {
		int fence;

		memset(s.map, 0x22, LENGTH);
		edu_copy(s.edu, s.dmabuf, DGEM_EDU_TO_DEVICE, 0, LENGTH, 0);
		memset(s.map, 0x11, LENGTH);
		fence = edu_begin(s.edu, s.dmabuf, DGEM_EDU_FROM_DEVICE, 0, LENGTH, 0);
		drop();
		drop();
		seen += edu_fence_status(fence) == 0 && resident(&s) == SIZE;
		igt_assert_eq(edu_end(fence), 0);
		for (int byte = 0; byte < LENGTH; byte++)
			igt_assert_eq(s.map[byte], 0x22);
	}
	igt_assert_f(seen, "the BO was never seen during a copy\n");
	scene_free(&s);
}

/* Copies, touches and reclaim in whatever order they come. */
static void test_race(void)
{
	const char *cgroup = cgroup_create("dgem_edu_dynamic");
	struct evictor e;
	struct scene s;

	scene_create(&s, true);
	evictor_start(&e, cgroup);
	for (uint32_t i = 0; i < 8; i++)
		edu_copy_within(s.edu, s.dmabuf, s.map, SIZE, 4096ull * i, SIZE - LENGTH - i,
				LENGTH, i);
	evictor_stop(&e);
	scene_free(&s);
	cgroup_destroy(cgroup);
}

/* Exporters that never ask. */
static void test_foreign(void)
{
	for (int kind = 0; kind < FOREIGN_KINDS; kind++) {
		struct foreign f;
		int edu;

		igt_assert_eq(observe_write(PARAMETER, "1"), 0);
		edu = edu_open();
		foreign_create(&f, kind, SIZE);
		edu_copy_within(edu, f.dmabuf, f.native, SIZE, 100, SIZE - LENGTH, LENGTH, 0);
		close(edu);
		foreign_destroy(&f);
	}
	igt_assert_eq(observe_write(PARAMETER, "0"), 0);
}

static const struct dgem_test tests[] = {
	{ "unmaps", "What only such an importer keeps is evicted, and mapped again.", test_unmaps },
	{ "contents-survive", "The CPU finds what the device wrote.", test_contents_survive },
	{ "static-stays", "What a static importer has mapped stays.", test_static_stays },
	{ "busy", "So does what a device works at.", test_busy },
	{ "race", "Copies are right while reclaim goes on.", test_race },
	{ "foreign", "The importer takes dma-bufs of exporters that never ask.", test_foreign },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		swap_start(64ull << 20);
	}

	for_each_dgem_subtest(fd, test, tests)
		test->run();

	igt_fixture() {
		swap_stop();
		drm_close_driver(fd);
	}
}
