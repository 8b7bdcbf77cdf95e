// SPDX-License-Identifier: MIT
/*
 * Heaps of reserved memory. Runs in the machine that vm/machine/carveout describes,
 * where another processor, which is /dev/mem here, has left a pattern in one of them
 * before dgem was loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/carveout.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Carve-outs give contiguous memory, or the very memory that was there.");

#define MIB (1ull << 20)
#define RW (PROT_READ | PROT_WRITE)
#define KEPT (DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS)

/* What a program writes into the mailbox, and where: at 0x7000000. */
#define FILE_OFFSET (16 * MIB)
#define FILE_SIZE (2 * MIB)

static int fd = -1;

/* Of the pattern, in which each 8 bytes are a line with their number. */
static char pattern[MAILBOX_SIZE];

static void pattern_make(void)
{
	for (uint64_t i = 0; i < MAILBOX_SIZE / 8; i++) {
		uint64_t rest = i;

		for (int digit = 6; digit >= 0; digit--, rest /= 10)
			pattern[8 * i + digit] = '0' + rest % 10;
		pattern[8 * i + 7] = '\n';
	}
}

static void assert_pattern(const char *map, uint64_t from, uint64_t to)
{
	igt_assert_eq(memcmp(map + from, pattern + from, to - from), 0);
}

static uint32_t create_fixed(const char *name, uint64_t size, uint64_t offset, uint64_t flags)
{
	struct drm_dgem_bo_create create = {
		.size = size,
		.flags = DRM_DGEM_BO_FIXED | flags,
		.heap = carveout_heap(fd, name),
		.heap_offset = offset,
	};

	igt_assert_eq(__dgem_bo_create(fd, &create), 0);
	return create.handle;
}

/* 0, or the error, with the reason in *@create. */
static int try_create(struct drm_dgem_bo_create *create)
{
	int ret = __dgem_bo_create(fd, create);

	if (!ret)
		gem_close(fd, create->handle);
	create->handle = 0;
	return ret;
}

static void assert_no_space(struct drm_dgem_bo_create create, uint32_t reason, uint64_t arg)
{
	igt_assert_eq(try_create(&create), -ENOSPC);
	igt_assert_eq_u32(create.reason, reason);
	igt_assert_eq_u64(create.reason_arg, arg);
}

static void test_info(void)
{
	struct drm_dgem_heap_info info;

	for_each_carveout(c) {
		dgem_heap_info(fd, carveout_heap(fd, c->name), &info);
		igt_assert_eq_u32(info.kind, DRM_DGEM_HEAP_CARVEOUT);
		igt_assert_eq_u64(info.size, c->size);
		igt_assert_eq_u64(info.max_bo_size, c->size);
		igt_assert_eq_u64(info.largest_free, c->size);
		igt_assert_eq_u64(info.used, 0);
		igt_assert_eq(info.numa_node, 0);
		igt_assert(info.caps & DRM_DGEM_HEAP_CAP_CONTIGUOUS);
		igt_assert_eq(!!(info.caps & DRM_DGEM_HEAP_CAP_PRESERVE), c->preserve);
		igt_assert_eq(!!(info.caps & DRM_DGEM_HEAP_CAP_PRIVILEGED), c->preserve);
		igt_assert_eq(!!(info.create_flags & DRM_DGEM_BO_KEEP_CONTENTS), c->preserve);
		if (c->start)
			igt_assert_eq_u64((c->start + c->size - 1) >> (info.addr_bits - 1), 1);
	}
}

