// SPDX-License-Identifier: MIT
/*
 * What can be done with BOs of carve-outs: all that can be done with others, and huge
 * mappings at any place. Runs in the machine that vm/machine/carveout describes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/carveout.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BOs of carve-outs are mapped, shared and accessed like any other.");

#define MIB (1ull << 20)
#define RW (PROT_READ | PROT_WRITE)

static int fd = -1;

static uint32_t create(const char *name, uint64_t size, uint64_t flags, uint64_t offset)
{
	struct drm_dgem_bo_create create = {
		.size = size,
		.flags = flags,
		.heap = carveout_heap(fd, name),
		.heap_offset = offset,
	};

	igt_assert_eq(__dgem_bo_create(fd, &create), 0);
	return create.handle;
}

/* Where in the heap the only BO lies: its first page that cannot be had. */
static uint64_t place_of_bo(const struct carveout *c)
{
	struct drm_dgem_bo_create create = {
		.flags = DRM_DGEM_BO_FIXED,
		.heap = carveout_heap(fd, c->name),
	};

	for (uint64_t at = 0; at < c->size; at += 4096) {
		int ret;

		create.size = 1;
		create.handle = 0;
		create.heap_offset = at;
		ret = __dgem_bo_create(fd, &create);
		if (ret) {
			igt_assert_eq(ret, -ENOSPC);
			return at;
		}
		gem_close(fd, create.handle);
	}
	igt_assert_f(false, "no page of '%s' is taken\n", c->name);
	return 0;
}

/* Makes the first of its pages be taken, so that not just anything is aligned. */
static void test_constraints(void)
{
	const struct carveout *c = &carveouts[1];
	struct drm_dgem_bo_create base = { .heap = carveout_heap(fd, c->name) }, create;

	for (uint64_t size = 4096; size <= MIB; size *= 4)
		for (uint64_t align = 0; align <= 2 * MIB; align = align ? align * 2 : 4096)
			for (uint64_t boundary = 0; boundary <= 2 * MIB;
			     boundary = boundary ? boundary * 2 : size) {
				uint64_t at;

				create = base;
				create.size = size;
				create.align = align;
				create.boundary = boundary;
				create.addr_bits = 28;
				create.flags = DRM_DGEM_BO_NUMA;
				igt_assert_eq(__dgem_bo_create(fd, &create), 0);
				at = c->start + place_of_bo(c);
				igt_assert(!align || !(at % align));
				igt_assert(!boundary ||
					   at / boundary == (at + size - 1) / boundary);
				gem_close(fd, create.handle);
			}

	create = base;
	create.size = 4096;
	create.addr_bits = 27;
	igt_assert_eq(__dgem_bo_create(fd, &create), -ENOSPC);
	igt_assert_eq_u32(create.reason, DRM_DGEM_REASON_ADDR_LIMIT);
	create = base;
	create.size = 4096;
	create.align = 512 * MIB;
	igt_assert_eq(__dgem_bo_create(fd, &create), -ENOSPC);
	igt_assert_eq_u32(create.reason, DRM_DGEM_REASON_FRAGMENTED);
}

/* Of a BO that begins 5 pages behind a multiple of 2 MiB, by each way to map it. */
static void test_odd_place(void)
{
	const uint64_t size = 6 * MIB, pages = size / 4096;
	const int entries = dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE) ? 2 : 0;
	uint32_t bo = create("spare", size, DRM_DGEM_BO_FIXED, 5 * 4096);
	struct shadow *sh = shadow_create(pages);
	struct drm_dgem_bo_info info;
	int dma_buf = prime_handle_to_fd_for_mmap(fd, bo);
	long long huge = observe_stat(fd, "huge_faults");
	char *map = dgem_bo_map(fd, bo, size), *other, *room;

	dgem_bo_info(fd, bo, &info);
	igt_assert_eq_u64(info.huge, entries * (2 * MIB));
	igt_assert_eq_u64(info.resident, size);
	shadow_mix(sh, map, 0, pages);
	igt_assert_eq(observe_stat(fd, "huge_faults"), huge + entries);

	other = dgem_dmabuf_map(dma_buf, 0, size, RW);
	shadow_mix(sh, other, 0, pages);
	dgem_unmap(other, size);

	/* Of the dma-buf's file, the kernel may have chosen such an address by chance. */
	huge = observe_stat(fd, "huge_faults");
	other = __dgem_bo_map(fd, bo, 3 * 4096, size - 3 * 4096, RW);
	igt_assert(other != MAP_FAILED);
	shadow_mix(sh, other, 3, pages - 3);
	dgem_unmap(other, size - 3 * 4096);
	igt_assert_eq(observe_stat(fd, "huge_faults"), huge + entries);

	/* Where indices are aligned, memory is not. */
	room = mmap(NULL, size + 2 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	igt_assert(room != MAP_FAILED);
	other = room + -(uintptr_t)room % (2 * MIB);
	igt_assert(mmap(other, size, RW, MAP_SHARED | MAP_FIXED, fd, dgem_bo_mmap_offset(fd, bo)) ==
		   other);
	shadow_mix(sh, other, 0, pages);
	igt_assert_eq(observe_stat(fd, "huge_faults"), huge + entries);
	munmap(room, size + 2 * MIB);

	shadow_check(sh, map, 0, pages);
	dgem_unmap(map, size);
	shadow_destroy(sh);
	close(dma_buf);
	gem_close(fd, bo);
}

