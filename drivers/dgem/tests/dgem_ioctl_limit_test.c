// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What BO_CREATE, GET_PARAM and the dumb ioctls tell of limits. */

#include <linux/limits.h>

#include <drm/drm_file.h>
#include <drm/drm_mode.h>
#include <drm/drm_vma_manager.h>
#include <drm/dgem_drm.h>

#include "../dgem_bo.h"
#include "../dgem_cost.h"
#include "../dgem_dumb.h"
#include "../dgem_ioctl.h"
#include "dgem_limit_test.h"

/* The file of a user, unlike those of other suites, whose opener is exempt. */
static int dgem_ioctl_limit_test_init(struct kunit *test)
{
	struct dgem_test_file *t;
	int ret;

	keep_limits(test);
	set_limits(0, 0);
	set_system_limits(0, 0);
	ret = dgem_test_file_init(test);
	if (ret)
		return ret;

	t = test->priv;
	t->file->driver_priv = dgem_account_get(account_nr(test, t->ddev, 0));
	return 0;
}

static struct dgem_account *account_of(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;

	return t->file->driver_priv;
}

static int create(struct kunit *test, struct drm_dgem_bo_create *args)
{
	struct dgem_test_file *t = test->priv;

	return dgem_ioctl_bo_create(&t->ddev->drm, args, t->file);
}

static u64 get_param(struct kunit *test, u32 param)
{
	struct drm_dgem_get_param args = { .param = param };
	struct dgem_test_file *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_get_param(&t->ddev->drm, &args, t->file));
	return args.value;
}

/* Success: the parameters of limits are in bytes, each from its own counter. */
static void dgem_ioctl_limit_params(struct kunit *test)
{
	struct dgem_account *account = account_of(test);

	set_limits(7, 8);
	set_system_limits(9, 10);
	dgem_limit_charge_always(account, DGEM_LIMIT_UNSWAPPABLE, 5);
	dgem_limit_charge_always(account, DGEM_LIMIT_BACKING, 2);
	dgem_limit_charge_always(account, DGEM_LIMIT_OFFSETS, 3);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_USER_LIMIT), 7 * SZ_1M);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_USER_USED), 5);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_SYSTEM_LIMIT), 9 * SZ_1M);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_SYSTEM_USED),
			2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_MMAP_LIMIT),
			(u64)(DGEM_OFFSET_PAGES / 8) << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, get_param(test, DRM_DGEM_PARAM_MMAP_USED), 3 * PAGE_SIZE);
	dgem_limit_uncharge(account, DGEM_LIMIT_UNSWAPPABLE, 5);
	dgem_limit_uncharge(account, DGEM_LIMIT_BACKING, 2);
	dgem_limit_uncharge(account, DGEM_LIMIT_OFFSETS, 3);
}

/*
 * Success: at the user's limit the argument tells the size that works, and that
 * works.
 */
static void dgem_ioctl_limit_user(struct kunit *test)
{
	struct dgem_account *account = account_of(test);
	struct drm_dgem_bo_create args = { .size = SZ_4M, .heap = TEST_PINNED };

	set_limits(3, 0);
	KUNIT_EXPECT_EQ(test, -EDQUOT, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_USER_LIMIT);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 3 * SZ_1M - PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, args.size, SZ_4M);
	KUNIT_EXPECT_EQ(test, args.handle, 0);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);

	args.size = args.reason_arg;
	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_NONE);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
}

/* Success: with nothing left, the size that works is told to be 0. */
static void dgem_ioctl_limit_nothing_left(struct kunit *test)
{
	struct drm_dgem_bo_create args = { .size = PAGE_SIZE };
	struct dgem_account *account = account_of(test);

	set_limits(1, 0);
	dgem_limit_charge_always(account, DGEM_LIMIT_UNSWAPPABLE, SZ_1M);
	KUNIT_EXPECT_EQ(test, -EDQUOT, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_USER_LIMIT);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
	dgem_limit_uncharge(account, DGEM_LIMIT_UNSWAPPABLE, SZ_1M);
}

/*
 * Success: a BO that gets no offset is not created and gives back what it was
 * charged; the argument tells the size that works.
 */
static void dgem_ioctl_limit_offsets(struct kunit *test)
{
	u64 most = DGEM_OFFSET_PAGES / 8 - 2;
	struct dgem_account *account = account_of(test);
	struct drm_dgem_bo_create args = {
		.size = 3 * PAGE_SIZE,
		.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};

	dgem_limit_charge_always(account, DGEM_LIMIT_OFFSETS, most);
	KUNIT_EXPECT_EQ(test, -EDQUOT, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_MMAP_SPACE);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, args.handle, 0);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
	KUNIT_EXPECT_EQ(test, offsets(account), most);

	args.size = args.reason_arg;
	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, offsets(account), most + 2);
	dgem_limit_uncharge(account, DGEM_LIMIT_OFFSETS, most);
}