/* The whole pattern but for what test_write() writes, by each way to read a BO. */
static void test_seed(void)
{
	uint32_t bo = create_fixed("mailbox", MAILBOX_SIZE, 0, KEPT), again;
	long long huge = observe_stat(fd, "huge_faults");
	int dma_buf = prime_handle_to_fd_for_mmap(fd, bo), other;
	char *maps[3];

	pattern_make();
	other = drm_open_driver(DRIVER_DGEM);
	again = prime_fd_to_handle(other, dma_buf);
	maps[0] = dgem_bo_map(fd, bo, MAILBOX_SIZE);
	maps[1] = dgem_dmabuf_map(dma_buf, 0, MAILBOX_SIZE, PROT_READ);
	maps[2] = __dgem_bo_map(other, again, 0, MAILBOX_SIZE, PROT_READ);
	for (int i = 0; i < 3; i++) {
		assert_pattern(maps[i], 0, FILE_OFFSET);
		assert_pattern(maps[i], FILE_OFFSET + FILE_SIZE, MAILBOX_SIZE);
		dgem_unmap(maps[i], MAILBOX_SIZE);
	}
	if (dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE))
		igt_assert_lte(huge + 2 * (long long)(MAILBOX_SIZE / (2 * MIB)),
			       observe_stat(fd, "huge_faults"));

	close(dma_buf);
	drm_close_driver(other);
	gem_close(fd, bo);
}

/* What one process writes at an address, another one reads there. */
static void test_write(void)
{
	char *want = malloc(FILE_SIZE), *map;
	uint64_t rng = content_seed();

	igt_assert(want);
	pattern_make();
	for (size_t i = 0; i < FILE_SIZE; i++)
		want[i] = content_random(&rng, 256);

	igt_fork(child, 1) {
		uint32_t bo;

		fd = drm_open_driver(DRIVER_DGEM);
		bo = create_fixed("mailbox", FILE_SIZE, FILE_OFFSET, KEPT);
		map = dgem_bo_map(fd, bo, FILE_SIZE);
		memcpy(map, want, FILE_SIZE);
	}
	igt_waitchildren();

	igt_fork(child, 1) {
		uint32_t bo;

		fd = drm_open_driver(DRIVER_DGEM);
		bo = create_fixed("mailbox", MAILBOX_SIZE, 0, KEPT);
		map = dgem_bo_map(fd, bo, MAILBOX_SIZE);
		igt_assert_eq(memcmp(map + FILE_OFFSET, want, FILE_SIZE), 0);
		assert_pattern(map, 0, FILE_OFFSET);
		assert_pattern(map, FILE_OFFSET + FILE_SIZE, MAILBOX_SIZE);
	}
	igt_waitchildren();
	free(want);
}

static void test_privileged(void)
{
	struct drm_dgem_bo_create create = {
		.size = 1,
		.flags = KEPT,
		.heap = carveout_heap(fd, "mailbox"),
	};

	igt_assert_eq(try_create(&create), 0);
	create.handle = 0;
	create.size = 1;
	igt_fork(child, 1) {
		igt_drop_root();
		dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &create, EPERM);
		create.heap = carveout_heap(fd, "range");
		create.flags = DRM_DGEM_BO_FIXED;
		igt_assert_eq(try_create(&create), 0);
	}
	igt_waitchildren();
}

static void test_keep_contents(void)
{
	struct drm_dgem_bo_create create = { .size = 1 };

	for_each_carveout(c) {
		create.heap = carveout_heap(fd, c->name);
		for (uint64_t flags = 0; flags <= KEPT; flags += DRM_DGEM_BO_FIXED) {
			bool valid = c->preserve ? flags == KEPT :
						   !(flags & DRM_DGEM_BO_KEEP_CONTENTS);

			create.flags = flags;
			if (!valid)
				dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &create, EINVAL);
		}
	}
	create.flags = DRM_DGEM_BO_KEEP_CONTENTS;
	create.heap = 0;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &create, EINVAL);
}

