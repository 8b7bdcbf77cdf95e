// SPDX-License-Identifier: MIT
/*
 * Heap "contiguous": each BO is one physical range, where the constraints want it,
 * however the memory was used before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/observe.h"
#include "dgem/segment.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BOs of heap \"contiguous\" are one range of memory that meets constraints.");

#define MIB (1ULL << 20)
#define RW (PROT_READ | PROT_WRITE)
/* From this size on, memory is aligned so that huge entries can map it. */
#define HUGE_ALIGN (2 * MIB)

static int fd = -1;
static uint32_t heap;

/* One constraint of so many is tried: where memory is moved slowly, not each. */
static int step(void)
{
	return dgem_repeat("IGT_DGEM_CONTIGUOUS_STEP", 1);
}

/* Success, or the reason why not in @create. */
static int create(struct drm_dgem_bo_create *create)
{
	create->heap = heap;
	return __dgem_bo_create(fd, create);
}

/* Address of a new BO, which is freed at once unless it is to be kept. */
static uint64_t address_of(struct drm_dgem_bo_create *args, bool keep)
{
	uint64_t addr;

	igt_assert_eq(create(args), 0);
	addr = segment_address(fd, args->handle, args->size);
	if (!keep)
		gem_close(fd, args->handle);
	return addr;
}

static void test_one_range(void)
{
	static const uint64_t sizes[] = { MIB / 2, MIB, 3 * MIB, 4 * MIB, 32 * MIB };
	const uint64_t page = dgem_page_size();

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (uint64_t more = 0; more <= page; more += page) {
			struct drm_dgem_bo_create args = { .size = sizes[i] + more };
			uint64_t addr = address_of(&args, false);

			igt_assert_eq_u64(args.size, sizes[i] + more);
			igt_info("%llu bytes at %#llx\n", (unsigned long long)args.size,
				 (unsigned long long)addr);
			if (args.size >= HUGE_ALIGN)
				igt_assert_eq_u64(addr % HUGE_ALIGN, 0);
		}
	}
}

/* All of a BO's memory is there from the start, in runs, and counts as the heap's. */
static void test_resident(void)
{
	struct drm_dgem_bo_create args = { .size = 6 * MIB + 1 };
	struct drm_dgem_heap_info before, after;
	struct drm_dgem_bo_info info;

	dgem_heap_info(fd, heap, &before);
	igt_assert_eq(create(&args), 0);
	dgem_bo_info(fd, args.handle, &info);
	igt_assert_eq_u64(info.resident, args.size);
	if (dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE))
		igt_assert_eq_u64(info.huge, 6 * MIB);
	dgem_heap_info(fd, heap, &after);
	igt_assert_eq_u64(after.used, before.used + args.size);
	gem_close(fd, args.handle);
	dgem_heap_info(fd, heap, &after);
	igt_assert_eq_u64(after.used, before.used);
}

static void assert_zero(uint32_t handle, uint64_t size, int then)
{
	char *map = dgem_bo_map(fd, handle, size);

	for (uint64_t at = 0; at < size; at += 8)
		igt_assert_eq_u64(*(uint64_t *)(map + at), 0);
	memset(map, then, size);
	dgem_unmap(map, size);
}

