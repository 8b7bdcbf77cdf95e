// SPDX-License-Identifier: MIT
/* Mappings that come and go while others do the same, and very large ones. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Mapping, touching, unmapping and closing at the same time.");

#define MIB (1ULL << 20)
#define SECONDS 3
/* What a thread does at least, however much longer a slow machine takes for it */
#define ROUNDS 10
#define RW (PROT_READ | PROT_WRITE)

static int fd = -1;
static volatile bool stop;

struct mapper {
	pthread_t thread;
	uint32_t handle;
	char *place;
	size_t size;
	uint64_t offset;
	unsigned long rounds;
};

/* Maps at a place next to the other thread's, touches both of its ends. */
static void *map_at_place(void *data)
{
	struct mapper *m = data;

	while (!stop || m->rounds < ROUNDS) {
		char *ptr = mmap(m->place, m->size, RW, MAP_SHARED | MAP_FIXED, fd, m->offset);
		char value = ++m->rounds;

		igt_assert(ptr == m->place);
		ptr[0] = value;
		ptr[m->size - 1] = value;
		igt_assert_eq(munmap(ptr, m->size), 0);

		ptr = mmap(m->place, m->size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, m->offset);
		igt_assert(ptr == m->place);
		igt_assert_eq(ptr[0], value);
		igt_assert_eq(ptr[m->size - 1], value);
		igt_assert_eq(munmap(ptr, m->size), 0);
	}
	return NULL;
}

/* @border: where the two places meet, counted from the start of a huge page. */
static void test_adjacent(size_t border)
{
	const size_t pmd = 2 * MIB, area = 6 * pmd;
	struct mapper mappers[2];
	char *reserved = mmap(NULL, area, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *base;

	igt_assert(reserved != MAP_FAILED);
	base = (char *)(((uintptr_t)reserved + pmd - 1) & ~(pmd - 1));
	stop = false;
	for (unsigned int i = 0; i < ARRAY_SIZE(mappers); i++) {
		mappers[i] = (struct mapper){ .size = pmd };
		mappers[i].handle = dgem_bo_create(fd, pmd);
		mappers[i].offset = dgem_bo_mmap_offset(fd, mappers[i].handle);
		mappers[i].place = base + pmd + border + i * pmd;
		igt_assert_eq(pthread_create(&mappers[i].thread, NULL, map_at_place, &mappers[i]),
			      0);
	}
	sleep(SECONDS);
	stop = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(mappers); i++) {
		pthread_join(mappers[i].thread, NULL);
		igt_info("%lu rounds\n", mappers[i].rounds);
		gem_close(fd, mappers[i].handle);
	}
	munmap(reserved, area);
}

/* Handles of one file, made, mapped and closed by processes that share it. */
static void create_map_close(int file, unsigned int seed)
{
	unsigned long closed = 0, touched = 0;

	igt_until_timeout(SECONDS) {
		size_t size = (1 + rand_r(&seed) % 64) * dgem_page_size();
		uint32_t handle = dgem_bo_create_in(file, size, rand_r(&seed) % 2, 0);
		uint64_t offset;
		char *ptr;

		closed += !__gem_close(file, 1 + rand_r(&seed) % 16);
		if (__dgem_bo_mmap_offset(file, handle, &offset))
			continue;
		ptr = mmap(NULL, size, RW, MAP_SHARED, file, offset);
		if (ptr == MAP_FAILED) {
			/* closed, or closed and made again by another process */
			igt_assert(errno == EACCES || errno == EINVAL);
			continue;
		}
		memset(ptr, 1, size);
		touched++;
		dgem_unmap(ptr, size);
	}
	igt_assert_lt(0, closed);
	igt_assert_lt(0, touched);
}

static void test_close_race(void)
{
	struct dgem_counters before;
	int file;

	dgem_counters_read(fd, &before);
	file = drm_reopen_driver(fd);
	igt_fork(child, 4)
		create_map_close(file, child);
	igt_waitchildren();
	drm_close_driver(file);
	dgem_counters_assert_same(fd, &before);
}

