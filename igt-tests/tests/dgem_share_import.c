// SPDX-License-Identifier: MIT
/*
 * dma-bufs of vgem, udmabuf and the system dma-heap, imported into dgem: the
 * memory stays theirs, dgem's handle and its mmap() of the DRM file lead to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("dgem imports the dma-bufs of other drivers.");

#define RW (PROT_READ | PROT_WRITE)

/** struct import - a foreign buffer, its handle in dgem, what it holds */
struct import {
	struct foreign f;
	uint32_t handle;
	uint64_t pages;
	struct shadow *sh;
};

static void import_create(int fd, struct import *im, enum foreign_kind kind, uint64_t size)
{
	foreign_create(&im->f, kind, size);
	im->handle = prime_fd_to_handle(fd, im->f.dmabuf);
	im->pages = size / dgem_page_size();
	im->sh = shadow_create(im->pages);
	shadow_write(im->sh, im->f.native, 0, im->pages);
}

static void import_destroy(int fd, struct import *im)
{
	igt_assert_lt(0, im->sh->checked);
	if (im->handle)
		gem_close(fd, im->handle);
	foreign_destroy(&im->f);
	shadow_destroy(im->sh);
}

/* What BO_INFO says of memory that is not dgem's. */
static void info(int fd, enum foreign_kind kind)
{
	const uint64_t sizes[] = { dgem_page_size(), 3ull << 20 };
	struct drm_dgem_bo_info info;
	struct import im;
	uint64_t id = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		import_create(fd, &im, kind, sizes[i]);
		dgem_bo_info(fd, im.handle, &info);
		igt_assert_eq_u64(info.size, sizes[i]);
		igt_assert_eq_u32(info.heap, DRM_DGEM_HEAP_NONE);
		igt_assert(info.state & DRM_DGEM_BO_STATE_IMPORTED);
		igt_assert_eq_u64(info.resident, 0);
		igt_assert_eq_u64(info.huge, 0);
		igt_assert_eq_u64(info.create_flags, 0);
		igt_assert_neq_u64(info.id, id);
		id = info.id;
		shadow_check(im.sh, im.f.native, 0, im.pages);
		import_destroy(fd, &im);
	}
}

/*
 * Ranges of the DRM file, compared with the exporter's own mapping. Those that
 * do not begin where the BO does are refused, since the exporter may ignore the
 * offset, as vgem does: see peer-check.
 */
static void map_forwarded(int fd, enum foreign_kind kind)
{
	struct import im;
	uint64_t page = dgem_page_size(), n;
	unsigned int i;

	import_create(fd, &im, kind, 5ull << 20);
	n = im.pages;
	for (i = 0; i < 8; i++) {
		uint64_t first = 1 + content_random(&im.sh->rng, n - 1);
		uint64_t count = i ? 1 + content_random(&im.sh->rng, n) : n;
		char *map = dgem_bo_map(fd, im.handle, count * page);

		shadow_mix(im.sh, map, 0, count);
		shadow_check(im.sh, im.f.native, 0, n);
		shadow_mix(im.sh, im.f.native, 0, count);
		shadow_check(im.sh, map, 0, count);
		dgem_unmap(map, count * page);

		map = __dgem_bo_map(fd, im.handle, first * page,
				    (1 + content_random(&im.sh->rng, n - first)) * page, RW);
		igt_assert(map == MAP_FAILED);
		igt_assert_eq(errno, EOPNOTSUPP);
	}
	import_destroy(fd, &im);
}

static void map_bounds(int fd, enum foreign_kind kind)
{
	const int64_t range[][2] = { { 0, 17 }, { 15, 2 }, { 16, 1 }, { 1, 16 }, { 17, 1 } };
	uint64_t page = dgem_page_size();
	struct import im;
	unsigned int i;
	char *map;

	import_create(fd, &im, kind, 16 * page);
	for (i = 0; i < ARRAY_SIZE(range); i++) {
		igt_assert(__dgem_bo_map(fd, im.handle, range[i][0] * page, range[i][1] * page,
					 RW) == MAP_FAILED);
		igt_assert_eq(errno, EINVAL);
	}
	map = mmap(NULL, 16 * page, RW, MAP_PRIVATE, fd, dgem_bo_mmap_offset(fd, im.handle));
	igt_assert(map == MAP_FAILED);
	igt_assert_eq(errno, EINVAL);
	map = dgem_bo_map(fd, im.handle, 16 * page);
	igt_assert(mremap(map, 8 * page, 16 * page, MREMAP_MAYMOVE) == MAP_FAILED);
	shadow_mix(im.sh, map, 0, 16);
	dgem_unmap(map, 16 * page);
	import_destroy(fd, &im);
}

/* One dma-buf is one handle in a file, two dma-bufs are two. */
static void same_handle(int fd, enum foreign_kind kind)
{
	struct import one, two;
	int other = drm_reopen_driver(fd), copy;
	uint32_t handle;

	import_create(fd, &one, kind, 64 << 10);
	import_create(fd, &two, kind, 64 << 10);
	igt_assert_neq_u32(one.handle, two.handle);
	copy = dup(one.f.dmabuf);
	igt_assert_eq_u32(prime_fd_to_handle(fd, copy), one.handle);
	igt_assert_eq_u32(prime_fd_to_handle(fd, two.f.dmabuf), two.handle);
	close(copy);
	handle = prime_fd_to_handle(other, one.f.dmabuf);
	gem_close(other, handle);
	close(other);
	shadow_check(one.sh, one.f.native, 0, one.pages);
	shadow_check(two.sh, two.f.native, 0, two.pages);
	import_destroy(fd, &one);
	import_destroy(fd, &two);
}

