/* SPDX-License-Identifier: MIT */
#ifndef DGEM_H
#define DGEM_H

#include <stddef.h>
#include <stdint.h>

#include <drm/dgem_drm.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: libdgem
 *
 * A thin library over the dgem driver: it finds the device, creates buffer
 * objects (BOs), maps them and shares them as dma-buf file descriptors.
 *
 * Rules that hold for each function:
 *
 * - A function that can fail returns 0 on success and a negative errno on
 *   failure; errno itself is not part of the interface.
 * - Outputs are named ret_something and are left untouched on failure.
 * - Sizes and offsets are in bytes, times in nanoseconds of CLOCK_MONOTONIC.
 * - Pointer arguments must not be NULL unless the function says so. The
 *   _unref() functions take NULL and do nothing.
 * - Objects are counted references: what _open(), _create(), _import() and
 *   _map_range() return is one reference, dropped by _unref(). A BO keeps its
 *   device alive.
 * - All functions can be called from any thread at any time, also on the same
 *   object, as long as each caller owns a reference.
 * - Every file descriptor that the library makes has close-on-exec set. After
 *   fork() only one of the processes may go on to use an object.
 * - Interrupted system calls are repeated; EINTR is never returned.
 * - Any ioctl may also fail with ENODEV (the device is gone) or ENOMEM.
 *
 * Users have limits: of memory that cannot be swapped out, of memory of swappable
 * heaps while swap is short, and of offsets for mappings. What a user has is the sum
 * over all processes and devices, and a BO belongs to the user who opened the file
 * that it was created through, until it is freed everywhere. Beyond the first,
 * dgem_bo_create() and dgem_bo_import() fail with EDQUOT, and importers with ENOMEM;
 * beyond the second, a touch raises SIGBUS and DRM_DGEM_BO_POPULATE fails with
 * ENOMEM; beyond the third, the first mapping of a BO fails with EDQUOT. The
 * parameters DRM_DGEM_PARAM_USER_LIMIT to DRM_DGEM_PARAM_MMAP_USED tell limits and
 * use; "Limits" in <drm/dgem_drm.h> tells the rest.
 *
 * Flags and enumerations are those of <drm/dgem_drm.h>.
 */

/* -- versions ------------------------------------------------------------ */

/** DGEM_VERSION_MAJOR - first number of this header's version */
#define DGEM_VERSION_MAJOR 0
/** DGEM_VERSION_MINOR - second number of this header's version */
#define DGEM_VERSION_MINOR 1
/** DGEM_VERSION_PATCH - third number of this header's version */
#define DGEM_VERSION_PATCH 0
/** DGEM_VERSION - this header's version as text */
#define DGEM_VERSION "0.1.0"

/**
 * DGEM_CHECK_VERSION() - whether this header is of a version or a later one
 * @major: first number
 * @minor: second number
 * @patch: third number
 *
 * Can be used in #if. The version tells which functions can be compiled and
 * linked; dgem_device_has_feature() tells what the kernel has.
 */
#define DGEM_CHECK_VERSION(major, minor, patch) \
	(DGEM_VERSION_MAJOR > (major) ||        \
	 (DGEM_VERSION_MAJOR == (major) &&      \
	  (DGEM_VERSION_MINOR > (minor) ||      \
	   (DGEM_VERSION_MINOR == (minor) && DGEM_VERSION_PATCH >= (patch)))))

/**
 * dgem_version() - version of the library that the program runs with
 *
 * It can be another than that of the header, DGEM_VERSION, which the program
 * was compiled with.
 *
 * Return: three numbers with dots between them, such as "0.1.0"; constant.
 */
const char *dgem_version(void);

/** struct dgem_device - an open dgem device; opaque, thread-safe */
struct dgem_device;

/** struct dgem_bo - a buffer object of one device; opaque, thread-safe */
struct dgem_bo;

/** struct dgem_map - a mapping into this process; opaque, thread-safe */
struct dgem_map;

/** struct dgem_dma_map - addresses of a BO for its device; opaque, thread-safe */
struct dgem_dma_map;

/* -- devices ------------------------------------------------------------- */

/**
 * dgem_device_find() - name the device nodes of dgem one by one
 * @index: 0 for the default instance, then the others in order of their minor
 *	numbers. Numbers move when devices come and go.
 * @ret_path: path of a node that this process may open: of the render node if
 *	there is one, or of the primary node; to be freed by free()
 *
 * Sysfs tells whose a node is; no node of another driver is opened. Where
 * there is no sysfs, as in some containers, each node in /dev/dri that may be
 * opened is asked, and the order is that of the minor numbers alone.
 *
 * Return: 0; ENOENT: there is no such instance; EACCES: there are instances,
 * but this process may open none of them.
 */
int dgem_device_find(unsigned int index, char **ret_path);

/**
 * dgem_device_open() - open the default instance
 * @ret_dev: the device
 *
 * Return: 0; ENODEV: there is none, because the module is not loaded, for
 * instance; EACCES as dgem_device_find(); what open(2) says.
 */
int dgem_device_open(struct dgem_device **ret_dev);

