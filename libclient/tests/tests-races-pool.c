// SPDX-License-Identifier: MIT
/* Threads with one pool; also built with ThreadSanitizer. */
#include <pthread.h>
#include <string.h>

#include "fixture.h"

/* More than there are stripes, so that some have to share one. */
#define THREADS 20
#define ROUNDS 400
#define HELD 8

static struct dgem_pool *pool;
static atomic_uint next_id;

/* Objects that one thread took and another one gives back. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dgem_pool_object handed;
static bool is_handed;

static void hand_over(const struct dgem_pool_object *object)
{
	struct dgem_pool_object old;
	bool is_old;

	pthread_mutex_lock(&lock);
	old = handed;
	is_old = is_handed;
	handed = *object;
	is_handed = true;
	pthread_mutex_unlock(&lock);
	if (is_old)
		dgem_pool_free(pool, &old);
}

static void check_bytes(const struct dgem_pool_object *object, unsigned char expected)
{
	const unsigned char *bytes = object->map;

	for (uint64_t i = 0; i < object->size; i += 64)
		CHECK_EQ(bytes[i], expected);
}

static void *take_and_give(void *arg)
{
	unsigned char id = (unsigned char)(atomic_fetch_add(&next_id, 1) + 1);
	struct dgem_pool_object objects[HELD];

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int flags = i % 2 ? DGEM_POOL_ZERO : 0;

		for (int k = 0; k < HELD; k++) {
			CHECK_EQ(dgem_pool_alloc(pool, 64ull << (i + k) % 6, flags, &objects[k]),
				 0);
			if (flags)
				check_bytes(&objects[k], 0);
			memset(objects[k].map, id, objects[k].size);
		}
		for (int k = 0; k < HELD; k++) {
			check_bytes(&objects[k], id);
			if (k)
				dgem_pool_free(pool, &objects[k]);
		}
		hand_over(&objects[0]);
		if (i % 100 == 50)
			dgem_pool_trim(pool);
	}
	return NULL;
}

TEST(users_of_one_pool)
{
	struct dgem_device *dev = open_default();
	pthread_t threads[THREADS];
	int i;

	CHECK_EQ(dgem_pool_create(dev, 16 << 10, NULL, &pool), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	dgem_pool_free(pool, &handed);
	dgem_pool_trim(pool);
	CHECK_EQ(fake_open_handles(), 0);
	dgem_pool_unref(pool);
	dgem_device_unref(dev);
}
