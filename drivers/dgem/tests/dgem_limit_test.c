// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What accounts may be charged: limits of one user and of all, RAM and swap. */

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include "../dgem_pages.h"
#include "dgem_limit_test.h"

#define TEST_WHAT DGEM_LIMIT_UNSWAPPABLE

static int dgem_limit_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	keep_limits(test);
	set_limits(1, 0);
	return 0;
}

/* Success: the last byte of a limit can be had, and none beyond it. */
static void dgem_limit_of_user(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);

	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, SZ_1M + 1));
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, SZ_1M - 1));
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 1);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, 2));
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, 1));
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, 1));
	KUNIT_EXPECT_EQ(test, unswappable(account), SZ_1M);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), SZ_1M);

	dgem_limit_uncharge(account, TEST_WHAT, SZ_1M);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M);
}

/*
 * Success: what one user has is missing from the total; who is refused by that
 * has been charged nothing.
 */
static void dgem_limit_of_all(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct dgem_account *other = account_nr(test, test->priv, 1);

	set_limits(2, 1);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(other, TEST_WHAT, SZ_1M - 10));
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 10);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), 10);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, 11));
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, 10));
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), 10);

	dgem_limit_uncharge(account, TEST_WHAT, 10);
	dgem_limit_uncharge(other, TEST_WHAT, SZ_1M - 10);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M);
}

/* Success: that others leave nothing is not told as the absence of a limit. */
static void dgem_limit_taken(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct dgem_account *other = account_nr(test, test->priv, 1);

	set_limits(0, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(other, TEST_WHAT, SZ_1M));
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), 1);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, 1));
	dgem_limit_uncharge(other, TEST_WHAT, SZ_1M);
}

/* Success: a limit that is lowered below what there is takes and gives nothing. */
static void dgem_limit_lowered(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		set_limits(4, 4);
		KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, 3 * SZ_1M));
		set_limits(i ? 4 : 1, i ? 1 : 4);
		KUNIT_EXPECT_EQ(test, unswappable(account), 3 * SZ_1M);
		KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 0);
		KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_limit_charge(account, TEST_WHAT, 1));
		dgem_limit_uncharge(account, TEST_WHAT, 3 * SZ_1M);
		KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M);
	}

	set_limits(4, 4);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, 3 * SZ_1M));
	set_limits(1, 4);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), SZ_1M);
	dgem_limit_uncharge(account, TEST_WHAT, 3 * SZ_1M);
}

/* Success: 0 is no limit, which is told so; either of the two is one. */
static void dgem_limit_none(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);

	set_limits(0, 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), U64_MAX);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, BIT_ULL(60)));
	KUNIT_EXPECT_EQ(test, unswappable(account), BIT_ULL(60));
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), U64_MAX);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, TEST_WHAT), 0);
	dgem_limit_uncharge(account, TEST_WHAT, BIT_ULL(60));

	set_limits(0, 3);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 3 * SZ_1M);
	set_limits(3, 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 3 * SZ_1M);
	set_limits(UINT_MAX, UINT_MAX);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), (u64)UINT_MAX << 20);
}

/* Success: no amount is so large that it passes for a small one. */
static void dgem_limit_large_amounts(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	static const u64 amounts[] = {
		U64_MAX,     U64_MAX - SZ_4K, U64_MAX - SZ_4K + 1, U64_MAX - SZ_4K + 2,
		BIT_ULL(63), BIT_ULL(63) - 1, BIT_ULL(32),	   BIT_ULL(32) + 1,
	};
	unsigned int i, side;

	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, SZ_4K));
	for (side = 0; side < 2; side++) {
		set_limits(!side, side);
		for (i = 0; i < ARRAY_SIZE(amounts); i++) {
			KUNIT_EXPECT_EQ_MSG(test, -EDQUOT,
					    dgem_limit_charge(account, TEST_WHAT, amounts[i]),
					    "amount %u", i);
			KUNIT_EXPECT_EQ(test, unswappable(account), SZ_4K);
		}
	}
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), SZ_1M - SZ_4K);
	dgem_limit_uncharge(account, TEST_WHAT, SZ_4K);
}

