// SPDX-License-Identifier: MIT
/*
 * A controller that this process drives itself reads and writes BOs by their bus
 * addresses: its rings are in one, and what it copies in others, whoever allocated them.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/ctrl.h"
#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/foreign.h"
#include "dgem/function.h"
#include "dgem/observe.h"
#include "dgem/trace.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A device that a program drives reads and writes BOs by bus addresses.");

/* Bytes: more than a command can be, with a chunk that is not whole. */
#define SIZE ((8ull << 20) + 12288)

#define FOREIGN_SIZE ((2ull << 20) + 12288)

static char name[32];
static struct ctrl ctrl;

static void fill(uint8_t *map, uint64_t size, uint64_t seed)
{
	for (uint64_t at = 0; at < size; at += 8) {
		uint64_t word = seed ^ (at * 0x9e3779b97f4a7c15ull);

		memcpy(map + at, &word, 8);
	}
}

static uint64_t count_wrong(const uint8_t *map, uint64_t size, uint64_t seed)
{
	uint64_t wrong = 0;

	for (uint64_t at = 0; at < size; at += 8) {
		uint64_t word;

		memcpy(&word, map + at, 8);
		wrong += word != (seed ^ (at * 0x9e3779b97f4a7c15ull));
	}
	return wrong;
}

/* Out of one BO and into another, all of which is compared. */
static void out_and_in(uint32_t from, uint32_t to, uint8_t *source, uint64_t size)
{
	uint8_t *target = dgem_bo_map(ctrl.fd, to, size);
	uint64_t seed = content_seed();
	struct dma out, in;

	fill(source, size, seed);
	memset(target, 0, size);
	dma_map(&out, ctrl.fd, from);
	dma_map(&in, ctrl.fd, to);
	ctrl_copy(&ctrl, true, 0, &out, 0, size);
	ctrl_copy(&ctrl, false, 0, &in, 0, size);
	igt_info("%u segments out, %u in\n", out.num, in.num);
	dma_unmap(&out);
	dma_unmap(&in);
	igt_assert_eq_u64(count_wrong(target, size, seed), 0);
	dgem_unmap(target, size);
}

static void assert_state(uint32_t handle, bool mapped)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(ctrl.fd, handle, &info);
	igt_assert_eq(!!(info.state & DRM_DGEM_BO_STATE_DMA_MAPPED), mapped);
}

static void heaps(void)
{
	unsigned int cells = 0;

	for_each_dgem_heap(ctrl.fd, heap) {
		uint32_t from = dgem_bo_create_in(ctrl.fd, SIZE, heap, 0);
		uint32_t to = dgem_bo_create_in(ctrl.fd, SIZE, heap, 0);
		uint8_t *source = dgem_bo_map(ctrl.fd, from, SIZE);

		out_and_in(from, to, source, SIZE);
		assert_state(from, false);
		dgem_unmap(source, SIZE);
		gem_close(ctrl.fd, from);
		gem_close(ctrl.fd, to);
		cells++;
	}
	igt_info("%u cells\n", cells);
	igt_assert_lt(0, cells);
}

/* Both ways by a buffer of another driver, which that has mapped by itself. */
static void foreign(enum foreign_kind kind)
{
	uint32_t imported, own = dgem_bo_create(ctrl.fd, FOREIGN_SIZE);
	uint8_t *map = dgem_bo_map(ctrl.fd, own, FOREIGN_SIZE);
	struct foreign f;

	foreign_create(&f, kind, FOREIGN_SIZE);
	imported = prime_fd_to_handle(ctrl.fd, f.dmabuf);
	out_and_in(imported, own, f.native, FOREIGN_SIZE);
	out_and_in(own, imported, map, FOREIGN_SIZE);
	igt_assert(!memcmp(map, f.native, FOREIGN_SIZE));
	gem_close(ctrl.fd, imported);
	foreign_destroy(&f);
	dgem_unmap(map, FOREIGN_SIZE);
	gem_close(ctrl.fd, own);
}

/*
 * The same by a BO of the default instance, whose memory stays where it is when that
 * instance is unbound.
 */
