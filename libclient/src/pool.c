// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "pool_blocks.h"
#include "sys.h"

/*
 * Blocks and their lock are not asked for most objects: those come from a stripe,
 * which has some of each size at hand. A thread that finds its stripe busy moves to
 * another one, so that threads soon have one each, and waits for nobody.
 */

#define DEFAULT_SHIFT 21
#define NUM_STRIPES 16
#define NUM_SIZES 11 /* up to 64 KiB; larger ones are taken from their block */
#define MAX_AT_HAND 32

struct stripe {
	atomic_bool busy; /* whoever sets it has what follows */
	unsigned int count[NUM_SIZES];
	struct pool_place at_hand[NUM_SIZES][MAX_AT_HAND];
	char apart[64]; /* from the cache line of the next one */
};

struct dgem_pool {
	struct stripe stripes[NUM_STRIPES];
	uint64_t max_size; /* of an object */
	atomic_uint refs;
	struct pool_blocks blocks;
};

/* How many of a size a stripe has at most: 32, and 128 KiB. */
static const unsigned int capacity[NUM_SIZES] = { 32, 32, 32, 32, 32, 32, 32, 16, 8, 4, 2 };

/* Where the calling thread looks first; in any pool, since it is only a guess. */
static _Thread_local unsigned int own_stripe;

static unsigned int shift_of(uint64_t size)
{
	return 64u - (unsigned int)__builtin_clzll((size - 1) | ((1u << POOL_MIN_SHIFT) - 1));
}

static bool get_stripe(struct stripe *stripe)
{
	return !atomic_exchange_explicit(&stripe->busy, true, memory_order_acquire);
}

static void put_stripe(struct stripe *stripe)
{
	atomic_store_explicit(&stripe->busy, false, memory_order_release);
}

/* What follows is called for few objects; the others take as few steps as can be. */
#define SELDOM __attribute__((noinline, cold))

/* After the thread's own one was busy: who gets another one stays there. */
SELDOM static struct stripe *search_stripe(struct dgem_pool *pool)
{
	unsigned int i, number;

	for (i = 1; i < NUM_STRIPES; i++) {
		number = (own_stripe + i) % NUM_STRIPES;
		if (get_stripe(&pool->stripes[number])) {
			own_stripe = number;
			return &pool->stripes[number];
		}
	}
	return NULL;
}

/* Fills half of it: the next to be freed has to find room. */
SELDOM static int fill(struct dgem_pool *pool, struct stripe *stripe, unsigned int size)
{
	unsigned int count = capacity[size] / 2;
	int ret = pool_blocks_take(&pool->blocks, size + POOL_MIN_SHIFT, stripe->at_hand[size],
				   &count);

	if (!ret)
		stripe->count[size] = count;
	return ret;
}

/* Empties half of it, of those that have been here for longest. */
SELDOM static void drain(struct dgem_pool *pool, struct stripe *stripe, unsigned int size)
{
	struct pool_place *at_hand = stripe->at_hand[size];
	unsigned int half = capacity[size] / 2;

	pool_blocks_give(&pool->blocks, size + POOL_MIN_SHIFT, at_hand, half);
	stripe->count[size] -= half;
	memmove(at_hand, at_hand + half, stripe->count[size] * sizeof(*at_hand));
}

/* The stripe for objects of this size, or NULL if there is none at hand. */
static struct stripe *find_stripe(struct dgem_pool *pool, unsigned int size)
{
	struct stripe *stripe = &pool->stripes[own_stripe];

	if (size >= NUM_SIZES)
		return NULL;
	return get_stripe(stripe) ? stripe : search_stripe(pool);
}

static void describe(const struct pool_place *place, unsigned int shift,
		     struct dgem_pool_object *object)
{
	object->map = place->block->map + place->offset;
	object->offset = place->offset;
	object->size = 1ull << shift;
	object->bo = place->block->bo;
	object->block = place->block;
}

