// SPDX-License-Identifier: MIT
/*
 * vivid fills BOs of dgem as a camera and reads them as a display, through
 * V4L2_MEMORY_DMABUF and by both ways of getting at a dma-buf: mapping it
 * into the kernel, and attaching to it as a device that wants one segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/peer.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("V4L2 captures frames into BOs of dgem and shows frames of them.");

#define RW (PROT_READ | PROT_WRITE)
#define BUFFERS 3
#define FRAMES 8

/** struct frame - a BO that vivid knows as the buffer of the same number */
struct frame {
	uint32_t handle;
	int dmabuf;
	uint64_t size;
	char *map;
};

static void frame_create(int fd, struct frame *f, uint64_t size, uint32_t heap, uint64_t flags)
{
	f->handle = dgem_bo_create_in(fd, size, heap, flags);
	f->size = dgem_bo_size(fd, f->handle);
	f->dmabuf = prime_handle_to_fd_for_mmap(fd, f->handle);
	f->map = dgem_bo_map(fd, f->handle, f->size);
}

static void frame_destroy(int fd, struct frame *f)
{
	dgem_unmap(f->map, f->size);
	close(f->dmabuf);
	gem_close(fd, f->handle);
}

/* A BO that is one segment, as one whole contiguous chunk is. */
static void frame_contiguous(int fd, struct frame *f, uint64_t bytes, uint32_t heap)
{
	uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	struct drm_dgem_bo_info info;

	igt_assert_lte_u64(bytes, chunk);
	frame_create(fd, f, chunk, heap, DRM_DGEM_BO_POPULATE);
	dgem_bo_info(fd, f->handle, &info);
	igt_assert_eq_u64(info.huge, observe_huge_map_size(chunk));
}

/* Without huge pages the memory of heap "system" is in single pages. */
static bool has_contiguous(int fd, uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.kind == DRM_DGEM_HEAP_PINNED || dgem_heap_reserves(fd, heap) ||
	       dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE);
}

/*
 * Two BOs populated in turns and from their ends, so that whichever way memory
 * is given out no chunk follows its predecessor.
 */
static void frame_scattered(int fd, struct frame *f, struct frame *other, uint64_t bytes,
			    uint32_t heap)
{
	igt_assert_lt_u64(PEER_CHUNK, bytes);
	frame_create(fd, f, bytes, heap, 0);
	frame_create(fd, other, bytes, heap, 0);
	for (uint64_t at = bytes; at; at -= PEER_CHUNK) {
		f->map[at - 1] = 1;
		other->map[at - 1] = 1;
	}
}

/* Frames into BOs, compared byte by byte with one of vivid's own. */
static void capture_into(int fd, struct vivid *v, struct frame *f)
{
	void *reference = vivid_reference(v);
	uint32_t index;
	int n;

	igt_assert_eq(vivid_request(v, V4L2_MEMORY_DMABUF, BUFFERS), 0);
	for (index = 0; index < BUFFERS; index++) {
		memset(f[index].map, 0xee, f[index].size);
		igt_assert_eq(vivid_queue(v, index, f[index].dmabuf, f[index].size), 0);
	}
	igt_assert_eq(vivid_stream(v, true), 0);
	for (n = 0; n < FRAMES; n++) {
		igt_assert_eq(vivid_dequeue(v, &index), 0);
		igt_assert(index < BUFFERS);
		igt_assert_f(!memcmp(f[index].map, reference, v->bytes), "frame %d is wrong\n", n);
		for (uint64_t at = v->bytes; at < f[index].size; at++)
			igt_assert_eq((unsigned char)f[index].map[at], 0xee);
		memset(f[index].map, 0xee, v->bytes);
		igt_assert_eq(__dgem_bo_wait(fd, f[index].handle, DRM_DGEM_BO_WAIT_WRITE, 0), 0);
		igt_assert_eq(vivid_queue(v, index, f[index].dmabuf, f[index].size), 0);
	}
	igt_assert_eq(vivid_stream(v, false), 0);
	igt_assert_eq(vivid_request(v, V4L2_MEMORY_DMABUF, 0), 0);
	free(reference);
}

/* Nothing is attached or pinned any more once vivid gave its buffers back. */
static void expect_idle(int fd)
{
	igt_assert_eq(observe_stat(fd, "attachments"), 0);
	igt_assert_eq(observe_stat(fd, "importer_pinned_pages"), 0);
}

