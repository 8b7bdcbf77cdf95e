/* SPDX-License-Identifier: MIT */
#ifndef DGEM_INTERNAL_H
#define DGEM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "dgem.h"

/* The library is built with hidden visibility: this is what users may see. */
#define DGEM_API __attribute__((visibility("default")))

#define DGEM_DRIVER_NAME "dgem"

/*
 * Handles to BOs: one struct dgem_bo per handle, because the kernel gives the
 * same handle each time a dma-buf is imported and one close ends it for all.
 */
struct bo_table {
	struct dgem_bo **buckets;
	size_t num_buckets; /* a power of two */
	size_t count;
};

struct dgem_device {
	int fd;
	atomic_uint refs;
	pthread_mutex_t lock; /* protects bos, and orders imports against closes */
	struct bo_table bos;
};

struct dgem_bo {
	struct dgem_device *dev; /* a reference */
	struct dgem_bo *next; /* in its bucket; dev->lock */
	uint64_t size;
	uint32_t handle;
	bool imported; /* the memory is another driver's; never changes */
	atomic_uint refs; /* becomes 0 under dev->lock only */
	atomic_bool shared; /* an import may give this handle again; never cleared */
	atomic_bool labelled; /* by this library */
	struct cache_entry *cached; /* if a cache made it, which may keep it; never changes */

	pthread_mutex_t map_lock; /* protects what follows */
	uint64_t mmap_offset; /* 0 until it is known; never changes then */
	void *ptr;
	unsigned int map_count;
	unsigned int access_count; /* begun and not ended */
	int access_fd; /* the dma-buf while there is an access, or -1 */
	bool has_dmabuf; /* known to have one; the handle keeps it */
};

struct dgem_map {
	void *ptr; /* what the user asked for */
	size_t size;
	size_t head; /* bytes that are mapped before it */
	atomic_uint refs;
};

int bo_table_init(struct bo_table *table);
void bo_table_fini(struct bo_table *table);
struct dgem_bo *bo_table_find(const struct bo_table *table, uint32_t handle);
void bo_table_insert(struct bo_table *table, struct dgem_bo *bo);
void bo_table_remove(struct bo_table *table, struct dgem_bo *bo);

/* A BO that owns no handle yet and is in no table; freed by bo_free(). */
int bo_alloc(struct dgem_device *dev, struct dgem_bo **ret_bo);
void bo_free(struct dgem_bo *bo);

/* Reads options of any version; NULL stands for the defaults. */
int bo_take_options(const struct dgem_bo_options *options, struct dgem_bo_options *ret_known);

/* Replaces a heap's name by its number. */
int bo_find_heap(struct dgem_device *dev, struct dgem_bo_options *options);

int bo_query(struct dgem_device *dev, uint32_t handle, struct drm_dgem_bo_info *ret_info);

/* Checks [offset, offset + *size) against total; a *size of 0 becomes the rest. */
int map_check_range(uint64_t total, uint64_t offset, uint64_t *size);

/* A page-aligned number of bytes that this process can address, or -EOVERFLOW. */
int map_length(uint64_t size, size_t *ret_length);

/* Of the @length bytes mapped at @start, all but the first @head are the user's. */
int map_wrap(void *start, size_t length, size_t head, struct dgem_map **ret_map);

/* Whether @access consists of DGEM_ACCESS_ flags, at least one. */
bool access_is_valid(unsigned int access);

/* DMA_BUF_IOCTL_SYNC; @when is DMA_BUF_SYNC_START or _END. */
int dmabuf_sync(int fd, unsigned int access, uint64_t when);

/* Copies a struct to a caller who has @dst_size bytes of it. */
int copy_versioned(void *dst, size_t dst_size, const void *src, size_t src_size);

/*
 * Copies a struct from a caller who has @src_size bytes of it, as the kernel
 * does: what he lacks is zero, what is not known here has to be (-E2BIG).
 */
int take_versioned(void *dst, size_t dst_size, const void *src, size_t src_size);

#endif /* DGEM_INTERNAL_H */