/**
 * dgem_device_open_path() - open the instance of a device node
 * @path: a primary or render node, such as /dev/dri/card0
 * @ret_dev: the device
 *
 * Return: 0; ENODEV: not a node of dgem; what open(2) says.
 */
int dgem_device_open_path(const char *path, struct dgem_device **ret_dev);

/**
 * dgem_device_open_fd() - use a file that is open already
 * @fd: an open dgem node. It is duplicated: the caller still owns @fd.
 * @ret_dev: the device
 *
 * GEM handles belong to the open file. Do not make two devices of one file,
 * and do not close handles behind the library's back.
 *
 * Return: 0; ENODEV: not a node of dgem; EBADF, EMFILE.
 */
int dgem_device_open_fd(int fd, struct dgem_device **ret_dev);

/** dgem_device_ref() - take a reference. Return: @dev. */
struct dgem_device *dgem_device_ref(struct dgem_device *dev);

/**
 * dgem_device_unref() - drop a reference; the last one closes the file
 * @dev: the device, or NULL
 */
void dgem_device_unref(struct dgem_device *dev);

/**
 * dgem_device_fd() - the file descriptor, for use with libdrm
 * @dev: the device
 *
 * Return: a descriptor that the device owns, valid while the device lives.
 */
int dgem_device_fd(const struct dgem_device *dev);

/**
 * dgem_device_get_param() - read a parameter
 * @dev: the device
 * @param: one of enum drm_dgem_param
 * @index: 0, unless the parameter is indexed
 * @ret_value: its value
 *
 * Return: 0; EINVAL: the kernel does not know @param or @index.
 */
int dgem_device_get_param(struct dgem_device *dev, uint32_t param, uint32_t index,
			  uint64_t *ret_value);

/**
 * dgem_device_has_feature() - ask for a feature of the kernel driver
 * @dev: the device
 * @feature: one of enum drm_dgem_feature
 *
 * Return: 1 if it is there, 0 if not, a negative errno if that is unknown.
 */
int dgem_device_has_feature(struct dgem_device *dev, unsigned int feature);

/* -- heaps --------------------------------------------------------------- */

/**
 * struct dgem_heap_info - a heap, as it was at one moment
 *
 * Later versions append fields; dgem_heap_get_info() is told the size.
 */
struct dgem_heap_info {
	/** @heap: its number; stable for the life of the device, 0 is the default */
	uint32_t heap;
	/** @kind: one of enum drm_dgem_heap_kind, or a later kind */
	uint32_t kind;
	/** @caps: ``DRM_DGEM_HEAP_CAP_*`` bits */
	uint64_t caps;
	/** @create_flags: the ``DRM_DGEM_BO_*`` flags that it takes */
	uint64_t create_flags;
	/** @size: bytes that it has, 0 if the system's RAM bounds it */
	uint64_t size;
	/** @used: bytes that are resident in BOs */
	uint64_t used;
	/** @largest_free: bytes of the largest free run, 0 if not applicable */
	uint64_t largest_free;
	/** @max_bo_size: bytes of the largest BO, 0 if the device's limit applies */
	uint64_t max_bo_size;
	/** @granularity: BO sizes are rounded up to a multiple of this, in bytes */
	uint64_t granularity;
	/** @addr_bits: addresses fit into so many bits; 64 if nothing is promised */
	uint32_t addr_bits;
	/** @numa_node: node of the memory, -1 if any */
	int32_t numa_node;
	/** @name: name, NUL-terminated, to be used with heap_name at creation */
	char name[DRM_DGEM_HEAP_NAME_LEN];
};

/**
 * dgem_heap_get_info() - describe a heap
 * @dev: the device
 * @heap: number of the heap, below DRM_DGEM_PARAM_NUM_HEAPS
 * @ret_info: the description
 * @size: sizeof(*@ret_info) of the caller. Fields that this library does not
 *	know read as zero.
 *
 * Return: 0; EINVAL: no such heap, or @size is 0.
 */
int dgem_heap_get_info(struct dgem_device *dev, uint32_t heap, struct dgem_heap_info *ret_info,
		       size_t size);

/**
 * dgem_heap_find() - find a heap by its name
 * @dev: the device
 * @name: its name, such as "system"
 * @ret_heap: its number
 *
 * Return: 0; ENOENT: no heap has that name.
 */
int dgem_heap_find(struct dgem_device *dev, const char *name, uint32_t *ret_heap);

/* -- buffer objects ------------------------------------------------------ */

/**
 * struct dgem_bo_options - how a BO is to be created
 *
 * Start from DGEM_BO_OPTIONS_INIT, which asks for the default heap and nothing
 * else, and change what matters. Later versions append fields, whose zero is
 * what was there before. A program compiled with a later header works with this
 * library as long as it leaves them zero.
 */
