// SPDX-License-Identifier: MIT
/* Constraints of BO_CREATE on heaps whose memory comes as it is touched. */
#include <errno.h>
#include <limits.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Constraints on memory are met or refused, never ignored.");

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)

static int fd = -1;

/* Whether each BO is one run, with whatever constraint. */
static bool is_contiguous(uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.caps & DRM_DGEM_HEAP_CAP_CONTIGUOUS;
}

/* What is malformed is so for each heap, also for those that take no constraint. */
static void refused_by_all(struct drm_dgem_bo_create args, int err)
{
	for_each_dgem_heap(fd, heap) {
		args.heap = heap;
		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, err);
		igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_NONE);
	}
}

static void test_align_malformed(void)
{
	const uint64_t wrong[] = {
		3,	   dgem_page_size() + 1, dgem_page_size() - 1, 3 * MIB, 2 * GIB, 1ULL << 63,
		UINT64_MAX
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		refused_by_all((struct drm_dgem_bo_create){ .size = 1, .align = wrong[i] }, EINVAL);
}

static void test_boundary_malformed(void)
{
	const struct {
		uint64_t size, boundary;
	} wrong[] = { { 1, 1 },
		      { 1, dgem_page_size() / 2 },
		      { 1, 3 * dgem_page_size() },
		      { dgem_page_size() + 1, dgem_page_size() },
		      { 2 * MIB + 1, 2 * MIB },
		      { 2 * MIB, UINT64_MAX } };

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		refused_by_all((struct drm_dgem_bo_create){ .size = wrong[i].size,
							    .boundary = wrong[i].boundary },
			       EINVAL);
}

static void test_addr_bits_malformed(void)
{
	const uint32_t wrong[] = { 1, 11, 65, 1u << 31, UINT32_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		refused_by_all((struct drm_dgem_bo_create){ .size = 1, .addr_bits = wrong[i] },
			       EINVAL);
}

/* Node 0 needs the flag, too, or it would be no node. */
static void test_node_malformed(void)
{
	const int32_t none[] = { -1, 1023, INT_MAX, INT_MIN };

	refused_by_all((struct drm_dgem_bo_create){ .size = 1, .numa_node = 1 }, EINVAL);
	for (unsigned int i = 0; i < ARRAY_SIZE(none); i++)
		refused_by_all((struct drm_dgem_bo_create){ .size = 1,
							    .flags = DRM_DGEM_BO_NUMA,
							    .numa_node = none[i] },
			       EINVAL);
}

static void test_offset_malformed(void)
{
	refused_by_all((struct drm_dgem_bo_create){ .size = 1, .heap_offset = dgem_page_size() },
		       EINVAL);
}

/* The machine has more memory than so many bits name, in each of its zones. */
static void test_unsupported(void)
{
	const uint64_t page = dgem_page_size();
	const struct drm_dgem_bo_create wanted[] = {
		{ .size = page, .align = 2 * page },
		{ .size = page, .align = GIB },
		{ .size = 2 * page, .boundary = 2 * page },
		{ .size = page, .addr_bits = 12 },
		{ .size = page, .addr_bits = 26 },
		{ .size = page, .flags = DRM_DGEM_BO_NUMA },
	};
	unsigned int heaps = 0;

	for_each_dgem_heap(fd, heap) {
		if (is_contiguous(heap))
			continue;
		for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
			struct drm_dgem_bo_create args = wanted[i];

			args.heap = heap;
			dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EOPNOTSUPP);
		}
		heaps++;
	}
	igt_assert_lt(0, heaps);
}

/* What any page meets, and what a zone below 4 GiB does. */
static void test_met_by_pages(void)
{
	const uint64_t page = dgem_page_size();
	const struct drm_dgem_bo_create wanted[] = {
		{ .size = 5 * MIB, .align = 1 },      { .size = 5 * MIB, .align = page },
		{ .size = page, .boundary = page },   { .size = page, .boundary = 1ULL << 63 },
		{ .size = 5 * MIB, .addr_bits = 32 }, { .size = 5 * MIB, .addr_bits = 64 },
	};

	for_each_dgem_heap(fd, heap) {
		for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
			struct drm_dgem_bo_create args = wanted[i];
			struct drm_dgem_bo_info info;

			args.heap = heap;
			args.flags |= DRM_DGEM_BO_POPULATE;
			igt_assert_eq(__dgem_bo_create(fd, &args), 0);
			igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_NONE);
			igt_assert_eq_u64(args.align, wanted[i].align);
			igt_assert_eq_u64(args.boundary, wanted[i].boundary);
			igt_assert_eq_u32(args.addr_bits, wanted[i].addr_bits);
			dgem_bo_info(fd, args.handle, &info);
			igt_assert_eq_u64(info.resident, args.size);
			gem_close(fd, args.handle);
		}
	}
}

static const struct dgem_test tests[] = {
	{ "align-malformed", "An alignment that is no power of two up to 1 GiB gives EINVAL.",
	  test_align_malformed },
	{ "boundary-malformed",
	  "A boundary that is no power of two, or less than the size, gives EINVAL.",
	  test_boundary_malformed },
	{ "addr-bits-malformed", "Fewer address bits than 12, or more than 64, give EINVAL.",
	  test_addr_bits_malformed },
	{ "node-malformed", "A node that is not online, or given without the flag, gives EINVAL.",
	  test_node_malformed },
	{ "offset-malformed", "A place in the heap without FIXED gives EINVAL.",
	  test_offset_malformed },
	{ "unsupported", "What heaps without runs do not meet gives EOPNOTSUPP.",
	  test_unsupported },
	{ "met-by-pages", "Constraints that pages of a zone meet are taken by each heap.",
	  test_met_by_pages },
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
