// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Places for contiguous memory, compared with a search of all page frames. */

#include <linux/errno.h>
#include <linux/minmax.h>

#include <kunit/test.h>

#include <drm/drm_mm.h>
#include <drm/dgem_drm.h>

#include "../dgem_pages.h"
#include "../dgem_place.h"

/* Page frames of the range, which begins and ends at none that is aligned. */
#define FIRST	5
#define END	59

/* Pieces of it that are taken: holes of several sizes and alignments are left. */
static const struct {
	u64 start, size;
} taken[] = {
	{ 5, 1 }, { 9, 2 }, { 18, 1 }, { 36, 3 }, { 58, 1 },
};

struct test_mm {
	struct drm_mm mm;
	struct drm_mm_node nodes[ARRAY_SIZE(taken)];
};

static void close_mm(void *arg)
{
	struct drm_mm_node *node, *next;
	struct test_mm *t = arg;

	drm_mm_for_each_node_safe(node, next, &t->mm)
		drm_mm_remove_node(node);
	drm_mm_takedown(&t->mm);
}

static int dgem_place_test_init(struct kunit *test)
{
	struct test_mm *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	drm_mm_init(&t->mm, FIRST, END - FIRST);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, close_mm, t));
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		t->nodes[i].start = taken[i].start;
		t->nodes[i].size = taken[i].size;
		KUNIT_ASSERT_EQ(test, 0, drm_mm_reserve_node(&t->mm, &t->nodes[i]));
	}

	test->priv = &t->mm;
	return 0;
}

static bool is_free(u64 frame)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(taken); i++)
		if (frame >= taken[i].start && frame < taken[i].start + taken[i].size)
			return false;
	return true;
}

/* Whether a place is like that, free or not. */
static bool is_like(const struct dgem_place *place, u64 start, u64 size)
{
	if (start < place->start || start + size > place->end || start % place->align)
		return false;

	return !place->boundary ||
	       start / place->boundary == (start + size - 1) / place->boundary;
}

static bool has_place_at(const struct dgem_place *place, u64 start, u64 size)
{
	u64 i;

	if (!is_like(place, start, size))
		return false;

	for (i = 0; i < size; i++)
		if (!is_free(start + i))
			return false;
	return true;
}

static bool has_place(const struct dgem_place *place, u64 size)
{
	u64 start;

	for (start = place->start; start < place->end; start++)
		if (has_place_at(place, start, size))
			return true;
	return false;
}

static void expect_reason(struct kunit *test, const struct dgem_place *place)
{
	u64 most, real = 0, size, free = 0, i;
	u32 reason = dgem_place_reason(test->priv, place, &most);

	for (i = FIRST; i < END; i++)
		free += is_free(i);
	for (size = 1; size <= END - FIRST; size++)
		if (has_place(place, size))
			real = size;

	KUNIT_EXPECT_EQ(test, most, real);
	if (place->start + place->size > place->end)
		KUNIT_EXPECT_EQ(test, reason, (u32)DRM_DGEM_REASON_ADDR_LIMIT);
	else if (free < place->size)
		KUNIT_EXPECT_EQ(test, reason, (u32)DRM_DGEM_REASON_FULL);
	else
		KUNIT_EXPECT_EQ(test, reason, (u32)DRM_DGEM_REASON_FRAGMENTED);
}

static void expect_find(struct kunit *test, const struct dgem_place *place)
{
	struct drm_mm_node node = {};
	int ret = dgem_place_find(test->priv, &node, place);

	KUNIT_EXPECT_EQ_MSG(test, ret, has_place(place, place->size) ? 0 : -ENOSPC,
			    "%llu pages, aligned to %llu, within %llu, up to %llu",
			    place->size, place->align, place->boundary, place->end);
	if (ret) {
		expect_reason(test, place);
		return;
	}

	KUNIT_EXPECT_EQ(test, node.size, place->size);
	KUNIT_EXPECT_TRUE(test, has_place_at(place, node.start, place->size));
	drm_mm_remove_node(&node);
}

