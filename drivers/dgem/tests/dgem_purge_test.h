/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PURGE_TEST_H__
#define __DGEM_PURGE_TEST_H__

/* Advice, and the scans that take it up, for the suites of both. */

#include <linux/shrinker.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_madvise.h"
#include "../dgem_purge.h"
#include "dgem_test.h"

/* Gives advice that is taken, and expects whether the contents are there. */
static inline void advise(struct kunit *test, struct dgem_bo *bo, u32 madv, bool want)
{
	bool retained = !want;

	KUNIT_EXPECT_EQ(test, 0, dgem_bo_madvise(bo, madv, &retained));
	KUNIT_EXPECT_EQ(test, want, retained);
}

static inline void dont_need(struct kunit *test, struct dgem_bo *bo)
{
	advise(test, bo, DRM_DGEM_MADV_DONTNEED, true);
}

static inline void expect_refused(struct kunit *test, struct dgem_bo *bo, int err)
{
	bool retained;

	KUNIT_EXPECT_EQ(test, err, dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED, &retained));
	KUNIT_EXPECT_NE(test, bo->mode, DGEM_BO_DONTNEED);
}

/* Whether scans find it. */
static inline bool is_listed(struct dgem_bo *bo)
{
	return bo->purgeable && !list_empty(&bo->purgeable->lru);
}

/* What the shrinker does first, where @bo, which is not needed, is listed. */
static inline unsigned long scan_near(struct dgem_bo *bo, unsigned long nr_pages)
{
	struct shrink_control sc = {
		.gfp_mask = GFP_KERNEL,
		.nid = page_to_nid(virt_to_page(bo->purgeable)),
		.nr_to_scan = nr_pages,
	};

	return dgem_purge_scan(dgem_bo_device(bo), &sc);
}

static inline unsigned long count_near(struct dgem_bo *bo)
{
	struct shrink_control sc = {
		.nid = page_to_nid(virt_to_page(bo->purgeable)),
	};

	return dgem_purge_count(dgem_bo_device(bo), &sc);
}

#endif