/* Success: each kind of charge has its limit, its unit and its counters. */
static void dgem_limit_kinds(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);

	set_limits(1, 2);
	set_system_limits(3, 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, DGEM_LIMIT_BACKING), 3 * SZ_1M >> PAGE_SHIFT);
	set_system_limits(4, 3);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, DGEM_LIMIT_BACKING), 3 * SZ_1M >> PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(account, DGEM_LIMIT_OFFSETS), DGEM_OFFSET_PAGES / 8);

	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, TEST_WHAT, 1));
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, DGEM_LIMIT_BACKING, 2));
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(account, DGEM_LIMIT_OFFSETS, 4));
	KUNIT_EXPECT_EQ(test, unswappable(account), 1);
	KUNIT_EXPECT_EQ(test, backing(account), 2);
	KUNIT_EXPECT_EQ(test, offsets(account), 4);
	KUNIT_EXPECT_EQ(test, -EDQUOT,
			dgem_limit_charge(account, DGEM_LIMIT_OFFSETS, DGEM_OFFSET_PAGES / 8 - 3));
	KUNIT_EXPECT_EQ(test, -EDQUOT,
			dgem_limit_charge(account, DGEM_LIMIT_BACKING,
					  (3 * SZ_1M >> PAGE_SHIFT) - 1));
	dgem_limit_uncharge(account, TEST_WHAT, 1);
	dgem_limit_uncharge(account, DGEM_LIMIT_BACKING, 2);
	dgem_limit_uncharge(account, DGEM_LIMIT_OFFSETS, 4);
}

/* Success: what must be had is counted beyond the limits, for the total too. */
static void dgem_limit_always(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct dgem_account *other = account_nr(test, test->priv, 1);

	set_limits(1, 3);
	dgem_limit_charge_always(account, TEST_WHAT, 2 * SZ_1M);
	KUNIT_EXPECT_EQ(test, unswappable(account), 2 * SZ_1M);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(account, TEST_WHAT), 0);
	set_limits(2, 3);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(other, TEST_WHAT), SZ_1M);
	dgem_limit_uncharge(account, TEST_WHAT, 2 * SZ_1M);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(other, TEST_WHAT), 2 * SZ_1M);
}

/* Success: who is exempt has no limit, no use, and no part in the total. */
static void dgem_limit_exempt(struct kunit *test)
{
	struct dgem_account *other = account_nr(test, test->priv, 0);

	set_limits(1, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_limit_charge(NULL, TEST_WHAT, U64_MAX));
	dgem_limit_charge_always(NULL, TEST_WHAT, SZ_1M);
	KUNIT_EXPECT_EQ(test, unswappable(NULL), 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(NULL, TEST_WHAT), U64_MAX);
	KUNIT_EXPECT_EQ(test, dgem_limit_of(NULL, TEST_WHAT), 0);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(other, TEST_WHAT), SZ_1M);
	dgem_limit_uncharge(NULL, TEST_WHAT, SZ_1M);
	KUNIT_EXPECT_EQ(test, dgem_limit_left(other, TEST_WHAT), SZ_1M);
}

/* Success: limits that were not given are parts of RAM; those that were, stay. */
static void dgem_limit_defaults(struct kunit *test)
{
	u64 ram = (u64)totalram_pages() << PAGE_SHIFT;

	set_limits(UINT_MAX, UINT_MAX);
	set_system_limits(UINT_MAX, UINT_MAX);
	dgem_limit_init();
	KUNIT_EXPECT_EQ(test, (u64)dgem_user_limit_mb, (ram / 4) >> 20);
	KUNIT_EXPECT_EQ(test, (u64)dgem_total_limit_mb, (ram / 2) >> 20);
	KUNIT_EXPECT_EQ(test, (u64)dgem_system_user_mb, (ram * 3 / 8) >> 20);
	KUNIT_EXPECT_EQ(test, (u64)dgem_system_limit_mb, (ram * 3 / 4) >> 20);

	set_limits(0, 5);
	dgem_limit_init();
	KUNIT_EXPECT_EQ(test, dgem_user_limit_mb, 0);
	KUNIT_EXPECT_EQ(test, dgem_total_limit_mb, 5);
}

