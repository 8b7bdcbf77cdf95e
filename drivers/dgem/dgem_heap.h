/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_HEAP_H__
#define __DGEM_HEAP_H__

#include <linux/atomic.h>
#include <linux/types.h>

#include <drm/dgem_drm.h>

struct dgem_device;
struct dgem_heap;
struct dgem_pages;
struct dgem_region;
struct dgem_request;

/**
 * struct dgem_heap_ops - how a heap gets memory and gives it back
 *
 * Heaps see page directories, never BOs. All operations are called with the
 * lock of the directory's owner held, or when nobody else can reach it.
 */
struct dgem_heap_ops {
	/**
	 * @reserve: get all memory of a BO when it is created. Optional: without it,
	 * memory comes by @fill. The directory is prepared and empty, no lock is
	 * held. Process context; may reclaim and migrate, for long, and ends early
	 * on a fatal signal. Returns 0 with the directory complete and the
	 * request met, and with contents that read as zero unless it says
	 * otherwise; or an error with nothing taken: -ENOSPC with a reason, -ENOMEM,
	 * -EINTR, -EOPNOTSUPP for constraints that the heap never meets, -EINVAL or
	 * -EPERM. After %DRM_DGEM_REASON_FULL or %DRM_DGEM_REASON_FRAGMENTED it may be
	 * asked again.
	 */
	int (*reserve)(struct dgem_heap *heap, struct dgem_pages *pages,
		       struct dgem_request *request);

	/**
	 * @info: tell the figures of the heap: its size, what of it is free, what
	 * its addresses are. Optional: without it, the system's RAM bounds it.
	 */
	void (*info)(struct dgem_heap *heap, struct drm_dgem_heap_info *info);

	/**
	 * @fill: make an empty chunk whole, with pages that read as zero, or that
	 * have what was in them when the heap was last asked to empty and keep.
	 * The directory is prepared. Process context, may reclaim; ends early
	 * on a fatal signal. Returns 0, or -ENOMEM or -EINTR with the chunk still
	 * empty. Pages whose contents the hardware has lost are counted in
	 * &dgem_pages.lost. Heaps that reserve have none.
	 */
	int (*fill)(struct dgem_heap *heap, struct dgem_pages *pages,
		    unsigned long chunk);

	/**
	 * @fill_page: fill a hole, and those near it for which there are pages or
	 * that the same I/O reads, but take fresh memory for the one only.
	 * Optional: without it, chunks are whole or empty. Like @fill, but returns
	 * the number of holes that were filled, at least 1, or an error with none.
	 */
	int (*fill_page)(struct dgem_heap *heap, struct dgem_pages *pages,
			 unsigned long idx);

	/**
	 * @fill_waits: whether to fill the holes among @nr pages at @idx means to
	 * wait for I/O. Optional; does not wait itself. A caller that can then
	 * releases locks that others need.
	 */
	bool (*fill_waits)(struct dgem_heap *heap, struct dgem_pages *pages,
			   unsigned long idx, unsigned long nr);

	/**
	 * @fill_allocates: whether to fill the holes among @nr pages at @idx takes
	 * memory beyond what the heap has for them. Optional: without it, each fill
	 * does. Walks all of the pages, does not wait.
	 */
	bool (*fill_allocates)(struct dgem_heap *heap, struct dgem_pages *pages,
			       unsigned long idx, unsigned long nr);

	/**
	 * @backed: pages that the heap has for the directory, whether or not they
	 * are in it. Optional: without it, those that are.
	 */
	unsigned long (*backed)(struct dgem_heap *heap, struct dgem_pages *pages);

	/**
	 * @empty: take the pages of a chunk back, which is not empty but may have
	 * holes. With @keep the contents come back at the next fill; only heaps that
	 * are swappable are asked for that. Called from reclaim: does not allocate
	 * and does not block on locks.
	 */
	void (*empty)(struct dgem_heap *heap, struct dgem_pages *pages,
		      unsigned long chunk, bool keep);

