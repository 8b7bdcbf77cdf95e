// SPDX-License-Identifier: MIT
/*
 * BO_SYNC for a device that works on a copy of the memory, which is made when it maps
 * and is synced by parts: on a kernel booted with swiotlb=force, each device is one.
 * edu has the BO mapped and does not write, so what a part shows after READ is what the
 * device was given of it last, and tells which bytes were synced, when, and where to.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/observe.h"
#include "dgem/trace.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_SYNC copies the bytes of the part that it is told, and no others.");

#define MIB (1ULL << 20)
#define SIZE (8 * MIB)
#define READ DRM_DGEM_SYNC_READ
#define WRITE DRM_DGEM_SYNC_WRITE
#define END DRM_DGEM_SYNC_END

static int fd = -1;

/** struct lent - a BO of dgem that edu has mapped, and what it should have */
struct lent {
	uint32_t handle;
	int edu, dmabuf;
	unsigned char *map;

	/** @cpu, @device: by byte, what the BO and the device's copy hold. */
	unsigned char *cpu, *device;
};

static unsigned char pattern(uint64_t at, unsigned int generation)
{
	return (at * 7 + (at >> 12) * 13 + (uint64_t)generation * 101) & 0xff;
}

/* The CPU writes; the device does not know of it. */
static void cpu_write(struct lent *l, uint64_t offset, uint64_t size, unsigned int generation)
{
	for (uint64_t at = offset; at < offset + size; at++)
		l->cpu[at] = pattern(at, generation);
	memcpy(l->map + offset, l->cpu + offset, size);
}

static void sync_part(struct lent *l, uint32_t flags, uint64_t offset, uint64_t size)
{
	dgem_bo_sync(fd, l->handle, flags, offset, size);
	if (flags == READ || flags == (READ | WRITE))
		memcpy(l->cpu + offset, l->device + offset, size);
	if (flags == (WRITE | END) || flags == (READ | WRITE | END))
		memcpy(l->device + offset, l->cpu + offset, size);
}

/* All bytes, not only those that were synced. */
static void check(const struct lent *l)
{
	for (uint64_t at = 0; at < SIZE; at++)
		igt_assert_f(l->map[at] == l->cpu[at], "byte %#llx is %#x, not %#x\n",
			     (unsigned long long)at, l->map[at], l->cpu[at]);
}

static void lend(struct lent *l, uint32_t heap)
{
	l->handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	l->dmabuf = prime_handle_to_fd(fd, l->handle);
	l->edu = edu_open();
	l->map = dgem_bo_map(fd, l->handle, SIZE);
	l->cpu = malloc(SIZE);
	l->device = malloc(SIZE);
	igt_assert(l->cpu && l->device);
	cpu_write(l, 0, SIZE, 0);
	/* a copy of one byte, for which all is mapped, until the file is closed */
	edu_copy(l->edu, l->dmabuf, DGEM_EDU_TO_DEVICE, 0, 1, 0);
	memcpy(l->device, l->cpu, SIZE);
}

/* The end of the mapping copies all of it back. */
static void give_back(struct lent *l)
{
	close(l->edu);
	memcpy(l->cpu, l->device, SIZE);
	check(l);
	close(l->dmabuf);
	dgem_unmap(l->map, SIZE);
	gem_close(fd, l->handle);
	free(l->cpu);
	free(l->device);
}

static void test_read(struct lent *l)
{
	cpu_write(l, 0, 4 * 4096, 1);
	check(l);
	sync_part(l, READ, 4096, 4096);
	check(l);
	/* a byte, and what lies across pages and entries of the mapping */
	sync_part(l, READ, 100, 1);
	check(l);
	cpu_write(l, MIB - 8192, 16384, 2);
	sync_part(l, READ, MIB - 100, 200);
	check(l);
	sync_part(l, READ, SIZE - 1, 1);
	sync_part(l, READ, 0, SIZE);
	check(l);
}

static void test_write(struct lent *l)
{
	cpu_write(l, 0, SIZE, 1);
	sync_part(l, WRITE | END, 2 * MIB + 4097, 5000);
	sync_part(l, WRITE | END, 12345, 1);
	check(l);
	/* the device has these two and nothing else of what was written */
	sync_part(l, READ, 0, SIZE);
	check(l);
	cpu_write(l, 0, SIZE, 2);
	sync_part(l, READ | WRITE | END, MIB, 4 * MIB);
	sync_part(l, READ, 0, SIZE);
	check(l);
}

