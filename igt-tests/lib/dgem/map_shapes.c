// SPDX-License-Identifier: MIT
/*
 * What a mapping shows after its VMA was split or moved. Every page carries
 * its own number; all comparisons run in random order.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "dgem/map_shapes.h"
#include "igt.h"

#define RW (PROT_READ | PROT_WRITE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static void split_munmap_head(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8, rest = bo->pages - cut;
	char *map = map_whole(bo, how);

	igt_assert_eq(munmap(map, map_bytes(cut)), 0);
	shadow_check(bo->sh, map_page(map, cut), cut, rest);
	shadow_mix(bo->sh, map_page(map, cut), cut, rest);
	munmap(map_page(map, cut), map_bytes(rest));
}

static void split_munmap_middle(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 4, tail = bo->pages - bo->pages / 4;
	char *map = map_whole(bo, how);

	igt_assert_eq(munmap(map_page(map, head), map_bytes(tail - head)), 0);
	shadow_mix(bo->sh, map_page(map, tail), tail, bo->pages - tail);
	shadow_mix(bo->sh, map, 0, head);
	munmap(map, map_bytes(head));
	munmap(map_page(map, tail), map_bytes(bo->pages - tail));
}

static void split_munmap_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t keep = bo->pages * 3 / 8;
	char *map = map_whole(bo, how);

	igt_assert_eq(munmap(map_page(map, keep), map_bytes(bo->pages - keep)), 0);
	shadow_mix(bo->sh, map, 0, keep);
	igt_assert_eq(content_touch_read(map_page(map, keep)), SIGSEGV);
	munmap(map, map_bytes(keep));
}

/* The pieces of a write-protected range, then the whole again. */
static void mprotect_range(struct peer_bo *bo, enum peer_map how, uint64_t first, uint64_t count)
{
	uint64_t after = first + count;
	char *map = map_whole(bo, how);

	igt_assert_eq(mprotect(map_page(map, first), map_bytes(count), PROT_READ), 0);
	shadow_check(bo->sh, map_page(map, first), first, count);
	igt_assert_eq(content_touch_write(map_page(map, first + count / 2)), SIGSEGV);
	shadow_mix(bo->sh, map, 0, first);
	if (after < bo->pages)
		shadow_mix(bo->sh, map_page(map, after), after, bo->pages - after);
	igt_assert_eq(mprotect(map_page(map, first), map_bytes(count), RW), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void split_mprotect_tail(struct peer_bo *bo, enum peer_map how)
{
	mprotect_range(bo, how, bo->pages / 2, bo->pages - bo->pages / 2);
}

static void split_mprotect_middle(struct peer_bo *bo, enum peer_map how)
{
	mprotect_range(bo, how, bo->pages / 4, bo->pages / 2);
}

/* Some advice is refused for such mappings; none may change what they show. */
static void madvise_tail(struct peer_bo *bo, enum peer_map how, int advice, bool must_work)
{
	uint64_t cut = bo->pages / 2;
	char *map = map_whole(bo, how);
	int ret = madvise(map_page(map, cut), map_bytes(bo->pages - cut), advice);

	igt_assert_f(!ret || !must_work, "madvise(%d): %s\n", advice, strerror(errno));
	shadow_check(bo->sh, map_page(map, cut), cut, bo->pages - cut);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void split_madvise_dontfork(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_DONTFORK, true);
}

static void split_madvise_sequential(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_SEQUENTIAL, true);
}

static void split_madvise_random(struct peer_bo *bo, enum peer_map how)
{
	madvise_tail(bo, how, MADV_RANDOM, true);
}

static void split_madvise_others(struct peer_bo *bo, enum peer_map how)
{
	static const int advice[] = {
		MADV_WILLNEED,	  MADV_DONTNEED,   MADV_FREE,	       MADV_REMOVE,
		MADV_HUGEPAGE,	  MADV_NOHUGEPAGE, MADV_DONTDUMP,      MADV_DODUMP,
		MADV_WIPEONFORK,  MADV_COLD,	   MADV_PAGEOUT,       MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_COLLAPSE,   MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advice); i++)
		madvise_tail(bo, how, advice[i], false);
}

