// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What the ioctls refuse, and that nothing comes of it. Called as the core
 * calls them, with a file that has no handles.
 */

#include <linux/limits.h>

#include <kunit/test.h>

#include <drm/drm_file.h>
#include <drm/drm_mode.h>
#include <drm/dgem_drm.h>

#include "../dgem_device.h"
#include "../dgem_dumb.h"
#include "../dgem_heap.h"
#include "../dgem_ioctl.h"
#include "../dgem_sync.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

static int dgem_ioctl_test_init(struct kunit *test)
{
	test->priv = dgem_test_open(test, dgem_test_bind(test));
	return 0;
}

static struct drm_device *drm(struct kunit *test)
{
	struct drm_file *file = test->priv;

	return file->minor->dev;
}

static void expect_no_bo(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(to_dgem_device(drm(test)),
						DGEM_STAT_BOS));
}

/*
 * Success: each parameter has its value, and one beyond the last is refused. The
 * file is exempt from limits, so it has none and uses nothing of them.
 */
static void dgem_ioctl_params(struct kunit *test)
{
	static const u64 values[] = {
		[DRM_DGEM_PARAM_MAX_BO_SIZE] = DGEM_MAX_BO_SIZE,
		[DRM_DGEM_PARAM_NUM_HEAPS] = TEST_HEAPS,
		[DRM_DGEM_PARAM_PAGE_SIZE] = PAGE_SIZE,
		[DRM_DGEM_PARAM_CHUNK_SIZE] = SZ_2M,
		[DRM_DGEM_PARAM_HUGE_MAP_SIZE] = DGEM_HUGE_MAP_SIZE,
		[DRM_DGEM_PARAM_USER_LIMIT] = 0,
		[DRM_DGEM_PARAM_USER_USED] = 0,
		[DRM_DGEM_PARAM_SYSTEM_LIMIT] = 0,
		[DRM_DGEM_PARAM_SYSTEM_USED] = 0,
		[DRM_DGEM_PARAM_MMAP_LIMIT] = 0,
		[DRM_DGEM_PARAM_MMAP_USED] = 0,
		[DRM_DGEM_PARAM_SYNC_MAX_OPS] = 256,
		[DRM_DGEM_PARAM_DMA_POLICY] = DRM_DGEM_DMA_POLICY_OFF,
		[DRM_DGEM_PARAM_DMA_TRANSLATED] = DRM_DGEM_DMA_UNTRANSLATED,
	};
	u32 param;

	for (param = 1; param < ARRAY_SIZE(values); param++) {
		struct drm_dgem_get_param args = { .param = param };

		KUNIT_EXPECT_EQ(test, 0,
				dgem_ioctl_get_param(drm(test), &args, test->priv));
		KUNIT_EXPECT_EQ(test, args.value, values[param]);
	}

	for (; param < 40; param++) {
		struct drm_dgem_get_param args = { .param = param };

		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_get_param(drm(test), &args, test->priv));
		KUNIT_EXPECT_EQ(test, args.value, 0);
	}
}

/* Success: features are a bit each in word 0; further words are there, empty. */
static void dgem_ioctl_features(struct kunit *test)
{
	struct drm_dgem_get_param args = { .param = DRM_DGEM_PARAM_FEATURES };
	u64 want = BIT_ULL(DRM_DGEM_FEATURE_BO_WAIT) |
		   BIT_ULL(DRM_DGEM_FEATURE_BO_LABEL) |
		   BIT_ULL(DRM_DGEM_FEATURE_LIMITS) |
		   BIT_ULL(DRM_DGEM_FEATURE_BO_MADVISE) |
		   BIT_ULL(DRM_DGEM_FEATURE_CONSTRAINTS) |
		   BIT_ULL(DRM_DGEM_FEATURE_DIRECT_IO) |
		   BIT_ULL(DRM_DGEM_FEATURE_BO_SYNC) |
		   BIT_ULL(DRM_DGEM_FEATURE_MAP_DMA) |
		   BIT_ULL(DRM_DGEM_FEATURE_DEVICE_MEMORY);

	if (DGEM_DYNAMIC_EXPORT)
		want |= BIT_ULL(DRM_DGEM_FEATURE_DYNAMIC_EXPORT);
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_get_param(drm(test), &args, test->priv));
	KUNIT_EXPECT_EQ(test, args.value, want);

	for (args.index = 1; args.index; args.index <<= 1) {
		args.value = 0;
		KUNIT_EXPECT_EQ(test, 0,
				dgem_ioctl_get_param(drm(test), &args, test->priv));
		KUNIT_EXPECT_EQ(test, args.value, 0);
	}
}

