// SPDX-License-Identifier: MIT
/* HEAP_INFO. */
#include <ctype.h>
#include <string.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("HEAP_INFO describes each heap, and what it says is true.");

#define KNOWN_CAPS                                                                               \
	(DRM_DGEM_HEAP_CAP_SWAPPABLE | DRM_DGEM_HEAP_CAP_CHARGED | DRM_DGEM_HEAP_CAP_PURGEABLE | \
	 DRM_DGEM_HEAP_CAP_CONTIGUOUS | DRM_DGEM_HEAP_CAP_PRESERVE | DRM_DGEM_HEAP_CAP_PRIVILEGED)
#define KNOWN_CREATE_FLAGS                                                         \
	(DRM_DGEM_BO_POPULATE | DRM_DGEM_BO_WITH_MMAP_OFFSET | DRM_DGEM_BO_FIXED | \
	 DRM_DGEM_BO_KEEP_CONTENTS | DRM_DGEM_BO_NUMA | DRM_DGEM_BO_DIRECT_IO)
#define MIB (1ULL << 20)

static int fd = -1;

static void valid(int file, void *arg)
{
	(void)file;
	*(struct drm_dgem_heap_info *)arg = (struct drm_dgem_heap_info){ .heap = 1 };
}

static void test_default(void)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, 0, &info);
	igt_assert_eq_u32(info.kind, DRM_DGEM_HEAP_SYSTEM);
	igt_assert(!strcmp(info.name, "system"));
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE);
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_CHARGED);
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_PURGEABLE);
}

static void test_pinned(void)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED), &info);
	igt_assert(!strcmp(info.name, "pinned"));
	igt_assert(!(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE));
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_CHARGED);
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_PURGEABLE);
}

static void test_contiguous(void)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, dgem_require_heap(fd, DRM_DGEM_HEAP_CONTIGUOUS), &info);
	igt_assert(!strcmp(info.name, "contiguous"));
	igt_assert(!(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE));
	igt_assert(!(info.caps & DRM_DGEM_HEAP_CAP_CHARGED));
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_PURGEABLE);
	igt_assert(info.caps & DRM_DGEM_HEAP_CAP_CONTIGUOUS);
	igt_assert(info.create_flags & DRM_DGEM_BO_NUMA);
	/* not known without moving what is in the way */
	igt_assert_eq_u64(info.largest_free, 0);
}

static void check_figures(const struct drm_dgem_heap_info *info)
{
	const uint64_t page = dgem_page_size();

	igt_info("heap %u \"%s\": kind %u, caps %#llx, used %lld, granularity %lld\n", info->heap,
		 info->name, info->kind, (long long)info->caps, (long long)info->used,
		 (long long)info->granularity);
	igt_assert_neq(info->kind, 0);
	igt_assert_eq_u64(info->caps & ~KNOWN_CAPS, 0);
	igt_assert_eq_u64(info->create_flags & ~KNOWN_CREATE_FLAGS, 0);
	igt_assert_lt_u64(0, info->granularity);
	igt_assert_eq_u64(info->granularity % page, 0);
	igt_assert_eq_u64(info->size % page, 0);
	igt_assert_eq_u64(info->used % page, 0);
	igt_assert(!info->size || info->used <= info->size);
	igt_assert(!info->size || info->largest_free <= info->size - info->used);
	igt_assert_lte_u64(info->max_bo_size, dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE));
	igt_assert_lte_u32(12, info->addr_bits);
	igt_assert_lte_u32(info->addr_bits, 64);
	igt_assert_lte(-1, info->numa_node);
	igt_assert_eq_u32(info->flags, 0);
	igt_assert_eq_u32(info->pad, 0);
}

static void check_name(const struct drm_dgem_heap_info *info)
{
	const size_t len = strnlen(info->name, sizeof(info->name));

	igt_assert_lt(0, len);
	igt_assert_lt(len, sizeof(info->name));
	for (size_t i = 0; i < len; i++)
		igt_assert(isgraph(info->name[i]));
	for (size_t i = len; i < sizeof(info->name); i++)
		igt_assert_eq(info->name[i], 0);
}