static void expect_take(struct kunit *test, const struct dgem_place *place, u64 start)
{
	struct drm_mm_node node = {};
	int ret = dgem_place_take(test->priv, &node, place, start);

	if (!is_like(place, start, place->size)) {
		KUNIT_EXPECT_EQ(test, ret, -EINVAL);
		return;
	}

	KUNIT_EXPECT_EQ(test, ret, has_place_at(place, start, place->size) ? 0 : -ENOSPC);
	if (ret)
		return;

	KUNIT_EXPECT_EQ(test, node.start, start);
	KUNIT_EXPECT_EQ(test, node.size, place->size);
	drm_mm_remove_node(&node);
}

/* Calls @expect for each size, alignment, boundary and limit that can be asked for. */
static void try_all_places(struct kunit *test,
			   void (*expect)(struct kunit *, const struct dgem_place *))
{
	static const u64 ends[] = { 0, FIRST - 1, FIRST, FIRST + 1, 16, 17, 32, 40, END };
	struct dgem_place place = { .start = FIRST };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		place.end = ends[i];
		for (place.size = 1; place.size <= 64; place.size++)
			for (place.align = 1; place.align <= 64; place.align *= 2) {
				place.boundary = 0;
				expect(test, &place);
				place.boundary = roundup_pow_of_two(place.size);
				for (; place.boundary <= 128; place.boundary *= 2)
					expect(test, &place);
			}
	}
}

/* Success: a place is found whenever there is one, and is like what was asked for. */
static void dgem_place_finds(struct kunit *test)
{
	try_all_places(test, expect_find);
}

static void expect_take_all(struct kunit *test, const struct dgem_place *place)
{
	u64 start;

	for (start = 0; start <= END + 1; start++)
		expect_take(test, place, start);
}

/* Success: a certain place is taken if it is as asked for, and free. */
static void dgem_place_takes(struct kunit *test)
{
	try_all_places(test, expect_take_all);
}

static u64 find(struct kunit *test, struct test_mm *t, unsigned int nr, u64 size)
{
	struct dgem_place place = {
		.size = size,
		.align = 1,
		.start = 1,
		.end = 1 + 4 * DGEM_CHUNK_PAGES,
	};

	KUNIT_EXPECT_EQ(test, 0, dgem_place_find(&t->mm, &t->nodes[nr], &place));
	return t->nodes[nr].start;
}

/*
 * Success: what is as large as a chunk is aligned to it, as long as there is such a
 * place, and has any place then.
 */
static void dgem_place_aligns(struct kunit *test)
{
	struct test_mm *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	drm_mm_init(&t->mm, 1, 4 * DGEM_CHUNK_PAGES);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, close_mm, t));

	KUNIT_EXPECT_EQ(test, 1, find(test, t, 0, DGEM_CHUNK_PAGES - 2));
	KUNIT_EXPECT_EQ(test, DGEM_CHUNK_PAGES, find(test, t, 1, DGEM_CHUNK_PAGES));
	KUNIT_EXPECT_EQ(test, 2 * DGEM_CHUNK_PAGES, find(test, t, 2, DGEM_CHUNK_PAGES + 1));
	/* No chunk is left whole. */
	KUNIT_EXPECT_EQ(test, 3 * DGEM_CHUNK_PAGES + 1, find(test, t, 3, DGEM_CHUNK_PAGES));
}

static struct kunit_case dgem_place_cases[] = {
	KUNIT_CASE_SLOW(dgem_place_finds),
	KUNIT_CASE_SLOW(dgem_place_takes),
	KUNIT_CASE(dgem_place_aligns),
	{}
};

static struct kunit_suite dgem_place_suite = {
	.name = "dgem_place",
	.init = dgem_place_test_init,
	.test_cases = dgem_place_cases,
};

kunit_test_suite(dgem_place_suite);
