// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Which addresses are given, and to whom. */

#include <linux/cred.h>
#include <linux/uaccess.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "dgem_dma_test.h"

/* Success: the segments are those of the part, as long as it is, without a gap. */
static void dgem_dma_parts(struct kunit *test)
{
	static const struct {
		u64 offset, size, want;
	} parts[] = {
		{ 0, 0, TEST_SIZE },
		{ 0, PAGE_SIZE, PAGE_SIZE },
		{ SZ_2M - PAGE_SIZE, 2 * PAGE_SIZE, 2 * PAGE_SIZE },
		{ TEST_SIZE - PAGE_SIZE, 0, PAGE_SIZE },
	};
	struct dma_test *t = test->priv;
	struct drm_dgem_dma_seg seg;
	unsigned int i, j;
	u64 sum;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct drm_dgem_bo_map_dma args = {
			.offset = parts[i].offset,
			.size = parts[i].size,
			.num_segs = TEST_SEGS,
		};

		KUNIT_ASSERT_EQ(test, 0, map_part(t, t->file, &args));
		KUNIT_EXPECT_NE(test, args.num_segs, 0);
		for (j = 0, sum = 0; j < args.num_segs; j++) {
			KUNIT_ASSERT_EQ(test, 0, copy_from_user(&seg, t->segs + j, sizeof(seg)));
			sum += seg.len;
		}
		KUNIT_EXPECT_EQ(test, sum, parts[i].want);
		expect_maps(test, 1);
		KUNIT_EXPECT_EQ(test, 0, unmap_dma(t, t->file, args.map_id));
		expect_maps(test, 0);
	}
}

/* Failure: too little room maps nothing, and tells how much it takes. */
static void dgem_dma_room(struct kunit *test)
{
	struct drm_dgem_bo_map_dma args = {};
	struct dma_test *t = test->priv;
	u32 needed;

	KUNIT_ASSERT_EQ(test, -EMSGSIZE, map_part(t, t->file, &args));
	needed = args.num_segs;
	KUNIT_EXPECT_NE(test, needed, 0);
	KUNIT_EXPECT_EQ(test, args.map_id, 0);
	KUNIT_EXPECT_EQ(test, bus.starts, 0);
	expect_maps(test, 0);
	KUNIT_ASSERT_EQ(test, 0, map_part(t, t->file, &args));
	KUNIT_EXPECT_EQ(test, args.num_segs, needed);
	KUNIT_EXPECT_EQ(test, bus.starts, 1);
}

/* Failure: addresses that cannot be told are none. */
static void dgem_dma_unreadable(struct kunit *test)
{
	struct drm_dgem_bo_map_dma args = { .num_segs = TEST_SEGS };
	struct dma_test *t = test->priv;

	t->segs = NULL;
	KUNIT_EXPECT_EQ(test, -EFAULT, map_part(t, t->file, &args));
	KUNIT_EXPECT_EQ(test, args.num_segs, TEST_SEGS);
	KUNIT_EXPECT_EQ(test, bus.starts, 0);
	expect_maps(test, 0);
}

/* As with an IOMMU: no page is out of reach, and none is where it seems to be. */
static u32 strict(struct device *dev)
{
	return DRM_DGEM_DMA_STRICT;
}

static u32 lazy(struct device *dev)
{
	return DRM_DGEM_DMA_LAZY;
}

static bool yes(struct device *dev)
{
	return true;
}

/* Without CAP_SYS_RAWIO: what dgem_dma_permit() says. */
static int permit_unprivileged(struct kunit *test)
{
	struct dma_test *t = test->priv;
	const struct cred *old;
	struct cred *cred;
	int ret;

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_clear(cred->cap_effective);
	old = override_creds(cred);
	ret = dgem_dma_permit(t->ddev, t->file);
	revert_creds(old);
	put_cred(cred);
	return ret;
}

/* Success: each policy lets in whom it says, by how far the device can reach. */
static void dgem_dma_policy(struct kunit *test)
{
	struct dma_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, dgem_dma_permit(t->ddev, t->file));
	KUNIT_EXPECT_EQ(test, -EPERM, permit_unprivileged(test));

	t->ddev->dma.policy = DRM_DGEM_DMA_POLICY_OFF;
	KUNIT_EXPECT_EQ(test, -EPERM, dgem_dma_permit(t->ddev, t->file));

	t->ddev->dma.policy = DRM_DGEM_DMA_POLICY_ANY;
	KUNIT_EXPECT_EQ(test, 0, dgem_dma_permit(t->ddev, t->file));
	KUNIT_EXPECT_EQ(test, -EPERM, permit_unprivileged(test));
	kunit_activate_static_stub(test, dgem_dma_translation, lazy);
	KUNIT_EXPECT_EQ(test, -EPERM, permit_unprivileged(test));
	kunit_activate_static_stub(test, dgem_dma_translation, strict);
	KUNIT_EXPECT_EQ(test, -EPERM, permit_unprivileged(test));
	kunit_activate_static_stub(test, dgem_dma_is_isolated, yes);
	KUNIT_EXPECT_EQ(test, 0, permit_unprivileged(test));
}

/* Failure: an instance without a device has no addresses, and no mappings. */
static void dgem_dma_no_device(struct kunit *test)
{
	struct dgem_device *ddev = dgem_test_bind(test);
	struct drm_file *file = dgem_test_open(test, ddev);
	struct drm_dgem_bo_map_dma map = { .flags = DRM_DGEM_DMA_TO_DEVICE };
	struct drm_dgem_bo_unmap_dma unmap = { .map_id = 1 };

	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, dgem_ioctl_bo_map_dma(&ddev->drm, &map, file));
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_ioctl_bo_unmap_dma(&ddev->drm, &unmap, file));
	unmap.flags = 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, dgem_ioctl_bo_unmap_dma(&ddev->drm, &unmap, file));
}

static struct kunit_case dgem_dma_cases[] = {
	KUNIT_CASE(dgem_dma_parts),
	KUNIT_CASE(dgem_dma_room),
	KUNIT_CASE(dgem_dma_unreadable),
	KUNIT_CASE(dgem_dma_policy),
	KUNIT_CASE(dgem_dma_no_device),
	{}
};

static struct kunit_suite dgem_dma_suite = {
	.name = "dgem_dma",
	.init = dgem_dma_test_init,
	.test_cases = dgem_dma_cases,
};

kunit_test_suite(dgem_dma_suite);