static void other_instance(bool unbound)
{
	uint32_t imported, exported, own = dgem_bo_create(ctrl.fd, FOREIGN_SIZE);
	int other = drm_open_driver(DRIVER_DGEM), dmabuf;
	uint8_t *native;
	struct bound bound;

	bound_find(&bound, other);
	igt_assert(strcmp(bound.device, name));
	exported = dgem_bo_create(other, FOREIGN_SIZE);
	native = dgem_bo_map(other, exported, FOREIGN_SIZE);
	dmabuf = prime_handle_to_fd_for_mmap(other, exported);
	imported = prime_fd_to_handle(ctrl.fd, dmabuf);
	close(dmabuf);
	if (unbound)
		igt_assert_eq(bound_unbind(&bound), 0);
	out_and_in(imported, own, native, FOREIGN_SIZE);
	gem_close(ctrl.fd, imported);
	gem_close(ctrl.fd, own);
	dgem_unmap(native, FOREIGN_SIZE);
	drm_close_driver(other);
	if (unbound)
		igt_assert_eq(bound_bind(&bound), 0);
}

/* A part of an imported BO that is neither its begin nor its end. */
static void foreign_part(void)
{
	struct drm_dgem_dma_seg segs[512];
	struct drm_dgem_bo_map_dma args = {
		.flags = DMA_BOTH,
		.offset = 8192,
		.size = 5 * 4096,
		.segs = (uintptr_t)segs,
		.num_segs = ARRAY_SIZE(segs),
	};
	uint64_t sum = 0;
	struct foreign f;
	struct dma whole;

	foreign_create(&f, FOREIGN_UDMABUF, FOREIGN_SIZE);
	args.handle = prime_fd_to_handle(ctrl.fd, f.dmabuf);
	igt_assert_eq(__dma_map(ctrl.fd, &args), 0);
	for (uint32_t i = 0; i < args.num_segs; i++)
		sum += segs[i].len;
	igt_assert_eq_u64(sum, args.size);
	igt_assert_eq(__dma_unmap(ctrl.fd, args.map_id), 0);
	dma_map(&whole, ctrl.fd, args.handle);
	assert_state(args.handle, true);
	dma_unmap(&whole);
	assert_state(args.handle, false);
	gem_close(ctrl.fd, args.handle);
	foreign_destroy(&f);
}

/* What a camera has written into a BO goes to the disk from there. */
static void camera(void)
{
	uint32_t index, image = 0, copy = 0;
	struct dma out, in;
	uint8_t *from, *to;
	struct vivid v;
	uint64_t size;
	int dmabuf;

	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 320, 180);
	image = dgem_bo_create(ctrl.fd, v.bytes);
	copy = dgem_bo_create(ctrl.fd, v.bytes);
	from = dgem_bo_map(ctrl.fd, image, v.bytes);
	to = dgem_bo_map(ctrl.fd, copy, v.bytes);
	dmabuf = prime_handle_to_fd_for_mmap(ctrl.fd, image);
	dma_map(&out, ctrl.fd, image);
	dma_map(&in, ctrl.fd, copy);

	/* As many as it wants to have; one image is as good as another. */
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, dmabuf, v.bytes), 0);
	igt_assert_eq(vivid_queue(&v, 1, dmabuf, v.bytes), 0);
	igt_assert_eq(vivid_stream(&v, true), 0);
	igt_assert_eq(vivid_dequeue(&v, &index), 0);
	igt_assert_eq(vivid_stream(&v, false), 0);
	size = v.bytes / 4096 * 4096ull;
	ctrl_copy(&ctrl, true, 0, &out, 0, size);
	ctrl_copy(&ctrl, false, 0, &in, 0, size);
	igt_assert(!memcmp(from, to, size));
	igt_assert(from[4000] | from[4001] | from[4002]);

	dma_unmap(&out);
	dma_unmap(&in);
	dgem_unmap(from, v.bytes);
	dgem_unmap(to, v.bytes);
	close(dmabuf);
	gem_close(ctrl.fd, image);
	gem_close(ctrl.fd, copy);
	vivid_close(&v);
}

