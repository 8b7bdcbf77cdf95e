/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * Tests of page directories: how chunks are filled and emptied. Included, with
 * dgem_pages_shape_test.h, once for each size of a chunk in pages, so that all
 * that exists here is static; see dgem_pages_16k_test.c.
 */

#define CHUNK		DGEM_CHUNK_PAGES
/* For runs whose pages nobody looks at. */
#define ANY_PFN		0x4321UL

static void empty_pages(void *arg)
{
	struct dgem_pages *pages = arg;
	unsigned long chunk;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		if (!dgem_pages_is_empty(pages, chunk))
			dgem_pages_clear(pages, chunk);
	dgem_pages_fini(pages);
}

/* An empty directory that goes with the test. */
static struct dgem_pages *new_pages(struct kunit *test, unsigned long nr_pages)
{
	struct dgem_pages *pages;

	pages = kunit_kzalloc(test, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	dgem_pages_init(pages, nr_pages);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, empty_pages, pages));
	return pages;
}

static struct dgem_pages *prepared_pages(struct kunit *test,
					 unsigned long nr_pages)
{
	struct dgem_pages *pages = new_pages(test, nr_pages);

	KUNIT_ASSERT_EQ(test, 0, dgem_pages_prepare(pages));
	return pages;
}

/* Success: a new directory has holes only and has allocated nothing. */
static void dgem_pages_starts_empty(struct kunit *test)
{
	struct dgem_pages *pages = new_pages(test, 3 * CHUNK);

	KUNIT_EXPECT_EQ(test, pages->nr_pages, 3 * CHUNK);
	KUNIT_EXPECT_NULL(test, pages->dir);
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 2));
	KUNIT_EXPECT_FALSE(test, dgem_pages_complete(pages));
}

/*
 * Success: huge entries can map each whole run, or nothing at all where a PMD is
 * not as large as a chunk.
 */
static void dgem_pages_huge_runs(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK + 1);

	dgem_pages_set_run(pages, 0, ANY_PFN);
	dgem_pages_set_run(pages, 2, ANY_PFN);
	KUNIT_EXPECT_EQ(test, pages->runs, CHUNK);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) &&
	    CHUNK << PAGE_SHIFT == PMD_SIZE)
		KUNIT_EXPECT_EQ(test, dgem_pages_huge(pages), CHUNK);
	else
		KUNIT_EXPECT_EQ(test, dgem_pages_huge(pages), 0);
}

/* Pages that huge entries can map, where there are such entries. */
static unsigned long huge_pages(unsigned long nr)
{
	return DGEM_HUGE_MAP_SIZE ? nr : 0;
}

/*
 * Success: a range fills the directory from any page on, and huge entries can map what
 * of it is aligned in memory, whatever its index.
 */
static void dgem_pages_range(struct kunit *test)
{
	static const struct {
		unsigned long nr_pages, phase, huge;
	} ranges[] = {
		{ 3 * CHUNK, 0, 3 * CHUNK },
		{ 3 * CHUNK - 1, 0, 2 * CHUNK },
		{ 3 * CHUNK, 1, 2 * CHUNK },
		{ 3 * CHUNK, CHUNK - 1, 2 * CHUNK },
		{ 3 * CHUNK - 2, CHUNK - 1, 2 * CHUNK },
		{ 3 * CHUNK - 2, 1, CHUNK },
		{ CHUNK, 1, 0 },
		{ 2 * CHUNK - 2, 1, 0 },
		{ 2 * CHUNK - 1, 1, CHUNK },
		{ 1, CHUNK - 1, 0 },
	};
	unsigned long pfn, idx;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct dgem_pages *pages = prepared_pages(test, ranges[i].nr_pages);

		pfn = 7 * CHUNK + ranges[i].phase;
		dgem_pages_set_range(pages, pfn);
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
		KUNIT_EXPECT_EQ(test, pages->phase, ranges[i].phase);
		KUNIT_EXPECT_EQ(test, dgem_pages_huge(pages), huge_pages(ranges[i].huge));
		for (idx = 0; idx < pages->nr_pages; idx++)
			KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, idx), pfn + idx);
		for (idx = 0; idx + CHUNK <= pages->nr_pages; idx++)
			KUNIT_EXPECT_TRUE(test, dgem_pages_contiguous(pages, idx, CHUNK));
	}
}

