/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PAGES_H__
#define __DGEM_PAGES_H__

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct scatterlist;
struct sg_table;

/**
 * DOC: glossary
 *
 * instance
 *     One DRM device of this driver, with its heaps and BOs: struct dgem_device.
 *
 * heap
 *     A source of memory for BOs, such as "system" or "pinned". A BO is created
 *     in one heap and stays there: struct dgem_heap.
 *
 * chunk
 *     A part of a BO of 2 MiB, aligned to that; the last one of a BO may be
 *     shorter. Memory is allocated by whole chunks, or, where a whole one cannot
 *     be had, by pages. A BO's directory, struct dgem_pages, has one word for each
 *     of its chunks.
 *
 * hole
 *     A page of a BO without memory. It reads as zero, or its contents are in
 *     swap. A chunk without holes is whole, one that is nothing but holes is empty.
 *
 * run
 *     A whole chunk whose pages are physically contiguous.
 *
 * table
 *     The array of struct page pointers of a chunk that is neither empty nor a
 *     run. It may have holes.
 *
 * populate
 *     To fill holes of a BO, so that its memory is resident. The heap's word for
 *     it is fill, and that for the opposite is empty.
 *
 * evict
 *     To take the memory of a chunk away under memory pressure. The heap
 *     keeps the contents, which can go to swap, for the next populate.
 *
 * zap
 *     To remove the page-table entries that map a chunk, so that the next access
 *     faults.
 *
 * purge
 *     To free the memory of a BO with its contents, for good, since its owner has
 *     said that they are not needed.
 */

/* A chunk is the unit of population: 2 MiB on every page size. */
#define DGEM_CHUNK_SIZE		((unsigned long)SZ_2M)
#ifndef DGEM_CHUNK_ORDER /* the tests have others */
#define DGEM_CHUNK_ORDER	(ilog2(SZ_2M) - PAGE_SHIFT)
#endif
#define DGEM_CHUNK_PAGES	BIT(DGEM_CHUNK_ORDER)

/*
 * Whether a chunk, the most that a BO is sure to have in one piece, has room for
 * what a PMD maps. It has not with pages of 16 KiB.
 */
#define DGEM_CHUNK_HAS_PMD	(!(DGEM_CHUNK_SIZE % PMD_SIZE))

/* Bytes that one huge page-table entry maps; 0 where dgem makes none. */
#ifdef DGEM_HUGE_MAP_SIZE /* the tests have others */
#elif defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)
#define DGEM_HUGE_MAP_SIZE	(DGEM_CHUNK_HAS_PMD ? PMD_SIZE : 0UL)
#else
#define DGEM_HUGE_MAP_SIZE	0UL
#endif

/*
 * For memory that users make us allocate: charged to their memory cgroup, and
 * at its limit an error that they can handle, not the OOM killer.
 */
#define DGEM_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The zone that memory comes from where its address does not matter. */
#define DGEM_ZONE_ANY	__GFP_HIGHMEM

/* Tags of a directory's words. */
#define DGEM_WORD_RUN	BIT(0)
#define DGEM_WORD_HOLES	BIT(1)

/* Stands in a table for a page that is lost. */
#define DGEM_PAGE_LOST	((struct page *)ERR_PTR(-EIO))

/**
 * struct dgem_pages - which pages back an object
 *
 * A directory with one tagged word for each chunk:
 *
 * - 0: empty, nothing is resident;
 * - bit 0 set: one physically contiguous run, the word is (pfn << 1) | 1;
 * - otherwise: pointer to a table, an array of struct page pointers, one per page:
 *   NULL for a hole, %DGEM_PAGE_LOST for a page that is lost, because memory or the
 *   swap device has failed. Bit 1 beside the pointer says that there are holes.
 *
 * The last chunk is as short as the object. Heaps fill and empty the
 * directory; everybody else reads it. All fields are protected by the lock of
 * the owner (a BO's dma_resv), but @resident and @runs may be read without it
 * for statistics.
 */
struct dgem_pages {
	/** @nr_pages: size of the object in pages, constant. */
	unsigned long nr_pages;