SELDOM static int take_from_blocks(struct dgem_pool *pool, unsigned int shift,
				   struct dgem_pool_object *ret_object)
{
	struct pool_place place;
	unsigned int count = 1;
	int ret = pool_blocks_take(&pool->blocks, shift, &place, &count);

	if (!ret)
		describe(&place, shift, ret_object);
	return ret;
}

static int take(struct dgem_pool *pool, unsigned int shift, struct dgem_pool_object *ret_object)
{
	unsigned int size = shift - POOL_MIN_SHIFT;
	struct stripe *stripe = find_stripe(pool, size);
	int ret;

	if (!stripe)
		return take_from_blocks(pool, shift, ret_object);
	if (!stripe->count[size]) {
		ret = fill(pool, stripe, size);
		if (ret) {
			put_stripe(stripe);
			return ret;
		}
	}
	describe(&stripe->at_hand[size][--stripe->count[size]], shift, ret_object);
	put_stripe(stripe);
	return 0;
}

DGEM_API int dgem_pool_alloc(struct dgem_pool *pool, uint64_t size, unsigned int flags,
			     struct dgem_pool_object *ret_object)
{
	int ret;

	/* 0 is the largest number then. */
	if (size - 1 >= pool->max_size || flags & ~DGEM_POOL_ZERO)
		return -EINVAL;
	ret = take(pool, shift_of(size), ret_object);
	if (!ret && flags & DGEM_POOL_ZERO)
		memset(ret_object->map, 0, (size_t)ret_object->size);
	return ret;
}

SELDOM static void give_to_blocks(struct dgem_pool *pool, const struct dgem_pool_object *object)
{
	const struct pool_place place = { object->block, object->offset };

	pool_blocks_give(&pool->blocks, shift_of(object->size), &place, 1);
}

DGEM_API void dgem_pool_free(struct dgem_pool *pool, const struct dgem_pool_object *object)
{
	unsigned int size = shift_of(object->size) - POOL_MIN_SHIFT;
	struct stripe *stripe = find_stripe(pool, size);
	struct pool_place *place;

	if (!stripe) {
		give_to_blocks(pool, object);
		return;
	}
	if (stripe->count[size] == capacity[size])
		drain(pool, stripe, size);
	place = &stripe->at_hand[size][stripe->count[size]++];
	place->block = object->block;
	place->offset = object->offset;
	put_stripe(stripe);
}

DGEM_API void dgem_pool_trim(struct dgem_pool *pool)
{
	struct stripe *stripe;
	unsigned int i;

	for (stripe = pool->stripes; stripe < pool->stripes + NUM_STRIPES; stripe++) {
		/* Whoever has it needs no longer than one object takes. */
		while (!get_stripe(stripe))
			sched_yield();
		for (i = 0; i < NUM_SIZES; i++) {
			pool_blocks_give(&pool->blocks, i + POOL_MIN_SHIFT, stripe->at_hand[i],
					 stripe->count[i]);
			stripe->count[i] = 0;
		}
		put_stripe(stripe);
	}
	pool_blocks_trim(&pool->blocks);
}

DGEM_API int dgem_pool_create(struct dgem_device *dev, uint64_t block_size,
			      const struct dgem_bo_options *options, struct dgem_pool **ret_pool)
{
	unsigned int shift = block_size ? shift_of(block_size) : DEFAULT_SHIFT;
	struct dgem_pool *pool;
	int ret;

	if (shift > POOL_MAX_SHIFT ||
	    (block_size && (block_size != 1ull << shift || block_size < sys_page_size())))
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	ret = pool_blocks_init(&pool->blocks, dev, shift, options);
	if (ret) {
		free(pool);
		return ret;
	}
	pool->max_size = 1ull << shift;
	atomic_init(&pool->refs, 1);
	*ret_pool = pool;
	return 0;
}

DGEM_API struct dgem_pool *dgem_pool_ref(struct dgem_pool *pool)
{
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	return pool;
}

DGEM_API void dgem_pool_unref(struct dgem_pool *pool)
{
	if (!pool || atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
		return;
	pool_blocks_fini(&pool->blocks);
	free(pool);
}