static void capture_vmalloc(int fd, uint32_t heap)
{
	long long vmaps = observe_stat(fd, "vmaps");
	struct frame f[BUFFERS];
	struct vivid v;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	for (int i = 0; i < BUFFERS; i++)
		frame_create(fd, &f[i], v.bytes, heap, 0);
	capture_into(fd, &v, f);
	igt_assert_lte(vmaps + BUFFERS, observe_stat(fd, "vmaps"));
	vivid_close(&v);
	expect_idle(fd);
	for (int i = 0; i < BUFFERS; i++)
		frame_destroy(fd, &f[i]);
}

static void capture_contig(int fd, uint32_t heap)
{
	long long maps = observe_stat(fd, "maps"), attaches = observe_stat(fd, "attaches");
	struct frame f[BUFFERS];
	struct vivid v;

	if (!has_contiguous(fd, heap))
		return;
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	for (int i = 0; i < BUFFERS; i++)
		frame_contiguous(fd, &f[i], v.bytes, heap);
	capture_into(fd, &v, f);
	igt_assert_lte(attaches + BUFFERS, observe_stat(fd, "attaches"));
	igt_assert_lte(maps + BUFFERS, observe_stat(fd, "maps"));
	vivid_close(&v);
	expect_idle(fd);
	for (int i = 0; i < BUFFERS; i++)
		frame_destroy(fd, &f[i]);
}

/* vivid reads what it shows: the BO's contents stay, and it was really mapped. */
static void output(int fd, uint32_t heap, enum vivid_allocator allocator)
{
	const char *called = allocator == VIVID_CONTIG ? "maps" : "vmaps";
	long long calls = observe_stat(fd, called);
	struct shadow *sh[BUFFERS];
	struct frame f[BUFFERS];
	struct vivid v;
	uint32_t index;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, BUFFERS), 0);
	for (int i = 0; i < BUFFERS; i++) {
		if (allocator == VIVID_CONTIG)
			frame_contiguous(fd, &f[i], v.bytes, heap);
		else
			frame_create(fd, &f[i], v.bytes, heap, 0);
		sh[i] = shadow_create(f[i].size / dgem_page_size());
		shadow_write(sh[i], f[i].map, 0, sh[i]->pages);
		igt_assert_eq(vivid_queue(&v, i, f[i].dmabuf, f[i].size), 0);
	}
	igt_assert_eq(vivid_stream(&v, true), 0);
	for (int n = 0; n < FRAMES; n++) {
		igt_assert_eq(vivid_dequeue(&v, &index), 0);
		shadow_mix(sh[index], f[index].map, 0, sh[index]->pages);
		igt_assert_eq(vivid_queue(&v, index, f[index].dmabuf, f[index].size), 0);
	}
	vivid_close(&v);
	igt_assert_lte(calls + BUFFERS, observe_stat(fd, called));
	expect_idle(fd);
	for (int i = 0; i < BUFFERS; i++) {
		shadow_check(sh[i], f[i].map, 0, sh[i]->pages);
		shadow_destroy(sh[i]);
		frame_destroy(fd, &f[i]);
	}
}

static void output_vmalloc(int fd, uint32_t heap)
{
	output(fd, heap, VIVID_VMALLOC);
}

static void output_contig(int fd, uint32_t heap)
{
	if (has_contiguous(fd, heap))
		output(fd, heap, VIVID_CONTIG);
}

/* vivid alone refuses a BO of several segments. */
static void one_segment_wanted(int fd, uint32_t heap)
{
	struct frame bad, other;
	struct dgem_counters before;
	struct shadow *sh;
	struct vivid v;

	if (dgem_heap_reserves(fd, heap))
		return;
	dgem_counters_read(fd, &before);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 1920, 1080);
	frame_scattered(fd, &bad, &other, (v.bytes + PEER_CHUNK - 1) & ~(PEER_CHUNK - 1), heap);
	sh = shadow_create(bad.size / dgem_page_size());
	shadow_write(sh, bad.map, 0, sh->pages);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	for (int i = 0; i < 20; i++)
		igt_assert_eq(vivid_queue(&v, i % 2, bad.dmabuf, bad.size), -EFAULT);
	expect_idle(fd);
	shadow_mix(sh, bad.map, 0, sh->pages);
	vivid_close(&v);
	shadow_destroy(sh);
	frame_destroy(fd, &bad);
	frame_destroy(fd, &other);
	igt_assert_eq(observe_stat(fd, "bos"), dgem_counter(&before, "bos"));
}

/* A BO smaller than the image is refused before anything is mapped. */
static void too_small(int fd, uint32_t heap)
{
	struct frame f;
	struct vivid v;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	frame_create(fd, &f, v.bytes / 2, heap, 0);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, f.dmabuf, 0), -EINVAL);
	vivid_close(&v);
	expect_idle(fd);
	frame_destroy(fd, &f);
}