struct dgem_bo_options {
	/** @struct_size: sizeof(struct dgem_bo_options), as the program knows it */
	size_t struct_size;
	/**
	 * @flags: ``DRM_DGEM_BO_*`` flags; DRM_DGEM_BO_WITH_MMAP_OFFSET saves the
	 * first map an ioctl, DRM_DGEM_BO_KEEP_CONTENTS leaves what the memory has,
	 * DRM_DGEM_BO_DIRECT_IO lets mappings be buffers of O_DIRECT, io_uring and the
	 * like, where the driver has DRM_DGEM_FEATURE_DIRECT_IO
	 */
	uint64_t flags;
	/** @heap_name: name of the heap, NULL to use @heap */
	const char *heap_name;
	/** @heap: number of the heap; must be 0 when @heap_name is set */
	uint32_t heap;
	/** @pad: zero */
	uint32_t pad;
	/** @label: text for people, NULL for none; see dgem_bo_set_label() */
	const char *label;
	/**
	 * @reason: NULL, or where to put one of enum drm_dgem_reason. Unlike
	 * the ret_ outputs it is written when the kernel refused the request.
	 */
	uint32_t *reason;
	/**
	 * @reason_arg: NULL, or where to put a size in bytes that would have
	 * worked, 0 if not known; written when @reason is. When memory ran out
	 * it is what could be had, and others may have taken it since.
	 */
	uint64_t *reason_arg;
	/**
	 * @align: the first byte's address is a multiple of this, a power of two of
	 * a page to 1 GiB; 0 for any. Like @boundary and @addr_bits, of the bus
	 * address that the device has for it.
	 */
	uint64_t align;
	/**
	 * @boundary: the memory crosses no address that is a multiple of this, a
	 * power of two not below the BO's size; 0 for none
	 */
	uint64_t boundary;
	/** @heap_offset: with DRM_DGEM_BO_FIXED, first byte in the heap; else 0 */
	uint64_t heap_offset;
	/** @addr_bits: addresses fit into so many bits, 12 to 64; 0 for any */
	uint32_t addr_bits;
	/** @numa_node: with DRM_DGEM_BO_NUMA, the node of the memory; else 0 */
	int32_t numa_node;
};

/** DGEM_BO_OPTIONS_INIT - initial value of a struct dgem_bo_options */
#define DGEM_BO_OPTIONS_INIT \
	{ sizeof(struct dgem_bo_options), 0, NULL, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0 }

/**
 * dgem_bo_create() - create a BO whose contents read as zero
 * @dev: the device
 * @size: bytes wanted, from 1 to DRM_DGEM_PARAM_MAX_BO_SIZE; rounded up to the
 *	heap's granularity
 * @options: NULL for the default heap, no flags and no constraints
 * @ret_bo: the BO
 *
 * Constraints on where the memory lies (align, boundary, heap_offset, addr_bits,
 * numa_node) want a driver with DRM_DGEM_FEATURE_CONSTRAINTS, and a heap that
 * chooses its memory; others refuse what they cannot promise.
 *
 * Return: 0; EINVAL: @size out of range, unknown heap number, flag that the
 * heap does not take, malformed constraint, unusable label, malformed @options;
 * E2BIG: @options is longer than this library knows, and what it does not know
 * is not zero; ENOENT: no heap has that name; EOPNOTSUPP: the heap cannot meet
 * such a constraint; ENOMEM; EDQUOT: a limit of the user; ENOSPC: the heap has
 * no such memory left, or no offset is left for DRM_DGEM_BO_WITH_MMAP_OFFSET;
 * EPERM: the heap is for privileged processes.
 */
int dgem_bo_create(struct dgem_device *dev, uint64_t size, const struct dgem_bo_options *options,
		   struct dgem_bo **ret_bo);

/**
 * dgem_explain_create() - say in a sentence why dgem_bo_create() failed
 * @dev: the device
 * @size: as dgem_bo_create() got it
 * @options: as dgem_bo_create() got them. What their @reason and @reason_arg point
 *	to, as the kernel wrote it, makes the sentence more exact; initialize it to
 *	0, because it is written only if the kernel refused.
 * @error: what dgem_bo_create() returned
 * @ret_text: the sentence, in English, without a full stop or line break, such as
 *	"the heap 'contiguous' has not 64 MiB free in one piece; 48 MiB would have
 *	worked"; to be freed by free(). Its words can change with each version.
 *
 * Asks the device for its heaps, whose free memory may have changed meanwhile.
 *
 * Return: 0; EINVAL: @error is no failure, malformed @options; E2BIG as
 * dgem_bo_create(); ENOMEM.
 */
int dgem_explain_create(struct dgem_device *dev, uint64_t size,
			const struct dgem_bo_options *options, int error, char **ret_text);

/**
 * dgem_bo_import() - make a BO of a dma-buf
 * @dev: the device
 * @fd: a dma-buf of any driver; the caller still owns it and may close it
 * @ret_bo: the BO. A dma-buf that this device knows already gives another
 *	reference to the same struct dgem_bo.
 *
 * Return: 0; EBADF: not a file; EINVAL: not a dma-buf; EDQUOT: a limit of the user;
 * what its exporter says.
 */
int dgem_bo_import(struct dgem_device *dev, int fd, struct dgem_bo **ret_bo);