/* By small entries and by a huge one: both must be cached, whoever is asked. */
static void test_cached(void)
{
	const struct carveout *c = &carveouts[1];
	uint32_t bo = create(c->name, c->size, 0, 0);
	char *map = dgem_bo_map(fd, bo, c->size), *small, *list, want[64], *line;

	memset(map, 1, c->size);
	small = __dgem_bo_map(fd, bo, 0, 4096, RW);
	small[0] = 2;
	igt_assert_eq(map[0], 2);

	list = observe_file("/sys/kernel/debug/x86/pat_memtype_list");
	igt_require_f(list, "this processor has no page attribute table\n");
	snprintf(want, sizeof(want), "[mem 0x%016" PRIx64 "-0x%016" PRIx64 "] ", c->start,
		 c->start + c->size);
	line = strstr(list, want);
	igt_assert_f(line, "no memory type of%s\n%s", want, list);
	igt_assert_eq(strncmp(line + strlen(want), "write-back", 10), 0);
	free(list);
	dgem_unmap(small, 4096);
	dgem_unmap(map, c->size);
	gem_close(fd, bo);
}

/* What debuggers do: the kernel reads and writes the page for them. */
static void test_access(void)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	igt_assert_fd(mem);
	for_each_carveout(c) {
		uint32_t bo;
		char text[8], *map;

		if (c->preserve)
			continue;
		bo = create(c->name, c->size, 0, 0);
		map = dgem_bo_map(fd, bo, c->size);
		strcpy(map + MIB, "before");
		igt_assert_eq(pread(mem, text, 7, (uintptr_t)map + MIB), 7);
		igt_assert_eq(strcmp(text, "before"), 0);
		igt_assert_eq(pwrite(mem, "after", 6, (uintptr_t)map + MIB), 6);
		igt_assert_eq(strcmp(map + MIB, "after"), 0);
		dgem_unmap(map, c->size);
		gem_close(fd, bo);
	}
	close(mem);
}

/* A camera fills BOs of a carve-out, by a mapping of the kernel or by one segment. */
static void capture(const char *name, enum vivid_allocator allocator)
{
	int dma_buf[2];
	uint32_t bo[2], index;
	char *map[2], *want;
	struct vivid v;

	vivid_load(allocator);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	want = vivid_reference(&v);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	for (int i = 0; i < 2; i++) {
		bo[i] = create(name, v.bytes, 0, 0);
		dma_buf[i] = prime_handle_to_fd_for_mmap(fd, bo[i]);
		map[i] = dgem_bo_map(fd, bo[i], v.bytes);
		igt_assert_eq(vivid_queue(&v, i, dma_buf[i], dgem_bo_size(fd, bo[i])), 0);
	}
	igt_assert_eq(vivid_stream(&v, true), 0);
	for (int n = 0; n < 6; n++) {
		igt_assert_eq(vivid_dequeue(&v, &index), 0);
		igt_assert_eq(memcmp(map[index], want, v.bytes), 0);
		memset(map[index], 0xee, v.bytes);
		igt_assert_eq(vivid_queue(&v, index, dma_buf[index], dgem_bo_size(fd, bo[index])),
			      0);
	}
	vivid_close(&v);
	for (int i = 0; i < 2; i++) {
		dgem_unmap(map[i], v.bytes);
		close(dma_buf[i]);
		gem_close(fd, bo[i]);
	}
	free(want);
}

static void test_camera(void)
{
	for_each_carveout(c) {
		if (c->preserve)
			continue;
		capture(c->name, VIVID_VMALLOC);
		capture(c->name, VIVID_CONTIG);
	}
}

/* Users may have all of a carve-out, of which they pay what the kernel takes for it. */
static void test_limits(void)
{
	int root = fd;

	user_share_node(fd);
	fd = user_open(root, USER_A);
	for_each_carveout(c) {
		uint64_t used = dgem_get_param(fd, DRM_DGEM_PARAM_USER_USED);
		uint32_t bo;

		if (c->preserve)
			continue;
		bo = create(c->name, c->size, 0, 0);
		used = dgem_get_param(fd, DRM_DGEM_PARAM_USER_USED) - used;
		igt_assert_eq_u64(used, 1024 + 8 * c->size / (2 * MIB));
		gem_close(fd, bo);
	}
	close(fd);
	fd = root;
	user_unshare_node(fd);
}

static void test_advice(void)
{
	uint32_t bo = create("range", 4096, 0, 0), retained;

	igt_assert_eq(__dgem_bo_madvise(fd, bo, DRM_DGEM_MADV_DONTNEED, &retained), -EOPNOTSUPP);
	gem_close(fd, bo);
}

static const struct dgem_test tests[] = {
	{ "constraints", "Memory is aligned, within boundaries and limits as asked for.",
	  test_constraints },
	{ "odd-place", "A BO at any place is mapped by huge entries where memory is aligned.",
	  test_odd_place },
	{ "cached", "Memory is write-back, by small and by huge entries.", test_cached },
	{ "access", "Debuggers read and write it.", test_access },
	{ "camera", "vivid fills BOs by one segment, and by a mapping of the kernel.",
	  test_camera },
	{ "limits", "Carve-outs count against no limit of RAM.", test_limits },
	{ "advice", "Memory that the heap has anyway is not given up.", test_advice },
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