/*
 * Success: an index of a parameter without any, and a value that is not zero,
 * are refused.
 */
static void dgem_ioctl_params_malformed(struct kunit *test)
{
	u32 param;

	for (param = DRM_DGEM_PARAM_MAX_BO_SIZE;
	     param <= DRM_DGEM_PARAM_DMA_TRANSLATED; param++) {
		struct drm_dgem_get_param indexed = { .param = param, .index = 1 };

		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_get_param(drm(test), &indexed, test->priv));
	}
	for (param = 0; param <= DRM_DGEM_PARAM_DMA_TRANSLATED; param++) {
		struct drm_dgem_get_param set = { .param = param, .value = 1 };

		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_get_param(drm(test), &set, test->priv));
		KUNIT_EXPECT_EQ(test, set.value, 1);
	}
}

/* Success: every byte behind the heap's number must be zero. */
static void dgem_ioctl_heap_info_zero(struct kunit *test)
{
	size_t i;

	for (i = offsetof(struct drm_dgem_heap_info, kind);
	     i < sizeof(struct drm_dgem_heap_info); i++) {
		struct drm_dgem_heap_info args = {}, before;

		((u8 *)&args)[i] = 0x80;
		before = args;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    dgem_ioctl_heap_info(drm(test), &args, test->priv),
				    "byte %zu", i);
		KUNIT_EXPECT_MEMEQ(test, &args, &before, sizeof(args));
	}
}

/* Success: each heap is described, and an index that no heap has is refused. */
static void dgem_ioctl_heap_info_index(struct kunit *test)
{
	static const u32 none[] = { TEST_HEAPS, 7, 8, 0x7fffffff, 0x80000000, U32_MAX };
	unsigned int i;

	for (i = 0; i < TEST_HEAPS; i++) {
		struct drm_dgem_heap_info args = { .heap = i };

		KUNIT_EXPECT_EQ(test, 0,
				dgem_ioctl_heap_info(drm(test), &args, test->priv));
		KUNIT_EXPECT_EQ(test, args.heap, i);
		KUNIT_EXPECT_NE(test, args.kind, 0);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		struct drm_dgem_heap_info args = { .heap = none[i] };

		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_heap_info(drm(test), &args, test->priv));
		KUNIT_EXPECT_EQ(test, args.kind, 0);
	}
}

struct create_param {
	const char *name;
	struct drm_dgem_bo_create args;
	u32 reason;
};

