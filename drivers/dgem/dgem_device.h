/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DEVICE_H__
#define __DGEM_DEVICE_H__

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include <drm/drm_device.h>
#include <drm/drm_vma_manager.h>

#include "dgem_dma.h"
#include "dgem_idle.h"
#include "dgem_lru.h"

struct dgem_heap;
struct drm_gem_object_funcs;
struct shrinker;

/**
 * DOC: lock order
 *
 * From the outside in::
 *
 *	drm_device.object_name_lock, dgem_dma.lock
 *	mmap_lock or VMA lock
 *	    dma_resv of a BO (dma_resv_lock)
 *	        dgem_device.io_lock
 *	        page allocation, fs_reclaim
 *	            i_mmap_rwsem of the device's mapping (zap)
 *	            list_lru lock, dgem_account.purgeable_lock
 *	                dma_resv of other BOs, by trylock only (shrinker, limits)
 *	            dgem_cpu.bos_lock, dgem_device.label_lock, dgem_idle.lock,
 *	            lock of the table of accounts, lock of a carve-out
 *
 * The last line are leaves: nothing is allocated, slept on or locked under
 * them. The shrinker may drop the last reference to a BO, and then takes what
 * drm_gem_object_release() takes, inside of fs_reclaim. dgem_device.offset_lock is
 * taken under mmap_lock, and outside of the core's lock of offsets only. User memory is never
 * touched under a dma_resv, since that would take mmap_lock.
 *
 * Lockdep is shown this order before it is needed: from mmap_lock to fs_reclaim
 * by dma_resv_lockdep() in drivers/dma-buf/dma-resv.c, and what is below a
 * dma_resv by dgem_device_prime_locks(). object_name_lock is the DRM core's, which
 * takes it around export and import.
 */

/* Largest BO: bounds page directories and keeps page counts far from overflow. */
#define DGEM_MAX_BO_SIZE	(IS_ENABLED(CONFIG_64BIT) ? (u64)SZ_1G * 512 : (u64)SZ_1G)

/*
 * Pages of mmap offset space. mmap2() of a 32-bit program names 2^32 units of
 * 4 KiB, and so does a 32-bit kernel, where a mapping must end before that number
 * wraps.
 */
#define DGEM_OFFSET_PAGES	((unsigned long)((SZ_16T >> PAGE_SHIFT) - \
				 DRM_FILE_PAGE_OFFSET_START - \
				 !IS_ENABLED(CONFIG_64BIT)))

/*
 * Whether the exporter is dynamic: then the core and the importers pin, and
 * only while something is mapped. A core that maps at attach, and never again,
 * would keep the first mapping for as long as anybody is attached. To it we
 * are a static exporter, which pins in map; compat/ says so.
 */
#ifndef DGEM_DYNAMIC_EXPORT
#define DGEM_DYNAMIC_EXPORT 1
#endif

/* Counters for debugfs; the names there are in the same order. */
enum dgem_stat {
	DGEM_STAT_BOS,			/* BOs that exist */
	DGEM_STAT_RESIDENT_PAGES,	/* pages in BOs */
	DGEM_STAT_SWAPPABLE_PAGES,	/* those of swappable heaps */
	DGEM_STAT_IMPORTER_PINNED_PAGES, /* pages in BOs that an importer pins */
	DGEM_STAT_EXPORTED,		/* dma-bufs of this device that exist */
	DGEM_STAT_IMPORTED,		/* BOs that are foreign dma-bufs */
	DGEM_STAT_MMAPS,		/* VMAs */
	DGEM_STAT_ATTACHMENTS,		/* importers attached */
	DGEM_STAT_DMA_MAPS,		/* mappings for the instance's own device */
	DGEM_STAT_ATTACHES,		/* calls since load, as are the following */
	DGEM_STAT_MAPS,
	DGEM_STAT_REMAPS,		/* maps served from the cache */
	DGEM_STAT_VMAPS,
	DGEM_STAT_CPU_ACCESSES,
	DGEM_STAT_PTE_FAULTS,
	DGEM_STAT_PMD_FAULTS,
	DGEM_STAT_EVICTED_PAGES,
	DGEM_STAT_EVICTED_MAPPED,	/* chunks of BOs with VMAs */
	DGEM_STAT_ZAPPED_CHUNKS,
	DGEM_STAT_INVALIDATES,		/* BOs whose dynamic importers were to unmap */
	DGEM_STAT_PURGED_PAGES,		/* resident, evicted or in swap */
	DGEM_NUM_STATS,
};

/**
 * struct dgem_cpu - what each CPU has of an instance, so that none waits for
 * another at each BO
 */
struct dgem_cpu {
	/** @count: counters; the CPU adds to its own, readers sum up. */
	long count[DGEM_NUM_STATS];

	/**
	 * @bos_lock: protects @bos. Contended only by debugfs, and where BOs
	 * are freed on another CPU.
	 */
	spinlock_t bos_lock;

	/** @bos: all BOs that were created on the CPU, for debugfs. */
	struct hlist_head bos;
};

/**
 * struct dgem_device - one instance
 *
 * Lives until the last file, dma-buf and mapping are gone, which may be long
 * after the driver was unbound.
 */
struct dgem_device {
	/** @drm: base; drmm actions take the instance down. */
	struct drm_device drm;

	/** @bo_funcs: of all BOs; constant once registered. */
	const struct drm_gem_object_funcs *bo_funcs;

	/** @heaps: constant once registered. */
	struct dgem_heap *heaps[16];

	/** @num_heaps: constant once registered. */
	u32 num_heaps;

	/** @lru_whole: resident chunks of swappable heaps that have 2 MiB. */
	struct dgem_lru lru_whole;

	/** @lru_rest: those that are shorter. */
	struct dgem_lru lru_rest;

	/** @lru_purgeable: BOs that are not needed, &struct dgem_purgeable. */
	struct dgem_lru lru_purgeable;

	/** @shrinker: walks all three. */
	struct shrinker *shrinker;

	/** @idle: BOs with device mappings that nobody uses. */
	struct dgem_idle idle;

	/** @dma: who drives the instance's device, and by which addresses. */
	struct dgem_dma dma;

	/**
	 * @io_lock: held for reading by whoever accesses memory that the device has
	 * brought, and for writing while it cannot be, since the device is being reset.
	 * Inside of any dma_resv and of drm_dev_enter().
	 */
	struct rw_semaphore io_lock;

	/** @label_lock: protects the label of each BO. */
	spinlock_t label_lock;

	/** @offset_lock: held while the first offset of a BO is made. */
	spinlock_t offset_lock;

	/** @cpus: what is not shared by all CPUs. */
	struct dgem_cpu __percpu *cpus;
};

static inline struct dgem_device *to_dgem_device(struct drm_device *drm)
{
	return container_of(drm, struct dgem_device, drm);
}

static inline void dgem_stat_add(struct dgem_device *ddev, enum dgem_stat stat,
				 long value)
{
	this_cpu_add(ddev->cpus->count[stat], value);
}

static inline void dgem_stat_inc(struct dgem_device *ddev, enum dgem_stat stat)
{
	dgem_stat_add(ddev, stat, 1);
}

static inline void dgem_stat_dec(struct dgem_device *ddev, enum dgem_stat stat)
{
	dgem_stat_add(ddev, stat, -1);
}

long dgem_stat_read(struct dgem_device *ddev, enum dgem_stat stat);

bool dgem_io_enter(struct dgem_device *ddev, int *cookie);
void dgem_io_exit(struct dgem_device *ddev, int cookie);

int dgem_device_init(struct dgem_device *ddev);
void dgem_device_prime_locks(void);

#endif
