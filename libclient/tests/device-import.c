// SPDX-License-Identifier: MIT
/*
 * Buffers of other drivers: whatever an exporter does with the offset of a
 * mapping, a part of its buffer shows that part. vivid and vgem ignore the
 * offset, udmabuf does not. Part of the device tests; device-guest.sh loads
 * the first two.
 */
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "harness.h"

#define PAGES 16

/* A buffer whose pages hold their numbers, in each byte. */
struct exporter {
	int owner, dmabuf;
	uint64_t size; /* at least PAGES pages */
	uint8_t *native; /* PAGES pages, by the exporter's own mapping */
};

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static void fill(struct exporter *exporter)
{
	unsigned int i;

	CHECK(exporter->dmabuf >= 0);
	CHECK(exporter->native != MAP_FAILED);
	CHECK(exporter->size >= PAGES * page_size());
	for (i = 0; i < PAGES; i++)
		memset(exporter->native + i * page_size(), (int)i, page_size());
}

static void drop(struct exporter *exporter)
{
	munmap(exporter->native, PAGES * page_size());
	close(exporter->dmabuf);
	close(exporter->owner);
}

static int open_vivid(void)
{
	struct v4l2_capability cap;
	char path[32];
	int i, fd;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, VIDIOC_QUERYCAP, &cap) && !strcmp((char *)cap.driver, "vivid") &&
		    cap.device_caps & V4L2_CAP_VIDEO_CAPTURE)
			return fd;
		close(fd);
	}
	test_fail(__FILE__, __LINE__, "vivid has no capture node");
}

static void make_vivid(struct exporter *exporter)
{
	const uint32_t type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_requestbuffers request = { 2, type, V4L2_MEMORY_MMAP, 0, 0, { 0 } };
	struct v4l2_buffer buffer = { .type = type, .memory = V4L2_MEMORY_MMAP };
	struct v4l2_exportbuffer export = { .type = type, .flags = O_RDWR | O_CLOEXEC };
	int fd = open_vivid();

	CHECK_EQ(ioctl(fd, VIDIOC_REQBUFS, &request), 0);
	CHECK_EQ(ioctl(fd, VIDIOC_QUERYBUF, &buffer), 0);
	CHECK_EQ(ioctl(fd, VIDIOC_EXPBUF, &export), 0);
	exporter->owner = fd;
	exporter->dmabuf = export.fd;
	exporter->size = (buffer.length + page_size() - 1) & -page_size();
	exporter->native = mmap(NULL, PAGES * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				buffer.m.offset);
}

static void make_vgem(struct exporter *exporter)
{
	struct drm_mode_create_dumb dumb = { .height = PAGES, .bpp = 32 };
	struct drm_mode_map_dumb map = { 0 };
	int fd = drmOpenWithType("vgem", NULL, DRM_NODE_PRIMARY);

	CHECK(fd >= 0);
	dumb.width = (uint32_t)page_size() / 4;
	CHECK_EQ(drmIoctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb), 0);
	map.handle = dumb.handle;
	CHECK_EQ(drmIoctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &map), 0);
	CHECK_EQ(drmPrimeHandleToFD(fd, dumb.handle, DRM_CLOEXEC | DRM_RDWR, &exporter->dmabuf), 0);
	exporter->owner = fd;
	exporter->size = dumb.size;
	exporter->native = mmap(NULL, PAGES * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				(off_t)map.offset);
}

static void make_udmabuf(struct exporter *exporter)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	if (device < 0 && errno == ENOENT)
		test_skip("this kernel has no udmabuf");
	CHECK(device >= 0);
	exporter->owner = memfd_create("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	exporter->size = PAGES * page_size();
	CHECK_EQ(ftruncate(exporter->owner, (off_t)exporter->size), 0);
	CHECK_EQ(fcntl(exporter->owner, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	create.memfd = (uint32_t)exporter->owner;
	create.size = exporter->size;
	exporter->dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	close(device);
	exporter->native = mmap(NULL, exporter->size, PROT_READ | PROT_WRITE, MAP_SHARED,
				exporter->owner, 0);
}

/* Each page of @map is the one after its predecessor, and the first is @first. */
static void check_pages(struct dgem_map *map, unsigned int first)
{
	const uint8_t *bytes = dgem_map_ptr(map);
	unsigned int i;

	for (i = 0; i < dgem_map_size(map) / page_size() && first + i < PAGES; i++) {
		CHECK_EQ(bytes[i * page_size()], first + i);
		CHECK_EQ(bytes[(i + 1) * page_size() - 1], first + i);
	}
	CHECK(i > 0);
}

/* Parts of one page and parts up to the end, from every page on. */
static void check_parts(void (*make)(struct exporter *exporter))
{
	struct exporter exporter;
	struct dgem_device *dev;
	struct dgem_map *map;
	struct dgem_bo *bo;
	unsigned int i;
	uint64_t at;

	make(&exporter);
	fill(&exporter);
	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(dgem_bo_import(dev, exporter.dmabuf, &bo), 0);
	CHECK_EQ(dgem_bo_size(bo), exporter.size);
	for (i = 0; i < 2 * PAGES; i++) {
		uint64_t size = i % 2 ? page_size() : 0;

		at = i / 2 * page_size();
		CHECK_EQ(dgem_bo_map_range(bo, at, size, PROT_READ, &map), 0);
		CHECK_EQ(dgem_map_size(map), size ? size : exporter.size - at);
		check_pages(map, i / 2);
		dgem_map_unref(map);
		CHECK_EQ(dgem_dmabuf_map(dev, exporter.dmabuf, at, size, PROT_READ, &map), 0);
		CHECK_EQ(dgem_map_size(map), size ? size : exporter.size - at);
		check_pages(map, i / 2);
		dgem_map_unref(map);
	}

	/* What is written into a part arrives there, and the mapping needs no BO. */
	at = 5 * page_size();
	CHECK_EQ(dgem_bo_map_range(bo, at, page_size(), PROT_READ | PROT_WRITE, &map), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	memset(dgem_map_ptr(map), 0xa5, page_size());
	CHECK_EQ(exporter.native[at - 1], 4);
	CHECK_EQ(exporter.native[at], 0xa5);
	CHECK_EQ(exporter.native[at + page_size() - 1], 0xa5);
	CHECK_EQ(exporter.native[at + page_size()], 6);
	dgem_map_unref(map);
	drop(&exporter);
}

TEST(parts_of_a_v4l2_buffer)
{
	check_parts(make_vivid);
}

TEST(parts_of_a_vgem_buffer)
{
	check_parts(make_vgem);
}

TEST(parts_of_a_udmabuf)
{
	check_parts(make_udmabuf);
}