static void test_fixed(void)
{
	for_each_carveout(c) {
		uint64_t keep = c->preserve ? DRM_DGEM_BO_KEEP_CONTENTS : 0;
		struct drm_dgem_bo_create create = {
			.size = 2 * 4096,
			.flags = DRM_DGEM_BO_FIXED | keep,
			.heap = carveout_heap(fd, c->name),
		};
		const uint64_t bad[] = {
			1,	    4095,     2048,  c->size, c->size - 4096, c->size + 4096,
			1ull << 63, -4096ull, -1ull,
		};
		uint32_t bo = create_fixed(c->name, 3 * 4096, 5 * 4096, keep);

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
			create.heap_offset = bad[i];
			dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &create, EINVAL);
		}
		for (uint64_t page = 0; page < 12; page++) {
			create.heap_offset = page * 4096;
			create.size = 2 * 4096;
			if (page < 4 || page >= 8)
				igt_assert_eq(try_create(&create), 0);
			else
				assert_no_space(create, DRM_DGEM_REASON_FULL, 0);
			create.handle = 0;
		}
		gem_close(fd, bo);
	}
}

static uint64_t largest_free(const char *name)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, carveout_heap(fd, name), &info);
	return info.largest_free;
}

/* Until nothing is left, by pieces of one size; then with every other one freed. */
static void exhaust(const char *name, uint64_t size, uint64_t piece)
{
	struct drm_dgem_bo_create create = { .size = piece, .heap = carveout_heap(fd, name) };
	uint64_t n = size / piece;
	uint32_t *bos = calloc(n, sizeof(*bos));

	igt_assert(bos);
	for (uint64_t i = 0; i < n; i++)
		bos[i] = dgem_bo_create_in(fd, piece, create.heap, 0);
	igt_assert_eq_u64(largest_free(name), 0);
	assert_no_space(create, DRM_DGEM_REASON_FULL, 0);

	for (uint64_t i = 0; i < n; i += 2)
		gem_close(fd, bos[i]);
	igt_assert_eq_u64(largest_free(name), piece);
	create.size = piece + 4096;
	assert_no_space(create, DRM_DGEM_REASON_FRAGMENTED, piece);
	create.size = piece;
	igt_assert_eq(try_create(&create), 0);

	for (uint64_t i = 1; i < n; i += 2)
		gem_close(fd, bos[i]);
	free(bos);
	igt_assert_eq_u64(largest_free(name), size);
}

static void test_exhaust(void)
{
	struct drm_dgem_bo_create create = { .size = MIB * 64 };

	for_each_carveout(c) {
		if (c->preserve)
			continue;
		exhaust(c->name, c->size, 4096);
		exhaust(c->name, c->size, MIB / 2);
		create.heap = carveout_heap(fd, c->name);
		create.size = c->size + 1;
		igt_assert_eq(try_create(&create), -EINVAL);
		igt_assert_eq_u32(create.reason, DRM_DGEM_REASON_SIZE);
		igt_assert_eq_u64(create.reason_arg, c->size);
		create.size = c->size;
		igt_assert_eq(try_create(&create), 0);
	}
}

static void test_zeroed(void)
{
	for_each_carveout(c) {
		uint32_t heap = carveout_heap(fd, c->name), bo;
		char *map;

		if (c->preserve)
			continue;
		for (int round = 0; round < 3; round++) {
			bo = dgem_bo_create_in(fd, c->size, heap, 0);
			map = dgem_bo_map(fd, bo, c->size);
			for (uint64_t i = 0; i < c->size; i += sizeof(uint64_t))
				igt_assert_eq_u64(*(uint64_t *)(map + i), 0);
			memset(map, 0xa5 + round, c->size);
			dgem_unmap(map, c->size);
			gem_close(fd, bo);
		}
	}
}

static const struct dgem_test tests[] = {
	{ "info", "A heap tells what its memory is.", test_info },
	{ "seed", "What was in memory before the driver came is in the BO, whoever reads it.",
	  test_seed },
	{ "write", "A file that is written at an address is read there by another process.",
	  test_write },
	{ "privileged", "Memory whose contents are kept is for privileged processes.",
	  test_privileged },
	{ "keep-contents", "Contents are kept where the heap keeps all, and nowhere else.",
	  test_keep_contents },
	{ "fixed", "A place that was asked for is given, is outside, or is taken.", test_fixed },
	{ "exhaust", "The largest free piece is told exactly, and why there is none.",
	  test_exhaust },
	{ "zeroed", "Memory that others have had reads as zero.", test_zeroed },
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