static void test_names(void)
{
	struct drm_dgem_heap_info a, b;

	for_each_dgem_heap(fd, i) {
		dgem_heap_info(fd, i, &a);
		check_name(&a);
		for (uint32_t j = 0; j < i; j++) {
			dgem_heap_info(fd, j, &b);
			igt_assert(strcmp(a.name, b.name));
		}
	}
}

static void test_figures(void)
{
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &info);
		igt_assert_eq_u32(info.heap, heap);
		check_figures(&info);
	}
}

/* The system heap's idle pages may be taken back at any time, but not here. */
static void test_used(void)
{
	struct drm_dgem_heap_info before, during, after;
	uint32_t handle;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &before);
		handle = dgem_bo_create_in(fd, 8 * MIB, heap, DRM_DGEM_BO_POPULATE);
		dgem_heap_info(fd, heap, &during);
		gem_close(fd, handle);
		dgem_heap_info(fd, heap, &after);
		igt_assert_eq_u64(during.used, before.used + 8 * MIB);
		igt_assert_eq_u64(after.used, before.used);
	}
}

static void test_used_by_touch(void)
{
	const uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	struct drm_dgem_heap_info before, during, after;
	uint32_t handle;
	char *map;

	for_each_touched_heap(fd, heap) {
		dgem_heap_info(fd, heap, &before);
		handle = dgem_bo_create_in(fd, 4 * chunk, heap, 0);
		dgem_heap_info(fd, heap, &during);
		igt_assert_eq_u64(during.used, before.used);

		map = dgem_bo_map(fd, handle, 4 * chunk);
		*map = 1;
		dgem_heap_info(fd, heap, &during);
		igt_assert_lt_u64(before.used, during.used);
		igt_assert_lte_u64(during.used, before.used + chunk);

		dgem_unmap(map, 4 * chunk);
		gem_close(fd, handle);
		dgem_heap_info(fd, heap, &after);
		igt_assert_eq_u64(after.used, before.used);
	}
}

static void test_granularity(void)
{
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create create = { .size = 1, .heap = heap };

		dgem_heap_info(fd, heap, &info);
		igt_assert_eq(__dgem_bo_create(fd, &create), 0);
		igt_assert_eq_u64(create.size, info.granularity);
		gem_close(fd, create.handle);
	}
}

static void test_unknown_heap(void)
{
	const uint32_t num = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
	const uint32_t unknown[] = { num, num + 1, 1000, 1u << 31, UINT32_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct drm_dgem_heap_info args = { .heap = unknown[i] };

		dgem_assert_refused(fd, DRM_IOCTL_DGEM_HEAP_INFO, &args, EINVAL);
	}
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_heap_info, kind),	      DGEM_FIELD(drm_dgem_heap_info, caps),
	DGEM_FIELD(drm_dgem_heap_info, create_flags), DGEM_FIELD(drm_dgem_heap_info, size),
	DGEM_FIELD(drm_dgem_heap_info, used),	      DGEM_FIELD(drm_dgem_heap_info, largest_free),
	DGEM_FIELD(drm_dgem_heap_info, max_bo_size),  DGEM_FIELD(drm_dgem_heap_info, granularity),
	DGEM_FIELD(drm_dgem_heap_info, addr_bits),    DGEM_FIELD(drm_dgem_heap_info, numa_node),
	DGEM_FIELD(drm_dgem_heap_info, flags),	      DGEM_FIELD(drm_dgem_heap_info, pad),
	DGEM_FIELD(drm_dgem_heap_info, name),
};

static const struct dgem_test tests[] = {
	{ "default", "Heap 0 is the system heap, which swaps and is charged.", test_default },
	{ "pinned", "The pinned heap is charged and does not swap.", test_pinned },
	{ "contiguous", "The contiguous heap takes constraints, and is not charged.",
	  test_contiguous },
	{ "names", "Names are printable, end with NUL and differ.", test_names },
	{ "figures", "Figures of each heap fit each other.", test_figures },
	{ "used", "The bytes used grow and shrink with BOs that are populated.", test_used },
	{ "used-by-touch", "A BO uses nothing until touched, and one touch uses one chunk at most.",
	  test_used_by_touch },
	{ "granularity", "The smallest BO has the heap's granularity.", test_granularity },
	{ "unknown-heap", "A heap that does not exist gives EINVAL.", test_unknown_heap },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_HEAP_INFO,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_heap_info, kind),
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
