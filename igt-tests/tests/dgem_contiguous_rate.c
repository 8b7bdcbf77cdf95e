// SPDX-License-Identifier: MIT
/*
 * How often, and how fast, contiguous memory is found in a machine that is two thirds
 * full, an eighth of it taken anew before each try. With DGEM_LONG=1 in the environment
 * each size is tried ten times, memory is filled in all ways, and what the kernel's own
 * allocator for devices gives is measured, too.
 */
#include <errno.h>
#include <stdlib.h>

#include "dgem/churn.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/observe.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Contiguous memory is found in a machine that is two thirds full.");

#define MIB (1ULL << 20)

static int fd = -1;
static uint32_t heap;

/** struct tries - of one size */
struct tries {
	int all, given;
	int64_t total, worst;
};

static void try_size(struct churn *c, uint64_t size, struct tries *t)
{
	struct drm_dgem_bo_create args = { .size = size, .heap = heap };
	int64_t start, took;
	int err;

	churn_more(c);
	start = dgem_now();
	err = __dgem_bo_create(fd, &args);
	took = dgem_now() - start;
	t->all++;
	t->total += took;
	t->worst = max(t->worst, took);
	if (err) {
		igt_assert_eq(err, -ENOSPC);
		igt_info("%llu MiB: reason %u, %llu KiB\n", (unsigned long long)(size / MIB),
			 args.reason, (unsigned long long)args.reason_arg >> 10);
		return;
	}
	t->given++;
	gem_close(fd, args.handle);
}

/*
 * Tries out of ten that must succeed; memory that is not even available does not count.
 * Where there is high memory, the rest is small, and full of what the kernel itself has.
 */
static int bar(enum churn_kind kind, uint64_t size)
{
	uint64_t low;

	if (size > 16 * MIB && observe_meminfo_has("LowTotal", &low))
		return 0;
	if (size <= 64 * MIB)
		return 10;
	return size == 128 * MIB || kind == CHURN_FILE ? 9 : 0;
}

static void rate(enum churn_kind kind)
{
	static const uint64_t sizes[] = { 4 * MIB, 16 * MIB, 64 * MIB, 128 * MIB, 256 * MIB };
	const bool whole = getenv("DGEM_LONG");
	const unsigned int nr = whole ? ARRAY_SIZE(sizes) : 3;
	const uint64_t used = hog_ram() - hog_available();
	struct tries tries[ARRAY_SIZE(sizes)] = {};
	struct churn c;

	churn_start(&c, kind, hog_ram() * 2 / 3 - used, false);
	igt_info("%s: %llu MiB available\n", churn_names[kind],
		 (unsigned long long)(hog_available() / MIB));
	for (int round = 0; round < (whole ? 10 : 1); round++)
		for (unsigned int i = 0; i < nr; i++)
			try_size(&c, sizes[i], &tries[i]);
	churn_stop(&c);
	for (unsigned int i = 0; i < nr; i++)
		igt_info("%s, %3llu MiB: %2d of %2d, %.3f s each, at most %.3f s\n",
			 churn_names[kind], (unsigned long long)(sizes[i] / MIB), tries[i].given,
			 tries[i].all, tries[i].total / 1e9 / tries[i].all, tries[i].worst / 1e9);
	for (unsigned int i = 0; i < nr; i++)
		igt_assert_lte(1LL * tries[i].all * bar(kind, sizes[i]), 10LL * tries[i].given);
}

/*
 * What dma_alloc_coherent() gives, for vivid's own buffers: no bar, to compare. More than
 * 4 MiB it never gives without an area of CMA, and complains about who asks.
 */
static void coherent(void)
{
	static const struct {
		uint32_t width, height;
	} formats[] = { { 320, 180 }, { 640, 360 }, { 1280, 720 } };
	const uint64_t used = hog_ram() - hog_available();
	const int rounds = 10;
	struct churn c;

	vivid_load(VIVID_CONTIG);
	churn_start(&c, CHURN_ANON, hog_ram() * 2 / 3 - used, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
		int given = 0;
		struct vivid v;

		vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, formats[i].width, formats[i].height);
		for (int round = 0; round < rounds; round++) {
			churn_more(&c);
			given += !vivid_request(&v, V4L2_MEMORY_MMAP, 2);
			igt_assert_eq(vivid_request(&v, V4L2_MEMORY_MMAP, 0), 0);
		}
		igt_info("dma_alloc_coherent(), two of %.1f MiB: %2d of %2d\n",
			 v.bytes / (double)MIB, given, rounds);
		vivid_close(&v);
		/* The smallest is no test for the kernel. */
		if (!i)
			igt_assert_eq(given, rounds);
	}
	churn_stop(&c);
}

int igt_main()
{
	const bool whole = getenv("DGEM_LONG");

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		heap = dgem_require_heap(fd, DRM_DGEM_HEAP_CONTIGUOUS);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for (enum churn_kind kind = 0; kind < (whole ? CHURN_KINDS : 1); kind++) {
		igt_describe("Memory is found between pages of one kind.");
		dgem_subtest_f(fd, "rate-%s", churn_names[kind])
			rate(kind);
	}

	/* This may take the kernel minutes, and it reports on memory when it fails. */
	if (whole) {
		igt_describe("What the kernel's own allocator for devices gives is measured.");
		dgem_subtest(fd, "coherent")
			coherent();
	}

	igt_fixture()
		drm_close_driver(fd);
}