	/** @resident: number of pages that are no holes. */
	unsigned long resident;

	/** @runs: number of pages in full-size chunks that are one run. */
	unsigned long runs;

	/** @lost: number of pages of @resident that are lost. */
	unsigned int lost;

	/** @table_bytes: size of all tables. */
	unsigned int table_bytes;

	/** @zone: of memory that is allocated for it, a modifier; constant. */
	gfp_t zone;

	/**
	 * @direct: whether others may take references to single pages, which are
	 * then to be pages of their own, not parts of a block, where the heap can
	 * have them so, and are mapped by small entries; constant.
	 */
	bool direct;

	/**
	 * @io: where the kernel reads and writes the object if a device has brought its
	 * memory, which has no page structs and is accessed between drm_dev_enter() and
	 * drm_dev_exit() only; NULL for RAM; constant once all of it is resident.
	 */
	void __iomem *io;

	/**
	 * @phase: pages by which physical addresses are ahead of indices, modulo a
	 * chunk; 0 unless all of the object has its place from its creation on.
	 */
	unsigned int phase;

	/**
	 * @dir: the words; NULL until the first page is resident, @single if
	 * there is just one.
	 */
	unsigned long *dir;

	/** @single: storage for @dir of an object of one chunk. */
	unsigned long single;

	/** @priv: the heap's own. */
	void *priv;
};

static inline unsigned long dgem_pages_chunks(const struct dgem_pages *pages)
{
	return DIV_ROUND_UP(pages->nr_pages, DGEM_CHUNK_PAGES);
}

/* Number of pages in @chunk: less than DGEM_CHUNK_PAGES in the last one. */
static inline unsigned long dgem_pages_in_chunk(const struct dgem_pages *pages,
						unsigned long chunk)
{
	return min(pages->nr_pages - (chunk << DGEM_CHUNK_ORDER),
		   DGEM_CHUNK_PAGES);
}

/* Whether @chunk is nothing but holes. */
static inline bool dgem_pages_is_empty(const struct dgem_pages *pages,
				       unsigned long chunk)
{
	return !pages->dir || !pages->dir[chunk];
}

/* Whether @chunk is a run, which need not be as long as others. */
static inline bool dgem_pages_is_run(const struct dgem_pages *pages,
				     unsigned long chunk)
{
	return pages->dir[chunk] & DGEM_WORD_RUN;
}

/* Bit 1 of a run is its pfn's. */
static inline bool dgem_word_has_holes(unsigned long word)
{
	return (word & (DGEM_WORD_RUN | DGEM_WORD_HOLES)) == DGEM_WORD_HOLES;
}

/* Whether @chunk is whole. */
static inline bool dgem_pages_filled(const struct dgem_pages *pages,
				     unsigned long chunk)
{
	return !dgem_pages_is_empty(pages, chunk) &&
	       !dgem_word_has_holes(pages->dir[chunk]);
}

static inline bool dgem_pages_complete(const struct dgem_pages *pages)
{
	return pages->resident == pages->nr_pages;
}

/*
 * Whether huge entries map what is contiguous. Of one that is split in a VM_MIXEDMAP
 * VMA, as by munmap() of a part, the core drops neither references nor counters.
 */
static inline bool dgem_pages_may_be_huge(const struct dgem_pages *pages)
{
	return DGEM_HUGE_MAP_SIZE && !pages->direct && !pages->io;
}

/* Number of resident pages that huge entries can map, read without the lock. */
static inline unsigned long dgem_pages_huge(const struct dgem_pages *pages)
{
	unsigned long nr, first;

	if (!dgem_pages_may_be_huge(pages))
		return 0;
	if (likely(!pages->phase))
		return READ_ONCE(pages->runs);

	/* All of it is resident, or nothing. */
	nr = READ_ONCE(pages->resident);
	first = DGEM_CHUNK_PAGES - pages->phase;
	return nr > first ? round_down(nr - first, DGEM_CHUNK_PAGES) : 0;
}

static inline struct page **dgem_word_table(unsigned long word)
{
	return (struct page **)(word & ~DGEM_WORD_HOLES);
}

