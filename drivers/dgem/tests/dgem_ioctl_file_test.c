// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What the ioctls do with a file and its handles. */

#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include <kunit/test.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_mode.h>
#include <drm/drm_vma_manager.h>
#include <drm/dgem_drm.h>

#include "../dgem_bo.h"
#include "../dgem_dumb.h"
#include "../dgem_ioctl.h"
#include "dgem_test.h"

static int create(struct kunit *test, struct drm_dgem_bo_create *args)
{
	struct dgem_test_file *t = test->priv;

	return dgem_ioctl_bo_create(&t->ddev->drm, args, t->file);
}

static u32 new_handle(struct kunit *test)
{
	struct drm_dgem_bo_create args = { .size = PAGE_SIZE };

	KUNIT_ASSERT_EQ(test, 0, create(test, &args));
	return args.handle;
}

struct size_param {
	const char *name;
	u64 size, want;
};

static const struct size_param size_params[] = {
	{ "a byte", 1, PAGE_SIZE },
	{ "a byte less than a page", PAGE_SIZE - 1, PAGE_SIZE },
	{ "a page", PAGE_SIZE, PAGE_SIZE },
	{ "a byte more than a page", PAGE_SIZE + 1, 2 * PAGE_SIZE },
	{ "4 GiB and a byte", SZ_4G + 1, SZ_4G + PAGE_SIZE },
	{ "a byte less than the largest", DGEM_MAX_BO_SIZE - 1, DGEM_MAX_BO_SIZE },
	{ "the largest", DGEM_MAX_BO_SIZE, DGEM_MAX_BO_SIZE },
};

KUNIT_ARRAY_PARAM_DESC(dgem_ioctl_size, size_params, name);

/* Success: the size is rounded up to pages, of any BO up to the largest. */
static void dgem_ioctl_create_rounds(struct kunit *test)
{
	const struct size_param *param = test->param_value;
	struct drm_dgem_bo_create args = { .size = param->size, .reason = 5 };
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_info info = {};

	KUNIT_ASSERT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.size, param->want);
	KUNIT_EXPECT_NE(test, args.handle, 0);
	KUNIT_EXPECT_EQ(test, args.reason, 0);
	KUNIT_EXPECT_EQ(test, args.mmap_offset, 0);

	info.handle = args.handle;
	KUNIT_EXPECT_EQ(test, 0,
			dgem_ioctl_bo_info(&t->ddev->drm, &info, t->file));
	KUNIT_EXPECT_EQ(test, info.size, param->want);
	KUNIT_EXPECT_EQ(test, info.resident, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(t->ddev,
						DGEM_STAT_RESIDENT_PAGES));
}

/* Success: a BO that is to be populated is, and its state says so. */
static void dgem_ioctl_create_populates(struct kunit *test)
{
	struct drm_dgem_bo_create args = {
		.size = SZ_2M + PAGE_SIZE,
		.flags = DRM_DGEM_BO_POPULATE,
		.heap = TEST_PINNED,
	};
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_info info = {};

	KUNIT_ASSERT_EQ(test, 0, create(test, &args));
	info.handle = args.handle;
	KUNIT_EXPECT_EQ(test, 0,
			dgem_ioctl_bo_info(&t->ddev->drm, &info, t->file));
	KUNIT_EXPECT_EQ(test, info.resident, (u64)SZ_2M + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, info.heap, TEST_PINNED);
	KUNIT_EXPECT_EQ(test, info.create_flags, (u64)DRM_DGEM_BO_POPULATE);
	KUNIT_EXPECT_EQ(test, info.state,
			(u64)(DRM_DGEM_BO_STATE_RESIDENT_PART |
			      DRM_DGEM_BO_STATE_RESIDENT_ALL));
	KUNIT_EXPECT_EQ(test, info.handle, args.handle);
}

/* Success: the offset that creation returns is the one that is asked for later. */
static void dgem_ioctl_create_with_offset(struct kunit *test)
{
	struct drm_dgem_bo_create args = {
		.size = PAGE_SIZE,
		.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_mmap_offset map = {};

	KUNIT_ASSERT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_NE(test, args.mmap_offset, 0);
	map.handle = args.handle;
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_mmap_offset(&t->ddev->drm, &map,
							   t->file));
	KUNIT_EXPECT_EQ(test, map.offset, args.mmap_offset);
}