static const struct create_param create_params[] = {
	{ "size of zero", { .size = 0 } },
	{ "flag of another heap", { .size = 1, .flags = DRM_DGEM_BO_FIXED } },
	{ "first unknown flag", { .size = 1, .flags = BIT_ULL(6) } },
	{ "last unknown flag", { .size = 1, .flags = BIT_ULL(63) } },
	{ "known and unknown flag", { .size = 1, .flags = 0x41 } },
	{ "heap that is not there", { .size = 1, .heap = TEST_HEAPS } },
	{ "last heap of all", { .size = 1, .heap = U32_MAX } },
	{ "handle", { .size = 1, .handle = 1 } },
	{ "align", { .size = 1, .align = PAGE_SIZE + 1 } },
	{ "boundary", { .size = 1, .boundary = PAGE_SIZE / 2 } },
	{ "heap_offset", { .size = 1, .heap_offset = PAGE_SIZE } },
	{ "addr_bits", { .size = 1, .addr_bits = 11 } },
	{ "numa_node", { .size = 1, .numa_node = -1 } },
	{ "pad", { .size = 1, .pad = 1 } },
	{ "mmap_offset", { .size = 1, .mmap_offset = PAGE_SIZE } },
	{ "a byte too large", { .size = DGEM_MAX_BO_SIZE + 1 },
	  DRM_DGEM_REASON_SIZE },
	{ "rounded up to zero", { .size = U64_MAX }, DRM_DGEM_REASON_SIZE },
	{ "just rounded up to zero", { .size = U64_MAX - PAGE_SIZE + 2 },
	  DRM_DGEM_REASON_SIZE },
	{ "the last whole page", { .size = U64_MAX - PAGE_SIZE + 1 },
	  DRM_DGEM_REASON_SIZE },
	{ "negative", { .size = BIT_ULL(63) }, DRM_DGEM_REASON_SIZE },
	{ "too large to be populated", { .size = DGEM_MAX_BO_SIZE + 1,
					 .flags = DRM_DGEM_BO_POPULATE },
	  DRM_DGEM_REASON_SIZE },
	{ "too large and malformed", { .size = U64_MAX, .pad = 1 } },
};

KUNIT_ARRAY_PARAM_DESC(dgem_ioctl_create, create_params, name);

/*
 * Success: refused, with the reason where there is one; the argument is left
 * as it was but for that, and there is no BO.
 */
static void dgem_ioctl_create_refuses(struct kunit *test)
{
	const struct create_param *param = test->param_value;
	struct drm_dgem_bo_create args = param->args, want = param->args;

	args.reason = 77;
	args.reason_arg = 78;
	want.reason = param->reason;
	if (param->reason == DRM_DGEM_REASON_SIZE &&
	    !(args.flags & DRM_DGEM_BO_POPULATE))
		want.reason_arg = DGEM_MAX_BO_SIZE;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			dgem_ioctl_bo_create(drm(test), &args, test->priv));
	KUNIT_EXPECT_MEMEQ(test, &args, &want, sizeof(args));
	expect_no_bo(test);
}

/*
 * Success: flags or an offset that is not zero are refused before the handle is
 * looked up.
 */
static void dgem_ioctl_mmap_offset_refuses(struct kunit *test)
{
	struct drm_dgem_bo_mmap_offset flags = { .flags = 1 };
	struct drm_dgem_bo_mmap_offset high = { .flags = BIT(31) };
	struct drm_dgem_bo_mmap_offset offset = { .offset = 1 };

	KUNIT_EXPECT_EQ(test, -EINVAL,
			dgem_ioctl_bo_mmap_offset(drm(test), &flags, test->priv));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dgem_ioctl_bo_mmap_offset(drm(test), &high, test->priv));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dgem_ioctl_bo_mmap_offset(drm(test), &offset, test->priv));
	KUNIT_EXPECT_EQ(test, offset.offset, 1);
}

/* Success: every byte behind the handle must be zero. */
static void dgem_ioctl_info_zero(struct kunit *test)
{
	size_t i;

	for (i = offsetof(struct drm_dgem_bo_info, flags);
	     i < sizeof(struct drm_dgem_bo_info); i++) {
		struct drm_dgem_bo_info args = {};

		((u8 *)&args)[i] = 1;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    dgem_ioctl_bo_info(drm(test), &args, test->priv),
				    "byte %zu", i);
	}
}

