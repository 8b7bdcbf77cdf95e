// SPDX-License-Identifier: MIT
/* The tuples: kind of BO, size, protection, type of mapping and range. */
#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>

#include "igt.h"
#include "model/mmap.h"

/** struct range - what is asked for of a BO */
struct range {
	const char *name;

	/** @from: what @offset counts from, the begin of BO or file. */
	enum { OF_BO, OF_FILE } from;
	uint64_t offset, length;
};

#define MAX_RANGES 32

/* Those that are the same for a small BO come once. */
static unsigned int find_ranges(struct range *list, uint64_t size)
{
	const uint64_t page = content_page_size(), half = size / page / 2 * page;
	const uint64_t last = size - page, part = size / page / 3 * page ?: page;
	const struct range all[] = {
		{ "whole", OF_BO, 0, size },
		{ "head", OF_BO, 0, half ?: page },
		{ "tail", OF_BO, half, size - half },
		{ "inner", OF_BO, size > 2 * page ? part : 0, part },
		{ "last page", OF_BO, last, page },
		{ "whole but for a byte", OF_BO, 0, size - 1 },
		{ "a byte", OF_BO, half, 1 },
		{ "a page too long", OF_BO, 0, size + page },
		{ "a byte too long", OF_BO, 0, size + 1 },
		{ "at the end", OF_BO, size, page },
		{ "a page past the end", OF_BO, size + page, page },
		{ "across the end", OF_BO, last, 2 * page },
		{ "before the begin", OF_BO, -page, page },
		{ "across the begin", OF_BO, -page, 2 * page },
		{ "nothing", OF_BO, 0, 0 },
		{ "nothing at the end", OF_BO, size, 0 },
		{ "unaligned", OF_BO, 1, page },
		{ "unaligned inside", OF_BO, half + page / 2, page / 2 },
		{ "unaligned nothing", OF_BO, page - 1, 0 },
		{ "giant", OF_BO, 0, MAP_GIANT },
		{ "giant at the end", OF_BO, size, MAP_GIANT },
		{ "larger than all addresses", OF_BO, 0, MAP_NO_PLACE },
		{ "largest", OF_BO, 0, SIZE_MAX },
		{ "largest of pages", OF_BO, 0, SIZE_MAX - page + 1 },
		{ "below 2^63", OF_FILE, INT64_MAX - page + 1, page },
		{ "across 2^63", OF_FILE, INT64_MAX - page + 1, 2 * page },
		{ "at 2^63", OF_FILE, 1ull << 63, page },
		{ "last of all offsets", OF_FILE, -page, page },
		{ "behind all offsets", OF_FILE, -page, 2 * page },
		{ "giant behind all offsets", OF_FILE, -page, MAP_GIANT },
		{ "at 2^44", OF_FILE, 1ull << 44, page },
	};
	unsigned int num = 0;

	static_assert(ARRAY_SIZE(all) <= MAX_RANGES, "too many ranges");
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		bool again = false;

		for (unsigned int j = 0; j < num; j++)
			again |= list[j].from == all[i].from && list[j].offset == all[i].offset &&
				 list[j].length == all[i].length;
		if (!again)
			list[num++] = all[i];
	}
	return num;
}

static const struct {
	const char *name;
	int flags;
} types[] = {
	{ "MAP_SHARED", MAP_SHARED },
	{ "MAP_PRIVATE", MAP_PRIVATE },
	{ "MAP_SHARED_VALIDATE", MAP_SHARED_VALIDATE },
	{ "MAP_SHARED_VALIDATE | MAP_SYNC", MAP_SHARED_VALIDATE | MAP_SYNC },
	{ "no type", 0 },
};

static const int prots[] = {
	PROT_NONE,
	PROT_READ,
	PROT_WRITE,
	PROT_READ | PROT_WRITE,
	PROT_EXEC,
	PROT_READ | PROT_EXEC,
	PROT_READ | PROT_WRITE | PROT_EXEC,
};

static void target_matrix(struct map_run *run, struct map_target *t, uint64_t size)
{
	struct range ranges[MAX_RANGES];
	const unsigned int num = find_ranges(ranges, size);

	for (unsigned int r = 0; r < num; r++) {
		/* else the core says in its log that there is no memory for it */
		const int more = ranges[r].length >= MAP_GIANT ? MAP_NORESERVE : 0;

		for (unsigned int p = 0; p < ARRAY_SIZE(prots); p++)
			for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
				const struct map_call call = {
					.length = ranges[r].length,
					.prot = prots[p],
					.flags = types[i].flags | more,
					.offset = ranges[r].offset +
						  (ranges[r].from == OF_BO ? t->base : 0),
					.range = ranges[r].name,
					.type = types[i].name,
				};

				map_try(run, t, &call);
			}
	}
}

void map_matrix(struct map_run *run, enum map_way way)
{
	const uint64_t sizes[] = { map_bytes(1), map_bytes(11), PEER_CHUNK,
				   2 * PEER_CHUNK + map_bytes(5) };

	for (unsigned int k = 0; k < run->num_kinds; k++)
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct map_target t = {};

			if (run->matrix.found)
				return;
			if (!run->matrix.dry) {
				map_target_init(&t, run->fd, &run->kinds[k], sizes[i], way);
				levels_read(&run->levels, &run->before);
			}
			target_matrix(run, &t, sizes[i]);
			if (!run->matrix.dry)
				map_target_fini(&t);
		}
}

static void try_shape(struct map_run *run, const struct map_shape *shape,
		      const struct map_kind *kind, uint64_t size, enum peer_map how)
{
	struct level_values before;
	struct peer_bo *bo;
	char *map;

	if (!matrix_next(&run->matrix))
		return;
	levels_read(&run->levels, &before);
	igt_debug("%s, %llu bytes, by %s\n", kind->name, (unsigned long long)size,
		  map_way_names[how == PEER_DRM ? MAP_DRM : MAP_DMABUF]);
	bo = map_kind_create(run->fd, kind, size, false);
	shape->run(bo, how);
	map = map_whole(bo, PEER_DRM);
	shadow_check(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	map_kind_free(bo, kind);
	levels_assert_same(&run->levels, &before);
	run->matrix.succeeded++;
}

/* Large ones where pages come from elsewhere, not where only a flag differs. */
static unsigned int num_sizes(const struct map_kind *kind)
{
	if (kind->flags)
		return 1;
	return kind->how == MAP_CREATE ? 3 : 2;
}

void map_shape_matrix(struct map_run *run, const struct map_shape *shape)
{
	const uint64_t sizes[] = { map_bytes(11), PEER_CHUNK, 2 * PEER_CHUNK + map_bytes(5) };

	for (unsigned int k = 0; k < run->num_kinds; k++)
		for (unsigned int i = 0; i < num_sizes(&run->kinds[k]); i++)
			for (unsigned int how = 0; how < PEER_MAPS; how++)
				try_shape(run, shape, &run->kinds[k], sizes[i], how);
}