/* Success: no ioctl takes a handle that this file does not have. */
static void dgem_ioctl_no_handle(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	u32 handle = new_handle(test) + 1;
	struct drm_dgem_bo_mmap_offset map = { .handle = handle };
	struct drm_dgem_bo_info info = { .handle = handle };
	struct drm_dgem_bo_wait wait = {
		.handle = handle,
		.flags = DRM_DGEM_BO_WAIT_READ,
	};
	struct drm_dgem_bo_label label = {
		.handle = handle,
		.text = (uintptr_t)dgem_test_user_page(test),
	};
	struct drm_dgem_bo_madvise madvise = { .handle = handle };

	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_madvise(&t->ddev->drm,
							     &madvise, t->file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_mmap_offset(&t->ddev->drm,
								 &map, t->file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_info(&t->ddev->drm, &info,
							  t->file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_wait(&t->ddev->drm, &wait,
							  t->file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_set_label(&t->ddev->drm,
							       &label, t->file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_get_label(&t->ddev->drm,
							       &label, t->file));
}

/* Success: waiting for an idle BO returns at once, for any access. */
static void dgem_ioctl_wait_idle(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_wait wait = { .handle = new_handle(test) };

	for (wait.flags = 1; wait.flags <= 3; wait.flags++)
		KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_wait(&t->ddev->drm, &wait,
							    t->file));
}

struct dumb_size_param {
	const char *name;
	u32 width, height, bpp, pitch;
	u64 size;
};

static const struct dumb_size_param dumb_size_params[] = {
	{ "one bit", 1, 1, 1, 1, PAGE_SIZE },
	{ "nine bits", 9, 1, 1, 2, PAGE_SIZE },
	{ "1080p", 1920, 1080, 32, 7680, PAGE_ALIGN(7680 * 1080) },
	{ "15 bits a pixel", 3, 1, 15, 6, PAGE_SIZE },
	{ "longest pitch", U32_MAX, 1, 8, U32_MAX, SZ_4G },
	{ "largest BO", 0x80000000, 256, 8, 0x80000000, SZ_1G * 512ULL },
};

KUNIT_ARRAY_PARAM_DESC(dgem_ioctl_dumb_size, dumb_size_params, name);

/* Success: pitch and size are rounded up, to bytes and to pages. */
static void dgem_ioctl_dumb_rounds(struct kunit *test)
{
	const struct dumb_size_param *param = test->param_value;
	struct drm_mode_create_dumb args = {
		.width = param->width,
		.height = param->height,
		.bpp = param->bpp,
	};
	struct dgem_test_file *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, dgem_dumb_create(t->file, &t->ddev->drm, &args));
	KUNIT_EXPECT_EQ(test, args.pitch, param->pitch);
	KUNIT_EXPECT_EQ(test, args.size, param->size);
	KUNIT_EXPECT_NE(test, args.handle, 0);
	KUNIT_EXPECT_EQ(test, 1, dgem_stat_read(t->ddev, DGEM_STAT_BOS));
}

static int set_label(struct kunit *test, u32 handle, void __user *text, u32 len)
{
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_label args = {
		.handle = handle,
		.len = len,
		.text = (uintptr_t)text,
	};

	return dgem_ioctl_bo_set_label(&t->ddev->drm, &args, t->file);
}

/* Success: a label that was set is read back, cut to the room that there is. */
static void dgem_ioctl_label(struct kunit *test)
{
	char text[] = "left eye", found[16] = {};
	struct dgem_test_file *t = test->priv;
	void __user *user = dgem_test_user_page(test);
	struct drm_dgem_bo_label args = {
		.handle = new_handle(test),
		.len = 4,
		.text = (uintptr_t)user,
	};

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, text, sizeof(text)));
	KUNIT_EXPECT_EQ(test, 0, set_label(test, args.handle, user, 8));
	KUNIT_ASSERT_EQ(test, 0, clear_user(user, sizeof(text)));

	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_get_label(&t->ddev->drm, &args,
							 t->file));
	KUNIT_EXPECT_EQ(test, args.len, 8);
	KUNIT_ASSERT_EQ(test, 0, copy_from_user(found, user, sizeof(found)));
	KUNIT_EXPECT_STREQ(test, found, "left");
}

