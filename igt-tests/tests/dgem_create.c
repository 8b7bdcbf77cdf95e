// SPDX-License-Identifier: MIT
/* BO_CREATE: what it gives and what it refuses. */
#include <errno.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_CREATE gives what was asked for, and refuses without a trace.");

#define MIB (1ULL << 20)

static int fd = -1;

static void valid(int file, void *arg)
{
	(void)file;
	*(struct drm_dgem_bo_create *)arg = (struct drm_dgem_bo_create){ .size = 4096 };
}

static void refused_size(uint64_t size)
{
	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create args = { .size = size, .heap = heap };

		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EINVAL);
	}
}

static uint64_t largest_bo(uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.max_bo_size ? info.max_bo_size : dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
}

/* Whether all memory of such a BO has to be in RAM at the same time. */
static bool needs_ram(uint32_t heap, uint64_t flags)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return !(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE) || (flags & DRM_DGEM_BO_POPULATE);
}

static void test_rounded(void)
{
	static const uint64_t sizes[] = { 1, 15, 4095, 4096, 4097, 12345, 65537, 3 * MIB + 1 };
	struct drm_dgem_heap_info heap_info;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &heap_info);
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct drm_dgem_bo_create args = { .size = sizes[i], .heap = heap };
			uint64_t over = (sizes[i] - 1) % heap_info.granularity + 1;

			igt_assert_eq(__dgem_bo_create(fd, &args), 0);
			igt_assert_neq(args.handle, 0);
			igt_assert_eq_u64(args.size, sizes[i] + heap_info.granularity - over);
			igt_assert_eq_u64(dgem_bo_size(fd, args.handle), args.size);
			gem_close(fd, args.handle);
		}
	}
}

/* The rest of the argument comes back as it went in. */
static void test_outputs(void)
{
	struct drm_dgem_bo_create args = { .size = 4096, .reason = 77, .reason_arg = 78 };

	igt_assert_eq(__dgem_bo_create(fd, &args), 0);
	igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_NONE);
	igt_assert_eq_u64(args.reason_arg, 0);
	igt_assert_eq_u64(args.flags, 0);
	igt_assert_eq_u32(args.heap, 0);
	igt_assert_eq_u64(args.align, 0);
	igt_assert_eq_u64(args.boundary, 0);
	igt_assert_eq_u64(args.heap_offset, 0);
	igt_assert_eq_u32(args.addr_bits, 0);
	igt_assert_eq(args.numa_node, 0);
	igt_assert_eq_u32(args.pad, 0);
	igt_assert_eq_u64(args.mmap_offset, 0);
	gem_close(fd, args.handle);
}

static void test_handles_differ(void)
{
	uint32_t handles[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++) {
		handles[i] = dgem_bo_create(fd, 4096);
		for (unsigned int j = 0; j < i; j++)
			igt_assert_neq_u32(handles[i], handles[j]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++)
		gem_close(fd, handles[i]);
}

static void test_largest(void)
{
	unsigned int made = 0;

	for_each_dgem_heap(fd, heap) {
		uint32_t handle;

		if (needs_ram(heap, 0))
			continue;
		handle = dgem_bo_create_in(fd, largest_bo(heap), heap, 0);
		igt_assert_eq_u64(dgem_bo_size(fd, handle), largest_bo(heap));
		gem_close(fd, handle);
		made++;
	}
	igt_assert_lt(0, made);
}

/*
 * No page is taken, not even for as long as it takes to find out. With 32 bits, the
 * largest BO may be smaller than that.
 */
static void above_ram(uint32_t heap, uint64_t flags)
{
	const uint64_t ram = observe_meminfo("MemTotal") << 10;
	const uint64_t sizes[] = { ram + 1, ram + dgem_page_size(), 2 * ram, largest_bo(heap) };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_dgem_bo_create args = {
			.size = sizes[i],
			.heap = heap,
			.flags = flags,
			.reason_arg = 1,
		};
		bool exists = sizes[i] <= largest_bo(heap);
		uint64_t pages;

		if (sizes[i] <= ram)
			continue;
		pages = observe_vmstat("pgalloc_");
		igt_assert_eq(__dgem_bo_create(fd, &args), exists ? -ENOMEM : -EINVAL);
		pages = observe_vmstat("pgalloc_") - pages;
		igt_assert_lt_u64(pages * dgem_page_size(), 64 * MIB);
		igt_assert_eq_u32(args.reason,
				  exists ? DRM_DGEM_REASON_MEMORY : DRM_DGEM_REASON_SIZE);
		igt_assert_eq_u64(args.reason_arg, 0);
		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, exists ? ENOMEM : EINVAL);
	}
}

static void test_above_ram(void)
{
	for_each_dgem_heap(fd, heap) {
		if (needs_ram(heap, 0))
			above_ram(heap, 0);
		above_ram(heap, DRM_DGEM_BO_POPULATE);
	}
}

static void test_above_largest(void)
{
	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create args = { .size = largest_bo(heap) + 1, .heap = heap };

		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EINVAL);
		args.size = largest_bo(heap) + dgem_page_size();
		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EINVAL);
	}
}

