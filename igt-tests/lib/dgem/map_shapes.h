/* SPDX-License-Identifier: MIT */
#ifndef DGEM_MAP_SHAPES_H
#define DGEM_MAP_SHAPES_H

/*
 * What can be done to a mapping: split, protected, moved, forked. Each shape
 * maps a BO that is filled, of MAP_SHAPE_PAGES at least, compares all that it
 * can still see with the shadow, and leaves no mapping.
 */

#include "dgem/peer.h"

#define MAP_SHAPE_PAGES 8

/** struct map_shape - one of them */
struct map_shape {
	const char *name, *what;
	void (*run)(struct peer_bo *bo, enum peer_map how);
};

/* Those that dgem_mmap_content also asks of vgem. */
extern const struct map_shape map_shapes[];
extern const unsigned int map_shapes_num;

/* Those of dgem_mmap_matrix alone. */
extern const struct map_shape map_shapes_more[];
extern const unsigned int map_shapes_more_num;

static inline uint64_t map_bytes(uint64_t pages)
{
	return pages * content_page_size();
}

static inline char *map_page(void *map, uint64_t nr)
{
	return (char *)map + map_bytes(nr);
}

/* A mapping of the whole BO that nobody has touched. */
static inline char *map_whole(struct peer_bo *bo, enum peer_map how)
{
	return peer_map(bo, how, 0, bo->pages);
}

#endif /* DGEM_MAP_SHAPES_H */
