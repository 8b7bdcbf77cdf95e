/* SPDX-License-Identifier: MIT */
#ifndef _DGEM_DRM_H_
#define _DGEM_DRM_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: dgem uAPI
 *
 * dgem is a DRM driver without a GPU: it allocates memory as GEM buffer
 * objects (BOs), maps them to user space, and shares them with other drivers
 * as dma-buf file descriptors. The ioctls below are only what the DRM core
 * does not have. Everything else is the core's: handles are closed by
 * DRM_IOCTL_GEM_CLOSE, BOs are exported and imported by
 * DRM_IOCTL_PRIME_HANDLE_TO_FD and DRM_IOCTL_PRIME_FD_TO_HANDLE, CPU access to
 * a dma-buf is bracketed by DMA_BUF_IOCTL_SYNC, and processes signal each
 * other with DRM syncobjs. libdrm and this header are enough to use it all.
 *
 * Rules that hold for each struct and each ioctl:
 *
 * - All ioctls work on the primary node, without any privilege and without
 *   authentication. There is no render node unless the module's parameter
 *   ``render`` asks for it; the ioctls below and PRIME work there as well.
 * - Who is DRM master does not matter. BOs have no global names:
 *   DRM_IOCTL_GEM_FLINK and DRM_IOCTL_GEM_OPEN fail with EOPNOTSUPP.
 * - Structs have the same layout for 32-bit and 64-bit programs. Their layout
 *   is final: a later feature uses a field that is named here already, and
 *   that must be zero until then.
 * - All flags words, all fields named ``pad`` or ``reserved``, and all fields
 *   marked [out] must be zero on input, unless the field says otherwise.
 *   Unknown flags and values are refused with EINVAL before anything else
 *   happens.
 * - A struct is written only when its ioctl succeeds, unless the field says
 *   otherwise.
 * - Sizes and offsets are in bytes. Times are absolute CLOCK_MONOTONIC
 *   nanoseconds.
 * - An ioctl that was interrupted by a signal (EINTR) did nothing and can be
 *   repeated with the same argument, which is what drmIoctl() does. No ioctl
 *   returns EAGAIN.
 * - Whether a later addition is there is told by &DRM_DGEM_PARAM_FEATURES, not
 *   by the driver's version. Ioctl numbers are only ever added at the end; an
 *   ioctl that this kernel does not have fails with EINVAL.
 *
 * Errors common to the ioctls, besides those that each one lists:
 *
 * ========== ================================================================
 * EINVAL     malformed argument: unknown flag or value, non-zero pad, ...
 * ENOENT     no such handle in this file (DRM_IOCTL_GEM_CLOSE: EINVAL)
 * EFAULT     a pointer to memory that cannot be read or written; contents that
 *            were purged
 * ENOMEM     the system is out of memory
 * ENOSPC     the heap is full, or has no place that meets the constraints
 * EDQUOT     the user's limit, of memory or of mmap offsets
 * EBUSY      advice that others' use of the BO forbids, and an export that advice does
 * EINTR      interrupted by a signal before anything happened
 * EOPNOTSUPP valid, but not for this kind of BO
 * ENODEV     the device is gone (unplugged or unbound)
 * ========== ================================================================
 *
 * Mappings. mmap() of the DRM file at an offset from
 * &DRM_IOCTL_DGEM_BO_MMAP_OFFSET maps the BO; adding a page-aligned number of
 * bytes to the offset maps from the middle. The dma-buf's file descriptor maps
 * the same memory, from offset 0. Pages appear at the first touch and read as
 * zero. A mapping must be MAP_SHARED (EINVAL), must lie within the BO (EINVAL),
 * must not be executable (EACCES; through a dma-buf, some kernels say EPERM
 * before it comes to this), and must be made through a file that has a handle
 * to the BO (EACCES). It stays valid when the handle and the file are closed,
 * and when the device goes away. A touch gets memory for the chunk around it, or,
 * where so much cannot be had, for the page; if there is none for that either, it
 * raises SIGBUS. Use &DRM_DGEM_BO_POPULATE to have all memory at creation. What was
 * swapped out comes back in pieces, around what is touched. A touch of a BO that was
 * purged raises SIGBUS, too, see &DRM_IOCTL_DGEM_BO_MADVISE.
 *
 * Limits. What a user has is charged to an account, by uid; all files and processes
 * of a user, on all devices of this driver, share one. A BO is charged to whom the
 * file belongs to that it was created through, i.e. who opened it (an imported BO:
 * to who imports it), until it is freed, wherever its last reference is. Limited are:
 *
 * - What cannot be swapped out: a BO of a heap without
 *   %DRM_DGEM_HEAP_CAP_SWAPPABLE by its size, from its creation on; a BO of another
 *   heap by its size, while an importer has it pinned or mapped, or the kernel;
 *   and for each BO 1 KiB and 8 bytes for each of its chunks. Beyond
 *   %DRM_DGEM_PARAM_USER_LIMIT, BO_CREATE fails with EDQUOT, and what an importer
 *   does with ENOMEM.
 * - Memory that BOs of swappable heaps have, resident or not, and, while a chunk is
 *   resident in pieces, what it takes to find them: 8 bytes for each page of the
 *   chunk, 4 with a 32-bit kernel, in whole pages by BO. A chunk is in one piece
 *   where the kernel had a huge page for it. Beyond %DRM_DGEM_PARAM_SYSTEM_LIMIT all this
 *   only grows while more than a sixteenth of RAM is free in swap, but for what it
 *   takes to find the pieces of a chunk that just fitted; otherwise it is as if there
 *   were no memory left. Memory that a BO has can always be accessed.
 * - Offsets for mmap(), by device, up to %DRM_DGEM_PARAM_MMAP_LIMIT (EDQUOT).
 *
 * The administrator sets the limits by parameters of the module. Files that were
 * opened with CAP_SYS_RESOURCE in the initial user namespace are exempt. In an inner
 * user namespace, all ids belong to the user who made it; or, if that is the
 * initial namespace's root, to themselves. A service that hands buffers out of its own
 * account has to bound its clients itself. Nobody, exempt or not, gets
 * fresh memory while less than a sixty-fourth of RAM (16 to 256 MiB) is available.
 * Before anything fails for a limit or for that, BOs go that the user has said not to
 * need any more, see &DRM_IOCTL_DGEM_BO_MADVISE; and those of others, if that helps.
 *
 * Lost pages. When a page of RAM fails, or what was in swap cannot be read any
 * more, the contents of that page are lost. A touch of it raises SIGBUS with
 * code BUS_MCEERR_AR, now and later; the rest of the BO goes on as before, but
 * importers, who need all of it, get EIO when they map it. A failed page of a
 * BO that is resident is noticed when the BO has been evicted.
 *
 * An imported BO is mapped by its exporter, and exporters may ignore the offset
 * of a mapping and show their first page: V4L2's vmalloc buffers (USB cameras)
 * do, and so do GPU drivers with shmem buffers. So mmap() of the DRM file maps
 * an imported BO from its start only, to any length (EOPNOTSUPP for another
 * start). Map up to the end of a part to get at it, and keep what lies before
 * it mapped: which pages an imported BO's mapping shows once its first pages
 * are unmapped, and what a foreign dma-buf's own file descriptor shows at an
 * offset, is for the exporter to say.
 *
 * Sharing. A BO has one dma-buf for as long as it lives: the first
 * DRM_IOCTL_PRIME_HANDLE_TO_FD makes it, and every later one hands it out again,
 * by whatever handle, also after all descriptors were closed. So the first one
 * decides by DRM_RDWR whether the descriptors can be mapped for writing. Asking
 * for the other later is refused (EACCES), where most drivers hand out what there
 * is. A program that shares a BO for different uses asks for DRM_RDWR each time.
 * A reader beside a writer, like a viewer of what a camera writes, gets the same
 * descriptor and maps it for reading.
 *
 * The access mode bounds mmap() of that descriptor, and nothing else. Handles
 * have none: a process that imports a read-only dma-buf into the device that it
 * came from can map the BO for writing. Memory that others must not write is
 * given to them as a copy.
 */

