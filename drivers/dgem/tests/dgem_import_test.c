// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* dma-bufs that become BOs. */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_vma_manager.h>

#include "../dgem_bo.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "../dgem_import.h"
#include "dgem_test.h"

#define TEST_SIZE	((u64)SZ_2M + 3 * PAGE_SIZE)

static int dgem_import_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_bo *new_bo(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;

	return dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
}

KUNIT_DEFINE_ACTION_WRAPPER(put_object, drm_gem_object_put,
			    struct drm_gem_object *);

/* Success: our own dma-buf is the BO that it was made from. */
static void dgem_import_own(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo = new_bo(test);
	struct drm_gem_object *obj;

	obj = dgem_import(&ddev->drm, dgem_test_export(test, bo));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, obj);
	KUNIT_EXPECT_PTR_EQ(test, obj, &bo->base);
	drm_gem_object_put(obj);
	dgem_test_stat(test, DGEM_STAT_BOS, 1);
	dgem_test_stat(test, DGEM_STAT_IMPORTED, 0);
	dgem_test_stat(test, DGEM_STAT_ATTACHES, 0);
}

/*
 * Success: another instance's dma-buf is attached, not mapped, and shares its
 * dma_resv.
 */
static void dgem_import_foreign(struct kunit *test)
{
	struct dgem_device *importer = dgem_test_bind(test);
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct drm_gem_object *obj;

	KUNIT_EXPECT_FALSE(test, dgem_export_is_own(&importer->drm, dmabuf));
	obj = dgem_import(&importer->drm, dmabuf);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, obj);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_object, obj));
	KUNIT_EXPECT_PTR_NE(test, obj, &bo->base);
	KUNIT_EXPECT_PTR_EQ(test, obj->resv, bo->base.resv);
	KUNIT_EXPECT_EQ(test, (u64)obj->size, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(to_dgem_bo(obj)),
			DRM_DGEM_BO_STATE_IMPORTED);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
	KUNIT_EXPECT_EQ(test, 1, dgem_stat_read(importer, DGEM_STAT_IMPORTED));
	dgem_test_stat(test, DGEM_STAT_ATTACHMENTS, 1);
	dgem_test_stat(test, DGEM_STAT_MAPS, 0);

	kunit_release_action(test, put_object, obj);
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(importer, DGEM_STAT_IMPORTED));
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(importer, DGEM_STAT_BOS));
	dgem_test_stat(test, DGEM_STAT_ATTACHMENTS, 0);
}

/* An exporter of nothing, for sizes that no BO has. */
static struct sg_table *no_map(struct dma_buf_attachment *attach,
			       enum dma_data_direction dir)
{
	return ERR_PTR(-ENOMEM);
}

static void no_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
}

static void no_release(struct dma_buf *dmabuf)
{
}

static const struct vm_operations_struct no_vm_ops = {};

static int no_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	vma->vm_ops = &no_vm_ops;
	return 0;
}

static const struct dma_buf_ops empty_ops = {
	.map_dma_buf = no_map,
	.unmap_dma_buf = no_unmap,
	.mmap = no_mmap,
	.release = no_release,
};

static struct dma_buf *foreign_dmabuf(struct kunit *test, size_t size)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	info.ops = &empty_ops;
	info.size = size;
	info.flags = O_RDWR;
	info.priv = test;
	dmabuf = dma_buf_export(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, dgem_test_put_dmabuf,
						  dmabuf));
	return dmabuf;
}

/* Success: sizes that no BO can have are refused, and the largest is not. */
static void dgem_import_sizes(struct kunit *test)
{
	static const struct {
		u64 size;
		int error;
	} sizes[] = {
		{ PAGE_SIZE, 0 },
		{ DGEM_MAX_BO_SIZE, 0 },
		{ DGEM_MAX_BO_SIZE + PAGE_SIZE, -EINVAL },
	};
	struct dgem_device *ddev = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct dma_buf *dmabuf = foreign_dmabuf(test, sizes[i].size);
		struct drm_gem_object *obj;

		obj = dgem_import(&ddev->drm, dmabuf);
		KUNIT_EXPECT_EQ(test, sizes[i].error, PTR_ERR_OR_ZERO(obj));
		dgem_test_stat(test, DGEM_STAT_IMPORTED, sizes[i].error ? 0 : 1);
		if (IS_ERR(obj))
			continue;
		KUNIT_EXPECT_EQ(test, (u64)obj->size, sizes[i].size);
		drm_gem_object_put(obj);
	}
	dgem_test_stat(test, DGEM_STAT_BOS, 0);
}

/*
 * Success: a foreign BO is mapped from its start, to any length, and from
 * nowhere else, since the exporter may ignore the offset.
 */
static void dgem_import_mmap(struct kunit *test)
{
	struct dma_buf *dmabuf = foreign_dmabuf(test, 3 * PAGE_SIZE);
	struct dgem_device *ddev = test->priv;
	struct drm_gem_object *obj;
	struct drm_file *file;
	unsigned long addr;
	u32 handle;
	u64 start;

	file = dgem_test_open(test, ddev);
	obj = dgem_import(&ddev->drm, dmabuf);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, obj);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, put_object, obj));
	KUNIT_ASSERT_EQ(test, 0, drm_gem_handle_create(file, obj, &handle));
	KUNIT_ASSERT_EQ(test, 0, drm_gem_create_mmap_offset(obj));
	start = drm_vma_node_offset_addr(&obj->vma_node);

	addr = kunit_vm_mmap(test, file->filp, 0, 2 * PAGE_SIZE, PROT_READ,
			     MAP_SHARED, start);
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, 2 * PAGE_SIZE));

	addr = vm_mmap(file->filp, 0, PAGE_SIZE, PROT_READ, MAP_SHARED,
		       start + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, (long)addr);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, PAGE_SIZE);
	addr = vm_mmap(file->filp, 0, PAGE_SIZE, PROT_READ, MAP_SHARED,
		       start + 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)addr);
}

static struct kunit_case dgem_import_cases[] = {
	KUNIT_CASE(dgem_import_own),
	KUNIT_CASE(dgem_import_foreign),
	KUNIT_CASE(dgem_import_sizes),
	KUNIT_CASE(dgem_import_mmap),
	{}
};

static struct kunit_suite dgem_import_suite = {
	.name = "dgem_import",
	.init = dgem_import_test_init,
	.test_cases = dgem_import_cases,
};

kunit_test_suite(dgem_import_suite);
