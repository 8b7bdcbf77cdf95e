// SPDX-License-Identifier: MIT
/*
 * Pages of mappings that the kernel has pinned for somebody: they keep their contents
 * until he is done, whatever becomes of the mapping and the BO, and no others do.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/direct.h"
#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "dgem/swap.h"
#include "dgem/uring.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Pages that somebody has pinned stay as they are, and no others stay.");

#define MIB (1ull << 20)
#define HELD_SIZE (64 * MIB)

/* What else comes and goes in the machine meanwhile. */
#define SLACK_FREE (16 * MIB)

/** struct held - a BO that is filled, and a ring that has registered a mapping of it */
struct held {
	struct peer_bo *bo;
	struct uring ring;
	char *map;
	uint64_t id;
};

static void hold(struct held *h, int fd, uint64_t size, uint32_t heap)
{
	struct drm_dgem_bo_info info;

	h->bo = direct_create(fd, size, heap, DRM_DGEM_BO_DIRECT_IO);
	peer_fill(h->bo, PEER_DRM);
	h->map = map_whole(h->bo, PEER_DRM);
	igt_assert_eq(uring_start(&h->ring, h->map, size), 0);
	dgem_bo_info(fd, h->bo->handle, &info);
	h->id = info.id;
}

static char *page_buffer(uint64_t pages)
{
	char *buf = malloc(map_bytes(pages));

	igt_assert(buf);
	return buf;
}

/* Of a large BO not each page is looked at, but some of each chunk. */
#define MAX_LOOKS 256

/* The ring sees what the BO held, and writes something else. */
static void use_ring(struct held *h)
{
	uint64_t step = 1 + h->bo->pages / MAX_LOOKS;
	char *page = page_buffer(1);

	for (uint64_t nr = 0; nr < h->bo->pages; nr += step) {
		uring_read(&h->ring, map_bytes(nr), page, map_bytes(1));
		shadow_check_at(h->bo->sh, page, nr);
		shadow_write(h->bo->sh, page, nr, 1);
		uring_write(&h->ring, map_bytes(nr), page, map_bytes(1));
		uring_read(&h->ring, map_bytes(nr), page, map_bytes(1));
		shadow_check_at(h->bo->sh, page, nr);
	}
	free(page);
}

static void release(struct held *h)
{
	uring_stop(&h->ring);
	peer_free(h->bo);
}

static void close_bo(struct held *h, int fd)
{
	munmap(h->map, h->bo->size);
	gem_close(fd, h->bo->handle);
	h->bo->handle = 0;
}

/* Memory is free when the ring is gone, not when the BO is. */
static void freed(int fd, uint32_t heap)
{
	long long bos = observe_stat(fd, "bos");
	uint64_t held_free, end_free;
	struct held h;

	hold(&h, fd, HELD_SIZE, heap);
	close_bo(&h, fd);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
	use_ring(&h);
	held_free = observe_free_memory();
	release(&h);
	end_free = observe_free_memory();
	igt_assert_lte_u64(held_free + HELD_SIZE, end_free + SLACK_FREE);
}

/* Only those pages stay that somebody holds: one in each chunk, not the chunk. */
static void single_pages(int fd, uint32_t heap)
{
	struct peer_bo *bo = direct_create(fd, HELD_SIZE, heap, DRM_DGEM_BO_DIRECT_IO);
	uint64_t chunks = HELD_SIZE / PEER_CHUNK, before;
	char *map = map_whole(bo, PEER_DRM), *page = page_buffer(1);
	int ends[2];

	shadow_write(bo->sh, map, 0, bo->pages);
	igt_assert_eq(pipe(ends), 0);
	igt_assert_lte_u64(map_bytes(chunks), fcntl(ends[0], F_SETPIPE_SZ, map_bytes(chunks)));
	for (uint64_t i = 0; i < chunks; i++) {
		struct iovec piece = { map + i * PEER_CHUNK + map_bytes(7), map_bytes(1) };

		igt_assert_eq(vmsplice(ends[1], &piece, 1, 0), (ssize_t)map_bytes(1));
	}
	munmap(map, bo->size);
	before = observe_free_memory();
	gem_close(fd, bo->handle);
	bo->handle = 0;
	igt_assert_lte_u64(before + HELD_SIZE, observe_free_memory() + SLACK_FREE);
	for (uint64_t i = 0; i < chunks; i++) {
		igt_assert_eq(read(ends[0], page, map_bytes(1)), (ssize_t)map_bytes(1));
		shadow_check_at(bo->sh, page, i * (PEER_CHUNK / map_bytes(1)) + 7);
	}
	close(ends[0]);
	close(ends[1]);
	free(page);
	peer_free(bo);
}

/* Whether single pages of a heap are pages of their own. */
static bool has_single_pages(int fd, uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return direct_heap(fd, heap) && !(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE);
}