/* Numbers of the ioctls, relative to DRM_COMMAND_BASE. */
#define DRM_DGEM_GET_PARAM		0x00
#define DRM_DGEM_HEAP_INFO		0x01
#define DRM_DGEM_BO_CREATE		0x02
#define DRM_DGEM_BO_MMAP_OFFSET		0x03
#define DRM_DGEM_BO_INFO		0x04
#define DRM_DGEM_BO_WAIT		0x05
#define DRM_DGEM_BO_SET_LABEL		0x06
#define DRM_DGEM_BO_GET_LABEL		0x07
#define DRM_DGEM_BO_MADVISE		0x08
#define DRM_DGEM_BO_SYNC		0x09
#define DRM_DGEM_BO_MAP_DMA		0x0a
#define DRM_DGEM_BO_UNMAP_DMA		0x0b

/**
 * enum drm_dgem_param - what &DRM_IOCTL_DGEM_GET_PARAM can tell
 */
enum drm_dgem_param {
	/**
	 * @DRM_DGEM_PARAM_FEATURES: bits of &enum drm_dgem_feature. Indexed:
	 * index 0 is the first 64 features, index 1 the next 64, and so on;
	 * words beyond those this kernel knows are 0.
	 */
	DRM_DGEM_PARAM_FEATURES = 0,

	/**
	 * @DRM_DGEM_PARAM_MAX_BO_SIZE: largest size that BO_CREATE takes, in
	 * bytes; a heap may have a smaller bound of its own.
	 */
	DRM_DGEM_PARAM_MAX_BO_SIZE = 1,

	/** @DRM_DGEM_PARAM_NUM_HEAPS: number of heaps, 0 to value - 1. */
	DRM_DGEM_PARAM_NUM_HEAPS = 2,

	/** @DRM_DGEM_PARAM_PAGE_SIZE: granularity of sizes and offsets. */
	DRM_DGEM_PARAM_PAGE_SIZE = 3,

	/**
	 * @DRM_DGEM_PARAM_CHUNK_SIZE: bytes of a BO that one touch makes
	 * resident at most. A multiple of the page size.
	 */
	DRM_DGEM_PARAM_CHUNK_SIZE = 4,

	/**
	 * @DRM_DGEM_PARAM_HUGE_MAP_SIZE: bytes that one huge page-table entry
	 * maps; 0 where dgem makes none, because the processor or the kernel has
	 * none, or none that is as small as a chunk. A mapping gets them where
	 * its address is congruent to its offset into the BO modulo this size,
	 * which is what mmap() of the DRM file chooses by itself; one that maps
	 * a dma-buf aligns the address itself.
	 */
	DRM_DGEM_PARAM_HUGE_MAP_SIZE = 5,

	/**
	 * @DRM_DGEM_PARAM_USER_LIMIT: bytes that the user whose file this is may
	 * have and that cannot be swapped out; 0 without a limit. What other
	 * users leave may be less than the user's own limit, and is told then; at
	 * least 1, though. See "Limits" above.
	 */
	DRM_DGEM_PARAM_USER_LIMIT = 6,

	/**
	 * @DRM_DGEM_PARAM_USER_USED: bytes of that limit that are used; 0 through
	 * a file that is exempt.
	 */
	DRM_DGEM_PARAM_USER_USED = 7,

	/**
	 * @DRM_DGEM_PARAM_SYSTEM_LIMIT: bytes of heaps with
	 * %DRM_DGEM_HEAP_CAP_SWAPPABLE that the user may have while swap is
	 * short; 0 without a limit. What other users leave, if that is less.
	 */
	DRM_DGEM_PARAM_SYSTEM_LIMIT = 8,

	/**
	 * @DRM_DGEM_PARAM_SYSTEM_USED: bytes that the user's BOs of those heaps
	 * have, resident, evicted or in swap, and what it takes to find the pieces
	 * of chunks; 0 through a file that is exempt.
	 */
	DRM_DGEM_PARAM_SYSTEM_USED = 9,

	/**
	 * @DRM_DGEM_PARAM_MMAP_LIMIT: bytes of this device's mmap offset space that
	 * the user may have; 0 without a limit.
	 */
	DRM_DGEM_PARAM_MMAP_LIMIT = 10,

	/**
	 * @DRM_DGEM_PARAM_MMAP_USED: bytes of that limit that are used; 0 through
	 * a file that is exempt.
	 */
	DRM_DGEM_PARAM_MMAP_USED = 11,

	/**
	 * @DRM_DGEM_PARAM_SYNC_MAX_OPS: most elements that one call of
	 * &DRM_IOCTL_DGEM_BO_SYNC takes, 256 or more.
	 */
	DRM_DGEM_PARAM_SYNC_MAX_OPS = 12,

	/**
	 * @DRM_DGEM_PARAM_DMA_POLICY: who may have bus addresses of the instance's
	 * device, one of &enum drm_dgem_dma_policy.
	 */
	DRM_DGEM_PARAM_DMA_POLICY = 13,

	/**
	 * @DRM_DGEM_PARAM_DMA_TRANSLATED: what is between the instance's device and
	 * memory, one of &enum drm_dgem_dma_translation.
	 */
	DRM_DGEM_PARAM_DMA_TRANSLATED = 14,
};

/**
 * enum drm_dgem_feature - bit numbers in &DRM_DGEM_PARAM_FEATURES
 */
enum drm_dgem_feature {
	/** @DRM_DGEM_FEATURE_BO_WAIT: &DRM_IOCTL_DGEM_BO_WAIT is there. */
	DRM_DGEM_FEATURE_BO_WAIT = 0,

