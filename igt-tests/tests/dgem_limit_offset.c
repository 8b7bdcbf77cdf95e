// SPDX-License-Identifier: MIT
/* Offsets for mmap(): when they are charged to a user, and what is beyond his limit. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/limits.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("An offset is charged to its user once, and until the BO is freed.");

#define MIB (1ULL << 20)
#define RW (PROT_READ | PROT_WRITE)

/* of root; a file of USER_A */
static int fd = -1, user = -1;
static uint32_t pinned;

static uint64_t offsets(void)
{
	return dgem_get_param(user, DRM_DGEM_PARAM_MMAP_USED);
}

static void test_reason(void)
{
	const uint64_t limit = dgem_get_param(user, DRM_DGEM_PARAM_MMAP_LIMIT);
	const uint64_t size = min(dgem_get_param(user, DRM_DGEM_PARAM_MAX_BO_SIZE), limit);
	struct drm_dgem_bo_create args = { .size = size, .flags = DRM_DGEM_BO_WITH_MMAP_OFFSET };
	struct limits before;
	uint32_t handle[4096];
	uint64_t offset;
	unsigned int n = 0;
	int ret;

	while (!(ret = __dgem_bo_create(user, &args))) {
		igt_assert_lt(n, ARRAY_SIZE(handle));
		handle[n++] = args.handle;
		args.handle = 0;
		args.mmap_offset = 0;
	}
	igt_assert_eq(ret, -EDQUOT);
	igt_assert_eq_u64(offsets(), n * size);
	igt_assert_eq_u64(args.reason_arg, limit - n * size);
	limits_assert_exact(user, &args, DRM_DGEM_REASON_MMAP_SPACE);

	/* who asks later is told likewise, and others have more */
	handle[n] = dgem_bo_create(user, size);
	limits_read(user, &before);
	igt_assert_eq(__dgem_bo_mmap_offset(user, handle[n], &offset), -EDQUOT);
	limits_assert_same(user, &before);
	gem_close(fd, dgem_bo_create_in(fd, size, 0, DRM_DGEM_BO_WITH_MMAP_OFFSET));
	for (unsigned int i = 0; i <= n; i++)
		gem_close(user, handle[i]);
	igt_assert_eq_u64(offsets(), 0);
}

/* Each way to make an offset, of which a BO has one. */
static void test_each_way(void)
{
	const uint64_t size = 3 * MIB;
	uint32_t bo = dgem_bo_create(user, size);
	uint32_t with = dgem_bo_create_in(user, size, pinned, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	struct drm_mode_create_dumb dumb = { .width = 1024, .height = size / 4096, .bpp = 32 };
	struct drm_mode_map_dumb map = {};
	int dmabuf;

	igt_assert_eq_u64(offsets(), size);
	dgem_bo_mmap_offset(user, bo);
	dgem_bo_mmap_offset(user, bo);
	dgem_bo_mmap_offset(user, with);
	igt_assert_eq_u64(offsets(), 2 * size);

	do_ioctl(user, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	igt_assert_eq_u64(offsets(), 2 * size);
	map.handle = dumb.handle;
	do_ioctl(user, DRM_IOCTL_MODE_MAP_DUMB, &map);
	igt_assert_eq_u64(offsets(), 2 * size + dumb.size);
	igt_assert_eq_u64(map.offset, dgem_bo_mmap_offset(user, dumb.handle));
	gem_close(user, bo);
	gem_close(user, with);
	gem_close(user, dumb.handle);
	igt_assert_eq_u64(offsets(), 0);

	bo = dgem_bo_create(user, size);
	dmabuf = prime_handle_to_fd_for_mmap(user, bo);
	igt_assert_eq_u64(offsets(), 0);
	dgem_unmap(dgem_dmabuf_map(dmabuf, 0, size, RW), size);
	igt_assert_eq_u64(offsets(), size);
	close(dmabuf);
	gem_close(user, bo);
	igt_assert_eq_u64(offsets(), 0);
}

/* The dma-buf of a BO that has no offset is mapped when there is no more. */
static void test_export(void)
{
	const uint64_t limit = dgem_get_param(user, DRM_DGEM_PARAM_MMAP_LIMIT);
	const uint64_t size = min(dgem_get_param(user, DRM_DGEM_PARAM_MAX_BO_SIZE), limit);
	struct drm_dgem_bo_create args = { .size = size, .flags = DRM_DGEM_BO_WITH_MMAP_OFFSET };
	int file = user_open(fd, USER_A), dmabuf;
	struct limits before;
	uint32_t bo;

	for (uint64_t left = limit; left; left -= args.size) {
		args.handle = 0;
		args.mmap_offset = 0;
		args.size = min(left, size);
		igt_assert_eq(__dgem_bo_create(file, &args), 0);
	}
	bo = dgem_bo_create(user, MIB);
	dmabuf = prime_handle_to_fd_for_mmap(user, bo);
	limits_read(user, &before);
	igt_assert(mmap(NULL, MIB, RW, MAP_SHARED, dmabuf, 0) == MAP_FAILED);
	igt_assert_eq(errno, EDQUOT);
	limits_assert_same(user, &before);
	drm_close_driver(file);
	dgem_unmap(dgem_dmabuf_map(dmabuf, 0, MIB, RW), MIB);
	close(dmabuf);
	gem_close(user, bo);
}

static const struct dgem_test tests[] = {
	{ "reason", "EDQUOT at the limit tells what is left.", test_reason },
	{ "each-way", "Each way to make an offset charges it once.", test_each_way },
	{ "export", "An export needs no offset, and its mapping gives EDQUOT without one.",
	  test_export },
};

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
		pinned = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED);
	}

	for_each_dgem_subtest(fd, t, tests) {
		user = user_open(fd, USER_A);
		t->run();
		igt_assert_eq_u64(offsets(), 0);
		drm_close_driver(user);
	}

	igt_fixture() {
		limits_close(fd);
	}
}
