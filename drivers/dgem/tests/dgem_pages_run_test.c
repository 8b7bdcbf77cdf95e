// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What is resident of a directory with holes, and what of that is in one piece. */

#include <linux/slab.h>

#include <kunit/test.h>

#include "../dgem_pages.h"
#include "dgem_test.h"

/* Empty, a run, a table with holes, and another that goes on where the run ends. */
#define TEST_TAIL	5
#define TEST_PAGES	(3 * DGEM_CHUNK_PAGES + TEST_TAIL)
#define RUN		DGEM_CHUNK_PAGES
#define TABLE		(2 * DGEM_CHUNK_PAGES)
#define TAIL		(3 * DGEM_CHUNK_PAGES)

struct run_test {
	struct dgem_pages pages;
	struct page *pool;
};

static void run_test_fini(void *arg)
{
	struct run_test *t = arg;
	unsigned long chunk;

	for (chunk = 1; chunk < 4; chunk++)
		dgem_pages_clear(&t->pages, chunk);
	dgem_pages_fini(&t->pages);
}

static int dgem_pages_run_test_init(struct kunit *test)
{
	struct run_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->pool = dgem_test_pool(test, DGEM_CHUNK_ORDER + 1);
	dgem_pages_init(&t->pages, TEST_PAGES);
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_prepare(&t->pages));
	dgem_pages_set_run(&t->pages, 1, page_to_pfn(t->pool));

	/* Two that follow each other, one that is lost, and another. */
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(&t->pages, 2));
	dgem_pages_add(&t->pages, TABLE + 3, t->pool + 20);
	dgem_pages_add(&t->pages, TABLE + 4, t->pool + 21);
	dgem_pages_add(&t->pages, TABLE + 5, DGEM_PAGE_LOST);
	dgem_pages_add(&t->pages, TABLE + 6, t->pool + 23);
	dgem_pages_add(&t->pages, TABLE + DGEM_CHUNK_PAGES - 1,
		       t->pool + DGEM_CHUNK_PAGES - 1);
	dgem_pages_close(&t->pages, 2);
	dgem_pages_set_table(&t->pages, 3,
			     dgem_test_table(test, t->pool + DGEM_CHUNK_PAGES, TEST_TAIL, 1));
	for (i = 0; i < TEST_TAIL; i++)
		KUNIT_ASSERT_TRUE(test, dgem_pages_present(&t->pages, TAIL + i));

	test->priv = t;
	return kunit_add_action_or_reset(test, run_test_fini, t);
}

/* Success: holes, empty chunks and lost pages are passed over, up to the end. */
static void dgem_pages_run_next(struct kunit *test)
{
	struct run_test *t = test->priv;
	struct dgem_pages none;

	KUNIT_EXPECT_EQ(test, RUN, dgem_pages_next(&t->pages, 0, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, RUN, dgem_pages_next(&t->pages, 7, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, 9UL, dgem_pages_next(&t->pages, 7, 9));
	KUNIT_EXPECT_EQ(test, RUN + 7, dgem_pages_next(&t->pages, RUN + 7, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TABLE + 3, dgem_pages_next(&t->pages, TABLE, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TABLE + 6, dgem_pages_next(&t->pages, TABLE + 5, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TABLE + 8, dgem_pages_next(&t->pages, TABLE + 7, TABLE + 8));
	KUNIT_EXPECT_EQ(test, TEST_PAGES, dgem_pages_next(&t->pages, TEST_PAGES, TEST_PAGES));

	dgem_pages_init(&none, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, TEST_PAGES, dgem_pages_next(&none, 0, TEST_PAGES));
}

/* Success: a run goes on into the next chunk, and ends at a hole or a lost page. */
static void dgem_pages_run_ends(struct kunit *test)
{
	struct run_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, TABLE, dgem_pages_run_end(&t->pages, RUN, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, RUN + 9, dgem_pages_run_end(&t->pages, RUN + 7, RUN + 9));
	KUNIT_EXPECT_EQ(test, RUN + 8, dgem_pages_run_end(&t->pages, RUN + 7, RUN + 8));
	KUNIT_EXPECT_EQ(test, TABLE + 5, dgem_pages_run_end(&t->pages, TABLE + 3, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TABLE + 7, dgem_pages_run_end(&t->pages, TABLE + 6, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TEST_PAGES, dgem_pages_run_end(&t->pages, TAIL - 1, TEST_PAGES));
	KUNIT_EXPECT_EQ(test, TAIL + 2, dgem_pages_run_end(&t->pages, TAIL - 1, TAIL + 2));
}

static struct kunit_case dgem_pages_run_cases[] = {
	KUNIT_CASE(dgem_pages_run_next),
	KUNIT_CASE(dgem_pages_run_ends),
	{}
};

static struct kunit_suite dgem_pages_run_suite = {
	.name = "dgem_pages_run",
	.init = dgem_pages_run_test_init,
	.test_cases = dgem_pages_run_cases,
};

kunit_test_suite(dgem_pages_run_suite);