/* Success: all bytes from blank to tilde make a label, each other one is refused. */
static void dgem_ioctl_label_printable(struct kunit *test)
{
	void __user *user = dgem_test_user_page(test);
	u32 handle = new_handle(test);
	unsigned int c, pos;

	for (c = 0; c < 256; c++) {
		int want = c >= ' ' && c <= '~' ? 0 : -EINVAL;

		for (pos = 0; pos < 3; pos++) {
			char text[] = "abc";

			text[pos] = c;
			KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, text, 3));
			KUNIT_EXPECT_EQ_MSG(test, want,
					    set_label(test, handle, user, 3),
					    "byte 0x%x at %u", c, pos);
		}
	}
}

/* Success: the longest label fits; one byte more does not, nor a bad pointer. */
static void dgem_ioctl_label_refuses(struct kunit *test)
{
	void __user *user = dgem_test_user_page(test);
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_label args = { .handle = new_handle(test) };
	char text[DRM_DGEM_LABEL_MAX + 1];
	u32 handle = args.handle;

	memset(text, 'x', sizeof(text));
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, text, sizeof(text)));
	KUNIT_EXPECT_EQ(test, 0, set_label(test, handle, user, DRM_DGEM_LABEL_MAX));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			set_label(test, handle, user, DRM_DGEM_LABEL_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, set_label(test, handle, user, U32_MAX));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			set_label(test, handle, user + PAGE_SIZE - 1, 2));
	KUNIT_EXPECT_EQ(test, 0, set_label(test, handle, NULL, 0));

	args.flags = 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_ioctl_bo_set_label(&t->ddev->drm,
							       &args, t->file));
	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_ioctl_bo_get_label(&t->ddev->drm,
							       &args, t->file));
	args.flags = 0;
	args.pad = BIT(31);
	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_ioctl_bo_set_label(&t->ddev->drm,
							       &args, t->file));
	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_ioctl_bo_get_label(&t->ddev->drm,
							       &args, t->file));
}

/*
 * Success: FLINK and OPEN are refused, for 32-bit programs too; other ioctls
 * work.
 */
static void dgem_ioctl_no_names(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	const struct file_operations *fops = t->ddev->drm.driver->fops;
	struct file *filp = t->file->filp;
	static const unsigned int names[] = {
		DRM_IOCTL_GEM_FLINK, DRM_IOCTL_GEM_OPEN
	};
	unsigned long arg = (unsigned long)dgem_test_user_page(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
				fops->unlocked_ioctl(filp, names[i], arg));
		if (fops->compat_ioctl)
			KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
					fops->compat_ioctl(filp, names[i], arg));
	}
	KUNIT_EXPECT_EQ(test, -EINVAL,
			fops->unlocked_ioctl(filp, DRM_IOCTL_GEM_CLOSE, arg));
	KUNIT_EXPECT_EQ(test, -ENOTTY,
			fops->unlocked_ioctl(filp, _IO('x', 0x0a), arg));
}

static struct kunit_case dgem_ioctl_file_cases[] = {
	KUNIT_CASE_PARAM(dgem_ioctl_create_rounds, dgem_ioctl_size_gen_params),
	KUNIT_CASE(dgem_ioctl_create_populates),
	KUNIT_CASE(dgem_ioctl_create_with_offset),
	KUNIT_CASE(dgem_ioctl_no_handle),
	KUNIT_CASE(dgem_ioctl_wait_idle),
	KUNIT_CASE_PARAM(dgem_ioctl_dumb_rounds, dgem_ioctl_dumb_size_gen_params),
	KUNIT_CASE(dgem_ioctl_label),
	KUNIT_CASE(dgem_ioctl_label_printable),
	KUNIT_CASE(dgem_ioctl_label_refuses),
	KUNIT_CASE(dgem_ioctl_no_names),
	{}
};

static struct kunit_suite dgem_ioctl_file_suite = {
	.name = "dgem_ioctl_file",
	.init = dgem_test_file_init,
	.test_cases = dgem_ioctl_file_cases,
};

kunit_test_suite(dgem_ioctl_file_suite);
