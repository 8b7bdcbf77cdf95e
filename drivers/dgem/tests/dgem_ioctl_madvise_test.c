// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What BO_MADVISE answers, and where what it did is told. */

#include <kunit/test.h>

#include <drm/dgem_drm.h>
#include <drm/drm_file.h>

#include "../dgem_bo.h"
#include "../dgem_heap.h"
#include "../dgem_ioctl.h"
#include "../dgem_purge.h"
#include "dgem_test.h"

static u32 new_handle(struct kunit *test)
{
	struct drm_dgem_bo_create args = { .size = PAGE_SIZE };
	struct dgem_test_file *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &args, t->file));
	return args.handle;
}

/*
 * Success: advice that is unknown, and fields that are not zero, are refused before
 * the handle is looked up.
 */
static void dgem_ioctl_madvise_refuses(struct kunit *test)
{
	static const struct drm_dgem_bo_madvise refused[] = {
		{ .madv = DRM_DGEM_MADV_DONTNEED + 1 },
		{ .madv = BIT(31) },
		{ .retained = 1 },
		{ .flags = 1 },
		{ .flags = BIT(31) },
	};
	struct dgem_test_file *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct drm_dgem_bo_madvise args = refused[i];

		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    dgem_ioctl_bo_madvise(&t->ddev->drm, &args, t->file),
				    "argument %u", i);
		KUNIT_EXPECT_MEMEQ(test, &args, &refused[i], sizeof(args));
	}
}

/* Success: advice is told by BO_INFO, and what became of the contents. */
static void dgem_ioctl_madvise_purges(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_madvise args = { .handle = new_handle(test) };
	struct drm_dgem_bo_info info = { .handle = args.handle };

	args.madv = DRM_DGEM_MADV_DONTNEED;
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_madvise(&t->ddev->drm, &args, t->file));
	KUNIT_EXPECT_EQ(test, args.retained, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_info(&t->ddev->drm, &info, t->file));
	KUNIT_EXPECT_EQ(test, info.madv, DRM_DGEM_MADV_DONTNEED);
	KUNIT_EXPECT_EQ(test, info.state, 0);

	KUNIT_EXPECT_EQ(test, 0, dgem_purge_for_ram(t->ddev));
	args.madv = DRM_DGEM_MADV_WILLNEED;
	args.retained = 0;
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_madvise(&t->ddev->drm, &args, t->file));
	KUNIT_EXPECT_EQ(test, args.retained, 0);
	info = (struct drm_dgem_bo_info){ .handle = args.handle };
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_info(&t->ddev->drm, &info, t->file));
	KUNIT_EXPECT_EQ(test, info.madv, DRM_DGEM_MADV_DONTNEED);
	KUNIT_EXPECT_EQ(test, info.state, (u64)DRM_DGEM_BO_STATE_PURGED);
}

/* Success: advice is refused of memory that is another driver's or cannot be purged. */
static void dgem_ioctl_madvise_unsupported(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct drm_dgem_bo_madvise args = { .handle = new_handle(test) };
	struct dgem_bo *bo = dgem_bo_lookup(t->file, args.handle);
	struct dgem_heap *heap;

	KUNIT_ASSERT_NOT_NULL(test, bo);
	heap = bo->heap;
	bo->heap = NULL;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, dgem_ioctl_bo_madvise(&t->ddev->drm, &args, t->file));
	bo->heap = heap;
	heap->caps &= ~DRM_DGEM_HEAP_CAP_PURGEABLE;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, dgem_ioctl_bo_madvise(&t->ddev->drm, &args, t->file));
	heap->caps |= DRM_DGEM_HEAP_CAP_PURGEABLE;
	KUNIT_EXPECT_EQ(test, args.retained, 0);
	dgem_bo_put(bo);
}

static struct kunit_case dgem_ioctl_madvise_cases[] = {
	KUNIT_CASE(dgem_ioctl_madvise_refuses),
	KUNIT_CASE(dgem_ioctl_madvise_purges),
	KUNIT_CASE(dgem_ioctl_madvise_unsupported),
	{}
};

static struct kunit_suite dgem_ioctl_madvise_suite = {
	.name = "dgem_ioctl_madvise",
	.init = dgem_test_file_init,
	.test_cases = dgem_ioctl_madvise_cases,
};

kunit_test_suite(dgem_ioctl_madvise_suite);
