// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Finds a place for contiguous memory among what is free of a range of page frames. */

#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include <drm/drm_mm.h>
#include <drm/dgem_drm.h>

#include "dgem_pages.h"
#include "dgem_place.h"

/* Whether a place begins at a page frame, apart from who has it. */
static bool dgem_place_is_at(const struct dgem_place *place, u64 start)
{
	u64 last = start + place->size - 1;

	return !(start & (place->align - 1)) &&
	       (!place->boundary || !((start ^ last) & ~(place->boundary - 1)));
}

/* The first page frame from @start on that is aligned, and is at a boundary. */
static u64 dgem_place_next_boundary(const struct dgem_place *place, u64 start)
{
	return round_up(start, max(place->align, place->boundary));
}

/*
 * drm_mm knows no boundaries, but in a hole there is a place within them either as
 * early as possible, or from a boundary on.
 */
static int dgem_place_try_holes(struct drm_mm *mm, struct drm_mm_node *node,
				const struct dgem_place *place)
{
	struct drm_mm_node *hole;
	u64 start, end;

	drm_mm_for_each_hole(hole, mm, start, end) {
		start = round_up(max(start, place->start), place->align);
		if (!dgem_place_is_at(place, start))
			start = dgem_place_next_boundary(place, start);
		if (start + place->size > min(end, place->end))
			continue;

		node->start = start;
		node->size = place->size;
		return drm_mm_reserve_node(mm, node);
	}

	return -ENOSPC;
}

static int dgem_place_try(struct drm_mm *mm, struct drm_mm_node *node,
			  const struct dgem_place *place)
{
	if (place->boundary)
		return dgem_place_try_holes(mm, node, place);

	return drm_mm_insert_node_in_range(mm, node, place->size, place->align, 0,
					   place->start, place->end, DRM_MM_INSERT_BEST);
}

/**
 * dgem_place_find() - take any place
 * @mm: what is free
 * @node: set to the place, zeroed
 * @place: what it has to be like
 *
 * Huge entries can only map what is aligned to a chunk, so that is tried first.
 *
 * Return: 0 or -ENOSPC.
 */
int dgem_place_find(struct drm_mm *mm, struct drm_mm_node *node,
		    const struct dgem_place *place)
{
	struct dgem_place aligned = *place;

	/* The end may even lie before the start, which drm_mm takes for a large range. */
	if (place->end < place->start + place->size)
		return -ENOSPC;

	aligned.align = max_t(u64, place->align, DGEM_CHUNK_PAGES);
	if (place->size >= DGEM_CHUNK_PAGES && !dgem_place_try(mm, node, &aligned))
		return 0;

	return dgem_place_try(mm, node, place);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_place_find);

/**
 * dgem_place_take() - take one certain place
 * @mm: what is free
 * @node: set to the place, zeroed
 * @place: what it has to be like
 * @start: its first page frame
 *
 * Return: 0; -EINVAL if the place is not like that; -ENOSPC if it is taken.
 */
int dgem_place_take(struct drm_mm *mm, struct drm_mm_node *node,
		    const struct dgem_place *place, u64 start)
{
	if (start < place->start || start + place->size > place->end ||
	    !dgem_place_is_at(place, start))
		return -EINVAL;

	node->start = start;
	node->size = place->size;
	return drm_mm_reserve_node(mm, node);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_place_take);

/* Length of the longest piece of a hole that is within boundaries. */
static u64 dgem_place_room(const struct dgem_place *place, u64 start, u64 end)
{
	u64 first = round_up(max(start, place->start), place->align);
	u64 next, room;

	end = min(end, place->end);
	if (first >= end)
		return 0;
	if (!place->boundary)
		return end - first;

	/* From the first page frame to a boundary, or from there to the next. */
	next = dgem_place_next_boundary(place, first + 1);
	room = min(end - first, place->boundary - (first & (place->boundary - 1)));
	return next < end ? max(room, min(end - next, place->boundary)) : room;
}

/**
 * dgem_place_reason() - why there is no place
 * @mm: what is free
 * @place: what it has to be like
 * @most: set to the largest size for which there is a place like that
 *
 * Return: one of enum drm_dgem_reason.
 */
u32 dgem_place_reason(struct drm_mm *mm, const struct dgem_place *place, u64 *most)
{
	struct drm_mm_node *hole;
	u64 start, end, free = 0;

	*most = 0;
	drm_mm_for_each_hole(hole, mm, start, end) {
		free += end - start;
		*most = max(*most, dgem_place_room(place, start, end));
	}

	if (place->end < place->start + place->size)
		return DRM_DGEM_REASON_ADDR_LIMIT;

	return free < place->size ? DRM_DGEM_REASON_FULL : DRM_DGEM_REASON_FRAGMENTED;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_place_reason);
