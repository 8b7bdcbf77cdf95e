// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What purging gives back to accounts, and what goes before a limit refuses. */

#include <linux/err.h>

#include "../dgem_bo_pages.h"
#include "../dgem_heap.h"
#include "dgem_limit_test.h"
#include "dgem_purge_test.h"

#define TEST_PAGES DGEM_CHUNK_PAGES
#define TEST_SIZE ((u64)SZ_2M)
#define TEST_KERNEL (SZ_1K + 8)

struct purge_limit_test {
	struct dgem_device *ddev;
	struct dgem_account *account, *other;
};

static int dgem_purge_limit_test_init(struct kunit *test)
{
	struct purge_limit_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	keep_limits(test);
	set_limits(0, 0);
	set_system_limits(0, 0);
	kunit_activate_static_stub(test, dgem_limit_free_swap, no_swap);
	t->ddev = dgem_test_bind(test);
	t->account = account_nr(test, t->ddev, 0);
	t->other = account_nr(test, t->ddev, 1);
	test->priv = t;
	return 0;
}

KUNIT_DEFINE_ACTION_WRAPPER(put_bo, dgem_bo_put, struct dgem_bo *);

static struct dgem_bo *new_bo(struct kunit *test, struct dgem_account *account, unsigned int heap)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_bo_create_purging(t->ddev, account, t->ddev->heaps[heap], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_bo, bo));
	return bo;
}

static struct dgem_bo *unneeded_bo(struct kunit *test, struct dgem_account *account,
				   unsigned int heap)
{
	struct dgem_bo *bo = new_bo(test, account, heap);

	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	dont_need(test, bo);
	return bo;
}

static void expect_refused_bo(struct kunit *test, struct dgem_account *account, u64 size)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_bo_create_purging(t->ddev, account, t->ddev->heaps[TEST_PINNED], size, 0);
	KUNIT_EXPECT_PTR_EQ(test, bo, ERR_PTR(-EDQUOT));
}

/* Success: a purge gives back what memory costs, and the end of the BO the rest. */
static void dgem_purge_limit_uncharges(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *system = unneeded_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *pinned = unneeded_bo(test, t->account, TEST_PINNED);

	KUNIT_EXPECT_EQ(test, backing(t->account),
			TEST_PAGES + dgem_pages_of_tables(&system->pages));
	KUNIT_EXPECT_EQ(test, unswappable(t->account), 2 * TEST_KERNEL + TEST_SIZE);
	KUNIT_EXPECT_EQ(test, scan_near(system, 2 * TEST_PAGES), 2 * TEST_PAGES);
	KUNIT_EXPECT_EQ(test, backing(t->account), 0);
	KUNIT_EXPECT_EQ(test, unswappable(t->account), 2 * TEST_KERNEL);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->account->purgeable));

	kunit_release_action(test, put_bo, system);
	kunit_release_action(test, put_bo, pinned);
	KUNIT_EXPECT_EQ(test, unswappable(t->account), 0);
}

/* Success: at the user's limit, his own go for a new one, the first given up first. */
static void dgem_purge_limit_create(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *first, *second, *others, *swappable;

	others = unneeded_bo(test, t->other, TEST_PINNED);
	swappable = unneeded_bo(test, t->account, TEST_SYSTEM);
	first = unneeded_bo(test, t->account, TEST_PINNED);
	second = unneeded_bo(test, t->account, TEST_PINNED);
	set_limits(5, 0);
	new_bo(test, t->account, TEST_PINNED);
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(first));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(second));

	/* What is needed again is not his any more to be purged. */
	advise(test, second, DRM_DGEM_MADV_WILLNEED, true);
	expect_refused_bo(test, t->account, TEST_SIZE);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(second));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(others));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(swappable));
}

/* Success: at the limit of all, others' go, but not for who is at his own. */
static void dgem_purge_limit_create_total(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *exempt = unneeded_bo(test, NULL, TEST_PINNED), *others;

	others = unneeded_bo(test, t->other, TEST_PINNED);
	new_bo(test, t->account, TEST_PINNED);
	set_limits(3, 5);
	expect_refused_bo(test, t->account, TEST_SIZE);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(others));

	set_limits(5, 5);
	new_bo(test, t->account, TEST_PINNED);
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(others));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(exempt));
}

