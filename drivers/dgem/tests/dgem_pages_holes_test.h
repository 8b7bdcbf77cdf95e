/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * Tests of page directories: tables with holes. Included after dgem_pages_test.h,
 * which see.
 */

/* Success: a page that is added to an empty chunk is there, and no other is. */
static void dgem_pages_adds(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 3 * CHUNK);
	struct page *page = dgem_test_pool(test, 0);
	unsigned long idx = 2 * CHUNK - 3, i;

	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(pages, 1));
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 1));
	dgem_pages_add(pages, idx, page);
	dgem_pages_close(pages, 1);

	KUNIT_EXPECT_FALSE(test, dgem_pages_is_empty(pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 1));
	for (i = 0; i < 3 * CHUNK; i++)
		KUNIT_ASSERT_EQ(test, i == idx, dgem_pages_present(pages, i));
	KUNIT_EXPECT_EQ(test, page_to_pfn(page), dgem_pages_pfn(pages, idx));
	KUNIT_EXPECT_PTR_EQ(test, page, dgem_pages_table(pages, 1)[CHUNK - 3]);
	KUNIT_EXPECT_EQ(test, pages->resident, 1);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);

	dgem_pages_clear(pages, 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_present(pages, idx));
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
}

/* Success: a table is whole with its last page, in any order, and not before. */
static void dgem_pages_adds_all(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, CHUNK + 5);
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	static const unsigned long order[] = { 3, 0, 4, 1, 2 };
	unsigned long i;

	for (i = 0; i < CHUNK; i++) {
		/* an odd step, so that each has its turn */
		unsigned long idx = i * 77 % CHUNK;

		KUNIT_ASSERT_FALSE(test, dgem_pages_filled(pages, 0));
		KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 0));
		dgem_pages_add(pages, idx, pool + idx);
		dgem_pages_close(pages, 0);
		KUNIT_ASSERT_EQ(test, pages->resident, i + 1);
	}
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 0));
	for (i = 0; i < CHUNK; i++)
		KUNIT_ASSERT_EQ(test, page_to_pfn(pool) + i, dgem_pages_pfn(pages, i));

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		KUNIT_EXPECT_FALSE(test, dgem_pages_complete(pages));
		KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 1));
		dgem_pages_add(pages, CHUNK + order[i], pool);
		dgem_pages_close(pages, 1);
	}
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
}

/* Success: a run whose first page frame is odd is not taken for a table. */
static void dgem_pages_run_has_no_holes(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, CHUNK);

	dgem_pages_set_run(pages, 0, ANY_PFN | 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_present(pages, CHUNK - 1));
	KUNIT_EXPECT_NULL(test, dgem_pages_table(pages, 0));
	dgem_pages_close(pages, 0);
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, 0), ANY_PFN | 1);
}

/* Success: a lost page is no hole, though there is none. */
static void dgem_pages_adds_lost(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, CHUNK);

	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 0));
	dgem_pages_add(pages, 4, DGEM_PAGE_LOST);
	dgem_pages_add(pages, 6, pfn_to_page(ANY_PFN));
	dgem_pages_close(pages, 0);
	KUNIT_EXPECT_EQ(test, pages->resident, 2);
	KUNIT_EXPECT_EQ(test, pages->lost, 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_present(pages, 4));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_lost(pages, 4));
	KUNIT_EXPECT_FALSE(test, dgem_pages_is_lost(pages, 5));
	KUNIT_EXPECT_FALSE(test, dgem_pages_present(pages, 5));
	KUNIT_EXPECT_FALSE(test, dgem_pages_is_lost(pages, 6));

	dgem_pages_clear(pages, 0);
	KUNIT_EXPECT_EQ(test, pages->lost, 0);
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
}

/* Success: the memory of tables is counted, with holes or without. */
static void dgem_pages_counts_tables(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, 3 * CHUNK + 3);
	unsigned int size = CHUNK * sizeof(struct page *);

	dgem_pages_set_run(pages, 0, ANY_PFN);
	KUNIT_EXPECT_EQ(test, pages->table_bytes, 0);
	dgem_pages_set_table(pages, 1, dgem_test_table(test, pool, CHUNK, 1));
	KUNIT_EXPECT_EQ(test, pages->table_bytes, size);
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 2));
	dgem_pages_add(pages, 2 * CHUNK, pool);
	KUNIT_EXPECT_EQ(test, pages->table_bytes, 2 * size);
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 2));
	KUNIT_EXPECT_EQ(test, pages->table_bytes, 2 * size);
	KUNIT_EXPECT_EQ(test, dgem_pages_of_tables(pages), 2 * size >> PAGE_SHIFT);

	/* three pointers, rounded up like the memory for them */
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_make_table(pages, 3));
	dgem_pages_add(pages, 3 * CHUNK, pool);
	KUNIT_EXPECT_EQ(test, pages->table_bytes,
			2 * size + 4 * (unsigned int)sizeof(struct page *));

	dgem_pages_clear(pages, 0);
	dgem_pages_clear(pages, 1);
	dgem_pages_clear(pages, 3);
	KUNIT_EXPECT_EQ(test, pages->table_bytes, size);
	dgem_pages_clear(pages, 2);
	KUNIT_EXPECT_EQ(test, pages->table_bytes, 0);
}