/**
 * dgem_bo_export() - make a dma-buf of a BO
 * @bo: the BO
 * @flags: O_RDONLY or O_RDWR: what the descriptor can be mapped for. The first
 *	export of a BO decides for as long as the BO lives, also when its
 *	descriptor was closed. It does not bind a program that imports the
 *	descriptor into the same device: that gives the BO, which can be written.
 * @ret_fd: the descriptor, owned by the caller, with close-on-exec set
 *
 * Return: 0; EINVAL: any other flag; EACCES: the BO was exported before with the
 * other access mode; EBUSY: its last advice is that it is not needed; EFAULT: it was
 * purged; EMFILE.
 */
int dgem_bo_export(struct dgem_bo *bo, int flags, int *ret_fd);

/** dgem_bo_ref() - take a reference. Return: @bo. */
struct dgem_bo *dgem_bo_ref(struct dgem_bo *bo);

/**
 * dgem_bo_unref() - drop a reference
 * @bo: the BO, or NULL
 *
 * The last one removes what dgem_bo_map() mapped and closes the handle. The
 * memory lives on while dma-buf descriptors, importers or dgem_map objects
 * need it.
 */
void dgem_bo_unref(struct dgem_bo *bo);

/** dgem_bo_device() - the BO's device. Return: a borrowed reference. */
struct dgem_device *dgem_bo_device(const struct dgem_bo *bo);

/** dgem_bo_size() - bytes that the BO has, as rounded at creation */
uint64_t dgem_bo_size(const struct dgem_bo *bo);

/**
 * dgem_bo_handle() - the GEM handle, for use with libdrm
 * @bo: the BO
 *
 * Return: a handle that the BO owns; do not close it.
 */
uint32_t dgem_bo_handle(struct dgem_bo *bo);

/**
 * dgem_bo_id() - the number by which debugfs and tracepoints know the BO
 * @bo: the BO
 * @ret_id: a number that is unique since boot
 *
 * Return: 0 or a negative errno.
 */
int dgem_bo_id(struct dgem_bo *bo, uint64_t *ret_id);

/**
 * struct dgem_bo_info - a BO, as it was at one moment
 *
 * Later versions append fields; dgem_bo_get_info() is told the size.
 */
struct dgem_bo_info {
	/** @id: number that is unique since boot */
	uint64_t id;
	/** @size: size in bytes */
	uint64_t size;
	/** @create_flags: ``DRM_DGEM_BO_*`` flags that it was created with */
	uint64_t create_flags;
	/** @state: ``DRM_DGEM_BO_STATE_*`` bits */
	uint64_t state;
	/** @resident: bytes that are resident; 0 for an imported BO */
	uint64_t resident;
	/** @huge: bytes of @resident that huge page-table entries can map */
	uint64_t huge;
	/** @heap: its heap, DRM_DGEM_HEAP_NONE for an imported BO */
	uint32_t heap;
	/** @handle: its GEM handle */
	uint32_t handle;
	/** @madv: last advice that was taken, DRM_DGEM_MADV_WILLNEED if none was */
	uint32_t madv;
	/** @reserved: 0 */
	uint32_t reserved;
};

/**
 * dgem_bo_get_info() - describe a BO
 * @bo: the BO
 * @ret_info: the description
 * @size: sizeof(*@ret_info) of the caller. Fields that this library does not
 *	know read as zero.
 *
 * Return: 0; EINVAL: @size is 0.
 */
int dgem_bo_get_info(struct dgem_bo *bo, struct dgem_bo_info *ret_info, size_t size);

/**
 * dgem_bo_set_label() - name a BO for people who debug
 * @bo: the BO
 * @label: at most DRM_DGEM_LABEL_MAX printable ASCII characters; NULL or ""
 *	removes the label
 *
 * Return: 0; EINVAL: too long or not printable; EOPNOTSUPP: an imported BO.
 */
int dgem_bo_set_label(struct dgem_bo *bo, const char *label);

/**
 * dgem_bo_get_label() - read the label
 * @bo: the BO
 * @ret_label: the label, "" if there is none; to be freed by free()
 *
 * Return: 0 or a negative errno.
 */
int dgem_bo_get_label(struct dgem_bo *bo, char **ret_label);

/**
 * dgem_bo_madvise() - say whether the contents of a BO are needed
 * @bo: the BO
 * @advice: DRM_DGEM_MADV_DONTNEED if they are not: from then on they can be purged,
 *	before anything is written to swap; DRM_DGEM_MADV_WILLNEED before the BO
 *	is used again
 *
 * For caches of BOs: give a BO up after its last use, and ask for it before the
 * next. While memory suffices nothing is allocated or zeroed by that. What was purged
 * is gone for good: touching the BO raises SIGBUS, and dgem_bo_unref() is all that is
 * left to do. Only a BO that is not shared can be given up, and one that was ever
 * exported counts as shared while any file has it.
 *
 * Return: 1 if the contents are still there, 0 if they were purged; EINVAL: unknown
 * advice; EBUSY: DRM_DGEM_MADV_DONTNEED, but the BO is or was exported; EOPNOTSUPP: an
 * imported BO, or its heap has no DRM_DGEM_HEAP_CAP_PURGEABLE; ENOMEM.
 */
int dgem_bo_madvise(struct dgem_bo *bo, uint32_t advice);

/* -- reuse --------------------------------------------------------------- */