/* Success: none goes for what is beyond the limit by itself. */
static void dgem_purge_limit_in_vain(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = unneeded_bo(test, t->account, TEST_PINNED);

	set_limits(4, 0);
	expect_refused_bo(test, t->account, 2 * TEST_SIZE);
	set_limits(0, 4);
	expect_refused_bo(test, t->account, 2 * TEST_SIZE);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(bo));
}

/* Success: at the limit of what swappable heaps have, a fill has what is not needed. */
static void dgem_purge_limit_fill(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *own, *others, *pinned, *fresh;

	others = unneeded_bo(test, t->other, TEST_SYSTEM);
	pinned = unneeded_bo(test, t->account, TEST_PINNED);
	fresh = new_bo(test, t->account, TEST_SYSTEM);
	dont_need(test, fresh);
	own = unneeded_bo(test, t->account, TEST_SYSTEM);

	set_system_limits(3, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(own));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(others));

	set_system_limits(0, 5);
	bo = new_bo(test, t->account, TEST_SYSTEM);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(others));

	bo = new_bo(test, t->account, TEST_SYSTEM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(pinned) || dgem_bo_is_purged(fresh));
}

/* Success: what an importer uses has what is not needed and cannot be swapped. */
static void dgem_purge_limit_use(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *pinned = unneeded_bo(test, t->account, TEST_PINNED);

	set_limits(3, 0);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_use_locked(bo));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(pinned));
	KUNIT_EXPECT_EQ(test, unswappable(t->account), 2 * TEST_KERNEL + TEST_SIZE);
	dgem_bo_unuse_locked(bo);
	dgem_test_unlock(bo);
}

/* Success: while RAM is low, a fill has whatever is not needed, whoever's it is. */
static void dgem_purge_limit_ram(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *others = unneeded_bo(test, t->other, TEST_PINNED);
	struct dgem_bo *exempt = unneeded_bo(test, NULL, TEST_SYSTEM);

	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(others));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(exempt));
}

static int try_use(struct dgem_bo *bo)
{
	int ret;

	dgem_test_lock(bo);
	ret = dgem_bo_use_locked(bo);
	dgem_test_unlock(bo);
	return ret;
}

/* Success: a task that was killed does not go on to purge at a limit. */
static void dgem_purge_limit_killed(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *swappable = unneeded_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *pinned = unneeded_bo(test, t->account, TEST_PINNED);

	set_limits(3, 0);
	set_system_limits(3, 0);
	kill_self(test);
	KUNIT_EXPECT_PTR_EQ(test, ERR_PTR(-EINTR),
			    dgem_bo_create_purging(t->ddev, t->account,
						   t->ddev->heaps[TEST_PINNED],
						   TEST_SIZE, 0));
	KUNIT_EXPECT_EQ(test, -EINTR, try_use(bo));
	KUNIT_EXPECT_EQ(test, -EINTR, dgem_test_touch(bo, 0));
	forget_signal(SIGKILL);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(pinned));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(swappable));
	KUNIT_EXPECT_EQ(test, unswappable(t->account), 3 * TEST_KERNEL + TEST_SIZE);
}

/* Success: nor does it for want of RAM. */
static void dgem_purge_limit_ram_killed(struct kunit *test)
{
	struct purge_limit_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test, t->account, TEST_SYSTEM);
	struct dgem_bo *pinned = unneeded_bo(test, t->account, TEST_PINNED);

	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	kill_self(test);
	KUNIT_EXPECT_EQ(test, -EINTR, dgem_test_touch(bo, 0));
	forget_signal(SIGKILL);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(pinned));
}

static struct kunit_case dgem_purge_limit_cases[] = {
	KUNIT_CASE(dgem_purge_limit_uncharges),
	KUNIT_CASE(dgem_purge_limit_create),
	KUNIT_CASE(dgem_purge_limit_create_total),
	KUNIT_CASE(dgem_purge_limit_in_vain),
	KUNIT_CASE(dgem_purge_limit_fill),
	KUNIT_CASE(dgem_purge_limit_use),
	KUNIT_CASE(dgem_purge_limit_ram),
	KUNIT_CASE(dgem_purge_limit_killed),
	KUNIT_CASE(dgem_purge_limit_ram_killed),
	{}
};

static struct kunit_suite dgem_purge_limit_suite = {
	.name = "dgem_purge_limit",
	.init = dgem_purge_limit_test_init,
	.test_cases = dgem_purge_limit_cases,
};

kunit_test_suite(dgem_purge_limit_suite);
