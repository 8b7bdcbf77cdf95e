// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "list.h"
#include "sys.h"

/*
 * BOs wait in buckets by size, four for each power of two, so that at most a
 * fifth of a BO is more than was asked for. The kernel may purge them meanwhile.
 * A BO that is handed out is not in the cache, and is only marked with where it
 * came from.
 */

#define AGE_LIMIT 1000000000ll
#define NUM_BUCKETS 256
#define MAX_SIZE (1ull << 60)

/* What BOs have to have in common to stand in for each other. */
struct cache_key {
	uint64_t flags, align, boundary;
	uint32_t heap, addr_bits;
	int32_t numa_node;
};

struct cache_entry {
	const struct dgem_cache *cache; /* only to be compared: it may be gone */
	struct dgem_bo *bo;
	struct cache_key key;
	unsigned int bucket;
	/* While it is kept; the cache's lock. */
	struct list_link in_bucket, by_age;
	int64_t since;
	struct cache_entry *next_old; /* of those that are being freed */
};

struct dgem_cache {
	struct dgem_device *dev; /* a reference */
	atomic_uint refs;
	pthread_mutex_t lock; /* protects what follows */
	struct list_link buckets[NUM_BUCKETS]; /* the latest first */
	struct list_link by_age; /* the oldest first */
};

/* The bucket of BOs that have so many bytes at least; rounds up to what they have. */
static unsigned int find_bucket(uint64_t *size)
{
	uint64_t page = sys_page_size(), pages = (*size + page - 1) / page, step;
	unsigned int shift = 0;

	if (pages > 4)
		shift = 61u - (unsigned int)__builtin_clzll(pages - 1);
	step = 1ull << shift;
	pages = (pages + step - 1) & ~(step - 1);
	*size = pages * page;
	return shift * 4 + (unsigned int)(pages >> shift) - 1;
}

static bool keys_equal(const struct cache_key *a, const struct cache_key *b)
{
	return a->flags == b->flags && a->align == b->align && a->boundary == b->boundary &&
	       a->heap == b->heap && a->addr_bits == b->addr_bits && a->numa_node == b->numa_node;
}

static void remove_locked(struct cache_entry *entry)
{
	list_remove(&entry->in_bucket);
	list_remove(&entry->by_age);
}

/* Frees what has been kept for so long, and returns whether there was any. */
static bool drop_older(struct dgem_cache *cache, int64_t age)
{
	int64_t now = sys_now_coarse();
	struct cache_entry *entry, *old = NULL;
	bool any;

	pthread_mutex_lock(&cache->lock);
	while (cache->by_age.next != &cache->by_age) {
		entry = list_entry(cache->by_age.next, struct cache_entry, by_age);
		if (now - entry->since < age)
			break;
		remove_locked(entry);
		entry->next_old = old;
		old = entry;
	}
	pthread_mutex_unlock(&cache->lock);

	/* Closing takes long, so without the lock. */
	any = old;
	while (old) {
		entry = old;
		old = entry->next_old;
		dgem_bo_unref(entry->bo);
	}
	return any;
}

static struct dgem_bo *take(struct dgem_cache *cache, unsigned int bucket,
			    const struct cache_key *key)
{
	struct list_link *head = &cache->buckets[bucket], *link;
	struct dgem_bo *bo = NULL;
	struct cache_entry *entry;

	pthread_mutex_lock(&cache->lock);
	for (link = head->next; link != head && !bo; link = link->next) {
		entry = list_entry(link, struct cache_entry, in_bucket);
		if (!keys_equal(&entry->key, key))
			continue;
		remove_locked(entry);
		bo = entry->bo;
	}
	pthread_mutex_unlock(&cache->lock);
	return bo;
}

static void keep(struct dgem_cache *cache, struct cache_entry *entry)
{
	entry->since = sys_now_coarse();
	pthread_mutex_lock(&cache->lock);
	list_insert(&entry->in_bucket, cache->buckets[entry->bucket].next);
	list_insert(&entry->by_age, &cache->by_age);
	pthread_mutex_unlock(&cache->lock);
}

static int clear(struct dgem_bo *bo)
{
	void *ptr;
	int ret;

	ret = dgem_bo_map(bo, &ptr);
	if (ret)
		return ret;
	memset(ptr, 0, (size_t)bo->size);
	dgem_bo_unmap(bo);
	return 0;
}

/* Makes a BO that was kept look like a new one. */
static int renew(struct dgem_bo *bo, const char *label, unsigned int flags)
{
	int ret = 0;

	if (label || bo->labelled)
		ret = dgem_bo_set_label(bo, label);
	if (!ret && flags & DGEM_CACHE_ZERO)
		ret = clear(bo);
	return ret;
}

/* A BO that can be kept later, of the size of its bucket. */
static int make(struct dgem_cache *cache, uint64_t size, const struct dgem_bo_options *options,
		struct cache_entry *entry)
{
	int ret = dgem_bo_create(cache->dev, size, options, &entry->bo);

	if (ret != -ENOMEM && ret != -ENOSPC && ret != -EDQUOT)
		return ret;
	/* What is kept for later must not be in the way. */
	if (drop_older(cache, 0))
		ret = dgem_bo_create(cache->dev, size, options, &entry->bo);
	return ret;
}

