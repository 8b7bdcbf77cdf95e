// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool_blocks.h"

static void free_block(struct pool_block *block)
{
	buddy_fini(&block->buddy);
	dgem_bo_unref(block->bo);
	free(block);
}

static int make_block(struct pool_blocks *blocks, struct pool_block **ret_block)
{
	struct pool_block *block = calloc(1, sizeof(*block));
	void *map;
	int ret;

	if (!block)
		return -ENOMEM;
	ret = buddy_init(&block->buddy, blocks->shift - POOL_MIN_SHIFT);
	if (!ret)
		ret = dgem_bo_create(blocks->dev, 1ull << blocks->shift, &blocks->options,
				     &block->bo);
	if (!ret)
		ret = dgem_bo_map(block->bo, &map);
	if (ret) {
		free_block(block);
		return ret;
	}
	block->map = map;
	*ret_block = block;
	return 0;
}

static bool take_from(struct pool_blocks *blocks, struct pool_block *block, unsigned int shift,
		      struct pool_place *ret_place)
{
	unsigned int depth = blocks->shift - shift;
	uint32_t node = buddy_take(&block->buddy, depth);

	if (!node)
		return false;
	if (block == blocks->spare)
		blocks->spare = NULL;
	if (buddy_is_full(&block->buddy)) {
		list_remove(&block->link);
		list_insert(&block->link, &blocks->full);
	}
	ret_place->block = block;
	ret_place->offset = (uint64_t)(node - (1u << depth)) << shift;
	return true;
}

static bool take_locked(struct pool_blocks *blocks, unsigned int shift,
			struct pool_place *ret_place)
{
	struct list_link *link;

	for (link = blocks->open.next; link != &blocks->open; link = link->next)
		if (take_from(blocks, list_entry(link, struct pool_block, link), shift, ret_place))
			return true;
	return false;
}

/* One object, for which there is no room yet. */
static int grow_locked(struct pool_blocks *blocks, unsigned int shift, struct pool_place *ret_place)
{
	struct pool_block *block;
	int ret = make_block(blocks, &block);

	if (ret)
		return ret;
	list_insert(&block->link, blocks->open.next);
	take_from(blocks, block, shift, ret_place);
	return 0;
}

int pool_blocks_take(struct pool_blocks *blocks, unsigned int shift, struct pool_place *places,
		     unsigned int *count)
{
	unsigned int taken = 1;
	int ret = 0;

	pthread_mutex_lock(&blocks->lock);
	if (!take_locked(blocks, shift, places))
		ret = grow_locked(blocks, shift, places);
	while (!ret && taken < *count && take_locked(blocks, shift, &places[taken]))
		taken++;
	pthread_mutex_unlock(&blocks->lock);
	if (!ret)
		*count = taken;
	return ret;
}

/* Returns the block if nobody needs it any more. */
static struct pool_block *give_locked(struct pool_blocks *blocks, const struct pool_place *place,
				      unsigned int shift)
{
	struct pool_block *block = place->block;
	unsigned int depth = blocks->shift - shift;

	/* To the front: what was just used is the first to be used again. */
	list_remove(&block->link);
	list_insert(&block->link, blocks->open.next);
	buddy_give(&block->buddy, (1u << depth) + (uint32_t)(place->offset >> shift), depth);
	if (!buddy_is_empty(&block->buddy))
		return NULL;
	if (!blocks->spare) {
		blocks->spare = block;
		return NULL;
	}
	list_remove(&block->link);
	return block;
}

void pool_blocks_give(struct pool_blocks *blocks, unsigned int shift,
		      const struct pool_place *places, unsigned int count)
{
	struct pool_block *block;

	while (count--) {
		pthread_mutex_lock(&blocks->lock);
		block = give_locked(blocks, places++, shift);
		pthread_mutex_unlock(&blocks->lock);
		/* Closing takes long, so without the lock. */
		if (block)
			free_block(block);
	}
}

void pool_blocks_trim(struct pool_blocks *blocks)
{
	struct pool_block *spare;

	pthread_mutex_lock(&blocks->lock);
	spare = blocks->spare;
	if (spare)
		list_remove(&spare->link);
	blocks->spare = NULL;
	pthread_mutex_unlock(&blocks->lock);
	if (spare)
		free_block(spare);
}

void pool_blocks_fini(struct pool_blocks *blocks)
{
	struct list_link *heads[] = { &blocks->open, &blocks->full }, *link, *next;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		for (link = heads[i]->next; link != heads[i]; link = next) {
			next = link->next;
			free_block(list_entry(link, struct pool_block, link));
		}
	}
	pthread_mutex_destroy(&blocks->lock);
	dgem_device_unref(blocks->dev);
	free(blocks->label);
}

/* One block is like the other, so nothing of what makes a BO the only one. */
static int take_options(struct pool_blocks *blocks, const struct dgem_bo_options *options)
{
	int ret = bo_take_options(options, &blocks->options);

	if (!ret)
		ret = bo_find_heap(blocks->dev, &blocks->options);
	if (ret)
		return ret;
	if (blocks->options.flags & (DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS))
		return -EINVAL;
	blocks->options.reason = NULL;
	blocks->options.reason_arg = NULL;
	if (blocks->options.label) {
		blocks->label = strdup(blocks->options.label);
		blocks->options.label = blocks->label;
		if (!blocks->label)
			return -ENOMEM;
	}
	return 0;
}

int pool_blocks_init(struct pool_blocks *blocks, struct dgem_device *dev, unsigned int shift,
		     const struct dgem_bo_options *options)
{
	int ret = -pthread_mutex_init(&blocks->lock, NULL);

	if (ret)
		return ret;
	blocks->dev = dgem_device_ref(dev);
	blocks->shift = shift;
	list_init(&blocks->open);
	list_init(&blocks->full);
	ret = take_options(blocks, options);
	if (ret)
		pool_blocks_fini(blocks);
	return ret;
}
