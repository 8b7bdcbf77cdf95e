// SPDX-License-Identifier: MIT
/* BO_INFO. */
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_INFO tells the truth about a BO.");

#define MIB (1ULL << 20)
#define RESIDENT (DRM_DGEM_BO_STATE_RESIDENT_PART | DRM_DGEM_BO_STATE_RESIDENT_ALL)

static int fd = -1;
static uint32_t bo;

static void valid(int file, void *arg)
{
	*(struct drm_dgem_bo_info *)arg = (struct drm_dgem_bo_info){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
	};
}

static void test_fresh(void)
{
	struct drm_dgem_bo_info info;

	for_each_touched_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, 3 * MIB, heap, 0);

		dgem_bo_info(fd, handle, &info);
		igt_assert_eq_u32(info.handle, handle);
		igt_assert_eq_u32(info.flags, 0);
		igt_assert_neq_u64(info.id, 0);
		igt_assert_eq_u64(info.size, 3 * MIB);
		igt_assert_eq_u64(info.create_flags, 0);
		igt_assert_eq_u32(info.heap, heap);
		igt_assert_eq_u32(info.madv, 0);
		igt_assert_eq_u64(info.state, 0);
		igt_assert_eq_u64(info.resident, 0);
		igt_assert_eq_u64(info.huge, 0);
		igt_assert_eq_u64(info.reserved, 0);
		gem_close(fd, handle);
	}
}

static void test_populated(void)
{
	struct drm_dgem_bo_info info;

	for_each_dgem_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, 3 * MIB, heap, DRM_DGEM_BO_POPULATE);

		dgem_bo_info(fd, handle, &info);
		igt_assert_eq_u64(info.create_flags, DRM_DGEM_BO_POPULATE);
		igt_assert_eq_u64(info.state & RESIDENT, RESIDENT);
		igt_assert_eq_u64(info.resident, 3 * MIB);
		igt_assert_lte_u64(info.huge, info.resident);
		gem_close(fd, handle);
	}
}

static void test_touched(void)
{
	const uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	struct drm_dgem_bo_info info;

	for_each_touched_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, 3 * chunk, heap, 0);
		char *map = dgem_bo_map(fd, handle, 3 * chunk);

		map[chunk] = 1;
		dgem_bo_info(fd, handle, &info);
		igt_assert_eq_u64(info.state & RESIDENT, DRM_DGEM_BO_STATE_RESIDENT_PART);
		igt_assert_lt_u64(0, info.resident);
		igt_assert_lte_u64(info.resident, chunk);

		map[0] = 1;
		map[2 * chunk] = 1;
		dgem_bo_info(fd, handle, &info);
		igt_assert(info.state & DRM_DGEM_BO_STATE_RESIDENT_PART);
		igt_assert_lte_u64(info.resident, 3 * chunk);
		igt_assert_eq(!!(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL),
			      info.resident == 3 * chunk);
		dgem_unmap(map, 3 * chunk);
		gem_close(fd, handle);
	}
}

static void test_exported(void)
{
	uint32_t handle = dgem_bo_create(fd, 4096);
	struct drm_dgem_bo_info info;
	int dma_buf = prime_handle_to_fd(fd, handle);

	dgem_bo_info(fd, handle, &info);
	igt_assert(info.state & DRM_DGEM_BO_STATE_EXPORTED);
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_IMPORTED));
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_PINNED));
	close(dma_buf);
	gem_close(fd, handle);
}

/* A BO that came back to dgem is no import: it is the same BO. */
static void test_shared(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(fd, MIB), shared;
	int dma_buf = prime_handle_to_fd(fd, handle);
	struct drm_dgem_bo_info a, b;

	shared = prime_fd_to_handle(other, dma_buf);
	dgem_bo_info(fd, handle, &a);
	dgem_bo_info(other, shared, &b);
	igt_assert_eq_u64(a.id, b.id);
	igt_assert_eq_u64(a.size, b.size);
	igt_assert_eq_u32(a.heap, b.heap);
	igt_assert_eq_u64(a.state, b.state);
	igt_assert(!(b.state & DRM_DGEM_BO_STATE_IMPORTED));
	close(dma_buf);
	gem_close(fd, handle);
	drm_close_driver(other);
}

/* Ids are never given twice, even where handles and memory are. */
static void test_ids(void)
{
	struct drm_dgem_bo_info info;
	int file = drm_reopen_driver(fd);
	uint64_t ids[256];

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		uint32_t handle = dgem_bo_create(file, 4096);

		dgem_bo_info(file, handle, &info);
		ids[i] = info.id;
		for (unsigned int j = 0; j < i; j++)
			igt_assert_neq_u64(ids[i], ids[j]);
		if (i % 2)
			gem_close(file, handle);
	}
	drm_close_driver(file);
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_info, flags), DGEM_FIELD(drm_dgem_bo_info, id),
	DGEM_FIELD(drm_dgem_bo_info, size),  DGEM_FIELD(drm_dgem_bo_info, create_flags),
	DGEM_FIELD(drm_dgem_bo_info, heap),  DGEM_FIELD(drm_dgem_bo_info, madv),
	DGEM_FIELD(drm_dgem_bo_info, state), DGEM_FIELD(drm_dgem_bo_info, resident),
	DGEM_FIELD(drm_dgem_bo_info, huge),  DGEM_FIELD(drm_dgem_bo_info, reserved),
};

static const struct dgem_test tests[] = {
	{ "fresh", "A new BO has its size and heap, and nothing resident.", test_fresh },
	{ "populated", "A populated BO is resident as a whole.", test_populated },
	{ "touched", "A touched BO is resident in part, one chunk for each chunk touched.",
	  test_touched },
	{ "exported", "An exported BO says so, and is not pinned by that.", test_exported },
	{ "shared", "Two files that share a BO see the same one.", test_shared },
	{ "ids-differ", "The id of a BO is never used again.", test_ids },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_INFO,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_info, flags),
		.zero_err = ENOENT,
		.handle_offset = offsetof(struct drm_dgem_bo_info, handle),
		.flags_offset = offsetof(struct drm_dgem_bo_info, flags),
		.bo = &bo,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
