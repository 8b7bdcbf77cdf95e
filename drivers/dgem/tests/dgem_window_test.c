// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The choice of a window, on maps made up of letters. */

#include <linux/string.h>

#include <kunit/test.h>

#include "../dgem_window.h"

/* Each letter stands for an eighth of a block: free (.), moves (m) or never (X). */
#define TEST_LETTERS	8
#define TEST_UNIT	(DGEM_WINDOW_BLOCK / TEST_LETTERS)

#define TEST_MAX_BLOCKS	16
/* Where maps begin: aligned to 16 blocks, and to no more. */
#define TEST_FIRST	(16 * DGEM_WINDOW_BLOCK)
#define BLOCKS(nr)	((nr) * DGEM_WINDOW_BLOCK)
#define UNITS(nr)	((nr) * TEST_UNIT)

struct window_test {
	struct dgem_window_block blocks[TEST_MAX_BLOCKS];
	struct dgem_window_map map;
};

static int dgem_window_test_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct window_test), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

/* Notes the blocks of a string, with a space between them. */
static void note(struct dgem_window_map *map, const char *letters)
{
	struct dgem_window_kinds kinds;
	unsigned int i;

	for (; *letters; letters += TEST_LETTERS) {
		letters += *letters == ' ';
		memset(&kinds, 0, sizeof(kinds));
		for (i = 0; i < TEST_LETTERS; i++) {
			if (letters[i] == 'm')
				bitmap_set(kinds.moves, UNITS(i), TEST_UNIT);
			if (letters[i] == 'X')
				bitmap_set(kinds.never, UNITS(i), TEST_UNIT);
		}
		dgem_window_note(map, &kinds);
	}
}

static struct dgem_window_map *request(struct kunit *test, unsigned long nr,
				       unsigned long align, unsigned long boundary,
				       const char *letters)
{
	struct window_test *state = test->priv;

	KUNIT_ASSERT_LT(test, strlen(letters), TEST_MAX_BLOCKS * (TEST_LETTERS + 1));
	dgem_window_request(&state->map, nr, align, boundary);
	dgem_window_begin(&state->map, TEST_FIRST, state->blocks);
	note(&state->map, letters);
	return &state->map;
}

static void expect_window(struct kunit *test, const struct dgem_window_map *map,
			  unsigned long offset, unsigned long cost)
{
	struct dgem_window best = { };

	KUNIT_ASSERT_TRUE(test, dgem_window_find(map, &best));
	KUNIT_EXPECT_EQ(test, best.pfn, TEST_FIRST + offset);
	KUNIT_EXPECT_EQ(test, best.cost, cost);
}

static void expect_none(struct kunit *test, const struct dgem_window_map *map,
			unsigned long longest)
{
	struct dgem_window best;

	KUNIT_EXPECT_FALSE(test, dgem_window_find(map, &best));
	KUNIT_EXPECT_EQ(test, dgem_window_longest(map), longest);
}

/* Success: nothing was looked at, so there is nothing. */
static void dgem_window_empty(struct kunit *test)
{
	expect_none(test, request(test, 1, 1, 0, ""), 0);
	expect_none(test, request(test, BLOCKS(2), 1, 0, ""), 0);
}

/* Success: of all windows it is the one with the least to move, wherever it lies. */
static void dgem_window_least_to_move(struct kunit *test)
{
	expect_window(test, request(test, BLOCKS(2), 1, 0,
				    "mm...... ...mmm.. ........ mm...... ........ m......."),
		      BLOCKS(4), UNITS(1));
	/* The last one that there is room for. */
	expect_window(test, request(test, BLOCKS(2), 1, 0,
				    "mmmmmmmm mmmmmmmm m....... ........"),
		      BLOCKS(2), UNITS(1));
	/* The first one, of equals. */
	expect_window(test, request(test, BLOCKS(1), 1, 0,
				    "......mm .......m m....... mmmmmmmm"),
		      BLOCKS(1), UNITS(1));
}

/* Success: a single page that never moves rules out all windows over it. */
static void dgem_window_never(struct kunit *test)
{
	struct dgem_window_kinds kinds = { };
	struct dgem_window_map *map;

	map = request(test, BLOCKS(3), 1, 0, "........ ........");
	__set_bit(DGEM_WINDOW_BLOCK - 1, kinds.never);
	dgem_window_note(map, &kinds);
	note(map, "........ ........");
	expect_none(test, map, BLOCKS(3) - 1);
	note(map, "mmmmmmmm");
	expect_window(test, map, BLOCKS(3), BLOCKS(1));
}