	/**
	 * @DRM_DGEM_FEATURE_BO_LABEL: &DRM_IOCTL_DGEM_BO_SET_LABEL and
	 * &DRM_IOCTL_DGEM_BO_GET_LABEL are there.
	 */
	DRM_DGEM_FEATURE_BO_LABEL = 1,

	/**
	 * @DRM_DGEM_FEATURE_DYNAMIC_EXPORT: an exported BO is pinned only while
	 * an importer has it mapped, not for as long as one is attached. What only
	 * importers have mapped that can unmap when they are asked (dynamic ones, of
	 * which there are few) is not pinned and can be evicted.
	 */
	DRM_DGEM_FEATURE_DYNAMIC_EXPORT = 2,

	/**
	 * @DRM_DGEM_FEATURE_LIMITS: memory and mmap offsets are limited by user;
	 * %DRM_DGEM_PARAM_USER_LIMIT to %DRM_DGEM_PARAM_MMAP_USED are there.
	 */
	DRM_DGEM_FEATURE_LIMITS = 3,

	/** @DRM_DGEM_FEATURE_BO_MADVISE: &DRM_IOCTL_DGEM_BO_MADVISE is there. */
	DRM_DGEM_FEATURE_BO_MADVISE = 4,

	/**
	 * @DRM_DGEM_FEATURE_CONSTRAINTS: BO_CREATE takes constraints on the address of
	 * the memory. Which ones are met depends on the heap.
	 */
	DRM_DGEM_FEATURE_CONSTRAINTS = 5,

	/** @DRM_DGEM_FEATURE_DIRECT_IO: %DRM_DGEM_BO_DIRECT_IO is there. */
	DRM_DGEM_FEATURE_DIRECT_IO = 6,

	/**
	 * @DRM_DGEM_FEATURE_BO_SYNC: &DRM_IOCTL_DGEM_BO_SYNC and
	 * %DRM_DGEM_PARAM_SYNC_MAX_OPS are there.
	 */
	DRM_DGEM_FEATURE_BO_SYNC = 7,

	/**
	 * @DRM_DGEM_FEATURE_MAP_DMA: &DRM_IOCTL_DGEM_BO_MAP_DMA,
	 * &DRM_IOCTL_DGEM_BO_UNMAP_DMA, %DRM_DGEM_PARAM_DMA_POLICY and
	 * %DRM_DGEM_PARAM_DMA_TRANSLATED are there; on all instances, also on those
	 * without a device.
	 */
	DRM_DGEM_FEATURE_MAP_DMA = 8,

	/**
	 * @DRM_DGEM_FEATURE_DEVICE_MEMORY: heaps can be of %DRM_DGEM_HEAP_DEVICE, with
	 * which %DRM_DGEM_BO_KEEP_CONTENTS can be used.
	 */
	DRM_DGEM_FEATURE_DEVICE_MEMORY = 9,
};

/**
 * enum drm_dgem_dma_policy - who may have bus addresses
 *
 * For the instance of a device that is bound to the driver, the administrator writes the
 * name to its attribute ``dgem_dma_policy``.
 */
enum drm_dgem_dma_policy {
	/** @DRM_DGEM_DMA_POLICY_OFF: "off": nobody, and never on the default instance. */
	DRM_DGEM_DMA_POLICY_OFF = 0,

	/**
	 * @DRM_DGEM_DMA_POLICY_RAWIO: "rawio": who has CAP_SYS_RAWIO when he asks; not
	 * while the kernel is locked down (integrity), unless the translation is
	 * %DRM_DGEM_DMA_STRICT.
	 */
	DRM_DGEM_DMA_POLICY_RAWIO = 1,

	/**
	 * @DRM_DGEM_DMA_POLICY_ANY: "any": whoever can open the node, while the
	 * translation is %DRM_DGEM_DMA_STRICT, the device is alone in its IOMMU group,
	 * the messages by which it raises interrupts are checked, and the firmware has
	 * no memory mapped for it. Otherwise as with %DRM_DGEM_DMA_POLICY_RAWIO.
	 */
	DRM_DGEM_DMA_POLICY_ANY = 2,
};

/**
 * enum drm_dgem_dma_translation - what is between a device and memory
 */
enum drm_dgem_dma_translation {
	/**
	 * @DRM_DGEM_DMA_UNTRANSLATED: nothing that translates, or there is no device.
	 * It reaches all memory, also what was never mapped for it.
	 */
	DRM_DGEM_DMA_UNTRANSLATED = 0,

	/**
	 * @DRM_DGEM_DMA_LAZY: an IOMMU, through which the device reaches what was
	 * unmapped for some milliseconds more. Linux's usual mode.
	 */
	DRM_DGEM_DMA_LAZY = 1,

	/**
	 * @DRM_DGEM_DMA_STRICT: an IOMMU, through which it reaches only what is mapped.
	 * With no driver bound, ``echo DMA > /sys/kernel/iommu_groups/N/type`` selects
	 * it for one group, ``iommu.strict=1`` at boot for all.
	 */
	DRM_DGEM_DMA_STRICT = 2,
};

/**
 * struct drm_dgem_get_param - argument of &DRM_IOCTL_DGEM_GET_PARAM
 *
 * Errors: EINVAL for an unknown @param, an @index where none is taken, or a
 * non-zero @value.
 */
struct drm_dgem_get_param {
	/** @param: [in] one of &enum drm_dgem_param. */
	__u32 param;

	/** @index: [in] zero unless the parameter is indexed. */
	__u32 index;

	/** @value: [out] the parameter's value. */
	__u64 value;
};

/**
 * enum drm_dgem_heap_kind - where a heap's memory comes from
 *
 * Programs must tolerate kinds that they do not know: what a heap can do is in
 * its capabilities.
 */
enum drm_dgem_heap_kind {
	/**
	 * @DRM_DGEM_HEAP_SYSTEM: pages of RAM that can be swapped out when the
	 * no importer uses the BO. Heap 0, the default, is always of this kind.
	 */
	DRM_DGEM_HEAP_SYSTEM = 1,

	/**
	 * @DRM_DGEM_HEAP_PINNED: pages of RAM, as contiguous as can be had,
	 * that stay where they are from first touch until the BO is freed. A
	 * BO of it is not in %DRM_DGEM_BO_STATE_PINNED by that: the state is
	 * that of a BO of any heap which an importer keeps resident.
	 */
	DRM_DGEM_HEAP_PINNED = 2,

	/**
	 * @DRM_DGEM_HEAP_CONTIGUOUS: pages of RAM that are one physical run, which is
	 * searched for, and made free by migrating what is in it, when the BO is
	 * created.
	 */
	DRM_DGEM_HEAP_CONTIGUOUS = 3,

	/**
	 * @DRM_DGEM_HEAP_CARVEOUT: a range of memory that the administrator has kept
	 * from the system when it was booted. Each BO is one physical run of it.
	 */
	DRM_DGEM_HEAP_CARVEOUT = 4,