static int make_entry(struct dgem_cache *cache, uint64_t size,
		      const struct dgem_bo_options *options, const struct cache_entry *from,
		      struct dgem_bo **ret_bo)
{
	struct cache_entry *entry = calloc(1, sizeof(*entry));
	int ret;

	if (!entry)
		return -ENOMEM;
	*entry = *from;
	ret = make(cache, size, options, entry);
	if (ret) {
		free(entry);
		return ret;
	}
	entry->bo->cached = entry;
	*ret_bo = entry->bo;
	return 0;
}

static int get(struct dgem_cache *cache, uint64_t size, const struct dgem_bo_options *options,
	       unsigned int flags, struct dgem_bo **ret_bo)
{
	struct cache_entry entry = {
		.cache = cache,
		.key = {
			.flags = options->flags,
			.align = options->align,
			.boundary = options->boundary,
			.heap = options->heap,
			.addr_bits = options->addr_bits,
			.numa_node = options->numa_node,
		},
	};
	uint64_t rounded = size;
	struct dgem_bo *bo;
	int ret;

	entry.bucket = find_bucket(&rounded);
	while ((bo = take(cache, entry.bucket, &entry.key))) {
		ret = 0;
		if (dgem_bo_madvise(bo, DRM_DGEM_MADV_WILLNEED) == 1) {
			ret = renew(bo, options->label, flags);
			if (!ret) {
				*ret_bo = bo;
				return 0;
			}
		}
		/* Purged, or the new label is unusable. */
		dgem_bo_unref(bo);
		if (ret)
			return ret;
	}
	ret = make_entry(cache, rounded, options, &entry, ret_bo);
	/* It is the rounding that may be too much; such a BO is not kept. */
	if (ret && rounded - size >= sys_page_size())
		ret = dgem_bo_create(cache->dev, size, options, ret_bo);
	return ret;
}

DGEM_API int dgem_cache_get(struct dgem_cache *cache, uint64_t size,
			    const struct dgem_bo_options *options, unsigned int flags,
			    struct dgem_bo **ret_bo)
{
	struct dgem_bo_options known;
	int ret;

	if (flags & ~DGEM_CACHE_ZERO)
		return -EINVAL;
	ret = bo_take_options(options, &known);
	if (!ret)
		ret = bo_find_heap(cache->dev, &known);
	if (ret)
		return ret;
	drop_older(cache, AGE_LIMIT);
	/* One place, or contents that were there before: no other BO will do. */
	if (known.flags & (DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS) || !size ||
	    size > MAX_SIZE)
		return dgem_bo_create(cache->dev, size, &known, ret_bo);
	return get(cache, size, &known, flags, ret_bo);
}

/* Whether nobody else can have the BO: another thread, process or device. */
static bool is_ours_alone(struct dgem_bo *bo)
{
	return atomic_load_explicit(&bo->refs, memory_order_acquire) == 1 &&
	       !atomic_load_explicit(&bo->shared, memory_order_relaxed);
}

/* What the user has not undone goes with his reference, but for the mapping. */
static void forget_user(struct dgem_bo *bo)
{
	pthread_mutex_lock(&bo->map_lock);
	bo->map_count = 0;
	bo->access_count = 0;
	pthread_mutex_unlock(&bo->map_lock);
}

DGEM_API void dgem_cache_put(struct dgem_cache *cache, struct dgem_bo *bo)
{
	if (!bo)
		return;
	drop_older(cache, AGE_LIMIT);
	if (!bo->cached || bo->cached->cache != cache || bo->dev != cache->dev ||
	    !is_ours_alone(bo) || dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED) != 1) {
		dgem_bo_unref(bo);
		return;
	}
	forget_user(bo);
	keep(cache, bo->cached);
}

DGEM_API void dgem_cache_trim(struct dgem_cache *cache, int64_t age)
{
	drop_older(cache, age);
}

DGEM_API int dgem_cache_create(struct dgem_device *dev, struct dgem_cache **ret_cache)
{
	struct dgem_cache *cache = calloc(1, sizeof(*cache));
	unsigned int i;
	int ret;

	if (!cache)
		return -ENOMEM;
	ret = -pthread_mutex_init(&cache->lock, NULL);
	if (ret) {
		free(cache);
		return ret;
	}
	for (i = 0; i < NUM_BUCKETS; i++)
		list_init(&cache->buckets[i]);
	list_init(&cache->by_age);
	atomic_init(&cache->refs, 1);
	cache->dev = dgem_device_ref(dev);
	*ret_cache = cache;
	return 0;
}

DGEM_API struct dgem_cache *dgem_cache_ref(struct dgem_cache *cache)
{
	atomic_fetch_add_explicit(&cache->refs, 1, memory_order_relaxed);
	return cache;
}

DGEM_API void dgem_cache_unref(struct dgem_cache *cache)
{
	if (!cache || atomic_fetch_sub_explicit(&cache->refs, 1, memory_order_acq_rel) != 1)
		return;
	drop_older(cache, 0);
	pthread_mutex_destroy(&cache->lock);
	dgem_device_unref(cache->dev);
	free(cache);
}