/** struct dgem_cache - BOs of one device that wait to be used again; opaque, thread-safe */
struct dgem_cache;

/** DGEM_CACHE_ZERO - the contents have to read as zero */
#define DGEM_CACHE_ZERO 1u

/**
 * dgem_cache_create() - make a cache of BOs
 * @dev: the device
 * @ret_cache: the cache, which is empty
 *
 * For programs that create and free BOs often: getting one back takes an ioctl,
 * and no page has to be allocated, cleared or mapped. While a BO is kept its
 * contents are not needed (see dgem_bo_madvise()), so that the kernel has its
 * memory back when it is short, before anything is written to swap and before a
 * limit refuses anything. What has been kept for a second is freed by the next
 * dgem_cache_get() or dgem_cache_put(); a program that goes to sleep for long
 * calls dgem_cache_trim() first.
 *
 * Return: 0; ENOMEM.
 */
int dgem_cache_create(struct dgem_device *dev, struct dgem_cache **ret_cache);

/** dgem_cache_ref() - take a reference. Return: @cache. */
struct dgem_cache *dgem_cache_ref(struct dgem_cache *cache);

/**
 * dgem_cache_unref() - drop a reference; the last one frees what is kept
 * @cache: the cache, or NULL
 *
 * BOs that were got from it live on, and are then freed by dgem_bo_unref().
 */
void dgem_cache_unref(struct dgem_cache *cache);

/**
 * dgem_cache_get() - take a BO out of a cache, or create one
 * @cache: the cache
 * @size: bytes wanted; rounded up to one of four sizes for each power of two, and
 *	to the heap's granularity
 * @options: as for dgem_bo_create(). Only a BO that was created with the same
 *	flags and constraints in the same heap is used again. A heap_name takes
 *	ioctls each time, heap does not.
 * @flags: DGEM_CACHE_ZERO or 0
 * @ret_bo: the BO, with one reference
 *
 * Without DGEM_CACHE_ZERO the contents are any bytes that this process had before
 * in a BO of this cache, or zero; never what another process had. With it all of
 * the BO reads as zero, which costs what writing to it costs if it is not new.
 * Where the rounded size cannot be had, a BO of @size is created. With
 * DRM_DGEM_BO_FIXED or DRM_DGEM_BO_KEEP_CONTENTS it is as dgem_bo_create().
 *
 * Return: 0; EINVAL: unknown flag; else as dgem_bo_create() and, with
 * DGEM_CACHE_ZERO, dgem_bo_map().
 */
int dgem_cache_get(struct dgem_cache *cache, uint64_t size, const struct dgem_bo_options *options,
		   unsigned int flags, struct dgem_bo **ret_bo);

/**
 * dgem_cache_put() - give a reference of a BO to a cache
 * @cache: the cache
 * @bo: a BO that it gave, or any other, or NULL
 *
 * The BO is kept if that was the only reference, if it was never exported, if
 * dgem_bo_handle() did not tell its handle, by which others may have it, and if
 * its heap has DRM_DGEM_HEAP_CAP_PURGEABLE; otherwise this is dgem_bo_unref().
 * What dgem_bo_map() mapped stays mapped for the next user, also after
 * dgem_bo_unmap(), but must not be touched any more: that would raise SIGBUS or
 * spoil what is another's by then. So must mappings by dgem_bo_map_range(), which
 * have to be gone.
 */
void dgem_cache_put(struct dgem_cache *cache, struct dgem_bo *bo);

/**
 * dgem_cache_trim() - free what has been kept for some time
 * @cache: the cache
 * @age: nanoseconds; 0 for all that is kept
 */
void dgem_cache_trim(struct dgem_cache *cache, int64_t age);

/** struct dgem_pool - many small objects in few BOs; opaque, thread-safe */
struct dgem_pool;

/**
 * struct dgem_pool_object - a piece of a BO, which is mapped
 *
 * No field is ever added. To share the object, share the BO and tell @offset; but
 * who gets the BO has all objects in it, so that what is shared is best had from
 * a pool of its own.
 */
struct dgem_pool_object {
	/** @map: its first byte, for reading and writing */
	void *map;
	/** @offset: where it begins in the BO, a multiple of @size */
	uint64_t offset;
	/** @size: bytes that it has, a power of two of 64 or more */
	uint64_t size;
	/** @bo: the BO, a borrowed reference; not to be unmapped */
	struct dgem_bo *bo;
	/** @block: the library's */
	void *block;
};

/** DGEM_POOL_ZERO - the contents have to read as zero */
#define DGEM_POOL_ZERO 1u

/**
 * dgem_pool_create() - make a pool of small objects
 * @dev: the device
 * @block_size: bytes of each BO, a power of two from a page to 1 GiB; 0 for 2 MiB
 * @options: as for dgem_bo_create(), for each BO; without DRM_DGEM_BO_FIXED and
 *	DRM_DGEM_BO_KEEP_CONTENTS. The @reason is not written.
 * @ret_pool: the pool, which has no BO yet
 *
 * For objects that are too small, or live too briefly, for a BO each. Most calls
 * make no system call and wait for no other thread.
 *
 * Return: 0; EINVAL: @block_size, or a flag as above; else as dgem_bo_create().
 */