	/**
	 * @DRM_DGEM_HEAP_DEVICE: memory that the instance's device has brought, such as a
	 * prefetchable BAR of a PCI function, which the administrator has named. Each
	 * BO is one physical run of it, and counts against no limit on RAM. The CPU's
	 * mappings are write-combined: fast to write in order, slow to read. When the
	 * device goes away, mappings show a page of zeroes instead. There are no bus
	 * addresses of it, and a dma-buf of it fails with EOPNOTSUPP.
	 */
	DRM_DGEM_HEAP_DEVICE = 5,
};

/** DRM_DGEM_HEAP_CAP_SWAPPABLE - BOs that no importer uses can be written to swap */
#define DRM_DGEM_HEAP_CAP_SWAPPABLE	(1ULL << 0)
/** DRM_DGEM_HEAP_CAP_CHARGED - memory is charged to the memory cgroup */
#define DRM_DGEM_HEAP_CAP_CHARGED	(1ULL << 1)
/** DRM_DGEM_HEAP_CAP_PURGEABLE - BOs take %DRM_DGEM_MADV_DONTNEED */
#define DRM_DGEM_HEAP_CAP_PURGEABLE	(1ULL << 2)
/** DRM_DGEM_HEAP_CAP_CONTIGUOUS - each BO is one physical run */
#define DRM_DGEM_HEAP_CAP_CONTIGUOUS	(1ULL << 3)
/**
 * DRM_DGEM_HEAP_CAP_PRESERVE - memory is never written but through BOs
 *
 * BOs need %DRM_DGEM_BO_FIXED and %DRM_DGEM_BO_KEEP_CONTENTS.
 */
#define DRM_DGEM_HEAP_CAP_PRESERVE	(1ULL << 4)
/** DRM_DGEM_HEAP_CAP_PRIVILEGED - creating a BO takes CAP_SYS_RAWIO */
#define DRM_DGEM_HEAP_CAP_PRIVILEGED	(1ULL << 5)

/** DRM_DGEM_HEAP_NONE - heap of a BO that no heap of this device backs */
#define DRM_DGEM_HEAP_NONE		0xffffffffu

/** DRM_DGEM_HEAP_NAME_LEN - size of a heap's name, with its NUL */
#define DRM_DGEM_HEAP_NAME_LEN		32

/**
 * struct drm_dgem_heap_info - argument of &DRM_IOCTL_DGEM_HEAP_INFO
 *
 * Figures that change (@used, @largest_free) are a snapshot.
 *
 * Errors: EINVAL for an unknown @heap or any other field that is not zero.
 */
struct drm_dgem_heap_info {
	/**
	 * @heap: [in] the heap's number, below &DRM_DGEM_PARAM_NUM_HEAPS.
	 * Stable for the life of the device.
	 */
	__u32 heap;

	/** @kind: [out] one of &enum drm_dgem_heap_kind, or a later kind. */
	__u32 kind;

	/** @caps: [out] ``DRM_DGEM_HEAP_CAP_*`` bits. */
	__u64 caps;

	/** @create_flags: [out] the ``DRM_DGEM_BO_*`` flags that this heap takes. */
	__u64 create_flags;

	/** @size: [out] bytes that the heap has, 0 if the system's RAM bounds it. */
	__u64 size;

	/** @used: [out] bytes of this heap that are resident in BOs. */
	__u64 used;

	/**
	 * @largest_free: [out] largest free run in bytes, 0 if not known. A heap of
	 * RAM does not know without moving what is in the way.
	 */
	__u64 largest_free;

	/**
	 * @max_bo_size: [out] largest BO that the heap could give when empty,
	 * in bytes; 0 if only &DRM_DGEM_PARAM_MAX_BO_SIZE bounds it.
	 */
	__u64 max_bo_size;

	/** @granularity: [out] sizes are rounded up to a multiple of this. */
	__u64 granularity;

	/**
	 * @addr_bits: [out] addresses of the heap's memory fit into so many
	 * bits; 64 if nothing is promised.
	 */
	__u32 addr_bits;

	/** @numa_node: [out] node that all memory comes from, -1 if any. */
	__s32 numa_node;

	/** @flags: [in] zero. */
	__u32 flags;

	/** @pad: [in] zero. */
	__u32 pad;

	/** @name: [out] the heap's name, NUL-terminated: "system", "pinned". */
	char name[DRM_DGEM_HEAP_NAME_LEN];
};

/**
 * DRM_DGEM_BO_POPULATE - allocate all memory of the BO at creation
 *
 * Without it, memory is allocated as it is touched, by chunks or, where memory is
 * short, by pages. BO_CREATE fails with ENOMEM, or EINTR, when the memory cannot be
 * had.
 */
#define DRM_DGEM_BO_POPULATE		(1ULL << 0)

/**
 * DRM_DGEM_BO_WITH_MMAP_OFFSET - return the offset for mmap(), too
 *
 * Saves &DRM_IOCTL_DGEM_BO_MMAP_OFFSET for a BO that will be mapped for sure.
 */
#define DRM_DGEM_BO_WITH_MMAP_OFFSET	(1ULL << 1)

/**
 * DRM_DGEM_BO_FIXED - take the memory at &drm_dgem_bo_create.heap_offset
 *
 * BO_CREATE fails with EINVAL if the range is not within the heap, or the offset is no
 * multiple of the page size; with ENOSPC and %DRM_DGEM_REASON_FULL if another BO has
 * part of it.
 */
#define DRM_DGEM_BO_FIXED		(1ULL << 2)

/**
 * DRM_DGEM_BO_KEEP_CONTENTS - do not zero the memory
 *
 * For what a heap with %DRM_DGEM_HEAP_CAP_PRESERVE has, which takes no other BOs, and for
 * what a device's memory has (%DRM_DGEM_HEAP_DEVICE). Takes %DRM_DGEM_BO_FIXED (EINVAL
 * without) and CAP_SYS_RAWIO (EPERM).
 */
#define DRM_DGEM_BO_KEEP_CONTENTS	(1ULL << 3)

/**
 * DRM_DGEM_BO_NUMA - take the memory from &drm_dgem_bo_create.numa_node
 *
 * A constraint like those without a flag: a heap that has it not in its
 * &drm_dgem_heap_info.create_flags fails with EOPNOTSUPP, not EINVAL.
 */
#define DRM_DGEM_BO_NUMA		(1ULL << 4)