/* A buffer that the camera has allocated has addresses as well. */
static void camera_memory(void)
{
	uint32_t imported, own;
	uint8_t *map, *mine;
	struct vivid v;
	uint64_t size;
	int dmabuf;

	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 320, 180);
	size = v.bytes / 4096 * 4096ull;
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_MMAP, 2), 0);
	dmabuf = vivid_export(&v);
	map = dgem_dmabuf_map(dmabuf, 0, v.bytes, PROT_READ | PROT_WRITE);
	imported = prime_fd_to_handle(ctrl.fd, dmabuf);
	own = dgem_bo_create(ctrl.fd, v.bytes);
	mine = dgem_bo_map(ctrl.fd, own, size);
	out_and_in(imported, own, map, size);
	out_and_in(own, imported, mine, size);
	igt_assert(!memcmp(map, mine, size));
	dgem_unmap(mine, size);
	dgem_unmap(map, v.bytes);
	gem_close(ctrl.fd, own);
	gem_close(ctrl.fd, imported);
	close(dmabuf);
	vivid_close(&v);
}

/* The address as somebody may print it, with or without its last digits, which are zero. */
static unsigned int count_in(const char *text, uint64_t address)
{
	char hex[32], decimal[32];

	snprintf(hex, sizeof(hex), "%llx", (unsigned long long)address >> 12);
	snprintf(decimal, sizeof(decimal), "%llu", (unsigned long long)address);
	return !!strcasestr(text, hex) + !!strstr(text, decimal);
}

static void assert_hidden_in(const char *pattern, const struct dma *dma)
{
	unsigned int read = 0;
	glob_t files;

	igt_assert_eq(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *text = observe_file(files.gl_pathv[i]);

		read += text && *text;
		for (uint32_t seg = 0; text && seg < dma->num; seg++)
			igt_assert_f(!count_in(text, dma->segs[seg].addr), "%s has an address\n",
				     files.gl_pathv[i]);
		free(text);
	}
	globfree(&files);
	igt_assert_f(read, "there is nothing in %s\n", pattern);
}

/* Not in a trace of the driver, and in no file that tells of BOs or of the device. */
static void hidden(void)
{
	uint32_t handle = dgem_bo_create_in(ctrl.fd, SIZE, 0, DRM_DGEM_BO_POPULATE);
	char pattern[64], *text;
	struct dma dma;

	trace_start("dgem:*");
	dma_map(&dma, ctrl.fd, handle);
	snprintf(pattern, sizeof(pattern), "/proc/self/fdinfo/%d", ctrl.fd);
	assert_hidden_in(pattern, &dma);
	assert_hidden_in("/sys/kernel/debug/dri/*/*", &dma);
	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/dgem_dma_*", name);
	assert_hidden_in(pattern, &dma);
	gem_close(ctrl.fd, handle);
	text = trace_stop();
	igt_assert(*text);
	for (uint32_t seg = 0; seg < dma.num; seg++)
		igt_assert(!count_in(text, dma.segs[seg].addr));
	free(text);
	dma_unmap(&dma);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		function_take(name);
		fd = function_open(name);
		ctrl_start(&ctrl, fd, name);
		igt_info("translated: %d\n",
			 (int)dgem_get_param(fd, DRM_DGEM_PARAM_DMA_TRANSLATED));
	}

	igt_describe("BOs of each heap are written to a disk and read back.");
	dgem_subtest(fd, "heaps")
		heaps();
	for (int kind = 0; kind < FOREIGN_KINDS; kind++) {
		igt_describe("A dma-buf of another driver is written to a disk and read back.");
		dgem_subtest_f(fd, "%s", foreign_name(kind))
			foreign(kind);
	}
	igt_describe("A BO of another instance is written to a disk and read back.");
	dgem_subtest(fd, "other-instance")
		other_instance(false);
	igt_describe("So is one whose instance was unbound.");
	dgem_subtest(fd, "other-unbound")
		other_instance(true);
	igt_describe("A part of an imported BO has the addresses of that part.");
	dgem_subtest(fd, "foreign-part")
		foreign_part();
	igt_describe("What a camera writes into a BO is written to a disk from there.");
	dgem_subtest(fd, "camera")
		camera();
	igt_describe("A buffer of a camera is written to a disk and read back.");
	dgem_subtest(fd, "camera-memory")
		camera_memory();

	igt_describe("The addresses are told to nobody else.");
	dgem_subtest(fd, "hidden")
		hidden();

	igt_fixture() {
		ctrl_forget(&ctrl);
		close(fd);
		function_give_back(name);
	}
}