static void test_massive(void)
{
	const uint64_t page = dgem_page_size();

	for (int bit = 63; bit >= 56; bit--)
		refused_size(1ULL << bit);
	refused_size(~0ULL);
	refused_size(-page);
	refused_size(-page + 1);
	refused_size(-page - 1);
	refused_size(-2 * page);
	refused_size((1ULL << 63) - 1);
	refused_size((1ULL << 63) + page);
}

static void test_zero(void)
{
	refused_size(0);
}

/* What the reason proposes works. */
static void test_reason(void)
{
	unsigned int proposed = 0;

	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create args = {
			.size = 1ULL << 62,
			.heap = heap,
			.reason_arg = 1,
		};

		igt_assert_eq(__dgem_bo_create(fd, &args), -EINVAL);
		igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_SIZE);
		igt_assert_eq_u64(args.size, 1ULL << 62);
		igt_assert_eq_u32(args.handle, 0);
		if (needs_ram(heap, 0)) {
			igt_assert_eq_u64(args.reason_arg, 0);
		} else {
			igt_assert_eq_u64(args.reason_arg, largest_bo(heap));
			args.size = args.reason_arg;
			igt_assert_eq(__dgem_bo_create(fd, &args), 0);
			igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_NONE);
			gem_close(fd, args.handle);
			proposed++;
		}

		/* As much memory was not looked for, and so is not proposed. */
		args.size = largest_bo(heap) + 1;
		args.flags = DRM_DGEM_BO_POPULATE;
		args.handle = 0;
		igt_assert_eq(__dgem_bo_create(fd, &args), -EINVAL);
		igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_SIZE);
		igt_assert_eq_u64(args.reason_arg, 0);
	}
	igt_assert_lt(0, proposed);
}

static void test_flags(void)
{
	const struct dgem_field flags = DGEM_FIELD(drm_dgem_bo_create, flags);
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create args = { .size = 4096, .heap = heap };

		dgem_heap_info(fd, heap, &info);
		dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, &flags,
					 ~(info.create_flags | DRM_DGEM_BO_NUMA));
		args.flags = info.create_flags;
		dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, &flags,
					 ~(info.create_flags | DRM_DGEM_BO_NUMA));
	}
}

static void test_unknown_heap(void)
{
	const uint32_t num = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
	const uint32_t unknown[] = { num, num + 1, 1000, 1u << 31, DRM_DGEM_HEAP_NONE };

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct drm_dgem_bo_create args = { .size = 4096, .heap = unknown[i] };

		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EINVAL);
	}
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_create, handle),	     DGEM_FIELD(drm_dgem_bo_create, heap_offset),
	DGEM_FIELD(drm_dgem_bo_create, numa_node),   DGEM_FIELD(drm_dgem_bo_create, pad),
	DGEM_FIELD(drm_dgem_bo_create, mmap_offset),
};

static void test_populate(void)
{
	struct drm_dgem_bo_info info;

	for_each_dgem_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, 5 * MIB, heap, DRM_DGEM_BO_POPULATE);

		dgem_bo_info(fd, handle, &info);
		igt_assert_eq_u64(info.resident, 5 * MIB);
		igt_assert(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL);
		gem_close(fd, handle);
	}
}

static void test_mmap_offset(void)
{
	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create args = {
			.size = 3 * MIB,
			.heap = heap,
			.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
		};

		igt_assert_eq(__dgem_bo_create(fd, &args), 0);
		igt_assert_neq_u64(args.mmap_offset, 0);
		igt_assert_eq_u64(args.mmap_offset, dgem_bo_mmap_offset(fd, args.handle));
		gem_close(fd, args.handle);
	}
}

static const struct dgem_test tests[] = {
	{ "size-rounded", "Any size above 0 works and is rounded up; the real size is handed back.",
	  test_rounded },
	{ "outputs", "Success writes the handle and the size, and clears the reason.",
	  test_outputs },
	{ "handles-differ", "BOs that live at the same time have different handles.",
	  test_handles_differ },
	{ "size-largest", "A BO of the heap's largest size can be made: it has no memory yet.",
	  test_largest },
	{ "size-above-ram", "More than all RAM, where it has to be in RAM, gives ENOMEM at once.",
	  test_above_ram },
	{ "size-zero", "Size 0 gives EINVAL.", test_zero },
	{ "size-above-largest", "A size just above the heap's largest gives EINVAL.",
	  test_above_largest },
	{ "size-massive", "Sizes that overflow when rounded give EINVAL.", test_massive },
	{ "reason-size", "A size that is too large tells the reason and a size that works.",
	  test_reason },
	{ "unknown-flags", "Each flag that the heap does not take gives EINVAL.", test_flags },
	{ "unknown-heap", "A heap that does not exist gives EINVAL.", test_unknown_heap },
	{ "populate", "POPULATE makes all of the BO resident.", test_populate },
	{ "with-mmap-offset", "WITH_MMAP_OFFSET hands back what BO_MMAP_OFFSET says.",
	  test_mmap_offset },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_CREATE,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_create, flags),
		.zero_err = EINVAL,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
