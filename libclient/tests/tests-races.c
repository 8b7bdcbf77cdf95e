// SPDX-License-Identifier: MIT
/* Threads on one device; also built with ThreadSanitizer. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "fixture.h"

#define THREADS 8
#define ROUNDS 2000

struct race {
	struct dgem_device *dev;
	int fd; /* a dma-buf that all import */
};

static void run(void *(*body)(void *), struct race *race)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, body, race), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

/* A handle that was closed under its user gives ENOENT or another size. */
static void check_alive(struct dgem_bo *bo, uint64_t size)
{
	struct dgem_bo_info info;

	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.size, size);
	CHECK_EQ(dgem_bo_size(bo), size);
}

static void *import_and_unref(void *arg)
{
	struct race *race = arg;
	struct dgem_bo *bo;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		CHECK_EQ(dgem_bo_import(race->dev, race->fd, &bo), 0);
		check_alive(bo, 3 * 4096);
		dgem_bo_unref(bo);
	}
	return NULL;
}

TEST(import_against_last_unref)
{
	struct race race = { .dev = open_default() };

	fake_set_slow(true);
	race.fd = fake_foreign_dmabuf(3 * 4096);
	run(import_and_unref, &race);
	CHECK_EQ(fake_open_handles(), 0);
	fake_close_dmabuf(race.fd);
	dgem_device_unref(race.dev);
}

static void *create_and_import(void *arg)
{
	struct race *race = arg;
	struct dgem_bo *own, *again, *foreign;
	int i, fd;

	for (i = 0; i < ROUNDS / 4; i++) {
		uint64_t size = 4096 * (uint64_t)(4 + i % 5);

		CHECK_EQ(dgem_bo_create(race->dev, size, NULL, &own), 0);
		check_alive(own, size);
		if (i % 2) {
			CHECK_EQ(dgem_bo_export(own, O_RDWR, &fd), 0);
			CHECK_EQ(dgem_bo_import(race->dev, fd, &again), 0);
			CHECK(again == own);
			fake_close_dmabuf(fd);
			dgem_bo_unref(own);
			own = again;
		}
		CHECK_EQ(dgem_bo_import(race->dev, race->fd, &foreign), 0);
		check_alive(own, size);
		dgem_bo_unref(own);
		check_alive(foreign, 3 * 4096);
		dgem_bo_unref(foreign);
	}
	return NULL;
}

TEST(handle_numbers_that_come_back_at_once)
{
	struct race race = { .dev = open_default() };

	fake_set_slow(true);
	race.fd = fake_foreign_dmabuf(3 * 4096);
	run(create_and_import, &race);
	CHECK_EQ(fake_open_handles(), 0);
	fake_close_dmabuf(race.fd);
	dgem_device_unref(race.dev);
}

static struct dgem_bo *shared_bo;

static void *map_and_ref(void *arg)
{
	void *first, *second;
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		struct dgem_bo *bo = dgem_bo_ref(shared_bo);

		CHECK_EQ(dgem_bo_map(bo, &first), 0);
		CHECK_EQ(dgem_bo_map(bo, &second), 0);
		CHECK(first == second);
		CHECK_EQ(*(volatile char *)first, 0);
		dgem_bo_unmap(bo);
		dgem_bo_unmap(bo);
		dgem_bo_unref(bo);
	}
	return NULL;
}

TEST(maps_of_one_bo)
{
	struct race race = { .dev = open_default() };

	shared_bo = create(race.dev, 8192);
	run(map_and_ref, &race);
	CHECK_EQ(fake_mapped(), 0);
	dgem_bo_unref(shared_bo);
	dgem_device_unref(race.dev);
}

static void *access_and_export(void *arg)
{
	unsigned int access;
	int i, fd;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		access = i % 3 ? DGEM_ACCESS_READ : DGEM_ACCESS_WRITE;
		CHECK_EQ(dgem_bo_begin_access(shared_bo, access), 0);
		/* For the first time while others are in the middle of an access. */
		if (i > ROUNDS / 2 && i % 8 == 0) {
			CHECK_EQ(dgem_bo_export(shared_bo, O_RDWR, &fd), 0);
			fake_close_dmabuf(fd);
		}
		CHECK_EQ(dgem_bo_end_access(shared_bo, access), 0);
	}
	return NULL;
}

TEST(accesses_to_one_bo)
{
	struct race race = { .dev = open_default() };
	unsigned int files = fake_open_files();

	shared_bo = create(race.dev, 8192);
	run(access_and_export, &race);
	CHECK_EQ(fake_open_files(), files);
	CHECK_EQ(dgem_bo_end_access(shared_bo, DGEM_ACCESS_READ), -EINVAL);
	dgem_bo_unref(shared_bo);
	dgem_device_unref(race.dev);
}

static void *drop_device(void *arg)
{
	struct race *race = arg;

	dgem_device_unref(race->dev);
	return NULL;
}

TEST(last_unref_of_the_device)
{
	struct race race = { .dev = open_default() };
	int i;

	for (i = 1; i < THREADS; i++)
		dgem_device_ref(race.dev);
	run(drop_device, &race);
	CHECK_EQ(fake_open_files(), 0);
}