/* The next BO gets other pages, and they read as zero. */
static void not_handed_out(int fd, uint32_t heap)
{
	struct peer_bo *next;
	struct held h;
	char *map;

	hold(&h, fd, 2 * PEER_CHUNK, heap);
	close_bo(&h, fd);
	next = direct_create(fd, 2 * PEER_CHUNK, heap, DRM_DGEM_BO_DIRECT_IO);
	map = map_whole(next, PEER_DRM);
	shadow_check(next->sh, map, 0, next->pages);
	use_ring(&h);
	shadow_check(next->sh, map, 0, next->pages);
	shadow_write(next->sh, map, 0, next->pages);
	use_ring(&h);
	shadow_check(next->sh, map, 0, next->pages);
	munmap(map, next->size);
	peer_free(next);
	release(&h);
}

/* A BO whose memory is not needed is purged like any other. */
static void purged(int fd, uint32_t heap)
{
	struct drm_dgem_bo_info info;
	struct held h;

	hold(&h, fd, 2 * PEER_CHUNK, heap);
	igt_assert(dgem_bo_madvise(fd, h.bo->handle, DRM_DGEM_MADV_DONTNEED));
	for (int i = 0; i < 100; i++) {
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
		dgem_bo_info(fd, h.bo->handle, &info);
		if (info.state & DRM_DGEM_BO_STATE_PURGED)
			break;
	}
	igt_assert(info.state & DRM_DGEM_BO_STATE_PURGED);
	igt_assert_eq(content_touch_read(h.map), SIGBUS);
	use_ring(&h);
	close_bo(&h, fd);
	use_ring(&h);
	release(&h);
}

/* What the ring writes into pages that were evicted is there when they come back. */
static void evicted(int fd, uint32_t heap)
{
	struct drm_dgem_bo_info info;
	struct held h;

	hold(&h, fd, 4 * PEER_CHUNK, heap);
	for (int i = 0; i < 100; i++) {
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
		dgem_bo_info(fd, h.bo->handle, &info);
		if (!info.resident)
			break;
	}
	igt_assert_eq_u64(info.resident, 0);
	use_ring(&h);
	shadow_mix(h.bo->sh, h.map, 0, h.bo->pages);
	use_ring(&h);
	shadow_check(h.bo->sh, h.map, 0, h.bo->pages);
	close_bo(&h, fd);
	release(&h);
}

/* The device that a test takes away; put back at the end whatever happened. */
static struct bound device;

/* The device goes away, and its file is closed, while the ring goes on. */
static void unbound(int fd, uint32_t heap)
{
	struct held h;

	hold(&h, fd, 2 * PEER_CHUNK, heap);
	bound_find(&device, fd);
	igt_assert_eq(bound_unbind(&device), 0);
	use_ring(&h);
	shadow_check(h.bo->sh, h.map, 0, h.bo->pages);
	munmap(h.map, h.bo->size);
	drm_close_driver(fd);
	h.bo->fd = -1;
	use_ring(&h);
	release(&h);
	igt_assert_eq(bound_bind(&device), 0);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, uint32_t heap);
	bool (*has)(int fd, uint32_t heap);
} tests[] = {
	{ "freed", "What somebody has pinned of a BO lives on with its contents, and no longer.",
	  freed, direct_heap },
	{ "single-pages", "Pages that nobody has pinned are free when the BO is.", single_pages,
	  has_single_pages },
	{ "not-handed-out", "Pages that somebody has pinned are not those of the next BO.",
	  not_handed_out, direct_heap },
	{ "purged", "A BO with pinned pages can be purged, and they keep their contents.", purged,
	  direct_heap },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		swap_start(PRESSURE_SWAP);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_dgem_subtest(fd, t, tests) {
		unsigned int heaps = 0;

		for_each_dgem_heap(fd, heap)
			if (t->has(fd, heap)) {
				t->run(fd, heap);
				heaps++;
			}
		igt_assert_lt(0, heaps);
	}

	igt_describe("Pinned pages of a BO that is evicted come back to it as the same pages.");
	dgem_subtest(fd, "evicted")
		evicted(fd, dgem_require_heap(fd, DRM_DGEM_HEAP_SYSTEM));

	igt_fixture() {
		swap_stop();
		drm_close_driver(fd);
	}

	igt_describe("Pinned pages outlive the device.");
	igt_subtest("unbound") {
		fd = drm_open_driver(DRIVER_DGEM);
		unbound(fd, dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED));
		fd = drm_open_driver(DRIVER_DGEM);
		unbound(fd, dgem_require_heap(fd, DRM_DGEM_HEAP_SYSTEM));
	}

	igt_fixture()
		if (*device.device && !bound_is_bound(&device))
			bound_bind(&device);
}
