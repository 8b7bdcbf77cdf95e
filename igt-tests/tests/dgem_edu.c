// SPDX-License-Identifier: MIT
/*
 * Another driver's engine, QEMU's edu by dgem_edu, copies from and to BOs: contents,
 * and the fences that it leaves. Also runs where the device works on a copy of the
 * BO, so that what the CPU accesses is bracketed. Programs that need edu run in
 * machines of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("An engine of another driver reads and writes BOs, and tells when.");

#define RW (PROT_READ | PROT_WRITE)
#define CHUNK (2ull << 20)
#define SIZE (CHUNK + 8192)

/* What shows only while a copy goes on is looked at again where the machine was too slow. */
#define TRIES 10

/* A byte of the BO, and what a copy makes of it. */
#define OLD 0x11
#define NEW 0x22

static int fd = -1;

/** struct buffer - a dma-buf of whichever driver, all of which is mapped */
struct buffer {
	int dmabuf;
	uint32_t handle;
	uint8_t *map;
	uint64_t size;
};

static void buffer_create(struct buffer *b, uint32_t heap, uint64_t size)
{
	b->size = size;
	b->handle = dgem_bo_create_in(fd, size, heap, 0);
	b->dmabuf = prime_handle_to_fd_for_mmap(fd, b->handle);
	b->map = dgem_dmabuf_map(b->dmabuf, 0, size, RW);
}

static void buffer_free(struct buffer *b)
{
	dgem_unmap(b->map, b->size);
	close(b->dmabuf);
	gem_close(fd, b->handle);
}

