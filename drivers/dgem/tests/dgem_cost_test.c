// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What a BO of a size costs, and which size an amount is enough for. */

#include <linux/limits.h>
#include <linux/sizes.h>

#include <kunit/test.h>

#include "../dgem_cost.h"
#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

static int dgem_cost_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_heap *heap(struct kunit *test, unsigned int index)
{
	struct dgem_device *ddev = test->priv;

	return ddev->heaps[index];
}

/* Success: an imported BO costs what its kernel memory is. */
static void dgem_cost_imported(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dgem_cost(NULL, 0), SZ_1K);
	KUNIT_EXPECT_EQ(test, dgem_cost(NULL, DGEM_MAX_BO_SIZE), SZ_1K);
}

/*
 * Success: each chunk, however short, costs 8 bytes; memory that stays costs its
 * size, too.
 */
static void dgem_cost_of_sizes(struct kunit *test)
{
	static const struct {
		u64 size, kernel;
	} sizes[] = {
		{ PAGE_SIZE, SZ_1K + 8 },
		{ SZ_2M - PAGE_SIZE, SZ_1K + 8 },
		{ SZ_2M, SZ_1K + 8 },
		{ SZ_2M + PAGE_SIZE, SZ_1K + 16 },
		{ SZ_1G, SZ_1K + 8 * 512 },
		{ DGEM_MAX_BO_SIZE, SZ_1K + DGEM_MAX_BO_SIZE / SZ_2M * 8 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, dgem_cost(heap(test, TEST_SYSTEM), sizes[i].size),
				sizes[i].kernel);
		KUNIT_EXPECT_EQ(test, dgem_cost(heap(test, TEST_PINNED), sizes[i].size),
				sizes[i].kernel + sizes[i].size);
	}
}

/* Expects the largest size that costs no more than @left, 0 if none does. */
static void expect_size_for(struct kunit *test, unsigned int index, u64 left)
{
	u64 size = dgem_cost_size_for(heap(test, index), left);

	KUNIT_EXPECT_EQ(test, size, round_down(size, PAGE_SIZE));
	KUNIT_EXPECT_LE(test, size, DGEM_MAX_BO_SIZE);
	if (size && dgem_cost(heap(test, index), size) > left)
		KUNIT_FAIL(test, "heap %u: 0x%llx costs more than 0x%llx", index, size, left);
	if (size < DGEM_MAX_BO_SIZE && dgem_cost(heap(test, index), size + PAGE_SIZE) <= left)
		KUNIT_FAIL(test, "heap %u: more than 0x%llx can be had for 0x%llx", index, size,
			   left);
}

/* Success: the size that is proposed can be had, and a page more cannot. */
static void dgem_cost_size_is_exact(struct kunit *test)
{
	static const u64 around[] = {
		0,
		8,
		SZ_1K,
		SZ_1K + 8,
		SZ_1K + 16,
		SZ_1K + 8 + PAGE_SIZE,
		SZ_1K + 8 + 2 * PAGE_SIZE,
		SZ_1M,
		SZ_2M,
		SZ_1K + SZ_2M,
		SZ_1K + 8 + SZ_2M,
		SZ_1K + 16 + SZ_2M,
		SZ_1K + 16 + SZ_2M + PAGE_SIZE,
		SZ_1K + 16 + 2 * SZ_2M,
		SZ_1K + 24 + 2 * SZ_2M + PAGE_SIZE,
		SZ_1G,
		SZ_1K + DGEM_MAX_BO_SIZE / SZ_2M * 8,
		DGEM_MAX_BO_SIZE,
		SZ_1K + DGEM_MAX_BO_SIZE / SZ_2M * (SZ_2M + 8ULL),
		2 * DGEM_MAX_BO_SIZE,
		S64_MAX,
		U64_MAX,
	};
	unsigned int i, index;
	s64 by;

	for (i = 0; i < ARRAY_SIZE(around); i++)
		for (by = -9; by <= 9; by++)
			for (index = TEST_SYSTEM; index <= TEST_PINNED; index++)
				expect_size_for(test, index, around[i] + by);
}

/* Success: what is left decides at the first page and at the largest BO. */
static void dgem_cost_size_ends(struct kunit *test)
{
	unsigned int index;

	for (index = TEST_SYSTEM; index <= TEST_PINNED; index++) {
		u64 page = dgem_cost(heap(test, index), PAGE_SIZE);
		u64 largest = dgem_cost(heap(test, index), DGEM_MAX_BO_SIZE);

		KUNIT_EXPECT_EQ(test, 0, dgem_cost_size_for(heap(test, index), 0));
		KUNIT_EXPECT_EQ(test, 0, dgem_cost_size_for(heap(test, index), SZ_1K));
		KUNIT_EXPECT_EQ(test, 0, dgem_cost_size_for(heap(test, index), page - 1));
		KUNIT_EXPECT_LE(test, PAGE_SIZE, dgem_cost_size_for(heap(test, index), page));
		KUNIT_EXPECT_EQ(test, DGEM_MAX_BO_SIZE,
				dgem_cost_size_for(heap(test, index), largest));
		KUNIT_EXPECT_GT(test, DGEM_MAX_BO_SIZE,
				dgem_cost_size_for(heap(test, index), largest - 1));
		KUNIT_EXPECT_EQ(test, DGEM_MAX_BO_SIZE,
				dgem_cost_size_for(heap(test, index), U64_MAX));
	}
}

static struct kunit_case dgem_cost_cases[] = {
	KUNIT_CASE(dgem_cost_imported),
	KUNIT_CASE(dgem_cost_of_sizes),
	KUNIT_CASE(dgem_cost_size_is_exact),
	KUNIT_CASE(dgem_cost_size_ends),
	{}
};

static struct kunit_suite dgem_cost_suite = {
	.name = "dgem_cost",
	.init = dgem_cost_test_init,
	.test_cases = dgem_cost_cases,
};

kunit_test_suite(dgem_cost_suite);
