// SPDX-License-Identifier: MIT
/* What is left of a BO that was purged. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A BO that is purged is gone for good, by whatever door one comes.");

#define MIB (1ULL << 20)
#define SIZE (2 * MIB + 65536)
#define WILLNEED DRM_DGEM_MADV_WILLNEED
#define DONTNEED DRM_DGEM_MADV_DONTNEED

static int fd = -1;

static void assert_info(uint32_t handle, uint32_t madv, bool purged)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u32(info.madv, madv);
	igt_assert_eq(!!(info.state & DRM_DGEM_BO_STATE_PURGED), purged);
	if (purged)
		igt_assert_eq_u64(info.state, DRM_DGEM_BO_STATE_PURGED);
	igt_assert_eq_u64(info.resident, purged ? 0 : SIZE);
}

/* What the kernel does when memory is short, without any of that. */
static void purge_all(void)
{
	igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
}

static uint32_t create_filled(uint32_t heap, char **map)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);

	*map = dgem_bo_map(fd, handle, SIZE);
	memset(*map, 0x5a, SIZE);
	return handle;
}

/* A mapping's part, and what a child has of it. */
static void assert_gone(char *map, uint64_t from, uint64_t to)
{
	const size_t page = dgem_page_size();

	for (uint64_t at = from; at < to; at += 5 * page) {
		igt_assert_eq(content_touch_read(map + at), SIGBUS);
		igt_assert_eq(content_touch_write(map + at), SIGBUS);
	}
	igt_assert_eq(content_touch_read(map + to - 1), SIGBUS);
}

/* Purged while it is mapped, whole and in parts, here and in a child. */
static void purge_mapped(uint32_t handle, char *map)
{
	const size_t page = dgem_page_size();
	char *read_only = __dgem_bo_map(fd, handle, 0, SIZE, PROT_READ);
	int ready[2], go[2];
	char byte;

	igt_assert(read_only != MAP_FAILED);
	igt_assert_eq(*(volatile char *)read_only, 0x5a);
	/* from here on, it is three VMAs with a hole */
	dgem_unmap(map + MIB, page);
	igt_assert_eq(mprotect(map + SIZE - page, page, PROT_READ), 0);
	igt_assert_eq(pipe(ready), 0);
	igt_assert_eq(pipe(go), 0);
	igt_fork(child, 1) {
		close(go[1]);
		igt_assert_eq(*(volatile char *)map, 0x5a);
		igt_assert_eq(write(ready[1], "", 1), 1);
		igt_assert_eq(read(go[0], &byte, 1), 0);
		assert_gone(map, 0, MIB);
		assert_gone(map, MIB + page, SIZE - page);
	}
	igt_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	igt_assert(dgem_bo_madvise(fd, handle, DONTNEED));
	/* a touch changes nothing about that */
	map[0] = 0x5a;
	assert_info(handle, DONTNEED, false);
	purge_all();
	assert_info(handle, DONTNEED, true);
	close(go[1]);
	igt_waitchildren();
	assert_gone(map, 0, MIB);
	assert_gone(map, MIB + page, SIZE - page);
	igt_assert_eq(content_touch_read(map + SIZE - page), SIGBUS);
	igt_assert_eq(content_touch_read(read_only), SIGBUS);
	dgem_unmap(read_only, SIZE);
}

/* For good: whatever is asked, and by whatever door. */
static void assert_purged(uint32_t handle, uint64_t offset)
{
	int dma_buf, mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char *map, byte;

	igt_assert(!dgem_bo_madvise(fd, handle, WILLNEED));
	igt_assert(!dgem_bo_madvise(fd, handle, DONTNEED));
	igt_assert(!dgem_bo_madvise(fd, handle, WILLNEED));
	assert_info(handle, DONTNEED, true);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, DRM_RDWR, &dma_buf), -EFAULT);
	igt_assert_eq_u64(dgem_bo_mmap_offset(fd, handle), offset);
	map = dgem_bo_map(fd, handle, SIZE);
	assert_gone(map, 0, SIZE);
	igt_assert_fd(mem);
	igt_assert_eq(pread(mem, &byte, 1, (uintptr_t)map), -1);
	close(mem);
	dgem_unmap(map, SIZE);
}

/* Memory that somebody else gets is not what it was. */
static void assert_zeroed(uint32_t heap)
{
	int other = drm_reopen_driver(fd);

	for (int i = 0; i < 4; i++) {
		uint32_t handle = dgem_bo_create_in(other, SIZE, heap, 0);
		char *map = dgem_bo_map(other, handle, SIZE);

		igt_assert(!map[0] && !memcmp(map, map + 1, SIZE - 1));
		dgem_unmap(map, SIZE);
	}
	drm_close_driver(other);
}

static void test_purged(void)
{
	long long purged = observe_stat(fd, "purged_pages");

	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_heap_info info;
		char *map;
		uint32_t handle = create_filled(heap, &map);
		uint64_t offset = dgem_bo_mmap_offset(fd, handle);

		purge_mapped(handle, map);
		dgem_heap_info(fd, heap, &info);
		igt_assert_eq_u64(info.used, 0);
		purged += SIZE / dgem_page_size();
		igt_assert_eq(observe_stat(fd, "purged_pages"), purged);
		assert_purged(handle, offset);
		assert_zeroed(heap);
		gem_close(fd, handle);
		dgem_unmap(map, SIZE);
	}
}

/* What is needed is left alone, also if it was not for a while. */
static void test_needed(void)
{
	long long purged = observe_stat(fd, "purged_pages");
	char *map;
	uint32_t handle = create_filled(0, &map);

	igt_assert(dgem_bo_madvise(fd, handle, DONTNEED));
	igt_assert(dgem_bo_madvise(fd, handle, WILLNEED));
	purge_all();
	igt_assert(map[0] == 0x5a && !memcmp(map, map + 1, SIZE - 1));
	igt_assert(dgem_bo_madvise(fd, handle, WILLNEED));
	igt_assert_eq(observe_stat(fd, "purged_pages"), purged);
	dgem_unmap(map, SIZE);
	gem_close(fd, handle);
}

static const struct dgem_test tests[] = {
	{ "purged", "A purged BO is gone for good, and its memory shows nothing of it.",
	  test_purged },
	{ "needed", "What is needed again is not purged.", test_needed },
};

int igt_main()
{
	igt_fixture() {
		igt_require(geteuid() == 0);
		fd = drm_open_driver(DRIVER_DGEM);
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
