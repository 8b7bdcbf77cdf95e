/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * Tests of page directories: what is read out of them for importers and the
 * CPU. Included after dgem_pages_test.h, which see.
 */

/* Pages of a mixed object, which has every kind of chunk and of border. */
#define MIXED_PAGES	(4 * CHUNK + 3)

/*
 * Two runs that are one, a table backwards, one forwards, and a tail of three
 * pages with a gap. Returns the pages in the object's order.
 */
static struct page **fill_mixed(struct kunit *test, struct dgem_pages *pages)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER + 1);
	struct page **want, **table;
	unsigned long i;

	want = kunit_kcalloc(test, MIXED_PAGES, sizeof(*want), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, want);
	for (i = 0; i < CHUNK; i++) {
		want[i] = pool + i;
		want[CHUNK + i] = pool + CHUNK + i;
		want[2 * CHUNK + i] = pool + CHUNK - 1 - i;
		want[3 * CHUNK + i] = pool + CHUNK + i;
	}
	want[4 * CHUNK] = pool + 5;
	want[4 * CHUNK + 1] = pool + 6;
	want[4 * CHUNK + 2] = pool + 8;

	dgem_pages_set_run(pages, 0, page_to_pfn(pool));
	dgem_pages_set_run(pages, 1, page_to_pfn(pool) + CHUNK);
	table = dgem_test_table(test, pool + CHUNK - 1, CHUNK, -1);
	dgem_pages_set_table(pages, 2, table);
	table = dgem_test_table(test, pool + CHUNK, CHUNK, 1);
	dgem_pages_set_table(pages, 3, table);
	table = dgem_test_table(test, pool + 5, 3, 1);
	table[2] = pool + 8;
	dgem_pages_set_table(pages, 4, table);
	return want;
}

KUNIT_DEFINE_ACTION_WRAPPER(free_sgt, sg_free_table, struct sg_table *);

/* One array of as many entries as there can be holds the same segments as @sgt. */
static void expect_array(struct kunit *test, struct dgem_pages *pages,
			 size_t max_segment, struct sg_table *sgt)
{
	unsigned long most = dgem_pages_max_segments(pages, max_segment);
	struct scatterlist *array, *sg;
	unsigned int i, nr, wrong = 0;

	KUNIT_ASSERT_GE(test, most, (unsigned long)sgt->orig_nents);
	array = kunit_kmalloc_array(test, most, sizeof(*array), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, array);
	nr = dgem_pages_fill_sg(pages, array, max_segment);
	KUNIT_ASSERT_EQ(test, nr, sgt->orig_nents);
	for_each_sgtable_sg(sgt, sg, i) {
		wrong += sg_page(&array[i]) != sg_page(sg) ||
			 array[i].length != sg->length || array[i].offset ||
			 sg_is_last(&array[i]) != (i == nr - 1);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* Not on the stack: it is freed when the test has returned. */
static struct sg_table *to_sgt(struct kunit *test, struct dgem_pages *pages,
			       size_t max_segment)
{
	struct sg_table *sgt;

	sgt = kunit_kzalloc(test, sizeof(*sgt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sgt);
	KUNIT_ASSERT_EQ(test, 0, dgem_pages_to_sgt(pages, sgt, max_segment));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_sgt, sgt));
	expect_array(test, pages, max_segment, sgt);
	return sgt;
}

/* Every page of @want is there in order; no segment is larger than @max. */
static void expect_sgt(struct kunit *test, struct sg_table *sgt,
		       struct page **want, unsigned long nr, size_t max)
{
	unsigned long idx = 0, wrong = 0, j;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i) {
		KUNIT_ASSERT_EQ(test, sg->offset, 0);
		KUNIT_ASSERT_LE(test, (size_t)sg->length, max);
		KUNIT_ASSERT_NE(test, sg->length, 0);
		KUNIT_ASSERT_LE(test, idx + (sg->length >> PAGE_SHIFT), nr);
		for (j = 0; j < sg->length >> PAGE_SHIFT; j++)
			wrong += sg_page(sg) + j != want[idx++];
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, idx, nr);
}

/* Success: what is contiguous is one segment, however many chunks it spans. */
static void dgem_pages_sgt_joins(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER + 1);
	struct dgem_pages *pages = prepared_pages(test, 2 * CHUNK);
	struct sg_table *sgt;

	dgem_pages_set_run(pages, 0, page_to_pfn(pool));
	dgem_pages_set_run(pages, 1, page_to_pfn(pool) + CHUNK);
	sgt = to_sgt(test, pages, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, sgt->orig_nents, 1);
	KUNIT_EXPECT_PTR_EQ(test, sg_page(sgt->sgl), pool);
	KUNIT_EXPECT_EQ(test, (unsigned long)sgt->sgl->length,
			2 * CHUNK << PAGE_SHIFT);
}

/* Success: a mixed object is described in full, in as few segments as it has. */
static void dgem_pages_sgt_mixed(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, MIXED_PAGES);
	struct page **want = fill_mixed(test, pages);
	struct sg_table *sgt;

	sgt = to_sgt(test, pages, SIZE_MAX);
	expect_sgt(test, sgt, want, MIXED_PAGES, SIZE_MAX);
	/* the runs, each page of the table backwards, the other table, the tail */
	KUNIT_EXPECT_EQ(test, (unsigned long)sgt->orig_nents, 1 + CHUNK + 1 + 2);
}

