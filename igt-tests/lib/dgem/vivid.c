// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/foreign.h"
#include "dgem/vivid.h"
#include "igt.h"

static int v4l2(struct vivid *v, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(v->fd, request, arg);
	} while (ret && errno == EINTR);
	return ret ? -errno : 0;
}

/* The instance that vivid_load() was asked for, as QUERYCAP spells it. */
static char instance[32];

void vivid_load(enum vivid_allocator allocator)
{
	/*
	 * Of each allocator an instance, with one video capture node (0x1)
	 * with one webcam, and one output (0x100).
	 */
	if (access("/sys/module/vivid", F_OK))
		igt_assert_eq(module_load("vivid",
					  "n_devs=2 node_types=0x101,0x101 "
					  "num_inputs=1,1 input_types=0,0 "
					  "num_outputs=1,1 output_types=0,0 allocators=0,1"),
			      0);
	snprintf(instance, sizeof(instance), "platform:vivid-%03d", allocator);
}

static int open_node(uint32_t type)
{
	uint32_t want = type == V4L2_BUF_TYPE_VIDEO_CAPTURE ? V4L2_CAP_VIDEO_CAPTURE :
							      V4L2_CAP_VIDEO_OUTPUT;
	struct v4l2_capability cap;
	char path[32];
	int i, fd;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (!ioctl(fd, VIDIOC_QUERYCAP, &cap) && !strcmp((char *)cap.bus_info, instance) &&
		    cap.device_caps & want)
			return fd;
		close(fd);
	}
	igt_assert_f(false, "vivid has no such node\n");
	return -1;
}

/* The clock in the image would make every frame another one. */
static void no_text(struct vivid *v)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	bool found = false;

	while (!v4l2(v, VIDIOC_QUERYCTRL, &query)) {
		if (!strcmp((char *)query.name, "OSD Text Mode")) {
			struct v4l2_control ctrl = { .id = query.id, .value = query.maximum };

			igt_assert_eq(v4l2(v, VIDIOC_S_CTRL, &ctrl), 0);
			found = true;
		}
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	igt_assert_f(found, "vivid has no control for the text in its image\n");
}

void vivid_open(struct vivid *v, uint32_t type, uint32_t width, uint32_t height)
{
	struct v4l2_format format = { .type = type };

	v->type = type;
	v->fd = open_node(type);
	format.fmt.pix.width = width;
	format.fmt.pix.height = height;
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_XBGR32;
	format.fmt.pix.field = V4L2_FIELD_NONE;
	igt_assert_eq(v4l2(v, VIDIOC_S_FMT, &format), 0);
	igt_assert_eq_u32(format.fmt.pix.pixelformat, V4L2_PIX_FMT_XBGR32);
	v->bytes = format.fmt.pix.sizeimage;
	igt_assert_lt(0, v->bytes);
	if (type == V4L2_BUF_TYPE_VIDEO_CAPTURE)
		no_text(v);
}

void vivid_close(struct vivid *v)
{
	close(v->fd);
	v->fd = -1;
}

int vivid_request(struct vivid *v, uint32_t memory, uint32_t count)
{
	struct v4l2_requestbuffers req = { .count = count, .type = v->type, .memory = memory };
	int ret = v4l2(v, VIDIOC_REQBUFS, &req);

	if (!ret)
		igt_assert_eq_u32(req.count, count);
	v->memory = memory;
	return ret;
}

int vivid_queue(struct vivid *v, uint32_t index, int dmabuf, uint32_t length)
{
	struct v4l2_buffer buf = {
		.index = index,
		.type = v->type,
		.memory = V4L2_MEMORY_DMABUF,
		.length = length,
		.bytesused = v->bytes,
		.field = V4L2_FIELD_NONE,
	};

	buf.m.fd = dmabuf;
	return v4l2(v, VIDIOC_QBUF, &buf);
}

int vivid_queue_user(struct vivid *v, uint32_t index, void *map, uint32_t length)
{
	struct v4l2_buffer buf = {
		.index = index,
		.type = v->type,
		.memory = V4L2_MEMORY_USERPTR,
		.m.userptr = (uintptr_t)map,
		.length = length,
		.bytesused = v->bytes,
		.field = V4L2_FIELD_NONE,
	};

	return v4l2(v, VIDIOC_QBUF, &buf);
}

int vivid_dequeue(struct vivid *v, uint32_t *index)
{
	struct v4l2_buffer buf = { .type = v->type, .memory = v->memory };
	struct pollfd pfd = { .fd = v->fd };
	int ret;

	pfd.events = v->type == V4L2_BUF_TYPE_VIDEO_CAPTURE ? POLLIN : POLLOUT;
	igt_assert_f(poll(&pfd, 1, 10000) == 1, "no frame within 10 s\n");
	ret = v4l2(v, VIDIOC_DQBUF, &buf);
	if (ret)
		return ret;
	igt_assert(!(buf.flags & V4L2_BUF_FLAG_ERROR));
	*index = buf.index;
	return 0;
}

int vivid_stream(struct vivid *v, bool on)
{
	return v4l2(v, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &v->type);
}

int vivid_export(struct vivid *v)
{
	struct v4l2_exportbuffer export = { .type = v->type, .flags = O_CLOEXEC | O_RDWR };

	igt_assert_eq(v4l2(v, VIDIOC_EXPBUF, &export), 0);
	return export.fd;
}

void *vivid_reference(struct vivid *v)
{
	struct v4l2_buffer buf = { .type = v->type, .memory = V4L2_MEMORY_MMAP };
	void *map[2], *image = malloc(v->bytes);
	uint32_t i;

	igt_assert(image);
	igt_assert_eq(vivid_request(v, V4L2_MEMORY_MMAP, 2), 0);
	for (i = 0; i < 2; i++) {
		buf.index = i;
		igt_assert_eq(v4l2(v, VIDIOC_QUERYBUF, &buf), 0);
		map[i] = mmap(NULL, v->bytes, PROT_READ, MAP_SHARED, v->fd, buf.m.offset);
		igt_assert(map[i] != MAP_FAILED);
		igt_assert_eq(v4l2(v, VIDIOC_QBUF, &buf), 0);
	}
	igt_assert_eq(vivid_stream(v, true), 0);
	igt_assert_eq(vivid_dequeue(v, &i), 0);
	memcpy(image, map[i], v->bytes);
	igt_assert_eq(vivid_stream(v, false), 0);
	for (i = 0; i < 2; i++)
		munmap(map[i], v->bytes);
	igt_assert_eq(vivid_request(v, V4L2_MEMORY_MMAP, 0), 0);
	return image;
}