/* Success: beyond whole blocks, only the pages that are needed count. */
static void dgem_window_part(struct kunit *test)
{
	/* The rest of the last block never moves, or is none of ours to move. */
	expect_window(test, request(test, BLOCKS(1) + UNITS(3), 1, 0,
				    "mmmmmmmm ........ ..mXXXXX"),
		      BLOCKS(1), UNITS(1));
	expect_window(test, request(test, BLOCKS(1) + UNITS(3), 1, 0,
				    "........ m.mmmmmm ........ mmmmmmmm"),
		      0, UNITS(2));
	/* A page more than there is. */
	expect_none(test, request(test, BLOCKS(1) + UNITS(3) + 1, 1, 0,
				  "........ ...XXXXX ........"),
		    BLOCKS(1) + UNITS(3));
	/* No block follows. */
	expect_none(test, request(test, BLOCKS(1) + 1, 1, 0, "........"), BLOCKS(1));
}

/* Success: a window of a block or more begins where a block does. */
static void dgem_window_whole_blocks(struct kunit *test)
{
	expect_none(test, request(test, BLOCKS(1), 1, 0, "X....... .......X"),
		    BLOCKS(1) - UNITS(1));
	expect_window(test, request(test, BLOCKS(1), 1, 0,
				    "X....... mmmmmmmm X......."),
		      BLOCKS(1), BLOCKS(1));
}

/* Success: a small window is aligned to its size and inside of a block. */
static void dgem_window_small(struct kunit *test)
{
	expect_window(test, request(test, UNITS(1), 1, 0, "XXXXXXXX XXmXm.XX"),
		      BLOCKS(1) + UNITS(5), 0);
	expect_window(test, request(test, UNITS(2), 1, 0, "X..X.mXX mmXXXXXX"),
		      UNITS(4), UNITS(1));
	/* The first one, of equals. */
	expect_window(test, request(test, UNITS(1), 1, 0, "X.X....m"), UNITS(1), 0);
	/* Three are aligned to four, and cost what three cost. */
	expect_window(test, request(test, UNITS(3), 1, 0, "X...XX.. XXXX.m.m"),
		      BLOCKS(1) + UNITS(4), UNITS(1));
	/* Not across two blocks. */
	expect_none(test, request(test, UNITS(4), 1, 0, "XXXXXX.. ..XXXXXX"),
		    UNITS(2));
	expect_none(test, request(test, UNITS(4), 1, 0, "XXXXXXXX"), 0);
}

/* Success: page by page, too. */
static void dgem_window_one_page(struct kunit *test)
{
	struct dgem_window_map *map = request(test, 1, 1, 0, "XXXXXXXX");
	struct dgem_window_kinds kinds = { };

	bitmap_fill(kinds.never, DGEM_WINDOW_BLOCK);
	__clear_bit(7, kinds.never);
	__set_bit(7, kinds.moves);
	dgem_window_note(map, &kinds);
	expect_window(test, map, BLOCKS(1) + 7, 1);
}

/* Success: an alignment is kept, be it smaller or larger than the window. */
static void dgem_window_align(struct kunit *test)
{
	expect_window(test, request(test, BLOCKS(1), BLOCKS(4), 0,
				    "mmmmmmmm ........ ........ ........ m....... ........"),
		      BLOCKS(4), UNITS(1));
	expect_window(test, request(test, BLOCKS(3), BLOCKS(2), 0,
				    "XXXXXXXX ........ ........ ........ mmmmmmmm mmmmmmmm"),
		      BLOCKS(2), BLOCKS(1));
	/* The map begins with a multiple of 16 blocks, not of 32. */
	expect_window(test, request(test, 1, BLOCKS(16), 0, "mmmmmmmm"), 0, 1);
	expect_none(test, request(test, 1, BLOCKS(32), 0, "........"), 0);
	/* A small window with a large alignment. */
	expect_window(test, request(test, UNITS(1), UNITS(4), 0, "X..mX... XXXXmXXX"),
		      BLOCKS(1) + UNITS(4), UNITS(1));
	expect_window(test, request(test, UNITS(1), BLOCKS(2), 0,
				    "X....... ........ m......."),
		      BLOCKS(2), UNITS(1));
}