/*
 * Handle, dma-buf and DRM file go while vivid fills the BO; the mapping shows
 * the frame that arrives afterwards.
 */
static void closed_while_streaming(int fd, uint32_t heap)
{
	int own = drm_reopen_driver(fd);
	long long bos = observe_stat(fd, "bos");
	struct frame f[BUFFERS];
	struct vivid v;
	uint32_t index;
	void *reference;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	reference = vivid_reference(&v);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, BUFFERS), 0);
	for (index = 0; index < BUFFERS; index++) {
		frame_create(own, &f[index], v.bytes, heap, 0);
		memset(f[index].map, 0xee, v.bytes);
		igt_assert_eq(vivid_queue(&v, index, f[index].dmabuf, f[index].size), 0);
		close(f[index].dmabuf);
		gem_close(own, f[index].handle);
	}
	drm_close_driver(own);
	igt_assert_eq(vivid_stream(&v, true), 0);
	igt_assert_eq(vivid_dequeue(&v, &index), 0);
	igt_assert(!memcmp(f[index].map, reference, v.bytes));
	vivid_close(&v);
	igt_assert_eq(observe_stat(fd, "bos"), bos + BUFFERS);
	for (index = 0; index < BUFFERS; index++)
		dgem_unmap(f[index].map, f[index].size);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
	free(reference);
}

/*
 * The other way round: a buffer of vivid's, which shows its first page wherever
 * a mapping of it starts. What the DRM file maps of it is right, or refused.
 */
static void exported_parts(int fd)
{
	const uint64_t page = dgem_page_size();
	uint64_t pages, first;
	struct shadow *sh;
	uint32_t handle;
	struct vivid v;
	int dmabuf;
	char *map;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_MMAP, 2), 0);
	dmabuf = vivid_export(&v);
	handle = prime_fd_to_handle(fd, dmabuf);
	pages = dgem_bo_size(fd, handle) / page;
	igt_assert_lt_u64(1, pages);
	sh = shadow_create(pages);
	map = dgem_dmabuf_map(dmabuf, 0, pages * page, RW);
	shadow_write(sh, map, 0, pages);
	dgem_unmap(map, pages * page);

	for (first = 0; first < pages; first++) {
		map = dgem_bo_map(fd, handle, (first + 1) * page);
		shadow_check(sh, map, 0, first + 1);
		dgem_unmap(map, (first + 1) * page);
		map = __dgem_bo_map(fd, handle, first * page, page, PROT_READ);
		if (!first) {
			shadow_check(sh, map, 0, 1);
			dgem_unmap(map, page);
			continue;
		}
		igt_assert(map == MAP_FAILED);
		igt_assert_eq(errno, EOPNOTSUPP);
	}
	shadow_destroy(sh);
	gem_close(fd, handle);
	close(dmabuf);
	vivid_close(&v);
}

static const struct {
	const char *name, *what;
	enum vivid_allocator allocator;
	void (*run)(int fd, uint32_t heap);
} tests[] = {
	{ "capture-vmalloc", "vivid captures frames into BOs that it maps into the kernel.",
	  VIVID_VMALLOC, capture_vmalloc },
	{ "output-vmalloc", "vivid shows frames of BOs that it maps into the kernel.",
	  VIVID_VMALLOC, output_vmalloc },
	{ "closed-while-streaming", "vivid fills BOs whose handles, dma-bufs and files are closed.",
	  VIVID_VMALLOC, closed_while_streaming },
	{ "too-small", "A BO that is smaller than the image gives EINVAL.", VIVID_VMALLOC,
	  too_small },
	{ "capture-contig", "vivid captures frames into BOs of one segment.", VIVID_CONTIG,
	  capture_contig },
	{ "output-contig", "vivid shows frames of BOs of one segment.", VIVID_CONTIG,
	  output_contig },
	{ "one-segment-wanted", "vivid refuses a BO of several segments, which keeps its contents.",
	  VIVID_CONTIG, one_segment_wanted },
};

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_subtest(t, tests) {
		vivid_load(t->allocator);
		for_each_dgem_heap(fd, heap)
			t->run(fd, heap);
	}

	igt_describe("A mapping of a part of vivid's buffer shows that part or is refused.");
	igt_subtest("exported-parts") {
		vivid_load(VIVID_VMALLOC);
		exported_parts(fd);
	}

	igt_fixture()
		drm_close_driver(fd);
}
