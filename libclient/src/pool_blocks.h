/* SPDX-License-Identifier: MIT */
#ifndef DGEM_POOL_BLOCKS_H
#define DGEM_POOL_BLOCKS_H

#include "buddy.h"
#include "internal.h"
#include "list.h"

/*
 * Where the memory of a pool comes from: blocks, each of which is a BO that is
 * mapped and divided into objects. Their sizes are powers of two, given as shifts.
 */

#define POOL_MIN_SHIFT 6 /* 64 bytes */
#define POOL_MAX_SHIFT (POOL_MIN_SHIFT + BUDDY_MAX_DEPTH)

struct pool_block {
	struct list_link link; /* among the open or full ones */
	struct dgem_bo *bo; /* a reference; mapped */
	char *map;
	struct buddy buddy;
};

struct pool_blocks {
	struct dgem_device *dev; /* a reference */
	unsigned int shift; /* of the size of blocks */
	struct dgem_bo_options options;
	char *label;
	pthread_mutex_t lock; /* protects what follows, and all blocks */
	struct list_link open, full;
	struct pool_block *spare; /* an empty one of those that are open */
};

struct pool_place {
	struct pool_block *block;
	uint64_t offset;
};

int pool_blocks_init(struct pool_blocks *blocks, struct dgem_device *dev, unsigned int shift,
		     const struct dgem_bo_options *options);
/* Frees all blocks, with whatever is in them. */
void pool_blocks_fini(struct pool_blocks *blocks);

/*
 * Takes up to *@count objects, of which there have to be some, and makes a block only
 * for the first one. *@count becomes what was taken.
 */
int pool_blocks_take(struct pool_blocks *blocks, unsigned int shift, struct pool_place *places,
		     unsigned int *count);
void pool_blocks_give(struct pool_blocks *blocks, unsigned int shift,
		      const struct pool_place *places, unsigned int count);

/* Frees the empty block that is kept for the next object. */
void pool_blocks_trim(struct pool_blocks *blocks);

#endif /* DGEM_POOL_BLOCKS_H */
