// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What fdinfo tells of a file's BOs. */

#include <linux/sizes.h>

#include <kunit/test.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "../dgem_bo.h"
#include "../dgem_fdinfo.h"
#include "../dgem_ioctl.h"
#include "../dgem_purge.h"
#include "dgem_test.h"

#define FDINFO_ROOM	SZ_128K

static char *show(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct drm_print_iterator iter = { .remain = FDINFO_ROOM - 1 };
	struct drm_printer p = drm_coredump_printer(&iter);

	iter.data = kunit_kzalloc(test, FDINFO_ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, iter.data);
	dgem_show_fdinfo(&p, t->file);
	/* All of it fits. */
	KUNIT_ASSERT_GT(test, iter.remain, 0);
	return iter.data;
}

static u32 new_handle(struct kunit *test, const char *label)
{
	struct drm_dgem_bo_create args = { .size = PAGE_SIZE };
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo;

	KUNIT_ASSERT_EQ(test, 0,
			dgem_ioctl_bo_create(&t->ddev->drm, &args, t->file));
	bo = dgem_bo_lookup(t->file, args.handle);
	KUNIT_ASSERT_NOT_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_set_label(bo, label, strlen(label)));
	dgem_bo_put(bo);
	return args.handle;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int found = 0;

	while ((text = strstr(text, what))) {
		found++;
		text += strlen(what);
	}
	return found;
}

/* Success: each handle has its BO's line, and none when it is closed. */
static void dgem_fdinfo_bo(struct kunit *test)
{
	u32 first = new_handle(test, "first"), second = new_handle(test, "");
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo;
	char line[128];
	char *text;

	bo = dgem_bo_lookup(t->file, first);
	KUNIT_ASSERT_NOT_NULL(test, bo);
	snprintf(line, sizeof(line), "\ndgem-bo-%llu:\t%lu 0 0 system - first\n",
		 bo->id, PAGE_SIZE);
	dgem_bo_put(bo);

	text = show(test);
	KUNIT_EXPECT_EQ(test, 1, count(text, line));
	KUNIT_EXPECT_EQ(test, 2, count(text, "\ndgem-bo-"));
	KUNIT_EXPECT_EQ(test, 0, count(text, "\ndgem-more-bos:"));

	KUNIT_ASSERT_EQ(test, 0, drm_gem_handle_delete(t->file, first));
	text = show(test);
	KUNIT_EXPECT_EQ(test, 0, count(text, line));
	KUNIT_EXPECT_EQ(test, 1, count(text, "\ndgem-bo-"));

	KUNIT_ASSERT_EQ(test, 0, drm_gem_handle_delete(t->file, second));
	KUNIT_EXPECT_EQ(test, 0, count(show(test), "dgem-bo-"));
}

/* Success: what is resident and not needed is purgeable, in its heap, and said so. */
static void dgem_fdinfo_purgeable(struct kunit *test)
{
	struct drm_dgem_bo_create create = {
		.size = 3 * PAGE_SIZE,
		.heap = TEST_PINNED,
		.flags = DRM_DGEM_BO_POPULATE,
	};
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_madvise madvise = { .madv = DRM_DGEM_MADV_DONTNEED };
	char *text;

	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &create, t->file));
	text = show(test);
	KUNIT_EXPECT_EQ(test, 1, count(text, "drm-purgeable-pinned:\t0\n"));
	KUNIT_EXPECT_EQ(test, 0, count(text, "dontneed"));

	madvise.handle = create.handle;
	KUNIT_ASSERT_EQ(test, 0,
			dgem_ioctl_bo_madvise(&t->ddev->drm, &madvise, t->file));
	text = show(test);
	KUNIT_EXPECT_EQ(test, 1, count(text, "drm-purgeable-pinned:\t12 KiB\n"));
	KUNIT_EXPECT_EQ(test, 1, count(text, "drm-purgeable-system:\t0\n"));
	KUNIT_EXPECT_EQ(test, 1, count(text, " pinned resident,all,dontneed "));

	KUNIT_EXPECT_EQ(test, 0, dgem_purge_for_ram(t->ddev));
	text = show(test);
	KUNIT_EXPECT_EQ(test, 1, count(text, "drm-purgeable-pinned:\t0\n"));
	KUNIT_EXPECT_EQ(test, 1, count(text, " 0 0 pinned purged "));
}

/* Success: there are lines up to a limit, and beyond it a number. */
static void dgem_fdinfo_many(struct kunit *test)
{
	unsigned int i;
	char *text;

	for (i = 0; i < 1024; i++)
		new_handle(test, "many");
	text = show(test);
	KUNIT_EXPECT_EQ(test, 1024, count(text, " many\n"));
	KUNIT_EXPECT_EQ(test, 0, count(text, "dgem-more-bos:"));

	new_handle(test, "many");
	text = show(test);
	KUNIT_EXPECT_EQ(test, 1024, count(text, " many\n"));
	KUNIT_EXPECT_EQ(test, 1, count(text, "\ndgem-more-bos:\t1\n"));
}

static struct kunit_case dgem_fdinfo_cases[] = {
	KUNIT_CASE(dgem_fdinfo_bo),
	KUNIT_CASE(dgem_fdinfo_purgeable),
	KUNIT_CASE(dgem_fdinfo_many),
	{}
};

static struct kunit_suite dgem_fdinfo_suite = {
	.name = "dgem_fdinfo",
	.init = dgem_test_file_init,
	.test_cases = dgem_fdinfo_cases,
};

kunit_test_suite(dgem_fdinfo_suite);