/* Neither copies what is the other's: both sides keep theirs. */
static void test_directions(struct lent *l)
{
	cpu_write(l, 0, SIZE, 1);
	sync_part(l, WRITE, 0, SIZE);
	check(l);
	sync_part(l, READ | END, 0, SIZE);
	check(l);
	sync_part(l, READ | WRITE, 0, MIB);
	check(l);
	sync_part(l, READ, MIB, MIB);
	check(l);
}

static void test_random(struct lent *l)
{
	static const uint32_t flags[] = { READ,	      WRITE,	   READ | WRITE,
					  READ | END, WRITE | END, READ | WRITE | END };

	srandom(1);
	for (unsigned int i = 0; i < 200; i++) {
		const uint64_t offset = random() % SIZE;
		const uint64_t size = 1 + random() % (i % 10 ? 20000 : SIZE);

		cpu_write(l, offset, min(size, SIZE - offset), i);
		sync_part(l, flags[random() % ARRAY_SIZE(flags)], offset / 2,
			  min(size, SIZE - offset / 2));
		if (i % 20 == 0)
			check(l);
	}
	check(l);
}

/* Bytes of all calls of an event. */
static uint64_t traced(const char *text, const char *event, unsigned int *calls)
{
	uint64_t bytes = 0;

	*calls = 0;
	for (const char *at = text; (at = strstr(at, event)); at++) {
		const char *size = strstr(at, "size=");

		igt_assert(size);
		bytes += strtoull(size + 5, NULL, 0);
		++*calls;
	}
	return bytes;
}

/* One call for what is contiguous, of no more bytes than were asked for. */
static void test_calls(struct lent *l)
{
	static const struct {
		uint32_t flags;
		const char *event, *dir;
	} rows[] = {
		{ READ, "dma_sync_single_for_cpu:", "dir=FROM_DEVICE" },
		{ WRITE | END, "dma_sync_single_for_device:", "dir=TO_DEVICE" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int calls;
		char *text;

		trace_start("dma:dma_sync_single_for_cpu dma:dma_sync_single_for_device "
			    "dma:dma_sync_sg_for_cpu dma:dma_sync_sg_for_device");
		dgem_bo_sync(fd, l->handle, rows[i].flags, 3 * MIB, 4096);
		text = trace_stop();
		igt_debug("%s", text);
		igt_assert_eq_u64(traced(text, rows[i].event, &calls), 4096);
		igt_assert_eq(calls, 1);
		igt_assert(!strstr(text, "dma_sync_sg"));
		igt_assert(strstr(text, rows[i].dir));
		free(text);
	}
}

static const struct {
	const char *name, *what;
	void (*run)(struct lent *l);
} tests[] = {
	{ "read", "READ shows what the device has of a part, and leaves all others alone.",
	  test_read },
	{ "write", "WRITE gives the device the part, and none of what was written elsewhere.",
	  test_write },
	{ "directions", "What is to be written, and what was read, is not copied.",
	  test_directions },
	{ "random", "Any order of writes and syncs leaves each byte right.", test_random },
	{ "calls", "4 KiB of 8 MiB are one call of 4096 bytes.", test_calls },
};

/* Before anything is mapped, a device that nothing is known of is not bothered. */
static void test_unmapped(void)
{
	for_each_dgem_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, DRM_DGEM_BO_POPULATE);
		char *text;

		trace_start("dma:*");
		dgem_bo_sync(fd, handle, READ, 0, SIZE);
		dgem_bo_sync(fd, handle, WRITE | END, 0, SIZE);
		text = trace_stop();
		igt_assert(!strstr(text, "dma_"));
		free(text);
		gem_close(fd, handle);
	}
}

int igt_main()
{
	igt_fixture() {
		char *cmdline = observe_file("/proc/cmdline");

		igt_require_f(cmdline && strstr(cmdline, "swiotlb=force"),
			      "The devices of this machine need no copies.\n");
		free(cmdline);
		fd = drm_open_driver(DRIVER_DGEM);
	}

	for_each_dgem_subtest(fd, t, tests)
		for_each_dgem_heap(fd, heap) {
			struct lent l;

			lend(&l, heap);
			t->run(&l);
			give_back(&l);
		}
	igt_describe("Nothing is copied for a device that has nothing mapped.");
	dgem_subtest(fd, "unmapped")
		test_unmapped();

	igt_fixture()
		drm_close_driver(fd);
}