int dgem_pool_create(struct dgem_device *dev, uint64_t block_size,
		     const struct dgem_bo_options *options, struct dgem_pool **ret_pool);

/** dgem_pool_ref() - take a reference. Return: @pool. */
struct dgem_pool *dgem_pool_ref(struct dgem_pool *pool);

/**
 * dgem_pool_unref() - drop a reference; the last one frees all objects
 * @pool: the pool, or NULL
 *
 * Of a BO that somebody else has, the memory lives on, but not its mapping here.
 */
void dgem_pool_unref(struct dgem_pool *pool);

/**
 * dgem_pool_alloc() - take an object out of a pool
 * @pool: the pool
 * @size: bytes, from 1 to the size of a block; rounded up to a power of two
 * @flags: DGEM_POOL_ZERO or 0, with which the contents are any bytes that this
 *	process, or whom it shared the BO with, had there before, or zero
 * @ret_object: the object
 *
 * Return: 0; EINVAL: @size out of range, unknown flag; else, where another BO is
 * needed, as dgem_bo_create() and dgem_bo_map().
 */
int dgem_pool_alloc(struct dgem_pool *pool, uint64_t size, unsigned int flags,
		    struct dgem_pool_object *ret_object);

/**
 * dgem_pool_free() - give an object back, once
 * @pool: the pool that it is from
 * @object: as dgem_pool_alloc() filled it; by any thread
 */
void dgem_pool_free(struct dgem_pool *pool, const struct dgem_pool_object *object);

/**
 * dgem_pool_trim() - free all BOs that have no object
 * @pool: the pool
 *
 * Without it a pool keeps a BO for the next object, and up to 2 MiB of each size for
 * quick use.
 */
void dgem_pool_trim(struct dgem_pool *pool);

/* -- waiting ------------------------------------------------------------- */

/** DGEM_WAIT_FOREVER - a deadline that never comes */
#define DGEM_WAIT_FOREVER INT64_MAX

/**
 * dgem_deadline() - the time so many nanoseconds from now
 * @ns: nanoseconds; a negative number means for ever
 *
 * Return: absolute CLOCK_MONOTONIC time, at most DGEM_WAIT_FOREVER.
 */
int64_t dgem_deadline(int64_t ns);

/**
 * dgem_bo_wait() - wait until other users of a BO are done
 * @bo: the BO
 * @flags: DRM_DGEM_BO_WAIT_READ, DRM_DGEM_BO_WAIT_WRITE or both
 * @deadline: absolute CLOCK_MONOTONIC time in ns. A time that has passed
 *	polls; DGEM_WAIT_FOREVER waits for ever.
 *
 * Return: 0; ETIME: the deadline passed; EINVAL: unknown flag, or none.
 */
int dgem_bo_wait(struct dgem_bo *bo, uint32_t flags, int64_t deadline);

/* -- mapping ------------------------------------------------------------- */

/**
 * dgem_bo_map() - map a whole BO for reading and writing
 * @bo: the BO
 * @ret_ptr: its first byte
 *
 * Maps the BO once: further calls count and return the same address. Each call
 * wants one dgem_bo_unmap(). Pages appear at the first touch.
 *
 * Return: 0; EOVERFLOW: larger than this process can address; ENOMEM; EACCES.
 */
int dgem_bo_map(struct dgem_bo *bo, void **ret_ptr);

/**
 * dgem_bo_unmap() - undo one dgem_bo_map()
 * @bo: the BO
 *
 * The last one removes the mapping, unless the BO is of a cache.
 */
void dgem_bo_unmap(struct dgem_bo *bo);

/**
 * dgem_bo_map_range() - map a part of a BO
 * @bo: the BO
 * @offset: first byte; a multiple of the page size
 * @size: bytes; 0 means up to the end
 * @prot: PROT_READ, PROT_WRITE or both
 * @ret_map: the mapping. It does not need the BO or the device to live on.
 *
 * A part of an imported BO shows the right bytes whatever its exporter does
 * with the offset of a mapping. For that it is mapped from the first byte on,
 * so that the @offset bytes before dgem_map_ptr() take address space, too.
 *
 * Return: 0; EINVAL: not within the BO, or not aligned; EOVERFLOW: larger than
 * this process can address; EACCES: PROT_EXEC; ENOMEM.
 */
int dgem_bo_map_range(struct dgem_bo *bo, uint64_t offset, uint64_t size, int prot,
		      struct dgem_map **ret_map);

/**
 * dgem_dmabuf_map() - map any dma-buf, where huge page-table entries fit
 * @dev: the device whose huge map size the address is aligned to, or NULL to
 *	leave the address to the kernel
 * @fd: a dma-buf of any driver; the mapping does not need it to stay open
 * @offset: first byte; a multiple of the page size
 * @size: bytes; 0 means up to the end
 * @prot: PROT_READ, PROT_WRITE or both
 * @ret_map: the mapping
 *
 * Shows the right bytes whatever the exporter does with the offset of a
 * mapping: it maps from the first byte on, so that the @offset bytes before
 * dgem_map_ptr() take address space, too. Where that is scarce, a BO of dgem
 * is better mapped by dgem_bo_map_range().
 *
 * Return: 0; EINVAL: not within the dma-buf, or not aligned; EOVERFLOW: larger
 * than this process can address; EACCES: @prot is not what @fd allows; ENOMEM.
 */