/**
 * DRM_DGEM_BO_DIRECT_IO - let the kernel pin pages of the BO's mappings
 *
 * Whatever takes a user-space buffer by its pages takes mappings of such a BO, through
 * the DRM file and through the dma-buf: O_DIRECT, io_uring's registered buffers,
 * MSG_ZEROCOPY, vmsplice(), V4L2_MEMORY_USERPTR, VFIO, RDMA. All of that fails with
 * EFAULT for mappings of other BOs. Taken by heaps that have it in their
 * &drm_dgem_heap_info.create_flags, which are those of RAM; EINVAL elsewhere.
 *
 * Who has pinned a page of a mapping keeps it, with its contents, until he is done:
 * after munmap(), when the BO is evicted, purged or freed, and when the device goes
 * away. Evicted pages that are pinned come back to the BO as the same pages. A page that
 * outlives its BO is still charged to its memory cgroup if the heap has
 * %DRM_DGEM_HEAP_CAP_CHARGED, but to no account of this device any more; what bounds it
 * then is the limit of whoever pins (RLIMIT_MEMLOCK of io_uring, for example). One
 * pinned page of a heap with %DRM_DGEM_HEAP_CAP_SWAPPABLE can keep the huge page that it
 * is a part of.
 *
 * Mappings are made of small page-table entries only, so that touching them again
 * after an unmap takes longer than for other BOs, and their pages count as resident
 * memory of the process. fork() copies the entries. In all else they are as others.
 */
#define DRM_DGEM_BO_DIRECT_IO		(1ULL << 5)

/**
 * enum drm_dgem_reason - why BO_CREATE failed, in more detail than errno
 */
enum drm_dgem_reason {
	/** @DRM_DGEM_REASON_NONE: errno says all there is to say. */
	DRM_DGEM_REASON_NONE = 0,

	/** @DRM_DGEM_REASON_SIZE: larger than this heap's largest BO. */
	DRM_DGEM_REASON_SIZE = 1,

	/** @DRM_DGEM_REASON_MEMORY: the system, or the cgroup, has not enough. */
	DRM_DGEM_REASON_MEMORY = 2,

	/**
	 * @DRM_DGEM_REASON_USER_LIMIT: the limit of the user, or of all users
	 * together, for what cannot be swapped out (EDQUOT).
	 */
	DRM_DGEM_REASON_USER_LIMIT = 3,

	/**
	 * @DRM_DGEM_REASON_MMAP_SPACE: no mmap offset: the user has too many
	 * (EDQUOT), or no hole is large enough (ENOSPC).
	 */
	DRM_DGEM_REASON_MMAP_SPACE = 4,

	/** @DRM_DGEM_REASON_FULL: the heap has not so much memory left (ENOSPC). */
	DRM_DGEM_REASON_FULL = 5,

	/**
	 * @DRM_DGEM_REASON_FRAGMENTED: the heap has memory left, but no run of this
	 * length that meets the constraints (ENOSPC).
	 */
	DRM_DGEM_REASON_FRAGMENTED = 6,

	/**
	 * @DRM_DGEM_REASON_ADDR_LIMIT: all of the heap's memory has longer addresses
	 * (ENOSPC).
	 */
	DRM_DGEM_REASON_ADDR_LIMIT = 7,

	/** @DRM_DGEM_REASON_NODE: none of the heap's memory is on the node (ENOSPC). */
	DRM_DGEM_REASON_NODE = 8,
};

/**
 * struct drm_dgem_bo_create - argument of &DRM_IOCTL_DGEM_BO_CREATE
 *
 * Creates a BO whose contents read as zero, unless a flag says otherwise.
 *
 * Constraints. @align, @boundary, @addr_bits and @numa_node say what the memory has to
 * be like. They are met or refused, never ignored: a heap that never meets such a
 * constraint fails with EOPNOTSUPP, one that cannot meet it now with ENOSPC. Heaps
 * with %DRM_DGEM_HEAP_CAP_CONTIGUOUS take all of them; heaps of other kinds
 * take an @align and a @boundary that each page meets by itself, and those @addr_bits
 * that a zone of the system's memory is known to meet: 32 and more on most machines.
 * Their pages come from the node that the memory policy of the task says which
 * touches them.
 *
 * Errors: EINVAL for a @size of 0 or above the heap's largest, an unknown
 * @heap, a flag that the heap does not take, a constraint that is malformed, a
 * non-zero field that must be zero; EOPNOTSUPP for a constraint that the heap does
 * not take; ENOSPC if the heap has no such memory, for which @reason says more;
 * EPERM for a heap with %DRM_DGEM_HEAP_CAP_PRIVILEGED;
 * ENOMEM, at once if the memory of the BO has to be resident and is more
 * than all RAM; EDQUOT at a limit of the user; EINTR; with
 * &DRM_DGEM_BO_WITH_MMAP_OFFSET, EDQUOT and ENOSPC as for
 * &DRM_IOCTL_DGEM_BO_MMAP_OFFSET.
 */
struct drm_dgem_bo_create {
	/**
	 * @size: [in] bytes wanted, at least 1. [out] bytes given: rounded up
	 * to the heap's granularity.
	 */
	__u64 size;

	/** @flags: [in] ``DRM_DGEM_BO_*`` flags. */
	__u64 flags;

	/** @heap: [in] number of the heap; 0 is the default. */
	__u32 heap;

	/** @handle: [out] handle of the new BO in this file. */
	__u32 handle;

	/**
	 * @align: [in] constraint: what the address of the memory is to be a multiple of, in bytes:
	 * a power of two, up to 1 GiB; 0 if that does not matter.
	 */
	__u64 align;

	/**
	 * @boundary: [in] constraint: what the memory must not lie across a multiple of, in bytes:
	 * a power of two, at least the rounded @size; 0 if that does not matter.
	 */
	__u64 boundary;

	/**
	 * @heap_offset: [in] constraint: with %DRM_DGEM_BO_FIXED, where in the heap the memory is
	 * to begin, in bytes; otherwise zero.
	 */
	__u64 heap_offset;

	/**
	 * @addr_bits: [in] constraint: how many bits each address of the memory must fit into, 12
	 * to 64; 0 if that does not matter. Addresses are those that the
	 * device puts on its bus; of an instance without a device, physical ones.
	 */
	__u32 addr_bits;

	/**
	 * @numa_node: [in] constraint: with %DRM_DGEM_BO_NUMA, the node that all of the memory is
	 * to come from, an online one (EINVAL); otherwise zero.
	 */
	__s32 numa_node;

	/**
	 * @reason: [out] one of &enum drm_dgem_reason, also when the ioctl
	 * fails. Ignored on input, so that a failed request can be changed and
	 * repeated.
	 */
	__u32 reason;

	/** @pad: [in] zero. */
	__u32 pad;

	/**
	 * @reason_arg: [out] a @size in bytes that would have worked, 0 if not
	 * known; also when the ioctl fails. Ignored on input. With
	 * &DRM_DGEM_REASON_MEMORY it is what &DRM_DGEM_BO_POPULATE got before
	 * memory ran out, which somebody else may take in the meantime. With
	 * &DRM_DGEM_REASON_FRAGMENTED it is the longest run that was seen. With
	 * &DRM_DGEM_REASON_USER_LIMIT and EDQUOT with
	 * &DRM_DGEM_REASON_MMAP_SPACE it is what the limits leave; it works if
	 * nothing else has been allocated meanwhile and memory is there.
	 */
	__u64 reason_arg;