/* Success: with any limit of segments, all pages in order and none too large. */
static void dgem_pages_sgt_limits(struct kunit *test)
{
	static const size_t limits[] = {
		PAGE_SIZE, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 7 * PAGE_SIZE,
		SZ_64K, SZ_64K + 1, SZ_1M, SZ_2M - 1, SZ_2M, SZ_2M + PAGE_SIZE,
		UINT_MAX,
	};
	struct dgem_pages *pages = prepared_pages(test, MIXED_PAGES);
	struct page **want = fill_mixed(test, pages);
	struct sg_table *sgt;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		sgt = to_sgt(test, pages, limits[i]);
		expect_sgt(test, sgt, want, MIXED_PAGES, limits[i]);
	}
}

/* Success: a part has its own pages only, wherever it begins and ends. */
static void dgem_pages_sgt_part(struct kunit *test)
{
	static const unsigned long ends[] = {
		0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 3, MIXED_PAGES - 1,
		MIXED_PAGES,
	};
	struct dgem_pages *pages = prepared_pages(test, MIXED_PAGES);
	struct page **want = fill_mixed(test, pages);
	struct sg_table sgt;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		for (j = i + 1; j < ARRAY_SIZE(ends); j++) {
			KUNIT_ASSERT_EQ(test, 0,
					dgem_pages_part_to_sgt(pages, ends[i], ends[j] - ends[i],
							       &sgt, SZ_64K));
			expect_sgt(test, &sgt, want + ends[i], ends[j] - ends[i], SZ_64K);
			sg_free_table(&sgt);
		}
	}
}

/* Success: a limit that is no multiple of the page is rounded down. */
static void dgem_pages_sgt_odd_limit(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	struct dgem_pages *pages = prepared_pages(test, CHUNK);
	struct sg_table *sgt;

	dgem_pages_set_run(pages, 0, page_to_pfn(pool));
	sgt = to_sgt(test, pages, 3 * PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, (unsigned long)sgt->orig_nents, CHUNK / 2);
	KUNIT_EXPECT_EQ(test, (unsigned long)sgt->sgl->length, 2 * PAGE_SIZE);
}

/* Success: no segment is smaller than a page, whatever the device says. */
static void dgem_pages_sgt_tiny_limit(struct kunit *test)
{
	struct page *pool = dgem_test_pool(test, 3);
	struct dgem_pages *pages = prepared_pages(test, 8);
	struct sg_table *sgt;

	dgem_pages_set_run(pages, 0, page_to_pfn(pool));
	sgt = to_sgt(test, pages, 512);
	KUNIT_EXPECT_EQ(test, sgt->orig_nents, 8);
	KUNIT_EXPECT_EQ(test, (unsigned long)sgt->sgl->length, PAGE_SIZE);
}

/*
 * Success: a run beyond 4 GiB is cut where a segment's length would overflow.
 * Its pages do not exist, and not every kernel could say which they are.
 */
static void dgem_pages_sgt_beyond_4g(struct kunit *test)
{
	unsigned long nr = 5 * ((unsigned long)SZ_1G >> PAGE_SHIFT);
	struct dgem_pages *pages;
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned long chunk;
	unsigned int i;
	u64 sum = 0;

	if (!IS_ENABLED(CONFIG_64BIT))
		nr = 2 * CHUNK;
	pages = prepared_pages(test, nr);
	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		dgem_pages_set_run(pages, chunk, ANY_PFN + chunk * CHUNK);

	sgt = to_sgt(test, pages, SIZE_MAX);
	for_each_sgtable_sg(sgt, sg, i)
		sum += sg->length;
	KUNIT_EXPECT_EQ(test, sum >> PAGE_SHIFT, nr);
}

static void unmap_pages(void *vaddr)
{
	vunmap(vaddr);
}

/* Success: the kernel sees the pages of a mixed object in their order. */
static void dgem_pages_vmap_mixed(struct kunit *test)
{
	struct dgem_pages *pages = prepared_pages(test, MIXED_PAGES);
	struct page **want = fill_mixed(test, pages);
	unsigned long i, *vaddr;

	for (i = 0; i < MIXED_PAGES; i++)
		*(unsigned long *)page_address(want[i]) = page_to_pfn(want[i]);

	vaddr = dgem_pages_vmap(pages);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, unmap_pages, vaddr));
	for (i = 0; i < MIXED_PAGES; i++)
		KUNIT_ASSERT_EQ(test, page_to_pfn(want[i]),
				vaddr[i * PAGE_SIZE / sizeof(*vaddr)]);

	/* the same memory, not a copy */
	vaddr[0] = ~0UL;
	KUNIT_EXPECT_EQ(test, *(unsigned long *)page_address(want[0]), ~0UL);
}

/* Success: what is too large to map fails, before anything is allocated. */
static void dgem_pages_vmap_too_large(struct kunit *test)
{
	struct dgem_pages *pages;

	pages = new_pages(test, INT_MAX / sizeof(struct page *) + 1);
	KUNIT_EXPECT_NULL(test, dgem_pages_vmap(pages));
}
