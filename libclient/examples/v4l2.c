// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "v4l2.h"

#define MAX_NODES 64
#define FRAME_TIMEOUT_MS 20000

static int xioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

static int is_node_of(int fd, const char *driver, uint32_t type)
{
	const uint32_t want = type == V4L2_BUF_TYPE_VIDEO_CAPTURE ? V4L2_CAP_VIDEO_CAPTURE :
								    V4L2_CAP_VIDEO_OUTPUT;
	struct v4l2_capability cap = { 0 };

	if (xioctl(fd, VIDIOC_QUERYCAP, &cap) || strcmp((char *)cap.driver, driver))
		return 0;
	return cap.device_caps & want && cap.device_caps & V4L2_CAP_STREAMING;
}

int v4l2_open(const char *driver, uint32_t type, struct v4l2_node *ret_node)
{
	struct v4l2_node node = { .type = type };
	int i;

	for (i = 0; i < MAX_NODES; i++) {
		snprintf(node.path, sizeof(node.path), "/dev/video%d", i);
		node.fd = open(node.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (node.fd < 0)
			continue;
		if (is_node_of(node.fd, driver, type)) {
			*ret_node = node;
			return 0;
		}
		close(node.fd);
	}
	return -ENODEV;
}

int v4l2_set_format(struct v4l2_node *node, uint32_t fourcc, uint32_t width, uint32_t height)
{
	struct v4l2_format format = { .type = node->type };
	struct v4l2_pix_format *pix = &format.fmt.pix;
	int ret;

	pix->width = width;
	pix->height = height;
	pix->pixelformat = fourcc;
	pix->field = V4L2_FIELD_NONE;
	ret = xioctl(node->fd, VIDIOC_S_FMT, &format);
	if (ret)
		return ret;
	if (pix->width != width || pix->height != height || pix->pixelformat != fourcc ||
	    pix->quantization == V4L2_QUANTIZATION_LIM_RANGE)
		return -ERANGE;
	node->width = width;
	node->height = height;
	node->stride = pix->bytesperline;
	node->size = pix->sizeimage;
	return 0;
}

int v4l2_set_rate(struct v4l2_node *node, uint32_t rate)
{
	struct v4l2_streamparm parm = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.parm.capture.timeperframe = { 1, rate },
	};

	return xioctl(node->fd, VIDIOC_S_PARM, &parm);
}

static int find_control(int fd, const char *name, struct v4l2_queryctrl *ret_control)
{
	struct v4l2_queryctrl control = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };

	while (!xioctl(fd, VIDIOC_QUERYCTRL, &control)) {
		if (!strcmp((char *)control.name, name)) {
			*ret_control = control;
			return 0;
		}
		control.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	return -ENOENT;
}

int v4l2_set_menu(struct v4l2_node *node, const char *control, const char *choice)
{
	struct v4l2_queryctrl found;
	struct v4l2_querymenu menu = { 0 };
	struct v4l2_control set;
	int ret, i;

	ret = find_control(node->fd, control, &found);
	if (ret)
		return ret;
	menu.id = found.id;
	for (i = found.minimum; i <= found.maximum; i++) {
		menu.index = (uint32_t)i;
		/* Menus may have holes. */
		if (xioctl(node->fd, VIDIOC_QUERYMENU, &menu) || strcmp((char *)menu.name, choice))
			continue;
		set.id = found.id;
		set.value = i;
		return xioctl(node->fd, VIDIOC_S_CTRL, &set);
	}
	return -ENOENT;
}

int v4l2_request(struct v4l2_node *node, uint32_t count)
{
	struct v4l2_requestbuffers request = {
		.count = count,
		.type = node->type,
		.memory = V4L2_MEMORY_DMABUF,
	};
	int ret;

	ret = xioctl(node->fd, VIDIOC_REQBUFS, &request);
	if (ret)
		return ret;
	return request.count == count ? 0 : -ERANGE;
}

int v4l2_queue(struct v4l2_node *node, uint32_t slot, int dmabuf)
{
	struct v4l2_buffer buffer = {
		.index = slot,
		.type = node->type,
		.memory = V4L2_MEMORY_DMABUF,
		.m.fd = dmabuf,
		/* What an output is given, and a camera ignores. */
		.bytesused = node->size,
		.field = V4L2_FIELD_NONE,
	};

	return xioctl(node->fd, VIDIOC_QBUF, &buffer);
}

int v4l2_start(struct v4l2_node *node)
{
	return xioctl(node->fd, VIDIOC_STREAMON, &node->type);
}

int v4l2_stop(struct v4l2_node *node)
{
	return xioctl(node->fd, VIDIOC_STREAMOFF, &node->type);
}

int v4l2_dequeue(struct v4l2_node *node, uint32_t *ret_slot, uint32_t *ret_sequence)
{
	struct v4l2_buffer buffer = {
		.type = node->type,
		.memory = V4L2_MEMORY_DMABUF,
	};
	struct pollfd pollfd = { .fd = node->fd, .events = POLLIN | POLLOUT };
	int ready, ret;

	do {
		ready = poll(&pollfd, 1, FRAME_TIMEOUT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	ret = xioctl(node->fd, VIDIOC_DQBUF, &buffer);
	if (ret)
		return ret;
	if (buffer.flags & V4L2_BUF_FLAG_ERROR || buffer.bytesused != node->size)
		return -EIO;
	*ret_slot = buffer.index;
	*ret_sequence = buffer.sequence;
	return 0;
}