/*
 * Asking and importing again and again gives one permission, not a list of
 * them: one close takes it away.
 */
static void test_flood(void)
{
	uint32_t handle = dgem_bo_create(fd, 4096), shared = 0;
	int dma_buf = prime_handle_to_fd_for_mmap(fd, handle), file;
	struct dgem_counters before;
	uint64_t offset = dgem_bo_mmap_offset(fd, handle);

	dgem_counters_read(fd, &before);
	for (int i = 0; i < 200; i++) {
		file = drm_reopen_driver(fd);
		for (int j = 0; j < 50; j++) {
			shared = prime_fd_to_handle(file, dma_buf);
			igt_assert_eq_u64(dgem_bo_mmap_offset(file, shared), offset);
		}
		gem_close(file, shared);
		igt_assert(mmap(NULL, 4096, RW, MAP_SHARED, file, offset) == MAP_FAILED);
		igt_assert_eq(errno, EACCES);
		drm_close_driver(file);
	}
	dgem_counters_assert_same(fd, &before);
	close(dma_buf);
	gem_close(fd, handle);
}

/* A window of one page at a time, so that 32-bit programs can do it, too. */
static void touch_page(uint32_t handle, uint64_t page, unsigned char expected)
{
	const size_t size = dgem_page_size();
	unsigned char *ptr = __dgem_bo_map(fd, handle, page * size, size, RW);

	igt_assert(ptr != MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		igt_assert_eq(ptr[i], expected);
	memset(ptr, (unsigned char)(page % 251 + 1), size);
	dgem_unmap(ptr, size);
}

static void test_huge(void)
{
	const uint64_t largest = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	uint64_t pages[34], total, num = 0;
	struct sysinfo info;
	uint32_t handle;

	igt_assert_eq(sysinfo(&info), 0);
	total = (uint64_t)info.totalram * info.mem_unit;
	if (total > largest)
		total = largest;
	total /= dgem_page_size();
	handle = dgem_bo_create(fd, total * dgem_page_size());
	pages[num++] = 0;
	pages[num++] = total - 1;
	srandom(1);
	while (num < ARRAY_SIZE(pages)) {
		uint64_t page = (((uint64_t)random() << 31) ^ random()) % total, i = 0;

		while (i < num && pages[i] != page)
			i++;
		if (i == num)
			pages[num++] = page;
	}
	for (unsigned int i = 0; i < num; i++)
		touch_page(handle, pages[i], 0);
	for (unsigned int i = 0; i < num; i++)
		touch_page(handle, pages[i], pages[i] % 251 + 1);
	gem_close(fd, handle);
}

static void test_signals(void)
{
	const size_t size = 64 * MIB, page = dgem_page_size();
	uint32_t handle = dgem_bo_create(fd, size);
	char *ptr = dgem_bo_map(fd, handle, size);

	igt_fork_signal_helper();
	for (size_t i = 0; i < size; i += page)
		ptr[i] = i / page;
	for (size_t i = 0; i < size; i += page)
		igt_assert_eq(ptr[i], (char)(i / page));
	igt_stop_signal_helper();
	dgem_unmap(ptr, size);
	gem_close(fd, handle);
}

static void test_adjacent_aligned(void)
{
	test_adjacent(0);
}

static void test_adjacent_inside(void)
{
	test_adjacent(MIB);
}

static const struct dgem_test tests[] = {
	{ "adjacent-aligned", "Two threads map and unmap side by side, meeting at a huge boundary.",
	  test_adjacent_aligned },
	{ "adjacent-inside", "Two threads map and unmap side by side, meeting inside a huge page.",
	  test_adjacent_inside },
	{ "close-race", "Processes create, map and touch while others close their handles.",
	  test_close_race },
	{ "open-flood", "Asking for the offset again and again leaves no permission behind.",
	  test_flood },
	{ "huge-bo", "A BO of the size of all memory can be used here and there.", test_huge },
	{ "fault-signals", "Signals during faults change nothing.", test_signals },
};

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