/* Whatever was in memory before, of others and of BOs, up to the end of the last page. */
static void test_zero(void)
{
	static const uint64_t sizes[] = { 1, MIB + 1, 5 * MIB + 1 };
	uint64_t most = hog_contiguous() / 8;
	char *dirty = mmap(NULL, 2 * most, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	igt_assert(dirty != MAP_FAILED);
	memset(dirty, 0xa5, 2 * most);
	munmap(dirty, 2 * most);
	for (unsigned int i = 0; i <= ARRAY_SIZE(sizes); i++) {
		for (int n = 0; n < 2; n++) {
			struct drm_dgem_bo_create args = {
				.size = i < ARRAY_SIZE(sizes) ? sizes[i] : most,
			};

			igt_assert_eq(create(&args), 0);
			assert_zero(args.handle, args.size, 0x5a);
			gem_close(fd, args.handle);
		}
	}
}

static void test_align(void)
{
	struct drm_dgem_bo_create args = { .size = MIB / 2, .align = 1ULL << 30 };
	int err;

	for (uint64_t align = dgem_page_size(); align <= 64 * MIB; align <<= step()) {
		struct drm_dgem_bo_create small = { .size = MIB / 2, .align = align };
		struct drm_dgem_bo_create large = { .size = 5 * MIB, .align = align };

		igt_assert_eq_u64(address_of(&small, false) % align, 0);
		igt_assert_eq_u64(address_of(&large, false) % align, 0);
	}
	/* The largest that can be asked for: whether there is such a page is luck. */
	err = create(&args);
	if (!err) {
		igt_assert_eq_u64(segment_address(fd, args.handle, args.size) % args.align, 0);
		gem_close(fd, args.handle);
	} else {
		igt_assert_eq(err, -ENOSPC);
		igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_FRAGMENTED);
	}
}

/* Sizes that fit between two boundaries in one or two ways, and exactly. */
static void test_boundary(void)
{
	static const struct {
		uint64_t size, boundary;
	} rows[] = {
		{ 3 * MIB, 4 * MIB },  { 4 * MIB, 4 * MIB },   { 6 * MIB, 8 * MIB },
		{ 9 * MIB, 16 * MIB }, { 16 * MIB, 16 * MIB }, { MIB / 2, MIB / 2 },
	};
	struct drm_dgem_bo_create args[4];
	uint64_t addr;

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i += step()) {
		for (unsigned int n = 0; n < ARRAY_SIZE(args); n++) {
			args[n] = (struct drm_dgem_bo_create){ .size = rows[i].size,
							       .boundary = rows[i].boundary };
			addr = address_of(&args[n], true);
			igt_assert_eq_u64(addr / rows[i].boundary,
					  (addr + rows[i].size - 1) / rows[i].boundary);
		}
		for (unsigned int n = 0; n < ARRAY_SIZE(args); n++)
			gem_close(fd, args[n].handle);
	}
}

/* First and last address of RAM. */
static void find_ram(uint64_t *first, uint64_t *last)
{
	char *text = observe_file("/proc/iomem"), *line, *rest;
	uint64_t start, end;

	*first = UINT64_MAX;
	*last = 0;
	igt_assert(text);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] == ' ' || !strstr(line, "System RAM"))
			continue;
		start = strtoull(line, &line, 16);
		end = strtoull(line + 1, NULL, 16);
		*first = min(*first, start);
		*last = max(*last, end);
	}
	free(text);
	igt_assert_lt_u64(*first, *last);
}

/*
 * Each number of bits, below and above what RAM has: either the memory is below, or it
 * could not be there.
 */
static void test_addr_bits(void)
{
	static const uint64_t sizes[] = { MIB, 16 * MIB };
	uint64_t first, last;
	int refused = 0, given = 0;

	find_ram(&first, &last);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned int bits = 12; bits <= 64; bits += bits < 34 ? step() : 10) {
			struct drm_dgem_bo_create args = { .size = sizes[i], .addr_bits = bits };
			uint64_t most = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;
			int err = create(&args);

			if (!err) {
				uint64_t addr = segment_address(fd, args.handle, args.size);

				igt_assert_lte_u64(addr + args.size - 1, most);
				gem_close(fd, args.handle);
				given++;
				continue;
			}
			igt_assert_eq(err, -ENOSPC);
			igt_assert_lt_u64(args.reason_arg, args.size);
			igt_assert_f(most < last, "refused where all of RAM would do\n");
			if (most < first || most - first < sizes[i] - 1)
				igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_ADDR_LIMIT);
			refused++;
		}
	}
	igt_info("%d given, %d refused\n", given, refused);
	igt_assert_lt(0, given);
	igt_assert_lt(0, refused);
}

static void test_node(void)
{
	struct drm_dgem_bo_create args = { .size = 5 * MIB, .flags = DRM_DGEM_BO_NUMA };

	igt_assert_eq(create(&args), 0);
	gem_close(fd, args.handle);
}