/* Success: a wait needs a known flag, and no unknown one. */
static void dgem_ioctl_wait_refuses(struct kunit *test)
{
	u32 flags;

	for (flags = 0; flags != BIT(31); flags = flags ? flags << 1 : 4) {
		struct drm_dgem_bo_wait args = { .flags = flags };

		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_bo_wait(drm(test), &args, test->priv));
		if (!flags)
			continue;
		args.flags |= DRM_DGEM_BO_WAIT_READ;
		KUNIT_EXPECT_EQ(test, -EINVAL,
				dgem_ioctl_bo_wait(drm(test), &args, test->priv));
	}
}

struct dumb_param {
	const char *name;
	u32 width, height, bpp;
};

static const struct dumb_param dumb_params[] = {
	{ "pitch beyond 32 bits", U32_MAX, 1, 16 },
	{ "pitch just beyond 32 bits", 0x80000000, 1, 16 },
	{ "width times bpp beyond 64 bits, as it were", U32_MAX, U32_MAX, U32_MAX },
	{ "size beyond the largest BO", U32_MAX, 1024, 8 },
	{ "a row too many", 0x80000000, 257, 8 },
	{ "width of zero", 0, 1, 32 },
	{ "height of zero", 1, 0, 32 },
	{ "bpp of zero", 1, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(dgem_ioctl_dumb, dumb_params, name);

/*
 * Success: a size that no BO can have is refused, the argument is unchanged and
 * no BO is created.
 */
static void dgem_ioctl_dumb_refuses(struct kunit *test)
{
	const struct dumb_param *param = test->param_value;
	struct drm_mode_create_dumb args = {
		.width = param->width,
		.height = param->height,
		.bpp = param->bpp,
	};

	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_dumb_create(test->priv, drm(test), &args));
	KUNIT_EXPECT_EQ(test, args.pitch, 0);
	KUNIT_EXPECT_EQ(test, args.size, 0);
	KUNIT_EXPECT_EQ(test, args.handle, 0);
	expect_no_bo(test);
}

/*
 * Success: a time of a time namespace is translated into one that comes at the
 * same moment; what overflows never comes, or has long been.
 */
static void dgem_ioctl_wait_times(struct kunit *test)
{
	static const struct {
		s64 timeout, offset, host;
	} times[] = {
		{ 300, 0, 300 },
		{ S64_MIN, 0, S64_MIN },
		{ S64_MAX, 0, S64_MAX },
		{ 5300, 5000, 300 },
		{ 300, -5000, 5300 },
		{ 300, 5000, -4700 },
		{ S64_MAX, 5000, S64_MAX },
		{ S64_MAX, -5000, S64_MAX },
		{ S64_MAX - 1, -5000, S64_MAX },
		{ S64_MIN, 5000, S64_MIN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(times); i++)
		KUNIT_EXPECT_EQ_MSG(test, times[i].host,
				    dgem_timeout_to_host(times[i].timeout,
							 times[i].offset),
				    "time %u", i);
}

static struct kunit_case dgem_ioctl_cases[] = {
	KUNIT_CASE(dgem_ioctl_params),
	KUNIT_CASE(dgem_ioctl_features),
	KUNIT_CASE(dgem_ioctl_params_malformed),
	KUNIT_CASE(dgem_ioctl_heap_info_zero),
	KUNIT_CASE(dgem_ioctl_heap_info_index),
	KUNIT_CASE_PARAM(dgem_ioctl_create_refuses, dgem_ioctl_create_gen_params),
	KUNIT_CASE(dgem_ioctl_mmap_offset_refuses),
	KUNIT_CASE(dgem_ioctl_info_zero),
	KUNIT_CASE(dgem_ioctl_wait_refuses),
	KUNIT_CASE_PARAM(dgem_ioctl_dumb_refuses, dgem_ioctl_dumb_gen_params),
	KUNIT_CASE(dgem_ioctl_wait_times),
	{}
};

static struct kunit_suite dgem_ioctl_suite = {
	.name = "dgem_ioctl",
	.init = dgem_ioctl_test_init,
	.test_cases = dgem_ioctl_cases,
};

kunit_test_suite(dgem_ioctl_suite);
