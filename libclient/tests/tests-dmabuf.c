// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"

#define MIB (1ull << 20)

TEST(map_whole_and_part)
{
	int fd = fake_foreign_dmabuf(3 * 4096);
	struct dgem_map *whole, *part;
	char *bytes;

	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 0, 0, PROT_READ | PROT_WRITE, &whole), 0);
	CHECK_EQ(dgem_map_size(whole), 3 * 4096);
	bytes = dgem_map_ptr(whole);
	bytes[0] = 'a';
	bytes[4096] = 'b';
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 4096, 1, PROT_READ, &part), 0);
	CHECK_EQ(dgem_map_size(part), 4096);
	CHECK_EQ(*(char *)dgem_map_ptr(part), 'b');
	dgem_map_unref(part);
	dgem_map_unref(whole);
	fake_close_dmabuf(fd);
}

static void check_congruent(struct dgem_device *dev, int fd, uint64_t offset, uint64_t size)
{
	static char fill;
	struct dgem_map *map, *other;
	uintptr_t address;

	CHECK_EQ(dgem_dmabuf_map(dev, fd, offset, size, PROT_READ | PROT_WRITE, &map), 0);
	address = (uintptr_t)dgem_map_ptr(map);
	CHECK_EQ((address - offset) % FAKE_HUGE_SIZE, 0);
	CHECK_EQ(dgem_map_size(map), size);
	/* What lies before the part is mapped, too, since exporters ignore offsets. */
	CHECK_EQ(fake_mapped(), offset + size);
	/* The first and the last page are there, what follows is not. */
	memset((void *)address, ++fill, 4096);
	memset((char *)address + size - 4096, fill, 4096);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, offset, 4096, PROT_READ, &other), 0);
	CHECK(!memcmp(dgem_map_ptr(other), (void *)address, 4096));
	dgem_map_unref(other);
	CHECK(msync((char *)address + size, 4096, MS_ASYNC) < 0);
	dgem_map_unref(map);
	CHECK_EQ(fake_mapped(), 0);
}

TEST(large_maps_are_aligned_to_their_offset)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(16 * MIB), i;

	/* Whatever else lies in the address space. */
	for (i = 0; i < 16; i++) {
		check_congruent(dev, fd, 0, 16 * MIB);
		check_congruent(dev, fd, 5 * 4096, FAKE_HUGE_SIZE);
		check_congruent(dev, fd, 4096 * (uint64_t)i, 8 * MIB);
		check_congruent(dev, fd, 3 * MIB, 2 * MIB + 4096);
	}
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(small_maps_reserve_nothing)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(FAKE_HUGE_SIZE - 4096);
	struct dgem_map *map;

	CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &map), 0);
	CHECK_EQ(fake_calls(FAKE_MMAP), 1);
	dgem_map_unref(map);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(no_huge_maps_no_alignment)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4 * MIB);
	struct dgem_map *map = UNTOUCHED_PTR;

	fake_set_param(DRM_DGEM_PARAM_HUGE_MAP_SIZE, 0);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &map), 0);
	CHECK_EQ(fake_calls(FAKE_MMAP), 1);
	dgem_map_unref(map);
	map = UNTOUCHED_PTR;
	fake_set_param(DRM_DGEM_PARAM_HUGE_MAP_SIZE, 3 * MIB);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &map), -EOVERFLOW);
	CHECK(map == UNTOUCHED_PTR);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(map_errors_leave_the_output)
{
	static const struct {
		enum fake_call call;
		int nth, error;
	} steps[] = {
		{ FAKE_FILE_SIZE, 1, EBADF }, { FAKE_GET_PARAM, 1, ENODEV },
		{ FAKE_MMAP, 1, ENOMEM },     { FAKE_MMAP, 2, EACCES },
		{ FAKE_MMAP, 2, ENOMEM },
	};
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4 * MIB);
	struct dgem_map *map = UNTOUCHED_PTR;
	unsigned int i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fake_fail(steps[i].call, steps[i].nth, steps[i].error);
		CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &map), -steps[i].error);
		CHECK_EQ(fake_mapped(), 0);
	}
	fake_fail_alloc(1);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, 4096, 0, PROT_READ, &map), -ENOMEM);
	CHECK_EQ(fake_mapped(), 0);
	CHECK(map == UNTOUCHED_PTR);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(map_refuses_bad_arguments)
{
	int fd = fake_foreign_dmabuf(8192);
	struct dgem_map *map = UNTOUCHED_PTR;

	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 1, 0, PROT_READ, &map), -EINVAL);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 8192, 0, PROT_READ, &map), -EINVAL);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 4096, 4097, PROT_READ, &map), -EINVAL);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 0, 0, PROT_EXEC, &map), -EACCES);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 0, 0, 0x40000, &map), -EINVAL);
	CHECK_EQ(dgem_dmabuf_map(NULL, -1, 0, 0, PROT_READ, &map), -EBADF);
	CHECK(map == UNTOUCHED_PTR);
	fake_close_dmabuf(fd);
}

TEST(access_is_bracketed)
{
	int fd = fake_foreign_dmabuf(4096);
	const struct dma_buf_sync *args = fake_last(FAKE_DMABUF_SYNC);

	CHECK_EQ(dgem_dmabuf_begin_access(fd, DGEM_ACCESS_READ), 0);
	CHECK_EQ(args->flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	CHECK_EQ(dgem_dmabuf_end_access(fd, DGEM_ACCESS_READ), 0);
	CHECK_EQ(args->flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	CHECK_EQ(dgem_dmabuf_begin_access(fd, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(args->flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	CHECK_EQ(dgem_dmabuf_end_access(fd, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(args->flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	fake_close_dmabuf(fd);
}

TEST(access_reports_errors)
{
	int fd = fake_foreign_dmabuf(4096);

	CHECK_EQ(dgem_dmabuf_begin_access(fd, 0), -EINVAL);
	CHECK_EQ(dgem_dmabuf_begin_access(fd, 4), -EINVAL);
	CHECK_EQ(dgem_dmabuf_end_access(fd, 0), -EINVAL);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 0);
	fake_fail(FAKE_DMABUF_SYNC, 1, ENOTTY);
	CHECK_EQ(dgem_dmabuf_begin_access(fd, DGEM_ACCESS_READ), -ENOTTY);
	fake_close_dmabuf(fd);
}
