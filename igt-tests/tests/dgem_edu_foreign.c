// SPDX-License-Identifier: MIT
/*
 * The engine that reads and writes BOs in dgem_edu does the same with dma-bufs of
 * others. What passes there is not owed to an understanding between two drivers.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/foreign.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("An engine reads and writes dma-bufs of drivers of the kernel.");

/* Across the borders of two huge pages, and of two pages. */
#define SIZE ((2ull << 20) + 8192)
#define FROM ((2ull << 20) - 1000)
#define TO (4096 - 77)

static void foreign_contents(enum foreign_kind kind)
{
	int edu = edu_open();
	struct foreign f;

	foreign_create(&f, kind, SIZE);
	edu_copy_within(edu, f.dmabuf, f.native, SIZE, FROM, TO, DGEM_EDU_MAX_LENGTH, 0);
	close(edu);
	foreign_destroy(&f);
}

static void vivid_contents(void)
{
	int edu = edu_open(), dmabuf;
	struct vivid v;
	void *map;

	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 320, 180);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_MMAP, 2), 0);
	dmabuf = vivid_export(&v);
	map = dgem_dmabuf_map(dmabuf, 0, v.bytes, PROT_READ | PROT_WRITE);
	edu_copy_within(edu, dmabuf, map, v.bytes, TO, 12 * 4096 - 1000, DGEM_EDU_MAX_LENGTH, 0);
	close(edu);
	dgem_unmap(map, v.bytes);
	close(dmabuf);
	vivid_close(&v);
}

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for (int kind = 0; kind < FOREIGN_KINDS; kind++) {
		igt_describe("The device reads and writes the right bytes of another's dma-buf.");
		dgem_subtest_f(fd, "%s", foreign_name(kind))
			foreign_contents(kind);
	}
	igt_describe("The device reads and writes the right bytes of a buffer of vivid.");
	dgem_subtest(fd, "vivid")
		vivid_contents();

	igt_fixture()
		drm_close_driver(fd);
}