/* The table of a chunk that is not empty, NULL if it is a run. */
static inline struct page **dgem_pages_table(const struct dgem_pages *pages,
					     unsigned long chunk)
{
	unsigned long word = pages->dir[chunk];

	return word & DGEM_WORD_RUN ? NULL : dgem_word_table(word);
}

/* Memory that a table of @chunk takes, which kmalloc() rounds up. */
static inline unsigned long dgem_pages_table_size(const struct dgem_pages *pages,
						  unsigned long chunk)
{
	return roundup_pow_of_two(dgem_pages_in_chunk(pages, chunk) *
				  sizeof(struct page *));
}

/* Pages that tables take, which is kernel memory. */
static inline unsigned long dgem_pages_of_tables(const struct dgem_pages *pages)
{
	return pages->table_bytes >> PAGE_SHIFT;
}

/* Whether page @idx is no hole: it is resident, or known to be lost. */
static inline bool dgem_pages_present(const struct dgem_pages *pages,
				      unsigned long idx)
{
	unsigned long word = pages->dir ? pages->dir[idx >> DGEM_CHUNK_ORDER] : 0;

	if (likely(!dgem_word_has_holes(word)))
		return word;

	return dgem_word_table(word)[idx & (DGEM_CHUNK_PAGES - 1)];
}

/* Whether page @idx, whose chunk must not be empty, is lost. */
static inline bool dgem_pages_is_lost(const struct dgem_pages *pages,
				      unsigned long idx)
{
	struct page **table;

	if (likely(!pages->lost))
		return false;

	table = dgem_pages_table(pages, idx >> DGEM_CHUNK_ORDER);
	return table && table[idx & (DGEM_CHUNK_PAGES - 1)] == DGEM_PAGE_LOST;
}

/* The pfn of page @idx, which is neither a hole nor lost. */
static inline unsigned long dgem_pages_pfn(const struct dgem_pages *pages,
					   unsigned long idx)
{
	unsigned long word = pages->dir[idx >> DGEM_CHUNK_ORDER];

	idx &= DGEM_CHUNK_PAGES - 1;
	if (word & DGEM_WORD_RUN)
		return (word >> 1) + idx;
	return page_to_pfn(dgem_word_table(word)[idx]);
}

void dgem_pages_init(struct dgem_pages *pages, unsigned long nr_pages);
void dgem_pages_fini(struct dgem_pages *pages);

int dgem_pages_prepare(struct dgem_pages *pages);
void dgem_pages_set_run(struct dgem_pages *pages, unsigned long chunk,
			unsigned long pfn);
void dgem_pages_set_range(struct dgem_pages *pages, unsigned long pfn);
void dgem_pages_set_table(struct dgem_pages *pages, unsigned long chunk,
			  struct page **table);
int dgem_pages_make_table(struct dgem_pages *pages, unsigned long chunk);
void dgem_pages_add(struct dgem_pages *pages, unsigned long idx,
		    struct page *page);
void dgem_pages_close(struct dgem_pages *pages, unsigned long chunk);
void dgem_pages_clear(struct dgem_pages *pages, unsigned long chunk);

bool dgem_pages_contiguous(const struct dgem_pages *pages, unsigned long idx,
			   unsigned long nr);
unsigned long dgem_pages_max_segments(const struct dgem_pages *pages, size_t max_segment);
unsigned int dgem_pages_fill_sg(const struct dgem_pages *pages, struct scatterlist *sgl,
				size_t max_segment);
int dgem_pages_part_to_sgt(const struct dgem_pages *pages, unsigned long first,
			   unsigned long nr, struct sg_table *sgt, size_t max_segment);
int dgem_pages_to_sgt(const struct dgem_pages *pages, struct sg_table *sgt,
		      size_t max_segment);
unsigned long dgem_pages_next(const struct dgem_pages *pages, unsigned long idx,
			      unsigned long end);
unsigned long dgem_pages_run_end(const struct dgem_pages *pages, unsigned long idx,
				 unsigned long end);
void *dgem_pages_vmap(const struct dgem_pages *pages);

#endif