static unsigned long reserve(void)
{
	return clamp(totalram_pages() / 64, (unsigned long)SZ_16M >> PAGE_SHIFT,
		     (unsigned long)SZ_256M >> PAGE_SHIFT);
}

static long ram_at_reserve(void)
{
	return reserve();
}

static long ram_below_reserve(void)
{
	return reserve() - 1;
}

static long ram_overcommitted(void)
{
	return -1;
}

/* Success: the reserve may be reached, but not touched. */
static void dgem_limit_reserve_of_ram(struct kunit *test)
{
	kunit_activate_static_stub(test, dgem_limit_available, ram_at_reserve);
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES));
	kunit_activate_static_stub(test, dgem_limit_available, ram_below_reserve);
	KUNIT_EXPECT_TRUE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES));
	kunit_activate_static_stub(test, dgem_limit_available, ram_overcommitted);
	KUNIT_EXPECT_TRUE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES));
	kunit_deactivate_static_stub(test, dgem_limit_available);
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES));
}

/*
 * Success: RAM is looked at once for as many pages as a chunk has, and each time
 * while it is low.
 */
static void dgem_limit_looks_seldom(struct kunit *test)
{
	migrate_disable();
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES));
	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(DGEM_CHUNK_PAGES - 1));
	KUNIT_EXPECT_TRUE(test, dgem_limit_ram_is_low(1));
	KUNIT_EXPECT_TRUE(test, dgem_limit_ram_is_low(1));
	kunit_deactivate_static_stub(test, dgem_limit_available);
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(1));
	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	KUNIT_EXPECT_FALSE(test, dgem_limit_ram_is_low(1));
	kunit_deactivate_static_stub(test, dgem_limit_available);
	migrate_enable();
}

static long swap_at_bound(void)
{
	return totalram_pages() / 16;
}

static long swap_above_bound(void)
{
	return totalram_pages() / 16 + 1;
}

static long swap_overcommitted(void)
{
	return -1;
}

/* Success: swap is low with no more than a sixteenth of RAM free, or none. */
static void dgem_limit_swap(struct kunit *test)
{
	kunit_activate_static_stub(test, dgem_limit_free_swap, swap_at_bound);
	KUNIT_EXPECT_TRUE(test, dgem_limit_swap_is_low());
	kunit_activate_static_stub(test, dgem_limit_free_swap, swap_above_bound);
	KUNIT_EXPECT_FALSE(test, dgem_limit_swap_is_low());
	kunit_activate_static_stub(test, dgem_limit_free_swap, swap_overcommitted);
	KUNIT_EXPECT_TRUE(test, dgem_limit_swap_is_low());
	kunit_activate_static_stub(test, dgem_limit_free_swap, no_swap);
	KUNIT_EXPECT_TRUE(test, dgem_limit_swap_is_low());
}

static struct kunit_case dgem_limit_cases[] = {
	KUNIT_CASE(dgem_limit_of_user),
	KUNIT_CASE(dgem_limit_of_all),
	KUNIT_CASE(dgem_limit_taken),
	KUNIT_CASE(dgem_limit_lowered),
	KUNIT_CASE(dgem_limit_none),
	KUNIT_CASE(dgem_limit_large_amounts),
	KUNIT_CASE(dgem_limit_kinds),
	KUNIT_CASE(dgem_limit_always),
	KUNIT_CASE(dgem_limit_exempt),
	KUNIT_CASE(dgem_limit_defaults),
	KUNIT_CASE(dgem_limit_reserve_of_ram),
	KUNIT_CASE(dgem_limit_looks_seldom),
	KUNIT_CASE(dgem_limit_swap),
	{}
};

static struct kunit_suite dgem_limit_suite = {
	.name = "dgem_limit",
	.init = dgem_limit_test_init,
	.test_cases = dgem_limit_cases,
};

kunit_test_suite(dgem_limit_suite);