/* Far more than there is in all, one after the other. */
static void test_back(void)
{
	const uint64_t size = hog_contiguous() / 6 & ~(MIB - 1);
	uint64_t before = observe_meminfo("MemFree"), after;

	for (int i = 0; i < 8; i++) {
		struct drm_dgem_bo_create args = { .size = size + (i % 3) * dgem_page_size() };

		igt_assert_eq(create(&args), 0);
		gem_close(fd, args.handle);
	}
	after = observe_meminfo("MemFree");
	igt_info("%llu KiB free before, %llu after\n", (unsigned long long)before,
		 (unsigned long long)after);
	igt_assert_lte_u64(before, after + (size >> 10) / 2);
}

/* What is not available is refused before anything is moved for it. */
static void test_full(void)
{
	const uint64_t ram = hog_ram(), taken = hog_available() / 2;
	const uint64_t max = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	char *mem = hog_take(taken);
	int64_t best = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		struct drm_dgem_bo_create args = {
			.size = min(hog_available() + ram / 32, max),
		};
		int64_t start = dgem_now();

		igt_assert_eq(create(&args), -ENOSPC);
		best = min(best, dgem_now() - start);
		igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_FULL);
	}
	igt_info("refused in %lld us\n", (long long)best / 1000);
	igt_assert_lt_u64(best, 10000000);
	hog_check(mem, taken);
	munmap(mem, taken);
}

/*
 * Nothing but holes of 2 MiB, since what lies between them is of heap "pinned": the
 * longest one is told, and can be had.
 */
static void test_fragmented(void)
{
	uint32_t pinned = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED), *handles;
	const uint64_t size = hog_contiguous() / 3, max = hog_ram() / HUGE_ALIGN;
	struct drm_dgem_bo_create args = { .size = size };
	uint64_t n = 0;

	handles = calloc(max, sizeof(*handles));
	while (n < max && hog_available() > 160 * MIB)
		handles[n++] = dgem_bo_create_in(fd, HUGE_ALIGN, pinned, DRM_DGEM_BO_POPULATE);
	for (uint64_t i = 0; i < n; i += 2)
		gem_close(fd, handles[i]);
	igt_assert_lt_u64(size, hog_available());
	igt_assert_eq(create(&args), -ENOSPC);
	igt_info("%llu BOs, longest %llu\n", (unsigned long long)n,
		 (unsigned long long)args.reason_arg);
	igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_FRAGMENTED);
	igt_assert_lte_u64(HUGE_ALIGN, args.reason_arg);
	igt_assert_lt_u64(args.reason_arg, size);
	igt_assert_eq_u64(args.reason_arg % dgem_page_size(), 0);
	/* Its ends may be in use by now. */
	args.size = args.reason_arg / 2;
	igt_assert_eq(create(&args), 0);
	gem_close(fd, args.handle);
	for (uint64_t i = 1; i < n; i += 2)
		gem_close(fd, handles[i]);
	free(handles);
}

static const struct dgem_test tests[] = {
	{ "one-range", "For an importer each BO is one range, which huge entries can map.",
	  test_one_range },
	{ "resident", "All memory of a BO is there when it is created, and gone when it is freed.",
	  test_resident },
	{ "zero", "BOs read as zero, whatever was in memory before.", test_zero },
	{ "align", "The address of a BO is a multiple of what was asked for.", test_align },
	{ "boundary", "No BO lies across a multiple of the boundary.", test_boundary },
	{ "addr-bits", "No address of a BO has more bits than asked for.", test_addr_bits },
	{ "node", "Memory can be asked for from a node.", test_node },
	{ "back", "Memory can be had again when a BO is freed.", test_back },
	{ "full", "More than what is available is refused at once.", test_full },
	{ "fragmented", "Where no range is long enough, the longest one is told.",
	  test_fragmented },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		heap = dgem_require_heap(fd, DRM_DGEM_HEAP_CONTIGUOUS);
		segment_init();
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