/* Success: where both limits matter, the size that is told keeps within both. */
static void dgem_ioctl_limit_both(struct kunit *test)
{
	u64 most = DGEM_OFFSET_PAGES / 8 - 1;
	struct dgem_account *account = account_of(test);
	struct drm_dgem_bo_create args = {
		.size = SZ_2M,
		.heap = TEST_PINNED,
		.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};

	set_limits(1, 0);
	dgem_limit_charge_always(account, DGEM_LIMIT_OFFSETS, most);
	KUNIT_EXPECT_EQ(test, -EDQUOT, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_USER_LIMIT);
	KUNIT_EXPECT_EQ(test, args.reason_arg, PAGE_SIZE);
	dgem_limit_uncharge(account, DGEM_LIMIT_OFFSETS, most);
}

/* Success: when no hole is large enough, no size is proposed. */
static void dgem_ioctl_limit_space(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct drm_vma_offset_manager *space = t->ddev->drm.vma_offset_manager;
	struct drm_vma_offset_node *all;
	struct drm_dgem_bo_create args = {
		.size = PAGE_SIZE,
		.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};

	all = kunit_kzalloc(test, sizeof(*all), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, all);
	drm_vma_node_reset(all);
	KUNIT_ASSERT_EQ(test, 0, drm_vma_offset_add(space, all, DGEM_OFFSET_PAGES));
	KUNIT_EXPECT_EQ(test, -ENOSPC, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_MMAP_SPACE);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
	KUNIT_EXPECT_EQ(test, unswappable(account_of(test)), 0);
	drm_vma_offset_remove(space, all);
}

/*
 * Success: more than all RAM is refused where it would have to be resident, also
 * where there is no limit, and before anything is charged.
 */
static void dgem_ioctl_limit_more_than_ram(struct kunit *test)
{
	static const struct {
		u32 heap;
		u64 flags;
	} resident[] = {
		{ TEST_PINNED, 0 },
		{ TEST_PINNED, DRM_DGEM_BO_POPULATE },
		{ TEST_SYSTEM, DRM_DGEM_BO_POPULATE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(resident); i++) {
		struct drm_dgem_bo_create args = {
			.size = dgem_limit_ram() + 1,
			.heap = resident[i].heap,
			.flags = resident[i].flags,
		};
		struct dgem_test_file *t = test->priv;

		KUNIT_EXPECT_EQ(test, -ENOMEM, create(test, &args));
		KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_MEMORY);
		KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
		KUNIT_EXPECT_EQ(test, unswappable(account_of(test)), 0);
		KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(t->ddev, DGEM_STAT_BOS));
	}
}

/* Success: as much as all RAM is not refused for its size. */
static void dgem_ioctl_limit_all_ram(struct kunit *test)
{
	struct drm_dgem_bo_create args = {
		.size = dgem_limit_ram(),
		.heap = TEST_PINNED,
	};

	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, unswappable(account_of(test)),
			dgem_limit_ram() + SZ_1K +
			8 * DIV_ROUND_UP_ULL(dgem_limit_ram(), SZ_2M));
}

/* Success: dumb BOs and their offsets are charged like others. */
static void dgem_ioctl_limit_dumb(struct kunit *test)
{
	struct drm_mode_create_dumb args = { .width = 64, .height = 64, .bpp = 32 };
	u64 most = DGEM_OFFSET_PAGES / 8;
	struct dgem_account *account = account_of(test);
	struct dgem_test_file *t = test->priv;
	u64 offset = 1;

	KUNIT_ASSERT_EQ(test, 0, dgem_dumb_create(t->file, &t->ddev->drm, &args));
	KUNIT_EXPECT_EQ(test, unswappable(account), SZ_1K + 8);
	dgem_limit_charge_always(account, DGEM_LIMIT_OFFSETS, most);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_dumb_map_offset(t->file, &t->ddev->drm,
							    args.handle, &offset));
	KUNIT_EXPECT_EQ(test, offset, 1);
	dgem_limit_uncharge(account, DGEM_LIMIT_OFFSETS, most);
	KUNIT_EXPECT_EQ(test, 0, dgem_dumb_map_offset(t->file, &t->ddev->drm,
						      args.handle, &offset));
	KUNIT_EXPECT_EQ(test, offsets(account), args.size >> PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_dumb_map_offset(t->file, &t->ddev->drm,
							    args.handle + 1, &offset));
	KUNIT_EXPECT_GT(test, offset, 1);
}

static struct kunit_case dgem_ioctl_limit_cases[] = {
	KUNIT_CASE(dgem_ioctl_limit_params),
	KUNIT_CASE(dgem_ioctl_limit_user),
	KUNIT_CASE(dgem_ioctl_limit_nothing_left),
	KUNIT_CASE(dgem_ioctl_limit_offsets),
	KUNIT_CASE(dgem_ioctl_limit_both),
	KUNIT_CASE(dgem_ioctl_limit_space),
	KUNIT_CASE(dgem_ioctl_limit_more_than_ram),
	KUNIT_CASE(dgem_ioctl_limit_all_ram),
	KUNIT_CASE(dgem_ioctl_limit_dumb),
	{}
};

static struct kunit_suite dgem_ioctl_limit_suite = {
	.name = "dgem_ioctl_limit",
	.init = dgem_ioctl_limit_test_init,
	.test_cases = dgem_ioctl_limit_cases,
};

kunit_test_suite(dgem_ioctl_limit_suite);