	/**
	 * @discard: free what the heap has for the directory beyond the pages in
	 * it, which are none any more. Optional. The same context as @empty, but
	 * may wait for I/O of that memory.
	 */
	void (*discard)(struct dgem_heap *heap, struct dgem_pages *pages);

	/**
	 * @release: free what the heap keeps in &dgem_pages.priv, after the
	 * last empty. Optional. The same context as @empty. Also called when
	 * nothing was reserved or filled.
	 */
	void (*release)(struct dgem_heap *heap, struct dgem_pages *pages);
};

/**
 * struct dgem_heap - a source of memory
 *
 * Made when the instance is composed, freed with the last reference to the
 * device. All fields but @used are constant.
 */
struct dgem_heap {
	/** @ops: how it works. */
	const struct dgem_heap_ops *ops;

	/** @name: what people call it. */
	const char *name;

	/** @index: the number that user space knows it by. */
	u32 index;

	/** @kind: one of enum drm_dgem_heap_kind. */
	u32 kind;

	/** @caps: ``DRM_DGEM_HEAP_CAP_*`` bits. */
	u64 caps;

	/** @create_flags: ``DRM_DGEM_BO_*`` flags that BOs of this heap may have. */
	u64 create_flags;

	/** @max_bo_size: bytes of its largest BO; 0 if only DGEM_MAX_BO_SIZE bounds it. */
	u64 max_bo_size;

	/** @own_memory: whether its memory is none of the system's RAM. */
	bool own_memory;

	/** @used: pages that are resident in directories. */
	atomic_long_t used;
};

/* DRM_DGEM_BO_* flags that do not depend on the heap. */
#define DGEM_BO_FLAGS	(DRM_DGEM_BO_POPULATE | DRM_DGEM_BO_WITH_MMAP_OFFSET)

/* Those of heaps of RAM that is neither in CMA areas nor in ZONE_MOVABLE. */
#define DGEM_BO_RAM_FLAGS	(DGEM_BO_FLAGS | DRM_DGEM_BO_DIRECT_IO)

static inline bool dgem_heap_swappable(const struct dgem_heap *heap)
{
	return heap->caps & DRM_DGEM_HEAP_CAP_SWAPPABLE;
}

/* Whether BOs of it have RAM from their creation on that nothing else can have. */
static inline bool dgem_heap_keeps_ram(const struct dgem_heap *heap)
{
	return !dgem_heap_swappable(heap) && !heap->own_memory;
}

int dgem_heap_add(struct dgem_device *ddev, struct dgem_heap *heap);
struct dgem_heap *dgem_heap_get(struct dgem_device *ddev, u32 index);
void dgem_heap_info(struct dgem_heap *heap, struct drm_dgem_heap_info *info);

int dgem_heap_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
		      struct dgem_request *request);
int dgem_heap_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		   unsigned long chunk);
int dgem_heap_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
			unsigned long idx);
bool dgem_heap_fill_waits(struct dgem_heap *heap, struct dgem_pages *pages,
			  unsigned long idx, unsigned long nr);
bool dgem_heap_fill_allocates(struct dgem_heap *heap, struct dgem_pages *pages,
			      unsigned long idx, unsigned long nr);
unsigned long dgem_heap_backed(struct dgem_heap *heap, struct dgem_pages *pages);
void dgem_heap_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		     unsigned long chunk, bool keep);
void dgem_heap_discard(struct dgem_heap *heap, struct dgem_pages *pages);
void dgem_heap_release(struct dgem_heap *heap, struct dgem_pages *pages);

/* The heaps that drv composes an instance of; each adds itself. */
int dgem_heap_system_create(struct dgem_device *ddev);
int dgem_heap_pinned_create(struct dgem_device *ddev);
#ifdef CONFIG_CONTIG_ALLOC
int dgem_heap_contiguous_create(struct dgem_device *ddev);
#else
static inline int dgem_heap_contiguous_create(struct dgem_device *ddev)
{
	return 0;
}
#endif
int dgem_heap_carveout_create(struct dgem_device *ddev);

int dgem_heap_carveout_add(struct dgem_device *ddev, struct dgem_region *region,
			   bool preserve);

#endif
