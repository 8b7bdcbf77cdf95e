/* SPDX-License-Identifier: MIT */
#ifndef DGEM_PEER_H
#define DGEM_PEER_H

/*
 * One face for the BOs of dgem and of its peer vgem (dumb buffers), so that a
 * test of contents can be pointed at either: IGT_DGEM_PEER=vgem in the
 * environment. What fails there and passes here shows that the test can fail.
 */

#include <stdbool.h>
#include <stdint.h>

#include "dgem/content.h"

/* The chunk of dgem, which no page size changes; where pages have 4 KiB, a huge entry. */
#define PEER_CHUNK (2ull << 20)

/** struct peer_bo - a BO, its shadow, and the ways to map it */
struct peer_bo {
	/** @fd: of the DRM file that made it; -1 once closed. */
	int fd;

	/** @handle: 0 once closed. */
	uint32_t handle;

	/** @dmabuf: its dma-buf, -1 until peer_export(). */
	int dmabuf;

	/** @size: in bytes; @pages: in pages. */
	uint64_t size, pages;

	/** @offset: fake offset, UINT64_MAX until peer_offset(). */
	uint64_t offset;

	/** @sh: what it has to hold. */
	struct shadow *sh;
};

/** enum peer_map - through which file a BO is mapped */
enum peer_map { PEER_DRM, PEER_DMABUF, PEER_MAPS };

bool peer_is_vgem(void);
int peer_open(void);

/* Heaps that peer_create() knows; 1 for vgem. */
unsigned int peer_heaps(void);
const char *peer_heap_name(unsigned int heap);

struct peer_bo *peer_create(int fd, uint64_t size, unsigned int heap);
/* A BO that was made in some other way: handle, mapping and shadow are like new. */
struct peer_bo *peer_adopt(int fd, uint32_t handle, uint64_t size);
void peer_free(struct peer_bo *bo);

/* Handle of a dumb buffer; @size is rounded up. */
uint32_t peer_create_dumb(int fd, uint64_t *size);

uint64_t peer_offset(struct peer_bo *bo);
int peer_export(struct peer_bo *bo);

/* mmap() of @count pages from page @first on; MAP_FAILED with errno. */
void *peer_mmap(struct peer_bo *bo, enum peer_map how, void *addr, int flags, int prot,
		uint64_t first, uint64_t count);

/* Maps the pages readable and writable at any address, or fails the test. */
void *peer_map(struct peer_bo *bo, enum peer_map how, uint64_t first, uint64_t count);

/* Writes every page, through a mapping that is gone afterwards. */
void peer_fill(struct peer_bo *bo, enum peer_map how);

/*
 * A place of @size bytes for MAP_FIXED, inaccessible, @skew bytes above a huge
 * page boundary and with an inaccessible huge page on both sides.
 */
void *peer_reserve(uint64_t size, uint64_t skew);
void peer_unreserve(void *addr, uint64_t size, uint64_t skew);

#endif