/* Success: what is not contiguous, or not there, is not taken to be. */
static void dgem_pages_not_contiguous(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 4 * CHUNK);

	dgem_pages_set_run(pages, 0, 7 * CHUNK);
	dgem_pages_set_run(pages, 1, 8 * CHUNK);
	dgem_pages_set_run(pages, 2, 9 * CHUNK + 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_contiguous(pages, 0, CHUNK));
	KUNIT_EXPECT_TRUE(test, dgem_pages_contiguous(pages, 1, CHUNK));
	KUNIT_EXPECT_TRUE(test, dgem_pages_contiguous(pages, CHUNK, CHUNK));
	KUNIT_EXPECT_FALSE(test, dgem_pages_contiguous(pages, CHUNK + 1, CHUNK));
	KUNIT_EXPECT_FALSE(test, dgem_pages_contiguous(pages, 2 * CHUNK - 1, 2));
	KUNIT_EXPECT_TRUE(test, dgem_pages_contiguous(pages, 2 * CHUNK, CHUNK));
	/* The last chunk is empty. */
	KUNIT_EXPECT_FALSE(test, dgem_pages_contiguous(pages, 3 * CHUNK - 1, 2));
	KUNIT_EXPECT_FALSE(test, dgem_pages_contiguous(pages, 3 * CHUNK, 2));
}

/* Success: sizes around a multiple of the chunk have the right last chunk. */
static void dgem_pages_counts_chunks(struct kunit *test)
{
	static const struct {
		unsigned long nr_pages, chunks, last;
	} sizes[] = {
		{ 1, 1, 1 },
		{ CHUNK - 1, 1, CHUNK - 1 },
		{ CHUNK, 1, CHUNK },
		{ CHUNK + 1, 2, 1 },
		{ 2 * CHUNK - 1, 2, CHUNK - 1 },
		{ 2 * CHUNK, 2, CHUNK },
		{ 3 * CHUNK + 5, 4, 5 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct dgem_pages *pages = new_pages(test, sizes[i].nr_pages);

		KUNIT_EXPECT_EQ(test, dgem_pages_chunks(pages), sizes[i].chunks);
		KUNIT_EXPECT_EQ(test, sizes[i].last,
				dgem_pages_in_chunk(pages, sizes[i].chunks - 1));
		if (sizes[i].chunks > 1)
			KUNIT_EXPECT_EQ(test, CHUNK,
					dgem_pages_in_chunk(pages, 0));
	}
}

/* Success: an object of one chunk has its directory in itself. */
static void dgem_pages_prepares_single(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, CHUNK);

	KUNIT_EXPECT_PTR_EQ(test, pages->dir, &pages->single);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
}

/* Success: an object of more chunks gets a zeroed directory, allocated once. */
static void dgem_pages_prepares_many(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 100 * CHUNK);
	unsigned long *dir = pages->dir;
	unsigned long chunk;

	KUNIT_ASSERT_NOT_NULL(test, dir);
	KUNIT_EXPECT_PTR_NE(test, dir, &pages->single);
	for (chunk = 0; chunk < 100; chunk++)
		KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, chunk));

	KUNIT_EXPECT_EQ(test, 0, dgem_pages_prepare(pages));
	KUNIT_EXPECT_PTR_EQ(test, pages->dir, dir);
}

/* Success: each page of a run is found, and only its chunk is filled. */
static void dgem_pages_sets_run(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 3 * CHUNK);
	unsigned long i;

	dgem_pages_set_run(pages, 1, ANY_PFN);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 2));
	KUNIT_EXPECT_NULL(test, dgem_pages_table(pages, 1));
	for (i = 0; i < CHUNK; i++)
		KUNIT_ASSERT_EQ(test, ANY_PFN + i,
				dgem_pages_pfn(pages, CHUNK + i));
	KUNIT_EXPECT_EQ(test, pages->resident, CHUNK);
	KUNIT_EXPECT_EQ(test, pages->runs, CHUNK);
}

/* Success: each page of a table is found in its place; a table is no run. */
static void dgem_pages_sets_table(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK);
	struct page **table;
	unsigned long i;

	table = dgem_test_table(test, pool + CHUNK - 1, CHUNK, -1);
	dgem_pages_set_table(pages, 1, table);
	KUNIT_EXPECT_PTR_EQ(test, dgem_pages_table(pages, 1), table);
	for (i = 0; i < CHUNK; i++)
		KUNIT_ASSERT_EQ(test, page_to_pfn(pool) + CHUNK - 1 - i,
				dgem_pages_pfn(pages, CHUNK + i));
	KUNIT_EXPECT_EQ(test, pages->resident, CHUNK);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
}

