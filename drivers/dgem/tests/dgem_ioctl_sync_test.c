// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What BO_SYNC answers, and that it does all of its elements or none. */

#include <linux/mm.h>
#include <linux/uaccess.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>
#include <drm/drm_file.h>

#include "../dgem_device.h"
#include "../dgem_ioctl.h"
#include "dgem_test.h"

#define TEST_SIZE	((u64)4 * PAGE_SIZE)
#define OP_SIZE		sizeof(struct drm_dgem_sync_op)

static u32 new_handle(struct kunit *test)
{
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };
	struct dgem_test_file *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &args, t->file));
	return args.handle;
}

static int call(struct kunit *test, struct drm_dgem_bo_sync *args)
{
	struct dgem_test_file *t = test->priv;

	return dgem_ioctl_bo_sync(&t->ddev->drm, args, t->file);
}

/* How many elements have been done since the instance is there. */
static void expect_done(struct kunit *test, long done)
{
	struct dgem_test_file *t = test->priv;

	KUNIT_EXPECT_EQ(test, done, dgem_stat_read(t->ddev, DGEM_STAT_CPU_ACCESSES));
}

/* Success: what is malformed is refused, though the element is good. */
static void dgem_ioctl_sync_refuses(struct kunit *test)
{
	static const struct drm_dgem_bo_sync refused[] = {
		{ .count = 0, .stride = OP_SIZE },
		{ .count = DGEM_SYNC_MAX_OPS + 1, .stride = OP_SIZE },
		{ .count = U32_MAX, .stride = OP_SIZE },
		{ .count = 1 },
		{ .count = 1, .stride = OP_SIZE - 8 },
		{ .count = 1, .stride = OP_SIZE + 4 },
		{ .count = 1, .stride = 4104 },
		{ .count = 1, .stride = BIT(31) },
		{ .count = 1, .stride = OP_SIZE, .flags = 1 },
		{ .count = 1, .stride = OP_SIZE, .pad = BIT(31) },
	};
	struct drm_dgem_sync_op op = {
		.handle = new_handle(test),
		.flags = DRM_DGEM_SYNC_READ,
		.size = 1,
	};
	void __user *user = dgem_test_user_page(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, &op, OP_SIZE));
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct drm_dgem_bo_sync args = refused[i], before;

		args.ops = (uintptr_t)user;
		before = args;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, call(test, &args), "argument %u", i);
		KUNIT_EXPECT_MEMEQ(test, &args, &before, sizeof(args));
	}
	expect_done(test, 0);
}

/* With one good element before it, the second is @op; both have a tail of zeros. */
static int call_second(struct kunit *test, const struct drm_dgem_sync_op *op, u32 handle)
{
	const u32 stride = OP_SIZE + 16;
	struct drm_dgem_sync_op good = {
		.handle = handle,
		.flags = DRM_DGEM_SYNC_READ,
		.size = TEST_SIZE,
	};
	void __user *user = dgem_test_user_page(test);
	struct drm_dgem_bo_sync args = {
		.ops = (uintptr_t)user,
		.count = 2,
		.stride = stride,
	};

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, &good, OP_SIZE));
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user + stride, op, OP_SIZE));
	return call(test, &args);
}

/* Success: an element that is refused leaves those before it undone. */
static void dgem_ioctl_sync_elements(struct kunit *test)
{
	const u32 read = DRM_DGEM_SYNC_READ, end = DRM_DGEM_SYNC_END;
	u32 handle = new_handle(test);
	const struct {
		struct drm_dgem_sync_op op;
		int error;
	} cases[] = {
		{ { handle, 0, 0, 1 }, -EINVAL },
		{ { handle, end, 0, 1 }, -EINVAL },
		{ { handle, read | BIT(3), 0, 1 }, -EINVAL },
		{ { handle, read | BIT(31), 0, 1 }, -EINVAL },
		{ { handle, read, 0, 0 }, -EINVAL },
		{ { handle, read, 0, TEST_SIZE + 1 }, -EINVAL },
		{ { handle, read, TEST_SIZE, 1 }, -EINVAL },
		{ { handle, read, 1, TEST_SIZE }, -EINVAL },
		{ { handle, read, 1, U64_MAX }, -EINVAL },
		{ { handle, read, U64_MAX, 2 }, -EINVAL },
		{ { handle, read, PAGE_SIZE, U64_MAX - PAGE_SIZE + 1 }, -EINVAL },
		{ { 0, read, 0, 1 }, -ENOENT },
		{ { handle + 1, read, 0, TEST_SIZE }, -ENOENT },
		{ { 0, end, 0, 1 }, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].error,
				    call_second(test, &cases[i].op, handle), "element %u", i);
	expect_done(test, 0);
}

/* Success: each element is done, whatever access it is for. */
static void dgem_ioctl_sync_does(struct kunit *test)
{
	u32 handle = new_handle(test), flags;
	struct drm_dgem_sync_op op = { .handle = handle, .offset = 5, .size = TEST_SIZE - 5 };
	long done = 0;

	for (flags = 1; flags < 8; flags++) {
		if (flags == DRM_DGEM_SYNC_END)
			continue;
		op.flags = flags;
		KUNIT_EXPECT_EQ_MSG(test, 0, call_second(test, &op, handle), "flags %u", flags);
		done += 2;
	}
	expect_done(test, done);
}

/* Success: what is not known has to be zero, and all of it has to be there. */
static void dgem_ioctl_sync_tail(struct kunit *test)
{
	void __user *user = dgem_test_user_page(test);
	void __user *last = user + PAGE_SIZE - OP_SIZE;
	struct drm_dgem_sync_op op = {
		.handle = new_handle(test),
		.flags = DRM_DGEM_SYNC_WRITE | DRM_DGEM_SYNC_END,
		.size = 1,
	};
	struct drm_dgem_bo_sync args = {
		.ops = (uintptr_t)user,
		.count = 1,
		.stride = 4096,
	};
	u8 byte = 1;

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, &op, OP_SIZE));
	KUNIT_EXPECT_EQ(test, 0, call(test, &args));
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user + args.stride - 1, &byte, 1));
	KUNIT_EXPECT_EQ(test, -E2BIG, call(test, &args));
	expect_done(test, 1);

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(last, &op, OP_SIZE));
	args = (struct drm_dgem_bo_sync){ .ops = (uintptr_t)last, .count = 1, .stride = OP_SIZE };
	KUNIT_EXPECT_EQ(test, 0, call(test, &args));
	args.count = 2;
	KUNIT_EXPECT_EQ(test, -EFAULT, call(test, &args));
	args.count = 1;
	args.stride = OP_SIZE + 8;
	KUNIT_EXPECT_EQ(test, -EFAULT, call(test, &args));
	expect_done(test, 2);
}

static struct kunit_case dgem_ioctl_sync_cases[] = {
	KUNIT_CASE(dgem_ioctl_sync_refuses),
	KUNIT_CASE(dgem_ioctl_sync_elements),
	KUNIT_CASE(dgem_ioctl_sync_does),
	KUNIT_CASE(dgem_ioctl_sync_tail),
	{}
};

static struct kunit_suite dgem_ioctl_sync_suite = {
	.name = "dgem_ioctl_sync",
	.init = dgem_test_file_init,
	.test_cases = dgem_ioctl_sync_cases,
};

kunit_test_suite(dgem_ioctl_sync_suite);