	/**
	 * @mmap_offset: [out] with &DRM_DGEM_BO_WITH_MMAP_OFFSET, what
	 * &DRM_IOCTL_DGEM_BO_MMAP_OFFSET would say; otherwise zero.
	 */
	__u64 mmap_offset;
};

/**
 * struct drm_dgem_bo_mmap_offset - argument of &DRM_IOCTL_DGEM_BO_MMAP_OFFSET
 *
 * The offset is the same each time it is asked for, for as long as the BO
 * lives, and no other BO of the device has it. Works for imported BOs too,
 * where mmap() is forwarded to the exporter.
 *
 * Errors: EINVAL for any field but @handle that is not zero; EDQUOT when the BOs of
 * the user that have an offset leave less than this BO's size of
 * %DRM_DGEM_PARAM_MMAP_LIMIT; ENOSPC when the BOs of the device that have one leave
 * no hole of this size in the 16 TiB that there are, less what the DRM core keeps.
 * The first mmap() of a dma-buf makes an offset, too, and fails likewise.
 */
struct drm_dgem_bo_mmap_offset {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @flags: [in] zero. */
	__u32 flags;

	/** @offset: [out] offset to give to mmap() of this DRM file. */
	__u64 offset;
};

/** DRM_DGEM_BO_STATE_RESIDENT_PART - some memory of the BO is resident */
#define DRM_DGEM_BO_STATE_RESIDENT_PART	(1ULL << 0)
/** DRM_DGEM_BO_STATE_RESIDENT_ALL - all memory of the BO is resident */
#define DRM_DGEM_BO_STATE_RESIDENT_ALL	(1ULL << 1)
/**
 * DRM_DGEM_BO_STATE_PINNED - an importer keeps the BO resident
 *
 * It has pinned the BO or mapped it into the kernel, or the BO has bus addresses. A BO of
 * the heap "pinned" is not in this state by itself, and BOs of other heaps can be.
 */
#define DRM_DGEM_BO_STATE_PINNED	(1ULL << 2)
/** DRM_DGEM_BO_STATE_IMPORTED - the memory is another driver's */
#define DRM_DGEM_BO_STATE_IMPORTED	(1ULL << 3)
/** DRM_DGEM_BO_STATE_EXPORTED - a dma-buf of this BO exists */
#define DRM_DGEM_BO_STATE_EXPORTED	(1ULL << 4)
/** DRM_DGEM_BO_STATE_PURGED - the contents were taken away, for good */
#define DRM_DGEM_BO_STATE_PURGED	(1ULL << 5)
/**
 * DRM_DGEM_BO_STATE_DMA_MAPPED - the BO has bus addresses of the instance's device
 *
 * By &DRM_IOCTL_DGEM_BO_MAP_DMA. One of dgem's own is in %DRM_DGEM_BO_STATE_PINNED by that.
 */
#define DRM_DGEM_BO_STATE_DMA_MAPPED	(1ULL << 6)

/**
 * struct drm_dgem_bo_info - argument of &DRM_IOCTL_DGEM_BO_INFO
 *
 * A snapshot. Errors: EINVAL for any field but @handle that is not zero.
 */
struct drm_dgem_bo_info {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @flags: [in] zero. */
	__u32 flags;

	/**
	 * @id: [out] number of the BO, unique since boot and never used again;
	 * the same in tracepoints, debugfs and fdinfo. It cannot be used to
	 * open a BO.
	 */
	__u64 id;

	/** @size: [out] size in bytes. */
	__u64 size;

	/** @create_flags: [out] ``DRM_DGEM_BO_*`` flags it was created with. */
	__u64 create_flags;

	/** @heap: [out] its heap, &DRM_DGEM_HEAP_NONE for an imported BO. */
	__u32 heap;

	/**
	 * @madv: [out] one of &enum drm_dgem_madv: the last advice that was
	 * taken, %DRM_DGEM_MADV_WILLNEED if there was none. A purged BO stays at
	 * %DRM_DGEM_MADV_DONTNEED.
	 */
	__u32 madv;

	/** @state: [out] ``DRM_DGEM_BO_STATE_*`` bits. */
	__u64 state;

	/** @resident: [out] bytes that are resident; 0 for an imported BO. */
	__u64 resident;

	/**
	 * @huge: [out] bytes of @resident that huge page-table entries can map:
	 * whole contiguous chunks; 0 where %DRM_DGEM_PARAM_HUGE_MAP_SIZE is, and for a
	 * BO with %DRM_DGEM_BO_DIRECT_IO.
	 */
	__u64 huge;

	/** @reserved: [out] zero. */
	__u64 reserved;
};

/** DRM_DGEM_BO_WAIT_READ - about to read: wait for those who write */
#define DRM_DGEM_BO_WAIT_READ		(1u << 0)
/** DRM_DGEM_BO_WAIT_WRITE - about to write: wait for all users */
#define DRM_DGEM_BO_WAIT_WRITE		(1u << 1)

/**
 * struct drm_dgem_bo_wait - argument of &DRM_IOCTL_DGEM_BO_WAIT
 *
 * Waits for the implicit fences of the BO, which its importers or exporter
 * attached.
 *
 * Errors: EINVAL without any flag; ETIME when the time is up; EINTR.
 */
struct drm_dgem_bo_wait {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @flags: [in] DRM_DGEM_BO_WAIT_READ, _WRITE or both. */
	__u32 flags;

	/**
	 * @timeout_ns: [in] absolute CLOCK_MONOTONIC time in ns, as the
	 * caller's time namespace has it. A time that has passed polls;
	 * INT64_MAX waits for ever.
	 */
	__s64 timeout_ns;
};

/** DRM_DGEM_LABEL_MAX - longest label in bytes, without NUL */
#define DRM_DGEM_LABEL_MAX		255

/**
 * struct drm_dgem_bo_label - argument of &DRM_IOCTL_DGEM_BO_SET_LABEL and
 * &DRM_IOCTL_DGEM_BO_GET_LABEL
 *
 * A label is a short text for people: debugfs and fdinfo show it.
 * All handles of a BO, in all files, share one label.
 *
 * Errors: EINVAL for a label longer than &DRM_DGEM_LABEL_MAX or with a byte
 * that is not printable ASCII (0x20 to 0x7e); EFAULT; ENOMEM; EOPNOTSUPP for
 * setting the label of an imported BO.
 */
struct drm_dgem_bo_label {
	/** @handle: [in] the BO. */
	__u32 handle;

	/**
	 * @len: SET: [in] bytes at @text, without NUL; 0 removes the label.
	 * GET: [in] room at @text in bytes, [out] length of the label; only
	 * so much of it as fits is copied, without NUL.
	 */
	__u32 len;

	/** @text: [in] user pointer; not used when @len is 0. */
	__u64 text;

	/** @flags: [in] zero. */
	__u32 flags;