/* Success: a boundary is not crossed, and may be touched on both sides. */
static void dgem_window_boundary(struct kunit *test)
{
	static const char beyond[] =
		"XXXXXXXX XXXXXXXX ........ ........ ........ mmmmmmmm m.......";
	static const char exact[] =
		"m....... ........ ........ ........ ........ ........ ........ mm......";

	expect_window(test, request(test, BLOCKS(3), 1, BLOCKS(4), beyond),
		      BLOCKS(4), BLOCKS(1) + UNITS(1));
	expect_window(test, request(test, BLOCKS(4), 1, BLOCKS(4), exact), 0, UNITS(1));
	expect_none(test, request(test, BLOCKS(3), 1, BLOCKS(4),
				  "XXXXXXXX XXXXXXXX ........ ........ ........ XXXXXXXX"),
		    BLOCKS(2));
	/* The last page of the window would be the first one behind it. */
	expect_none(test, request(test, BLOCKS(2) + 1, 1, BLOCKS(4),
				  "XXXXXXXX XXXXXXXX ........ ........ ........ XXXXXXXX"),
		    BLOCKS(2));
}

/* Success: what has failed is gone round, and what is left is found. */
static void dgem_window_go_on(struct kunit *test)
{
	struct dgem_window_map *map;

	map = request(test, BLOCKS(2), 1, 0,
		      "........ ........ ........ mmmmmmmm ........");
	expect_window(test, map, 0, 0);
	dgem_window_rule_out(map, TEST_FIRST + BLOCKS(1) + 5);
	expect_window(test, map, BLOCKS(2), BLOCKS(1));
	dgem_window_rule_out(map, TEST_FIRST + BLOCKS(3));
	expect_none(test, map, BLOCKS(1));

	map = request(test, UNITS(1), 1, 0, "........ XXXXmXXX");
	dgem_window_rule_out(map, TEST_FIRST + BLOCKS(1) - 1);
	expect_window(test, map, BLOCKS(1) + UNITS(4), UNITS(1));
}

/* Success: the longest window is told to the page, with what is asked of it. */
static void dgem_window_longest_of(struct kunit *test)
{
	static const char letters[] =
		"X....... ........ mmmmmmmm mm.XXXXX ........ XXXXXXXX";

	expect_none(test, request(test, BLOCKS(4), 1, 0, letters),
		    BLOCKS(2) + UNITS(3));
	expect_none(test, request(test, BLOCKS(4), BLOCKS(2), 0, letters),
		    BLOCKS(1) + UNITS(3));
	expect_none(test, request(test, BLOCKS(4), BLOCKS(8), 0, letters), 0);
}

/* Success: enough is seen when there is sure to be a free window, not before. */
static void dgem_window_enough_seen(struct kunit *test)
{
	struct dgem_window_map *map;

	map = request(test, BLOCKS(2), 1, 0, "........ m.......");
	KUNIT_EXPECT_FALSE(test, dgem_window_enough(map));
	note(map, "........");
	KUNIT_EXPECT_FALSE(test, dgem_window_enough(map));
	note(map, "........");
	KUNIT_EXPECT_TRUE(test, dgem_window_enough(map));
	note(map, "X.......");
	KUNIT_EXPECT_FALSE(test, dgem_window_enough(map));

	/* The last one of four that begin at any block begins at the right one. */
	map = request(test, BLOCKS(1), BLOCKS(4), 0, "........ ........ ........");
	KUNIT_EXPECT_FALSE(test, dgem_window_enough(map));
	note(map, "........");
	KUNIT_EXPECT_TRUE(test, dgem_window_enough(map));

	/* A boundary may be in the middle. */
	map = request(test, BLOCKS(2), 1, BLOCKS(2), "........ ........ ........");
	KUNIT_EXPECT_FALSE(test, dgem_window_enough(map));
	note(map, "........");
	KUNIT_EXPECT_TRUE(test, dgem_window_enough(map));
}

static struct kunit_case dgem_window_cases[] = {
	KUNIT_CASE(dgem_window_empty),
	KUNIT_CASE(dgem_window_least_to_move),
	KUNIT_CASE(dgem_window_never),
	KUNIT_CASE(dgem_window_part),
	KUNIT_CASE(dgem_window_whole_blocks),
	KUNIT_CASE(dgem_window_small),
	KUNIT_CASE(dgem_window_one_page),
	KUNIT_CASE(dgem_window_align),
	KUNIT_CASE(dgem_window_boundary),
	KUNIT_CASE(dgem_window_go_on),
	KUNIT_CASE(dgem_window_longest_of),
	KUNIT_CASE(dgem_window_enough_seen),
	{ }
};

static struct kunit_suite dgem_window_suite = {
	.name = "dgem_window",
	.init = dgem_window_test_init,
	.test_cases = dgem_window_cases,
};

kunit_test_suite(dgem_window_suite);
