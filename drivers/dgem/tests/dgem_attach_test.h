/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_ATTACH_TEST_H__
#define __DGEM_ATTACH_TEST_H__

/* An object and one importer, for the suites of attachments. */

#include <linux/dma-direction.h>
#include <linux/dma-resv.h>
#include <linux/jiffies.h>

#include <kunit/test.h>

#include "../dgem_attach.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

/* A chunk that is a run, and a short one backwards: nothing in it joins. */
#define TEST_TAIL	9
#define TEST_PAGES	(DGEM_CHUNK_PAGES + TEST_TAIL)

struct attach_test {
	struct dma_resv resv;
	struct dgem_pages pages;
	struct device *dev;

	/* What map() got, the last of which unmap() gives back. */
	struct sg_table *lent[3];
	unsigned int nr_lent;

	/* How often it was unmapped while a test watched, and how at last. */
	unsigned int unmaps;
	unsigned long attrs;

	struct dgem_attachment att;
};

static inline int map(struct attach_test *t, enum dma_data_direction dir, bool *cached)
{
	struct sg_table *sgt;

	dma_resv_lock(&t->resv, NULL);
	sgt = dgem_attachment_map_locked(&t->att, &t->pages, dir, cached);
	dma_resv_unlock(&t->resv);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	t->lent[t->nr_lent++] = sgt;
	return 0;
}

static inline void unmap(struct attach_test *t, enum dma_data_direction dir)
{
	dma_resv_lock(&t->resv, NULL);
	dgem_attachment_unmap_locked(&t->att, t->lent[--t->nr_lent], dir);
	dma_resv_unlock(&t->resv);
}

static inline void drop(struct attach_test *t)
{
	dma_resv_lock(&t->resv, NULL);
	dgem_attachment_unmap_idle_locked(&t->att);
	dma_resv_unlock(&t->resv);
}

/* As the work that looks for idle mappings; whether one is left. */
static inline bool expire(struct attach_test *t)
{
	bool left;

	dma_resv_lock(&t->resv, NULL);
	left = dgem_attachment_expire_locked(&t->att);
	dma_resv_unlock(&t->resv);
	return left;
}

/* Makes the mapping one that was idle for an hour. */
static inline void grow_old(struct attach_test *t)
{
	t->att.last_use = jiffies - 3600 * HZ;
}

static inline void attach_test_fini(void *arg)
{
	struct attach_test *t = arg;

	/* What the test left in use, if it ended early. */
	while (t->nr_lent)
		unmap(t, t->att.dir);
	dgem_attachment_fini(&t->att);
	dgem_pages_clear(&t->pages, 0);
	dgem_pages_clear(&t->pages, 1);
	dgem_pages_fini(&t->pages);
	dma_resv_fini(&t->resv);
}

static inline int dgem_attach_test_init(struct kunit *test)
{
	struct page *tail = dgem_test_pool(test, 4);
	struct attach_test *t;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->dev = dgem_test_device(test, "dgem-importer");

	dgem_pages_init(&t->pages, TEST_PAGES);
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_prepare(&t->pages));
	dgem_pages_set_run(&t->pages, 0,
			   page_to_pfn(dgem_test_pool(test, DGEM_CHUNK_ORDER)));
	dgem_pages_set_table(&t->pages, 1,
			     dgem_test_table(test, tail + TEST_TAIL - 1,
					     TEST_TAIL, -1));

	dma_resv_init(&t->resv);
	dgem_attachment_init(&t->att, t->dev, &t->resv);
	test->priv = t;
	return kunit_add_action_or_reset(test, attach_test_fini, t);
}

#endif
