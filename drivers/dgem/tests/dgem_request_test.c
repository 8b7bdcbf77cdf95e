// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Which constraints are malformed, which a heap of pages meets, and from which zone. */

#include <linux/limits.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "../dgem_request.h"
#include "dgem_test.h"

static const struct dgem_heap_ops pages_ops = {};

static int no_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
		      struct dgem_request *request)
{
	return -ENOSPC;
}

static const struct dgem_heap_ops reserve_ops = {
	.reserve = no_reserve,
};

static const struct dgem_heap pages_heap = {
	.ops = &pages_ops,
	.create_flags = DGEM_BO_FLAGS,
};

static const struct dgem_heap reserve_heap = {
	.ops = &reserve_ops,
	.create_flags = DGEM_BO_FLAGS | DRM_DGEM_BO_FIXED | DRM_DGEM_BO_NUMA,
};

/* A machine with memory on both sides of 4 GiB. */
static bool zones_around_4g(gfp_t zone, u64 end)
{
	return end >= (zone == __GFP_DMA32 ? BIT_ULL(32) : BIT_ULL(36));
}

struct request_param {
	const char *name;
	struct drm_dgem_bo_create args;

	/** @pages: what a heap of pages says; @reserve: one that reserves. */
	int pages, reserve;
};

static const struct request_param request_params[] = {
	{ "nothing", { .size = 1 }, 0, 0 },
	{ "flags of both", { .size = 1, .flags = DGEM_BO_FLAGS }, 0, 0 },
	{ "flag of one", { .size = 1, .flags = DRM_DGEM_BO_FIXED }, -EINVAL, 0 },
	{ "flag of none", { .size = 1, .flags = DRM_DGEM_BO_KEEP_CONTENTS },
	  -EINVAL, -EINVAL },
	{ "least alignment", { .size = 1, .align = 1 }, 0, 0 },
	{ "alignment of a page", { .size = SZ_1M, .align = PAGE_SIZE }, 0, 0 },
	{ "alignment of two pages", { .size = 1, .align = 2 * PAGE_SIZE }, -EOPNOTSUPP, 0 },
	{ "largest alignment", { .size = 1, .align = SZ_1G }, -EOPNOTSUPP, 0 },
	{ "alignment too large", { .size = 1, .align = SZ_2G }, -EINVAL, -EINVAL },
	{ "odd alignment", { .size = 1, .align = 3 * PAGE_SIZE }, -EINVAL, -EINVAL },
	{ "boundary of a page", { .size = PAGE_SIZE, .boundary = PAGE_SIZE }, 0, 0 },
	{ "boundary of the size", { .size = SZ_2M, .boundary = SZ_2M }, -EOPNOTSUPP, 0 },
	{ "largest boundary", { .size = SZ_2M, .boundary = BIT_ULL(63) }, -EOPNOTSUPP, 0 },
	{ "boundary below the size", { .size = SZ_2M + 1, .boundary = SZ_2M },
	  -EINVAL, -EINVAL },
	{ "odd boundary", { .size = 1, .boundary = SZ_2M + SZ_1M }, -EINVAL, -EINVAL },
	{ "11 bits", { .size = 1, .addr_bits = 11 }, -EINVAL, -EINVAL },
	{ "12 bits", { .size = 1, .addr_bits = 12 }, -EOPNOTSUPP, 0 },
	{ "31 bits", { .size = 1, .addr_bits = 31 }, -EOPNOTSUPP, 0 },
	{ "32 bits", { .size = 1, .addr_bits = 32 }, 0, 0 },
	{ "64 bits", { .size = 1, .addr_bits = 64 }, 0, 0 },
	{ "65 bits", { .size = 1, .addr_bits = 65 }, -EINVAL, -EINVAL },
	{ "most bits", { .size = 1, .addr_bits = U32_MAX }, -EINVAL, -EINVAL },
	{ "place without flag", { .size = 1, .heap_offset = PAGE_SIZE }, -EINVAL, -EINVAL },
	{ "place", { .size = 1, .heap_offset = 1, .flags = DRM_DGEM_BO_FIXED }, -EINVAL, 0 },
	{ "node without flag", { .size = 1, .numa_node = 1 }, -EINVAL, -EINVAL },
	{ "node 0", { .size = 1, .flags = DRM_DGEM_BO_NUMA }, -EOPNOTSUPP, 0 },
	{ "negative node", { .size = 1, .flags = DRM_DGEM_BO_NUMA, .numa_node = -1 },
	  -EINVAL, -EINVAL },
	{ "node beyond the last", { .size = 1, .flags = DRM_DGEM_BO_NUMA,
				    .numa_node = MAX_NUMNODES }, -EINVAL, -EINVAL },
	{ "malformed and not taken", { .size = 1, .align = SZ_1G, .addr_bits = 65 },
	  -EINVAL, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(dgem_request, request_params, name);

/* Success: each kind of heap says what it has to. */
static void dgem_request_checks(struct kunit *test)
{
	const struct request_param *param = test->param_value;
	struct dgem_request request;

	kunit_activate_static_stub(test, dgem_zones_end_below, zones_around_4g);
	KUNIT_EXPECT_EQ(test, param->pages,
			dgem_request_init(&request, &pages_heap, &param->args));
	KUNIT_EXPECT_EQ(test, param->reserve,
			dgem_request_init(&request, &reserve_heap, &param->args));
}

/* Success: what was asked for is there, and what was not has its widest value. */
static void dgem_request_values(struct kunit *test)
{
	const struct drm_dgem_bo_create nothing = { .size = 1 };
	const struct drm_dgem_bo_create all = {
		.size = 1,
		.flags = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_NUMA,
		.align = SZ_2M,
		.boundary = SZ_1G,
		.heap_offset = SZ_4M,
		.addr_bits = 30,
	};
	struct dgem_request request;

	KUNIT_EXPECT_EQ(test, 0, dgem_request_init(&request, &reserve_heap, &nothing));
	KUNIT_EXPECT_EQ(test, request.align, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, request.boundary, 0);
	KUNIT_EXPECT_EQ(test, request.addr_bits, 64);
	KUNIT_EXPECT_EQ(test, request.node, NUMA_NO_NODE);
	KUNIT_EXPECT_EQ(test, request.reason, DRM_DGEM_REASON_NONE);

	KUNIT_EXPECT_EQ(test, 0, dgem_request_init(&request, &reserve_heap, &all));
	KUNIT_EXPECT_EQ(test, request.align, SZ_2M);
	KUNIT_EXPECT_EQ(test, request.boundary, SZ_1G);
	KUNIT_EXPECT_EQ(test, request.offset, SZ_4M);
	KUNIT_EXPECT_EQ(test, request.flags, all.flags);
	KUNIT_EXPECT_EQ(test, request.addr_bits, 30);
	KUNIT_EXPECT_EQ(test, request.node, 0);
}

/* Success: the widest zone that does; none that is scarcer than that below 4 GiB. */
static void dgem_request_zones(struct kunit *test)
{
	struct dgem_request request = { .addr_bits = 64 };
	gfp_t zone;

	kunit_activate_static_stub(test, dgem_zones_end_below, zones_around_4g);
	KUNIT_EXPECT_EQ(test, 0, dgem_request_zone(&request, &zone));
	KUNIT_EXPECT_EQ(test, (__force u32)zone, (__force u32)DGEM_ZONE_ANY);
	request.addr_bits = 36;
	KUNIT_EXPECT_EQ(test, 0, dgem_request_zone(&request, &zone));
	KUNIT_EXPECT_EQ(test, (__force u32)zone, (__force u32)DGEM_ZONE_ANY);
	request.addr_bits = 35;
	KUNIT_EXPECT_EQ(test, 0, dgem_request_zone(&request, &zone));
	KUNIT_EXPECT_EQ(test, (__force u32)zone, (__force u32)__GFP_DMA32);
	request.addr_bits = 31;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, dgem_request_zone(&request, &zone));
}

/* Success: zones are looked at as they are: no page is below 1, all below the most. */
static void dgem_request_real_zones(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, dgem_zones_end_below(DGEM_ZONE_ANY, 1));
	KUNIT_EXPECT_FALSE(test, dgem_zones_end_below(__GFP_DMA32, 1));
	KUNIT_EXPECT_TRUE(test, dgem_zones_end_below(DGEM_ZONE_ANY, U64_MAX));
}

static struct kunit_case dgem_request_cases[] = {
	KUNIT_CASE_PARAM(dgem_request_checks, dgem_request_gen_params),
	KUNIT_CASE(dgem_request_values),
	KUNIT_CASE(dgem_request_zones),
	KUNIT_CASE(dgem_request_real_zones),
	{}
};

static struct kunit_suite dgem_request_suite = {
	.name = "dgem_request",
	.test_cases = dgem_request_cases,
};

kunit_test_suite(dgem_request_suite);