int dgem_dmabuf_map(struct dgem_device *dev, int fd, uint64_t offset, uint64_t size, int prot,
		    struct dgem_map **ret_map);

/** dgem_map_ptr() - address of the first byte */
void *dgem_map_ptr(const struct dgem_map *map);

/** dgem_map_size() - bytes that are mapped */
size_t dgem_map_size(const struct dgem_map *map);

/** dgem_map_ref() - take a reference. Return: @map. */
struct dgem_map *dgem_map_ref(struct dgem_map *map);

/** dgem_map_unref() - drop a reference; the last one removes the mapping */
void dgem_map_unref(struct dgem_map *map);

/* -- CPU access ---------------------------------------------------------- */

/** DGEM_ACCESS_READ - the CPU reads */
#define DGEM_ACCESS_READ 1u
/** DGEM_ACCESS_WRITE - the CPU writes */
#define DGEM_ACCESS_WRITE 2u

/**
 * dgem_bo_begin_access() - announce that the CPU touches a BO's mapping
 * @bo: the BO, own or imported
 * @access: DGEM_ACCESS_READ, DGEM_ACCESS_WRITE or both
 *
 * Waits for devices that use the memory and makes caches coherent, whichever
 * function mapped it. On most PCs nothing is seen to be wrong without it; on
 * other computers the CPU and devices then see old bytes. Each call that
 * returned 0 wants one dgem_bo_end_access() with the same @access. Accesses of
 * one thread may be nested, and those of several threads may overlap; they do
 * not exclude each other.
 *
 * A BO that was never exported or imported is no device's, and costs no system
 * call. Otherwise the first access opens the BO's dma-buf, which takes one file
 * descriptor, and the last end closes it: two system calls each. A program that
 * has a descriptor of its own saves one of them by dgem_dmabuf_begin_access().
 * The access mode of a later dgem_bo_export() is not touched.
 *
 * Return: 0; EINVAL: unknown flag, or none; EMFILE; what the exporter of an
 * imported BO says.
 */
int dgem_bo_begin_access(struct dgem_bo *bo, unsigned int access);

/**
 * dgem_bo_end_access() - announce that the CPU is done
 * @bo: the BO
 * @access: as it was begun
 *
 * Makes what was written visible to devices, also to those that got the BO
 * since the access began. The access is over whatever is returned, EINVAL
 * excepted.
 *
 * Return: 0; EINVAL: unknown flag, or none, or no access was begun; else as
 * dgem_bo_begin_access().
 */
int dgem_bo_end_access(struct dgem_bo *bo, unsigned int access);

/**
 * dgem_dmabuf_begin_access() - announce that the CPU touches a dma-buf's mapping
 * @fd: the dma-buf
 * @access: DGEM_ACCESS_READ, DGEM_ACCESS_WRITE or both
 *
 * Waits for devices that use the memory and makes caches coherent. Each call
 * wants one dgem_dmabuf_end_access() with the same @access.
 *
 * Return: 0; EINVAL: unknown flag, or none; ENOTTY: not a dma-buf.
 */
int dgem_dmabuf_begin_access(int fd, unsigned int access);

/**
 * dgem_dmabuf_end_access() - announce that the CPU is done
 * @fd: the dma-buf
 * @access: as it was begun
 *
 * Return: as dgem_dmabuf_begin_access().
 */
int dgem_dmabuf_end_access(int fd, unsigned int access);

/**
 * dgem_bo_sync() - make caches coherent for a part of a BO
 * @bo: the BO, own or imported
 * @flags: DRM_DGEM_SYNC_READ, DRM_DGEM_SYNC_WRITE or both, before the CPU touches the
 *	part; the same with DRM_DGEM_SYNC_END when it is done
 * @offset: first byte; it need not be aligned
 * @size: bytes, at least 1
 *
 * What dgem_bo_begin_access() and dgem_bo_end_access() do for a whole BO, for a program
 * that touches little of it, and without a descriptor: other parts keep what the CPU
 * wrote there and no device has got yet. It does not wait for devices, which
 * dgem_bo_wait() does. An imported BO is synced as a whole by its exporter, and the
 * begin of an access waits then.
 *
 * Return: 0; EINVAL: unknown flag, neither READ nor WRITE, part not within the BO, or
 * the kernel has no DRM_DGEM_FEATURE_BO_SYNC; what the exporter of an imported BO says.
 */
int dgem_bo_sync(struct dgem_bo *bo, uint32_t flags, uint64_t offset, uint64_t size);

/** struct dgem_sync_part - a part of a BO, for dgem_device_sync() */
struct dgem_sync_part {
	/** @bo: the BO */
	struct dgem_bo *bo;
	/** @offset: first byte */
	uint64_t offset;
	/** @size: bytes, at least 1 */
	uint64_t size;
	/** @flags: as for dgem_bo_sync() */
	uint32_t flags;
	/** @pad: zero */
	uint32_t pad;
};