static void move_tail(struct peer_bo *bo, enum peer_map how, uint64_t skew)
{
	uint64_t cut = bo->pages / 2, rest = bo->pages - cut;
	char *place = peer_reserve(map_bytes(rest), skew), *map = map_whole(bo, how), *tail;

	tail = mremap(map_page(map, cut), map_bytes(rest), map_bytes(rest),
		      MREMAP_MAYMOVE | MREMAP_FIXED, place);
	igt_assert_f(tail == place, "mremap: %s\n", strerror(errno));
	shadow_check(bo->sh, tail, cut, rest);
	shadow_mix(bo->sh, map, 0, cut);
	shadow_mix(bo->sh, tail, cut, rest);
	munmap(map, map_bytes(cut));
	peer_unreserve(place, map_bytes(rest), skew);
}

static void mremap_tail(struct peer_bo *bo, enum peer_map how)
{
	move_tail(bo, how, 0);
	move_tail(bo, how, map_bytes(1));
}

/* Moves what is half touched already: entries travel, holes stay holes. */
static void mremap_whole(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2, skew = map_bytes(3);
	char *place = peer_reserve(bo->size, skew), *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, half);
	igt_assert(mremap(map, bo->size, bo->size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	shadow_mix(bo->sh, place, 0, bo->pages);
	igt_assert(mremap(place, bo->size, map_bytes(half), 0) == place);
	shadow_mix(bo->sh, place, 0, half);
	peer_unreserve(place, bo->size, skew);
}

/* What would show pages that the mapping was not made for is refused. */
static void mremap_refused(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *map = peer_map(bo, how, 0, half);

	igt_assert(mremap(map, map_bytes(half), bo->size, MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert_eq(errno, EFAULT);
	igt_assert(mremap(map, 0, map_bytes(half), MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert(errno == EFAULT || errno == EINVAL);
	igt_assert(mremap(map, map_bytes(half), map_bytes(half), MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
			  0) == MAP_FAILED);
	igt_assert_eq(errno, EINVAL);
	shadow_mix(bo->sh, map, 0, half);
	munmap(map, map_bytes(half));
}

static void mlock_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages / 2;
	char *map = map_whole(bo, how);

	igt_assert_eq(mlock(map_page(map, cut), map_bytes(bo->pages - cut)), 0);
	shadow_check(bo->sh, map_page(map, cut), cut, bo->pages - cut);
	munlock(map_page(map, cut), map_bytes(bo->pages - cut));
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

/* Cut at random, again and again, until one page is left. */
static void split_many(struct peer_bo *bo, enum peer_map how)
{
	uint64_t left = bo->pages, first = 0;
	char *map = map_whole(bo, how);

	while (left > 1) {
		uint64_t cut = 1 + content_random(&bo->sh->rng, left - 1);

		igt_assert_eq(munmap(map_page(map, first), map_bytes(cut)), 0);
		first += cut;
		left -= cut;
		shadow_check(bo->sh, map_page(map, first), first, left);
	}
	munmap(map_page(map, first), map_bytes(left));
}

const struct map_shape map_shapes[] = {
	{ "split-munmap-head", "munmap() of the head leaves the tail with its contents.",
	  split_munmap_head },
	{ "split-munmap-middle", "munmap() of the middle leaves both ends with their contents.",
	  split_munmap_middle },
	{ "split-munmap-tail", "munmap() of the tail leaves the head with its contents.",
	  split_munmap_tail },
	{ "split-munmap-many",
	  "A mapping that is unmapped piece by piece from the front keeps the rest.", split_many },
	{ "split-mprotect-tail", "mprotect() of the tail to read-only and back keeps the contents.",
	  split_mprotect_tail },
	{ "split-mprotect-middle",
	  "mprotect() of the middle to read-only and back keeps the contents.",
	  split_mprotect_middle },
	{ "split-madvise-dontfork", "MADV_DONTFORK splits the VMA and keeps the contents.",
	  split_madvise_dontfork },
	{ "split-madvise-sequential", "MADV_SEQUENTIAL splits the VMA and keeps the contents.",
	  split_madvise_sequential },
	{ "split-madvise-random", "MADV_RANDOM splits the VMA and keeps the contents.",
	  split_madvise_random },
	{ "split-madvise-others", "No other advice of madvise() changes the contents.",
	  split_madvise_others },
	{ "split-mlock-tail", "mlock() of the tail splits the VMA and keeps the contents.",
	  mlock_tail },
	{ "mremap-tail", "mremap() moves the tail to any alignment with its contents.",
	  mremap_tail },
	{ "mremap-whole", "mremap() moves and then shrinks a mapping that is touched in part.",
	  mremap_whole },
	{ "mremap-refused", "mremap() neither grows nor duplicates a mapping.", mremap_refused },
};

const unsigned int map_shapes_num = ARRAY_SIZE(map_shapes);
