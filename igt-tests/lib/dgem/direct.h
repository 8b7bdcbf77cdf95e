/* SPDX-License-Identifier: MIT */
#ifndef DGEM_DIRECT_H
#define DGEM_DIRECT_H

/* BOs with DRM_DGEM_BO_DIRECT_IO, and what has the kernel pin pages of their mappings. */

#include <stddef.h>

#include "dgem/dgem.h"
#include "dgem/peer.h"

/* Whether a heap takes DRM_DGEM_BO_DIRECT_IO. */
bool direct_heap(int fd, uint32_t heap);
#define for_each_direct_heap(fd, heap) \
	for_each_dgem_heap(fd, heap)   \
		if (direct_heap(fd, heap))

/* An empty BO of a heap with these flags. */
struct peer_bo *direct_create(int fd, uint64_t size, uint32_t heap, uint64_t flags);

/**
 * struct direct_user - who takes a buffer of user space by its pages
 */
struct direct_user {
	const char *name, *what;

	/** @start: gets ready; @stop: gives back what that took. Optional. */
	void (*start)(void);
	void (*stop)(void);

	/**
	 * @read: has it read the bytes of a mapping, and leaves in @copy what has
	 * arrived at its other side. 0 or -errno.
	 */
	int (*read)(const void *map, size_t len, void *copy);

	/**
	 * @write: has it write into a mapping what is in @from; NULL if it only reads.
	 * 0 or -errno.
	 */
	int (*write)(void *map, size_t len, const void *from);
};

extern const struct direct_user direct_users[];
extern const unsigned int direct_users_num;

#endif