static void buffer_sync(const struct buffer *b, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	do_ioctl(b->dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

static void buffer_set(const struct buffer *b, uint64_t offset, int byte, uint64_t length)
{
	buffer_sync(b, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	memset(b->map + offset, byte, length);
	buffer_sync(b, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
}

/* Across the border of two chunks, and of two pages; the end of the buffer. */
static void test_contents(void)
{
	for_each_dgem_heap(fd, heap) {
		int edu = edu_open();
		struct buffer b;

		buffer_create(&b, heap, SIZE);
		edu_copy_within(edu, b.dmabuf, b.map, SIZE, CHUNK - 1000, 4096 - 77,
				DGEM_EDU_MAX_LENGTH, 5);
		edu_copy_within(edu, b.dmabuf, b.map, SIZE, 0, SIZE - 1, 1,
				DGEM_EDU_BUFFER_SIZE - 2);
		close(edu);
		buffer_free(&b);
	}
}

static bool readable(int file, short events)
{
	struct pollfd pfd = { .fd = file, .events = events };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & events);
}

/* The status of the sync_file that the dma-buf gives out for those who will read or write. */
static int exported_status(const struct buffer *b, uint32_t flags)
{
	struct dma_buf_export_sync_file export = { .flags = flags };
	int status;

	do_ioctl(b->dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	status = edu_fence_status(export.fd);
	close(export.fd);
	return status;
}

/** struct sight - what there was to see of a BO at one time, in this order */
struct sight {
	int wait_read, wait_write;
	bool poll_in, poll_out;
	int export_read, export_write;
	uint8_t byte;
	int fence;
};

static void look(const struct buffer *b, int fence, struct sight *s)
{
	s->wait_read = __dgem_bo_wait(fd, b->handle, DRM_DGEM_BO_WAIT_READ, 0);
	s->wait_write = __dgem_bo_wait(fd, b->handle, DRM_DGEM_BO_WAIT_WRITE, 0);
	s->poll_in = readable(b->dmabuf, POLLIN);
	s->poll_out = readable(b->dmabuf, POLLOUT);
	s->export_read = exported_status(b, DMA_BUF_SYNC_READ);
	s->export_write = exported_status(b, DMA_BUF_SYNC_WRITE);
	s->byte = *(volatile uint8_t *)b->map;
	s->fence = edu_fence_status(fence);
	if (s->fence == 0 && s->byte == NEW)
		s->fence = 1;
}

/* A buffer of OLD, and a device with NEW. */
static void prepare(int edu, struct buffer *b)
{
	buffer_create(b, 0, SIZE);
	buffer_set(b, 0, NEW, DGEM_EDU_MAX_LENGTH);
	edu_copy(edu, b->dmabuf, DGEM_EDU_TO_DEVICE, 0, DGEM_EDU_MAX_LENGTH, 0);
	buffer_set(b, 0, OLD, DGEM_EDU_MAX_LENGTH);
}

static void assert_idle(const struct buffer *b)
{
	igt_assert_eq(__dgem_bo_wait(fd, b->handle, DRM_DGEM_BO_WAIT_WRITE, 0), 0);
	igt_assert(readable(b->dmabuf, POLLIN));
	igt_assert(readable(b->dmabuf, POLLOUT));
	igt_assert_eq(exported_status(b, DMA_BUF_SYNC_WRITE), 1);
}

/* Whether it was seen; what was seen was right. */
static bool see_writer(int edu, const struct buffer *b)
{
	struct sight s;
	int fence;

	buffer_set(b, 0, OLD, DGEM_EDU_MAX_LENGTH);
	fence = edu_begin(edu, b->dmabuf, DGEM_EDU_FROM_DEVICE, 0, DGEM_EDU_MAX_LENGTH, 0);
	look(b, fence, &s);
	if (s.fence == 0) {
		igt_assert_eq(s.byte, OLD);
		igt_assert_eq(s.wait_read, -ETIME);
		igt_assert_eq(s.wait_write, -ETIME);
		igt_assert(!s.poll_in && !s.poll_out);
		igt_assert_eq(s.export_read, 0);
		igt_assert_eq(s.export_write, 0);
	}
	dgem_bo_wait(fd, b->handle, DRM_DGEM_BO_WAIT_READ, INT64_MAX);
	igt_assert_eq(edu_fence_status(fence), 1);
	buffer_sync(b, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	for (int i = 0; i < DGEM_EDU_MAX_LENGTH; i++)
		igt_assert_eq(b->map[i], NEW);
	buffer_sync(b, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	assert_idle(b);
	igt_assert_eq(edu_end(fence), 0);
	return s.fence == 0;
}

static bool see_reader(int edu, const struct buffer *b)
{
	struct sight s;
	int fence;

	fence = edu_begin(edu, b->dmabuf, DGEM_EDU_TO_DEVICE, 0, DGEM_EDU_MAX_LENGTH, 0);
	look(b, fence, &s);
	igt_assert_eq(s.wait_read, 0);
	igt_assert(s.poll_in);
	igt_assert_eq(s.export_read, 1);
	if (s.fence == 0) {
		igt_assert_eq(s.wait_write, -ETIME);
		igt_assert(!s.poll_out);
		igt_assert_eq(s.export_write, 0);
	}
	dgem_bo_wait(fd, b->handle, DRM_DGEM_BO_WAIT_WRITE, INT64_MAX);
	igt_assert_eq(edu_fence_status(fence), 1);
	assert_idle(b);
	igt_assert_eq(edu_end(fence), 0);
	return s.fence == 0;
}

static bool see_sync(int edu, const struct buffer *b)
{
	int fence, before;

	buffer_set(b, 0, OLD, DGEM_EDU_MAX_LENGTH);
	fence = edu_begin(edu, b->dmabuf, DGEM_EDU_FROM_DEVICE, 0, DGEM_EDU_MAX_LENGTH, 0);
	before = edu_fence_status(fence);
	buffer_sync(b, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	igt_assert_eq(edu_fence_status(fence), 1);
	igt_assert_eq(b->map[0], NEW);
	igt_assert_eq(b->map[DGEM_EDU_MAX_LENGTH - 1], NEW);
	buffer_sync(b, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	igt_assert_eq(edu_end(fence), 0);
	return before == 0;
}

static void until_seen(bool (*see)(int edu, const struct buffer *b))
{
	int edu = edu_open(), tries = 0;
	struct buffer b;

	prepare(edu, &b);
	while (!see(edu, &b))
		igt_assert_f(++tries < TRIES, "each copy had ended before it was looked at\n");
	close(edu);
	buffer_free(&b);
}

static void test_writer(void)
{
	until_seen(see_writer);
}

static void test_reader(void)
{
	until_seen(see_reader);
}

static void test_sync(void)
{
	until_seen(see_sync);
}

/* Each with its own part of the device's buffer. */
static void test_files(void)
{
	igt_fork(child, 2) {
		int edu = edu_open();
		struct buffer b;

		buffer_create(&b, 0, 16384);
		for (uint64_t i = 0; i < 3; i++)
			edu_copy_within(edu, b.dmabuf, b.map, b.size, 100 * i, 8192 - 100 * i, 1000,
					2000 * child);
		buffer_free(&b);
	}
	igt_waitchildren();
}

static void test_mapped(void)
{
	long long attachments = observe_stat(fd, "attachments");
	long long exported = observe_stat(fd, "exported");
	int edu = edu_open();
	struct buffer a, b;

	buffer_create(&a, 0, 8192);
	buffer_create(&b, 0, 8192);
	edu_copy(edu, a.dmabuf, DGEM_EDU_FROM_DEVICE, 0, 1, 0);
	edu_copy(edu, a.dmabuf, DGEM_EDU_FROM_DEVICE, 1, 1, 0);
	igt_assert_eq(observe_stat(fd, "attachments"), attachments + 1);
	edu_copy(edu, b.dmabuf, DGEM_EDU_FROM_DEVICE, 0, 1, 0);
	igt_assert_eq(observe_stat(fd, "attachments"), attachments + 1);
	buffer_free(&a);
	igt_assert_eq(observe_stat(fd, "exported"), exported + 1);
	buffer_free(&b);
	igt_assert_eq(observe_stat(fd, "exported"), exported + 1);
	close(edu);
	igt_assert_eq(observe_stat(fd, "exported"), exported);
}

static const struct dgem_test tests[] = {
	{ "contents", "The device reads and writes the right bytes of BOs of each heap.",
	  test_contents },
	{ "fence-of-writer", "While the device writes a BO, it is busy for readers and writers.",
	  test_writer },
	{ "fence-of-reader", "While the device reads a BO, it is busy for writers only.",
	  test_reader },
	{ "sync-waits", "DMA_BUF_IOCTL_SYNC waits for what the device writes.", test_sync },
	{ "two-files", "Two files can copy at the same time.", test_files },
	{ "kept-mapped", "A file keeps one dma-buf mapped, until it uses another or is closed.",
	  test_mapped },
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