/* Exporting an import gives the exporter's dma-buf, not one of ours. */
static void re_export(int fd, enum foreign_kind kind)
{
	struct import im;
	int again, read_only = -1;

	import_create(fd, &im, kind, 64 << 10);
	again = prime_handle_to_fd_for_mmap(fd, im.handle);
	igt_assert_eq_u64(dmabuf_inode(again), dmabuf_inode(im.f.dmabuf));
	igt_assert_eq(observe_stat(fd, "exported"), 0);
	igt_assert_eq(__prime_handle_to_fd(fd, im.handle, DRM_CLOEXEC, &read_only), -EACCES);
	igt_assert_eq(read_only, -1);
	shadow_check(im.sh, im.f.native, 0, im.pages);
	close(again);
	import_destroy(fd, &im);
}

/* The handle, then the mapping alone, keeps the memory that its exporter has freed. */
static void outlives_exporter(int fd, enum foreign_kind kind)
{
	long dmabufs = observe_dmabufs();
	struct import im;
	char *map;

	import_create(fd, &im, kind, 3ull << 20);
	foreign_destroy(&im.f);
	im.f = (struct foreign){ .fd = -1, .dmabuf = -1 };
	map = dgem_bo_map(fd, im.handle, 3ull << 20);
	shadow_mix(im.sh, map, 0, im.pages);
	gem_close(fd, im.handle);
	im.handle = 0;
	shadow_mix(im.sh, map, 0, im.pages);
	igt_assert_lt(dmabufs, observe_dmabufs());
	dgem_unmap(map, 3ull << 20);
	igt_assert_eq(observe_dmabufs(), dmabufs);
	import_destroy(fd, &im);
}

/* What is dgem's to say about its own BOs only. */
static void own_only(int fd, enum foreign_kind kind)
{
	char text[8];
	uint32_t room = sizeof(text);
	struct import im;

	import_create(fd, &im, kind, 64 << 10);
	igt_assert_eq(__dgem_bo_set_label(fd, im.handle, "x", 1), -EOPNOTSUPP);
	igt_assert_eq(__dgem_bo_get_label(fd, im.handle, text, &room), 0);
	igt_assert_eq_u32(room, 0);
	igt_assert_eq(__dgem_bo_wait(fd, im.handle, DRM_DGEM_BO_WAIT_WRITE, 0), 0);
	shadow_check(im.sh, im.f.native, 0, im.pages);
	import_destroy(fd, &im);
}

/* Import and close many times over: nothing stays. */
static void no_leak(int fd, enum foreign_kind kind)
{
	struct dgem_counters before;
	long dmabufs = observe_dmabufs();
	struct foreign f;
	int i;

	dgem_counters_read(fd, &before);
	foreign_create(&f, kind, 1 << 20);
	for (i = 0; i < 500; i++) {
		uint32_t handle = prime_fd_to_handle(fd, f.dmabuf);

		if (i % 2)
			dgem_bo_mmap_offset(fd, handle);
		igt_assert_eq(observe_stat(fd, "imported"), dgem_counter(&before, "imported") + 1);
		gem_close(fd, handle);
	}
	foreign_destroy(&f);
	dgem_counters_assert_same(fd, &before);
	igt_assert_eq(observe_dmabufs(), dmabufs);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, enum foreign_kind kind);
} tests[] = {
	{ "info", "BO_INFO describes an imported BO.", info },
	{ "map",
	  "mmap() of the DRM file maps the exporter's memory, and both sides see all writes.",
	  map_forwarded },
	{ "map-bounds", "A range outside the imported BO and MAP_PRIVATE give EINVAL.",
	  map_bounds },
	{ "same-handle", "Importing a dma-buf twice gives one handle, and two dma-bufs give two.",
	  same_handle },
	{ "re-export", "Exporting an imported BO returns the exporter's dma-buf.", re_export },
	{ "outlives-exporter", "A handle and a mapping outlive the exporter's file.",
	  outlives_exporter },
	{ "own-only", "An imported BO takes no label, and an idle one needs no wait.", own_only },
	{ "no-leak", "Importing and closing 500 times leaves nothing.", no_leak },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (enum foreign_kind kind = 0; kind < FOREIGN_KINDS; kind++)
		for_each_row(t, tests)
			igt_subtest_f("%s-%s", foreign_name(kind), t->name)
				t->run(fd, kind);

	igt_describe("vgem can be unloaded as soon as nothing of it is imported.");
	igt_subtest("vgem-unload") {
		struct import im;

		import_create(fd, &im, FOREIGN_VGEM, 1 << 20);
		shadow_check(im.sh, im.f.native, 0, im.pages);
		foreign_destroy(&im.f);
		im.f = (struct foreign){ .fd = -1, .dmabuf = -1 };
		igt_assert_neq(module_unload("vgem"), 0);
		import_destroy(fd, &im);
		igt_assert_eq(module_unload("vgem"), 0);
	}

	igt_fixture()
		drm_close_driver(fd);
}