	/** @pad: [in] zero. */
	__u32 pad;
};

/**
 * enum drm_dgem_madv - whether the contents of a BO are needed
 */
enum drm_dgem_madv {
	/**
	 * @DRM_DGEM_MADV_WILLNEED: they are, which is what holds for a new BO.
	 * To be said, and its answer looked at, before a BO is used again that
	 * was not needed.
	 */
	DRM_DGEM_MADV_WILLNEED = 0,

	/**
	 * @DRM_DGEM_MADV_DONTNEED: they are not. The kernel may purge the BO, at
	 * any time until %DRM_DGEM_MADV_WILLNEED: its memory and its contents are
	 * gone then, for good.
	 */
	DRM_DGEM_MADV_DONTNEED = 1,
};

/**
 * struct drm_dgem_bo_madvise - argument of &DRM_IOCTL_DGEM_BO_MADVISE
 *
 * For caches of BOs: memory of those that wait to be used again is the first that
 * goes when memory is short, before anything is written to swap, and also where
 * there is no swap; and when a limit would be exceeded. A BO whose memory has been
 * evicted, in part or whole, is purged at once.
 *
 * A BO that is not needed can be mapped and accessed like any other, and stays
 * purgeable by that. A BO that was purged stays so until it is freed: an access
 * raises SIGBUS, exporting it fails with EFAULT, and any advice succeeds and tells
 * that nothing was retained. Its mmap offset stays, and counts.
 *
 * Only a BO that is its file's alone can be given up, since whoever was given a
 * buffer must not make accesses of its owner fail. So DONTNEED fails with
 * EBUSY for a BO that is exported or that another file has a handle of, be it
 * that of the BO's creator, and one that an importer or the kernel uses; and
 * DRM_IOCTL_PRIME_HANDLE_TO_FD fails with EBUSY for a BO that is not needed. A BO
 * that was ever exported stays so while any file has a handle of it, for the DRM
 * core keeps the dma-buf.
 *
 * Errors: EINVAL for an unknown @madv, or a @retained or @flags that is not zero;
 * EOPNOTSUPP for an imported BO and one of a heap without
 * %DRM_DGEM_HEAP_CAP_PURGEABLE; EBUSY; ENOMEM; EINTR. Advice that was given
 * already can be given again.
 */
struct drm_dgem_bo_madvise {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @madv: [in] one of &enum drm_dgem_madv. */
	__u32 madv;

	/** @retained: [out] 1 if the contents are still there, 0 if it was purged. */
	__u32 retained;

	/** @flags: [in] zero. */
	__u32 flags;
};

/** DRM_DGEM_SYNC_READ - the CPU reads what a device wrote */
#define DRM_DGEM_SYNC_READ		(1u << 0)
/** DRM_DGEM_SYNC_WRITE - the CPU writes what a device reads */
#define DRM_DGEM_SYNC_WRITE		(1u << 1)
/** DRM_DGEM_SYNC_END - the access is over; without it, it begins */
#define DRM_DGEM_SYNC_END		(1u << 2)

/**
 * struct drm_dgem_sync_op - a part of a BO that the CPU accesses
 *
 * Element of the array of &struct drm_dgem_bo_sync. The flags have the values and the
 * meaning of those of DMA_BUF_IOCTL_SYNC.
 */
struct drm_dgem_sync_op {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @flags: [in] DRM_DGEM_SYNC_READ, _WRITE or both, and _END when it is over. */
	__u32 flags;

	/** @offset: [in] first byte of the part; it need not be aligned. */
	__u64 offset;

	/** @size: [in] bytes, at least 1, that end within the BO. */
	__u64 size;
};

/**
 * struct drm_dgem_bo_sync - argument of &DRM_IOCTL_DGEM_BO_SYNC
 *
 * Brackets the CPU's accesses to parts of BOs that devices use as well, for which
 * DMA_BUF_IOCTL_SYNC knows whole buffers only. A device may see memory otherwise than
 * the CPU does, because one of them has a cache that the other does not look into, or
 * because the device works on a copy in memory that it can reach. So a program says
 * when its access to a part begins, after the device has written and before it reads,
 * and when the access is over, after it has written and before the device reads.
 *
 * What happens to one part leaves all others alone: what the CPU has written outside
 * of it, and did not give to the device yet, is still there afterwards. Where caches
 * work by lines, other bytes of the same line may become visible, too. Nothing at
 * all has to be done for devices that see what the CPU sees, which are most.
 *
 * A BO of dgem is synced for each device that an importer has it mapped for. If there
 * is none, the caches are those between the CPU and the instance's own device, which
 * may have been told where the memory is in some other way. Memory that is not
 * resident, has been lost or purged is passed over, whatever the advice on the BO;
 * so is all of the memory where the instance's device would work on copies. An imported BO is
 * synced as a whole, by its exporter, since exporters know no parts.
 *
 * Fences are waited for by &DRM_IOCTL_DGEM_BO_WAIT, not by this. Only where the access
 * to an imported BO begins, the kernel does both, as DMA_BUF_IOCTL_SYNC does.
 *
 * The elements are done in their order, after all of them were checked: one that is
 * refused leaves nothing done. Malformed elements are told before handles that do not
 * exist. An element may be longer than this kernel knows if the rest is zero.
 *
 * Errors: EINVAL for a @count of 0 or above %DRM_DGEM_PARAM_SYNC_MAX_OPS, a @stride
 * that is not allowed, a @flags or @pad that is not zero, and in an element for an
 * unknown flag, neither READ nor WRITE, a size of 0, and a part that does not end
 * within the BO; E2BIG for an element whose rest is not zero; EFAULT; ENOENT; ENOMEM;
 * what the exporter of an imported BO fails with. That, EINTR in such a BO, and ENODEV
 * for a device that goes away meanwhile can come when some elements are done. They can
 * be done again by the same call.
 */
struct drm_dgem_bo_sync {
	/** @ops: [in] user pointer to the first &struct drm_dgem_sync_op. */
	__u64 ops;

	/** @count: [in] number of elements, 1 to %DRM_DGEM_PARAM_SYNC_MAX_OPS. */
	__u32 count;

	/**
	 * @stride: [in] size of an element: bytes from one to the next, a multiple of
	 * 8 from 24 to 4096. ``sizeof(struct drm_dgem_sync_op)`` as the program knows it.
	 */
	__u32 stride;

	/** @flags: [in] zero. */
	__u32 flags;

	/** @pad: [in] zero. */
	__u32 pad;
};

/** DRM_DGEM_DMA_TO_DEVICE - the device reads the memory */
#define DRM_DGEM_DMA_TO_DEVICE		(1u << 0)
/** DRM_DGEM_DMA_FROM_DEVICE - the device writes the memory */
#define DRM_DGEM_DMA_FROM_DEVICE	(1u << 1)

/**
 * struct drm_dgem_dma_seg - bytes that are adjacent for a device
 */
