// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* BOs without a handle, for dma-heap nodes. */

#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>

#include <kunit/test.h>

#include <drm/drm_gem.h>

#include "../dgem_alloc.h"
#include "../dgem_bo.h"
#include "../dgem_export.h"
#include "../dgem_import.h"
#include "dgem_test.h"

#define TEST_SIZE	(3 * PAGE_SIZE)

static int dgem_alloc_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dma_buf *alloc(struct kunit *test, const char *heap)
{
	struct dma_buf *dmabuf;

	dmabuf = dgem_alloc_from(test->priv, heap, TEST_SIZE, O_RDWR | O_CLOEXEC);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, dgem_test_put_dmabuf, dmabuf));
	return dmabuf;
}

/* Success: the dma-buf is all that keeps the BO, whose memory is there. */
static void dgem_alloc_bo(struct kunit *test)
{
	struct dma_buf *dmabuf = alloc(test, "system");
	struct dgem_bo *bo = to_dgem_bo(dmabuf->priv);
	struct dgem_device *ddev = test->priv;

	KUNIT_EXPECT_EQ(test, dmabuf->size, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, dmabuf->file->f_flags & O_ACCMODE, O_RDWR);
	KUNIT_EXPECT_TRUE(test, dgem_export_is_own(&ddev->drm, dmabuf));
	KUNIT_EXPECT_EQ(test, bo->base.handle_count, 0);
	KUNIT_EXPECT_EQ(test, kref_read(&bo->base.refcount), 1);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_EXPORTED);
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 3);
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 1);

	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	dgem_test_stat(test, DGEM_STAT_BOS, 0);
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 0);
}

/* Success: the name says which heap it is, and an import is that BO. */
static void dgem_alloc_import(struct kunit *test)
{
	struct dma_buf *dmabuf = alloc(test, "pinned");
	struct dgem_device *ddev = test->priv;
	struct drm_gem_object *obj;

	obj = dgem_import(&ddev->drm, dmabuf);
	KUNIT_EXPECT_PTR_EQ(test, obj, dmabuf->priv);
	KUNIT_EXPECT_PTR_EQ(test, to_dgem_bo(obj)->heap, ddev->heaps[TEST_PINNED]);
	drm_gem_object_put(obj);
	dgem_test_stat(test, DGEM_STAT_BOS, 1);
}

/* Success: errors are those of BO_CREATE, and leave nothing. */
static void dgem_alloc_refused(struct kunit *test)
{
	static const struct {
		const char *heap;
		u64 size;
		int err;
	} refused[] = {
		{ "none", TEST_SIZE, -ENODEV },
		{ "", TEST_SIZE, -ENODEV },
		{ "system", 0, -EINVAL },
		{ "system", DGEM_MAX_BO_SIZE + 1, -EINVAL },
		{ "pinned", DGEM_MAX_BO_SIZE, -ENOMEM },
		{ "system", DGEM_MAX_BO_SIZE, -ENOMEM },
	};
	struct dma_buf *dmabuf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		dmabuf = dgem_alloc_from(test->priv, refused[i].heap, refused[i].size,
					 O_RDWR);
		KUNIT_EXPECT_PTR_EQ_MSG(test, dmabuf, ERR_PTR(refused[i].err), "case %u", i);
	}
	dgem_test_stat(test, DGEM_STAT_BOS, 0);
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 0);
}

static struct kunit_case dgem_alloc_cases[] = {
	KUNIT_CASE(dgem_alloc_bo),
	KUNIT_CASE(dgem_alloc_import),
	KUNIT_CASE(dgem_alloc_refused),
	{}
};

static struct kunit_suite dgem_alloc_suite = {
	.name = "dgem_alloc",
	.init = dgem_alloc_test_init,
	.test_cases = dgem_alloc_cases,
};

kunit_test_suite(dgem_alloc_suite);