/**
 * dgem_device_sync() - do what dgem_bo_sync() does for many parts
 * @dev: the device
 * @parts: the parts, in the order in which they are to be done
 * @count: how many there are; may be 0
 *
 * Takes one system call for each 256 parts, and one of these calls does all of its
 * parts, or none if any is refused.
 *
 * Return: 0; EINVAL: a BO is of another device, a @pad is not zero; else as
 * dgem_bo_sync().
 */
int dgem_device_sync(struct dgem_device *dev, const struct dgem_sync_part *parts, size_t count);

/* -- bus addresses ------------------------------------------------------- */

/**
 * dgem_bo_map_dma() - get bus addresses of a part of a BO for the device
 * @bo: the BO, own or imported, of the instance of a device that this program drives
 * @flags: DRM_DGEM_DMA_TO_DEVICE, DRM_DGEM_DMA_FROM_DEVICE or both
 * @offset: first byte; a multiple of the page size
 * @size: bytes, a multiple of the page size; 0 means up to the end
 * @ret_map: the mapping. It does not need the BO to live on.
 *
 * The first mapping makes the device's file, that is @bo's &struct dgem_device, the
 * owner of the device, which can access memory from then on until the file is closed.
 * A device that one's own driver, or VFIO, gives addresses to needs none of this.
 *
 * Return: 0; EINVAL: not within the BO, not aligned, no direction, or the kernel has no
 * DRM_DGEM_FEATURE_MAP_DMA; EOPNOTSUPP: the instance has no device, or the device would
 * work on a copy; EPERM: DRM_DGEM_PARAM_DMA_POLICY; EBUSY: another file owns the device;
 * ENOSPC; ENOMEM; ENODEV; what the exporter of an imported BO says.
 */
int dgem_bo_map_dma(struct dgem_bo *bo, uint32_t flags, uint64_t offset, uint64_t size,
		    struct dgem_dma_map **ret_map);

/**
 * dgem_dma_map_segments() - the addresses of a mapping
 * @map: the mapping
 * @ret_segs: the segments, in the order of the bytes; valid as long as @map is
 *
 * Return: number of segments.
 */
size_t dgem_dma_map_segments(const struct dgem_dma_map *map,
			     const struct drm_dgem_dma_seg **ret_segs);

/** dgem_dma_map_ref() - take a reference. Return: @map. */
struct dgem_dma_map *dgem_dma_map_ref(struct dgem_dma_map *map);

/**
 * dgem_dma_map_unref() - drop a reference; the last one takes the addresses away
 * @map: the mapping, or NULL
 *
 * Unless DRM_DGEM_PARAM_DMA_TRANSLATED is DRM_DGEM_DMA_STRICT, this is the program's word
 * that the device does not use them any more.
 */
void dgem_dma_map_unref(struct dgem_dma_map *map);

/* -- passing descriptors ------------------------------------------------- */

/** DGEM_FD_DATA_MAX - most bytes that go along with a descriptor */
#define DGEM_FD_DATA_MAX 1024

/**
 * dgem_fd_send() - send a file descriptor and a few bytes to another process
 * @socket: a connected UNIX socket, such as one of socketpair(AF_UNIX,
 *	SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets). SOCK_DGRAM and SOCK_STREAM
 *	will do; a stream should be blocking, because EAGAIN can leave it in
 *	the middle of a message.
 * @fd: a dma-buf or any other descriptor, which the caller still owns; -1 to
 *	send bytes only
 * @data: bytes that tell the other side what it is
 * @size: bytes, 1 to DGEM_FD_DATA_MAX; the other side has to expect as many
 *
 * Waits where the socket blocks, and raises no SIGPIPE. Threads that send by
 * one stream need a lock of their own; other sockets keep messages whole.
 *
 * Return: 0; EINVAL: @size out of range; EBADF: @fd or @socket; EPIPE: the other
 * side is gone; EAGAIN: it would wait; EMSGSIZE: larger than the socket's
 * buffer; what sendmsg(2) says.
 */
int dgem_fd_send(int socket, int fd, const void *data, size_t size);

/**
 * dgem_fd_recv() - receive what dgem_fd_send() sent
 * @socket: a connected UNIX socket
 * @ret_fd: the descriptor, owned by the caller, with close-on-exec set; -1 if
 *	none came along. What it is, is the other side's word:
 *	dgem_bo_import() refuses what is no dma-buf.
 * @ret_data: the bytes
 * @size: bytes that the message has, 1 to DGEM_FD_DATA_MAX
 *
 * Waits where the socket blocks. A message that is refused is gone, and every
 * descriptor that came with it is closed.
 *
 * Return: 0; EINVAL: @size out of range; EBADF: @socket; EPIPE: the other side
 * is gone; EAGAIN: there is nothing yet; EMSGSIZE: the message has another size;
 * EPROTO: it has more than one descriptor; EMFILE: no more descriptors can be
 * opened; what recvmsg(2) says.
 */
int dgem_fd_recv(int socket, int *ret_fd, void *ret_data, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* DGEM_H */