struct drm_dgem_dma_seg {
	/** @addr: bus address of the first byte: what the device is to put on its bus. */
	__u64 addr;

	/** @len: number of bytes. */
	__u64 len;
};

/**
 * struct drm_dgem_bo_map_dma - argument of &DRM_IOCTL_DGEM_BO_MAP_DMA
 *
 * Gives a part of a BO, own or imported, bus addresses of the device that the instance
 * belongs to, for programs that drive a device themselves. The memory is resident and
 * stays where it is until the mapping ends: by &DRM_IOCTL_DGEM_BO_UNMAP_DMA, when the
 * file is closed, or when the device is unbound; not by DRM_IOCTL_GEM_CLOSE. A part can
 * be mapped several times.
 *
 * Where the device is a PCI function behind an IOMMU, VFIO does the same and more
 * (interrupts, reset, isolation); with %DRM_DGEM_BO_DIRECT_IO it takes BOs. This ioctl is
 * for where there is no IOMMU, for devices that are not on PCI, and for buffers that
 * another driver has allocated.
 *
 * Owner. The first mapping makes the file the owner of the device, until it is closed,
 * and lets the device access memory: on PCI, bus mastering goes on. Other files get EBUSY
 * meanwhile. When the owner's file is closed, as by the end of the last process that has
 * it, and when the device is unbound, the device is stopped first: bus mastering goes off
 * and the function is reset; then the mappings end, and memory is freed. If the reset
 * fails, the next file gets EBUSY until one succeeds. A function that knows no reset goes on
 * where it was when bus mastering goes on again, so its next owner has to stop it before his
 * first mapping.
 *
 * What ending a mapping means depends on %DRM_DGEM_PARAM_DMA_TRANSLATED. Only if that is
 * %DRM_DGEM_DMA_STRICT does the kernel promise that the device does not reach the memory
 * from then on. Otherwise BO_UNMAP_DMA is the program's word that the device is done with
 * it, as the unmapping by a driver in the kernel is.
 *
 * Who may is told by %DRM_DGEM_PARAM_DMA_POLICY. The addresses are in the answer to this
 * ioctl, and nowhere else. They are no physical addresses, though without an IOMMU they
 * may look like them.
 *
 * The device sees what the CPU has written before the call. Later accesses by the CPU
 * are bracketed by &DRM_IOCTL_DGEM_BO_SYNC, or DMA_BUF_IOCTL_SYNC; ending the mapping of an
 * own BO syncs nothing, and of an imported one what its exporter does. Fences are not looked
 * at. The BO's creator is charged 8 bytes a page for the IOMMU's tables.
 *
 * Errors: EINVAL for neither TO_DEVICE nor FROM_DEVICE, an @offset or @size that is no
 * multiple of the page size, a part that does not end within the BO, a @map_id or
 * @reserved that is not zero; EOPNOTSUPP for an instance without a device, for a BO of
 * %DRM_DGEM_HEAP_DEVICE, and where the device would work on a copy of the memory, since it
 * does not reach it or the kernel was booted with ``swiotlb=force``, or might, since of an
 * imported BO nobody can tell where a device that does not reach all memory does not see the
 * caches either; EPERM by the policy;
 * EBUSY if another file is the owner, or the last owner's reset failed, and for a BO that is
 * not needed; EMSGSIZE for a @num_segs that is too small; ENOSPC
 * beyond 65,536 mappings; ENOENT; ENOMEM, also at the user's limit; EIO if contents are
 * lost; EFAULT; EINTR; ENODEV; what the exporter of an imported BO fails with.
 */
struct drm_dgem_bo_map_dma {
	/** @handle: [in] the BO. */
	__u32 handle;

	/** @flags: [in] ``DRM_DGEM_DMA_*`` flags, TO_DEVICE, FROM_DEVICE or both. */
	__u32 flags;

	/** @offset: [in] first byte of the part, a multiple of the page size. */
	__u64 offset;

	/** @size: [in] bytes, a multiple of the page size; 0: up to the end of the BO. */
	__u64 size;

	/**
	 * @segs: [in] user pointer to an array of &struct drm_dgem_dma_seg, which is
	 * filled in the order of the bytes. What is adjacent is one segment.
	 */
	__u64 segs;

	/**
	 * @num_segs: [in] elements that there is room for at @segs; 1 demands that all
	 * of the part is adjacent. [out] elements written; and if there are more, the
	 * number needed, with EMSGSIZE, when nothing is mapped. How many there are can
	 * be different the next time.
	 */
	__u32 num_segs;

	/** @map_id: [out] number of the mapping in this file, not 0. */
	__u32 map_id;

	/** @reserved: [in] zero. */
	__u64 reserved;
};

/**
 * struct drm_dgem_bo_unmap_dma - argument of &DRM_IOCTL_DGEM_BO_UNMAP_DMA
 *
 * Ends a mapping of this file. The file stays the owner of the device, and the device
 * may go on to access what else is mapped.
 *
 * Errors: EINVAL for a @flags that is not zero; ENOENT if this file has no such mapping;
 * ENODEV if the device is gone, and so are all mappings.
 */
struct drm_dgem_bo_unmap_dma {
	/** @map_id: [in] what &DRM_IOCTL_DGEM_BO_MAP_DMA has returned. */
	__u32 map_id;

	/** @flags: [in] zero. */
	__u32 flags;
};

#define DRM_IOCTL_DGEM_GET_PARAM \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_GET_PARAM, struct drm_dgem_get_param)
#define DRM_IOCTL_DGEM_HEAP_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_HEAP_INFO, struct drm_dgem_heap_info)
#define DRM_IOCTL_DGEM_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_CREATE, struct drm_dgem_bo_create)
#define DRM_IOCTL_DGEM_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_MMAP_OFFSET, struct drm_dgem_bo_mmap_offset)
#define DRM_IOCTL_DGEM_BO_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_INFO, struct drm_dgem_bo_info)
#define DRM_IOCTL_DGEM_BO_WAIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_WAIT, struct drm_dgem_bo_wait)
#define DRM_IOCTL_DGEM_BO_SET_LABEL \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_SET_LABEL, struct drm_dgem_bo_label)
#define DRM_IOCTL_DGEM_BO_GET_LABEL \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_GET_LABEL, struct drm_dgem_bo_label)
#define DRM_IOCTL_DGEM_BO_MADVISE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_MADVISE, struct drm_dgem_bo_madvise)
#define DRM_IOCTL_DGEM_BO_SYNC \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_SYNC, struct drm_dgem_bo_sync)
#define DRM_IOCTL_DGEM_BO_MAP_DMA \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_MAP_DMA, struct drm_dgem_bo_map_dma)
#define DRM_IOCTL_DGEM_BO_UNMAP_DMA \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_DGEM_BO_UNMAP_DMA, struct drm_dgem_bo_unmap_dma)

#if defined(__cplusplus)
}
#endif

#endif /* _DGEM_DRM_H_ */
