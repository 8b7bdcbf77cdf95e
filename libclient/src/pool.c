// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "pool_blocks.h"
#include "sys.h"

/*
 * Blocks and their lock are not asked for most objects: those come from a stripe,
 * which has some of each size at hand and which threads hardly ever want at the
 * same time. A thread that finds its stripe busy takes the next one and waits for
 * nobody.
 */

#define DEFAULT_SHIFT 21
#define NUM_STRIPES 16
#define NUM_SIZES 11 /* up to 64 KiB; larger ones are taken from their block */
#define MAX_AT_HAND 32
#define BYTES_AT_HAND (128u << 10) /* of a size, roughly */

struct stripe {
	atomic_bool busy; /* whoever sets it has what follows */
	unsigned int count[NUM_SIZES];
	struct pool_place at_hand[NUM_SIZES][MAX_AT_HAND];
	char apart[64]; /* from the cache line of the next one */
};

struct dgem_pool {
	struct stripe stripes[NUM_STRIPES];
	atomic_uint refs;
	struct pool_blocks blocks;
};

static unsigned int shift_of(uint64_t size)
{
	return size <= 1u << POOL_MIN_SHIFT ? POOL_MIN_SHIFT :
					      64u - (unsigned int)__builtin_clzll(size - 1);
}

/* How many of a size a stripe has at most. */
static unsigned int capacity(unsigned int shift)
{
	unsigned int count = BYTES_AT_HAND >> shift;

	return count > MAX_AT_HAND ? MAX_AT_HAND : count;
}

static struct stripe *find_stripe(struct dgem_pool *pool)
{
	static _Thread_local unsigned int mine;
	static atomic_uint next;
	struct stripe *stripe;
	unsigned int i;

	if (!mine)
		mine = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) | NUM_STRIPES;
	for (i = 0; i < NUM_STRIPES; i++) {
		stripe = &pool->stripes[(mine + i) % NUM_STRIPES];
		if (!atomic_exchange_explicit(&stripe->busy, true, memory_order_acquire))
			return stripe;
	}
	return NULL;
}

static void put_stripe(struct stripe *stripe)
{
	atomic_store_explicit(&stripe->busy, false, memory_order_release);
}

/* The stripe to take this size from, or NULL if it is not at hand. */
static struct stripe *stripe_for(struct dgem_pool *pool, unsigned int shift)
{
	return shift - POOL_MIN_SHIFT < NUM_SIZES ? find_stripe(pool) : NULL;
}

static int take(struct dgem_pool *pool, unsigned int shift, struct pool_place *ret_place)
{
	struct stripe *stripe = stripe_for(pool, shift);
	unsigned int size = shift - POOL_MIN_SHIFT, wanted = 1;
	int ret = 0;

	if (!stripe)
		return pool_blocks_take(&pool->blocks, shift, ret_place, &wanted);
	if (!stripe->count[size]) {
		/* Half of what fits: the next to be freed has to find room. */
		wanted = capacity(shift) / 2;
		ret = pool_blocks_take(&pool->blocks, shift, stripe->at_hand[size], &wanted);
		if (!ret)
			stripe->count[size] = wanted;
	}
	if (!ret)
		*ret_place = stripe->at_hand[size][--stripe->count[size]];
	put_stripe(stripe);
	return ret;
}

static void put(struct dgem_pool *pool, struct stripe *stripe, unsigned int shift,
		const struct pool_place *place)
{
	struct pool_place *at_hand = stripe->at_hand[shift - POOL_MIN_SHIFT];
	unsigned int *count = &stripe->count[shift - POOL_MIN_SHIFT], half = capacity(shift) / 2;

	if (*count == capacity(shift)) {
		/* Those that have been here for longest. */
		pool_blocks_give(&pool->blocks, shift, at_hand, half);
		*count -= half;
		memmove(at_hand, at_hand + half, *count * sizeof(*at_hand));
	}
	at_hand[(*count)++] = *place;
}

DGEM_API int dgem_pool_alloc(struct dgem_pool *pool, uint64_t size, unsigned int flags,
			     struct dgem_pool_object *ret_object)
{
	struct pool_place place;
	unsigned int shift;
	int ret;

	if (!size || size > 1ull << pool->blocks.shift || flags & ~DGEM_POOL_ZERO)
		return -EINVAL;
	shift = shift_of(size);
	ret = take(pool, shift, &place);
	if (ret)
		return ret;
	ret_object->map = place.block->map + place.offset;
	ret_object->offset = place.offset;
	ret_object->size = 1ull << shift;
	ret_object->bo = place.block->bo;
	ret_object->block = place.block;
	if (flags & DGEM_POOL_ZERO)
		memset(ret_object->map, 0, (size_t)1 << shift);
	return 0;
}

DGEM_API void dgem_pool_free(struct dgem_pool *pool, const struct dgem_pool_object *object)
{
	const struct pool_place place = { object->block, object->offset };
	unsigned int shift = shift_of(object->size);
	struct stripe *stripe = stripe_for(pool, shift);

	if (!stripe) {
		pool_blocks_give(&pool->blocks, shift, &place, 1);
		return;
	}
	put(pool, stripe, shift, &place);
	put_stripe(stripe);
}

DGEM_API void dgem_pool_trim(struct dgem_pool *pool)
{
	struct stripe *stripe;
	unsigned int i;

	for (stripe = pool->stripes; stripe < pool->stripes + NUM_STRIPES; stripe++) {
		/* Whoever has it needs no longer than one object takes. */
		while (atomic_exchange_explicit(&stripe->busy, true, memory_order_acquire))
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
