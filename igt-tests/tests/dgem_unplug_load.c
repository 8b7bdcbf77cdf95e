// SPDX-License-Identifier: MIT
/*
 * The device goes again and again while several processes do all that a client
 * does; BOs of an earlier device stay with the processes that have them.
 * IGT_DGEM_CYCLES sets how often it goes (default 25).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("The device can be unbound and bound many times under load.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (5ull << 20)
#define WORKERS 3

/* The device that the tests take away; put back at the end whatever happened. */
static struct bound device;

/** struct load - shared by the processes of the load and their parent */
struct load {
	uint32_t rounds[WORKERS];
	bool stop;
};

/* All that a client does, with whatever device there is; ENODEV ends a round. */
static void load_once(uint64_t *rng)
{
	int fd = __drm_open_driver(DRIVER_DGEM), dmabuf = -1;
	uint64_t size = (1 + content_random(rng, 700)) * dgem_page_size(), offset;
	struct drm_dgem_bo_create create = { .size = size };
	struct shadow *sh;
	char *map;
	int ret;

	if (fd < 0)
		return;
	create.heap = content_random(rng, 2);
	ret = __dgem_bo_create(fd, &create);
	if (!ret)
		ret = __dgem_bo_mmap_offset(fd, create.handle, &offset);
	igt_assert(!ret || ret == -ENODEV);
	if (!ret) {
		map = mmap(NULL, size, RW, MAP_SHARED, fd, offset);
		igt_assert(map != MAP_FAILED);
		sh = shadow_create(size / dgem_page_size());
		shadow_mix(sh, map, 0, sh->pages);
		ret = __prime_handle_to_fd(fd, create.handle, DRM_RDWR | DRM_CLOEXEC, &dmabuf);
		igt_assert(!ret || ret == -ENODEV);
		shadow_mix(sh, map, 0, sh->pages);
		dgem_unmap(map, size);
		shadow_destroy(sh);
		if (!ret)
			close(dmabuf);
	}
	close(fd);
}

static volatile struct load *load_start(void)
{
	volatile struct load *load;

	load = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(load != MAP_FAILED);
	igt_fork(child, WORKERS) {
		uint64_t rng = content_seed() + child;

		while (!load->stop) {
			load_once(&rng);
			load->rounds[child]++;
		}
	}
	return load;
}

/* Each of them came to do something. */
static uint32_t load_stop(volatile struct load *load)
{
	uint32_t rounds = 0;

	load->stop = true;
	igt_waitchildren();
	for (int i = 0; i < WORKERS; i++) {
		igt_assert_lt(0, load->rounds[i]);
		rounds += load->rounds[i];
	}
	munmap((void *)load, 4096);
	return rounds;
}

static void cycles(int count, uint32_t heap)
{
	struct level_values before;
	struct levels l;
	struct shadow *sh = shadow_create(SIZE / dgem_page_size());
	volatile struct load *load;
	uint32_t handle;
	int fd, dmabuf;
	char *map;

	levels_open(&l, -1);
	l.system = true;
	levels_read(&l, &before);
	fd = drm_open_driver(DRIVER_DGEM);
	bound_find(&device, fd);
	handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	map = dgem_bo_map(fd, handle, SIZE);
	dmabuf = prime_handle_to_fd(fd, handle);
	shadow_mix(sh, map, 0, sh->pages / 2);
	load = load_start();
	for (int i = 0; i < count; i++) {
		uint64_t nr = content_random(&sh->rng, sh->pages);

		usleep(content_random(&sh->rng, 40000));
		igt_assert_eq(bound_unbind(&device), 0);
		igt_assert(!bound_is_bound(&device));
		shadow_mix(sh, map + nr * dgem_page_size(), nr, 1);
		usleep(content_random(&sh->rng, 5000));
		igt_assert_eq(bound_bind(&device), 0);
	}
	igt_info("%d cycles, %u rounds of load\n", count, load_stop(load));
	shadow_check(sh, map, 0, sh->pages);
	dgem_unmap(map, SIZE);
	shadow_destroy(sh);
	close(dmabuf);
	drm_close_driver(fd);
	levels_assert_same(&l, &before);
}

int igt_main()
{
	uint32_t heaps = 0;
	int count = 0;

	igt_fixture() {
		int fd = drm_open_driver(DRIVER_DGEM);

		count = dgem_repeat("IGT_DGEM_CYCLES", 25);
		heaps = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
		drm_close_driver(fd);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	igt_describe(
		"Many cycles of unbind under load keep all mappings and leave no file or dma-buf.");
	igt_subtest("cycles")
		for (uint32_t heap = 0; heap < heaps; heap++)
			cycles(count, heap);

	igt_fixture()
		if (*device.device && !bound_is_bound(&device))
			igt_assert_eq(bound_bind(&device), 0);
}