/* Success: a short run counts as resident, but not as a huge one. */
static void dgem_pages_tail_run(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, CHUNK + 4);

	dgem_pages_set_run(pages, 1, ANY_PFN);
	KUNIT_EXPECT_EQ(test, pages->resident, 4);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, CHUNK + 3), ANY_PFN + 3);

	dgem_pages_clear(pages, 1);
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
}

/* Success: a short table is as long as its chunk. */
static void dgem_pages_tail_table(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, 2);
	struct dgem_pages *pages = prepared_pages(test, CHUNK + 3);

	dgem_pages_set_table(pages, 1, dgem_test_table(test, pool, 3, 1));
	KUNIT_EXPECT_EQ(test, pages->resident, 3);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, CHUNK + 2),
			page_to_pfn(pool) + 2);
}

/* Success: a cleared chunk, run or table, becomes a hole and is not counted. */
static void dgem_pages_clears(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK);

	dgem_pages_set_run(pages, 0, ANY_PFN);
	dgem_pages_set_table(pages, 1, dgem_test_table(test, pool, CHUNK, 1));

	dgem_pages_clear(pages, 0);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_EQ(test, pages->resident, CHUNK);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);

	dgem_pages_clear(pages, 1);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
}

/* Success: a lost page is known until its chunk is cleared. */
static void dgem_pages_loses(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK);
	struct page *first = pfn_to_page(ANY_PFN);
	struct page **table;
	unsigned long chunk;

	for (chunk = 0; chunk < 2; chunk++) {
		table = dgem_test_table(test, first, CHUNK, 1);
		table[2 + chunk] = DGEM_PAGE_LOST;
		dgem_pages_set_table(pages, chunk, table);
		pages->lost++;
	}

	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_lost(pages, 2));
	KUNIT_EXPECT_FALSE(test, dgem_pages_is_lost(pages, 3));
	KUNIT_EXPECT_FALSE(test, dgem_pages_is_lost(pages, CHUNK + 2));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_lost(pages, CHUNK + 3));
	dgem_pages_clear(pages, 0);
	KUNIT_EXPECT_EQ(test, pages->lost, 1);
	dgem_pages_set_run(pages, 0, ANY_PFN);
	KUNIT_EXPECT_FALSE(test, dgem_pages_is_lost(pages, 2));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_lost(pages, CHUNK + 3));
}

/* Success: a run can replace a cleared table, and a table a cleared run. */
static void dgem_pages_refills(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, CHUNK);

	dgem_pages_set_table(pages, 0, dgem_test_table(test, pool, CHUNK, 1));
	dgem_pages_clear(pages, 0);
	dgem_pages_set_run(pages, 0, ANY_PFN);
	KUNIT_EXPECT_NULL(test, dgem_pages_table(pages, 0));
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, CHUNK - 1),
			ANY_PFN + CHUNK - 1);
	KUNIT_EXPECT_EQ(test, pages->resident, CHUNK);
	KUNIT_EXPECT_EQ(test, pages->runs, CHUNK);
}

/*
 * Success: the directory is complete with the last chunk filled, in any order,
 * and not before.
 */
static void dgem_pages_completes(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK + 1);

	dgem_pages_set_run(pages, 2, ANY_PFN);
	KUNIT_EXPECT_FALSE(test, dgem_pages_complete(pages));
	dgem_pages_set_run(pages, 0, ANY_PFN);
	KUNIT_EXPECT_FALSE(test, dgem_pages_complete(pages));
	dgem_pages_set_table(pages, 1, dgem_test_table(test, pool, CHUNK, 1));
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
	KUNIT_EXPECT_EQ(test, pages->resident, 2 * CHUNK + 1);
	KUNIT_EXPECT_EQ(test, pages->runs, CHUNK);

	dgem_pages_clear(pages, 2);
	KUNIT_EXPECT_FALSE(test, dgem_pages_complete(pages));
}

/* Success: the memory of an emptied directory is freed. */
static void dgem_pages_finishes(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK);

	dgem_pages_set_run(pages, 0, ANY_PFN);
	dgem_pages_clear(pages, 0);
	dgem_pages_fini(pages);
	KUNIT_EXPECT_NULL(test, pages->dir);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
}
