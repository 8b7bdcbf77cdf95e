// SPDX-License-Identifier: MIT
/* PRIME between threads that do all at the same time. */
#include <pthread.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Imports and exports that race with closing leave nothing.");

#define SIZE (256 * 1024)
#define RACE_SECONDS 3

static int fd = -1;

static volatile bool stop;

struct racer {
	pthread_t thread;
	int file;
	int dma_buf;
	/* written by create_and_close(), read by export_current() at any time */
	volatile uint32_t handle;
	struct racer *maker;
	unsigned long rounds;
};

static void *import_and_close(void *data)
{
	struct racer *racer = data;
	uint32_t handle;
	int ret;

	while (!stop) {
		igt_assert_eq(__prime_fd_to_handle(racer->file, racer->dma_buf, &handle), 0);
		ret = __gem_close(racer->file, handle);
		/* another thread may have closed the handle that both got */
		igt_assert(ret == 0 || ret == -EINVAL);
		racer->rounds++;
	}
	return NULL;
}

static void *create_and_close(void *data)
{
	struct racer *racer = data;

	while (!stop) {
		uint32_t handle = dgem_bo_create(racer->file, SIZE);

		racer->handle = handle;
		gem_close(racer->file, handle);
		racer->rounds++;
	}
	return NULL;
}

static void *export_current(void *data)
{
	struct racer *racer = data;
	int dma_buf, ret;

	while (!stop) {
		ret = __prime_handle_to_fd(racer->file, racer->maker->handle, 0, &dma_buf);
		igt_assert(ret == 0 || ret == -ENOENT);
		if (!ret)
			close(dma_buf);
		racer->rounds++;
	}
	return NULL;
}

static unsigned long race(struct racer *racers, unsigned int num, void *(*first)(void *),
			  void *(*rest)(void *))
{
	unsigned long rounds = 0;

	stop = false;
	for (unsigned int i = 0; i < num; i++)
		igt_assert_eq(pthread_create(&racers[i].thread, NULL, i ? rest : first, &racers[i]),
			      0);
	sleep(RACE_SECONDS);
	stop = true;
	for (unsigned int i = 0; i < num; i++) {
		pthread_join(racers[i].thread, NULL);
		rounds += racers[i].rounds;
	}
	return rounds;
}

static void test_reimport_race(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	int dma_buf = prime_handle_to_fd(fd, handle), file;
	struct racer racers[4] = {};
	struct dgem_counters before;
	unsigned long rounds;

	dgem_counters_read(fd, &before);
	file = drm_reopen_driver(fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(racers); i++)
		racers[i] = (struct racer){ .file = file, .dma_buf = dma_buf };
	rounds = race(racers, ARRAY_SIZE(racers), import_and_close, import_and_close);
	igt_info("%lu imports\n", rounds);
	igt_assert_lt(100, rounds);
	drm_close_driver(file);
	dgem_counters_assert_same(fd, &before);
	close(dma_buf);
	gem_close(fd, handle);
}

static void test_export_race(void)
{
	struct racer racers[3] = {};
	struct dgem_counters before;
	unsigned long rounds;
	int file;

	dgem_counters_read(fd, &before);
	file = drm_reopen_driver(fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(racers); i++)
		racers[i] = (struct racer){ .file = file, .maker = racers };
	rounds = race(racers, ARRAY_SIZE(racers), create_and_close, export_current);
	igt_info("%lu creations and exports\n", rounds);
	igt_assert_lt(100, rounds);
	drm_close_driver(file);
	dgem_counters_assert_same(fd, &before);
}

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("Threads that import and close one dma-buf leave nothing.");
	dgem_subtest(fd, "reimport-close-race")
		test_reimport_race();
	igt_describe("Threads that export what others close leave nothing.");
	dgem_subtest(fd, "export-close-race")
		test_export_race();

	igt_fixture()
		drm_close_driver(fd);
}
