// SPDX-License-Identifier: MIT
/* The first, a middle and the last page of very large BOs. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Each page of a BO can be used, whatever its size.");

#define RW (PROT_READ | PROT_WRITE)

static int fd = -1;

static uint64_t largest_bo(uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.max_bo_size ? info.max_bo_size : dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
}

/* The first, a middle and the last page, each mapped alone: 32-bit programs can do so. */
#define ENDS 3
static void each_end(uint32_t handle, int dma_buf, const uint64_t *pages)
{
	const size_t size = dgem_page_size();

	for (unsigned int i = 0; i < ENDS; i++) {
		char *map = __dgem_bo_map(fd, handle, pages[i] * size, size, RW);

		igt_assert(map != MAP_FAILED);
		for (size_t at = 0; at < size; at++)
			igt_assert_eq(map[at], 0);
		content_fill_page(map, 1, pages[i]);
		dgem_unmap(map, size);
	}
	for (unsigned int i = 0; i < ENDS; i++) {
		char *map = dgem_dmabuf_map(dma_buf, pages[i] * size, size, RW);

		igt_assert(content_page_is(map, 1, pages[i]));
		content_fill_page(map, 2, pages[i]);
		dgem_unmap(map, size);
	}
}

/* The same pages, by one mapping of all of the BO. */
static void ends_of_all(uint32_t handle, const uint64_t *pages, size_t size)
{
	char *map = dgem_bo_map(fd, handle, size);

	for (unsigned int i = 0; i < ENDS; i++)
		igt_assert(content_page_is(map + pages[i] * dgem_page_size(), 2, pages[i]));
	dgem_unmap(map, size);
}

static void use_ends(uint64_t size, uint32_t heap)
{
	const uint64_t last = size / dgem_page_size() - 1, pages[ENDS] = { 0, last / 2, last };
	uint32_t handle = dgem_bo_create_in(fd, size, heap, 0);
	int dma_buf = prime_handle_to_fd_for_mmap(fd, handle);
	struct drm_dgem_bo_info info;

	igt_assert_eq_u64(dgem_bo_size(fd, handle), size);
	each_end(handle, dma_buf, pages);
	/* No 32-bit program has more room than this. */
	if (size <= SIZE_MAX / 2)
		ends_of_all(handle, pages, size);
	dgem_bo_info(fd, handle, &info);
	igt_assert_lte_u64(info.resident, ENDS * dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE));
	close(dma_buf);
	gem_close(fd, handle);
}

/*
 * What cannot be swapped out need not be promised beyond all memory, nor one range
 * beyond what is free of it.
 */
static bool may_exceed(uint64_t size, uint32_t heap)
{
	struct drm_dgem_heap_info heap_info;
	struct sysinfo system;

	if (dgem_heap_reserves(fd, heap) && size > hog_contiguous() / 4)
		return true;
	dgem_heap_info(fd, heap, &heap_info);
	igt_assert_eq(sysinfo(&system), 0);
	return !(heap_info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE) &&
	       size > (uint64_t)system.totalram * system.mem_unit;
}

static void test_ends_largest(void)
{
	unsigned int used = 0;

	for_each_dgem_heap(fd, heap) {
		if (may_exceed(largest_bo(heap), heap))
			continue;
		use_ends(largest_bo(heap), heap);
		used++;
	}
	igt_assert_lt(0, used);
}

/* The largest size that 32 bits can tell; a 32-bit kernel refuses it. */
static void test_ends_4g(void)
{
	const uint64_t size = (1ULL << 32) - dgem_page_size();

	for_each_touched_heap(fd, heap) {
		struct drm_dgem_bo_create args = { .size = size, .heap = heap };

		if (size > largest_bo(heap))
			dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &args, EINVAL);
		else if (!may_exceed(size, heap))
			use_ends(size, heap);
	}
}

static const struct dgem_test tests[] = {
	{ "largest", "The first, middle and last page of the largest BO can be used.",
	  test_ends_largest },
	{ "4g", "So can those of a BO just below 4 GiB, or it gives EINVAL.", test_ends_4g },
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
