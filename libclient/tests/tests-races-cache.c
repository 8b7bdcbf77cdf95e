// SPDX-License-Identifier: MIT
/* Threads with one cache; also built with ThreadSanitizer. */
#include <pthread.h>
#include <string.h>

#include "fixture.h"

#define THREADS 8
#define ROUNDS 500
#define SIZE 4096

static struct dgem_cache *cache;
static atomic_uint next_id;

/* Each byte is of the one user that the BO has at a time. */
static void check_bytes(const unsigned char *bytes, unsigned char expected)
{
	for (size_t i = 0; i < SIZE; i += 64)
		CHECK_EQ(bytes[i], expected);
}

static void *get_and_put(void *arg)
{
	unsigned char id = (unsigned char)(atomic_fetch_add(&next_id, 1) + 1);
	struct dgem_bo *bo;
	void *ptr;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int flags = i % 2 ? DGEM_CACHE_ZERO : 0;

		CHECK_EQ(dgem_cache_get(cache, SIZE, NULL, flags, &bo), 0);
		CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
		if (flags)
			check_bytes(ptr, 0);
		memset(ptr, id, SIZE);
		sched_yield();
		check_bytes(ptr, id);
		dgem_bo_unmap(bo);
		dgem_cache_put(cache, bo);
		if (i % 16 == 0)
			fake_purge();
		if (i % 64 == 0)
			fake_advance(1000000000);
	}
	return NULL;
}

TEST(users_of_one_cache)
{
	struct dgem_device *dev = open_default();
	pthread_t threads[THREADS];
	int i;

	CHECK_EQ(dgem_cache_create(dev, &cache), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, get_and_put, NULL), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	/* Some were used again, and some were purged or too old. */
	CHECK(fake_calls(FAKE_BO_CREATE) < THREADS * ROUNDS);
	CHECK(fake_calls(FAKE_BO_CREATE) > THREADS);
	dgem_cache_unref(cache);
	dgem_device_unref(dev);
}
