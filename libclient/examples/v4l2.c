// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
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

static int is_capture_of(int fd, const char *driver)
{
	struct v4l2_capability cap = { 0 };

	if (xioctl(fd, VIDIOC_QUERYCAP, &cap) || strcmp((char *)cap.driver, driver))
		return 0;
	return cap.device_caps & V4L2_CAP_VIDEO_CAPTURE && cap.device_caps & V4L2_CAP_STREAMING;
}

int v4l2_open(const char *driver, struct v4l2_camera *ret_camera)
{
	struct v4l2_camera camera = { 0 };
	int i;

	for (i = 0; i < MAX_NODES; i++) {
		snprintf(camera.path, sizeof(camera.path), "/dev/video%d", i);
		camera.fd = open(camera.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (camera.fd < 0)
			continue;
		if (is_capture_of(camera.fd, driver)) {
			*ret_camera = camera;
			return 0;
		}
		close(camera.fd);
	}
	return -ENODEV;
}

int v4l2_set_format(struct v4l2_camera *camera, uint32_t width, uint32_t height)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_pix_format *pix = &format.fmt.pix;
	int ret;

	pix->width = width;
	pix->height = height;
	pix->pixelformat = V4L2_PIX_FMT_RGB24;
	pix->field = V4L2_FIELD_NONE;
	ret = xioctl(camera->fd, VIDIOC_S_FMT, &format);
	if (ret)
		return ret;
	if (pix->width != width || pix->height != height ||
	    pix->pixelformat != V4L2_PIX_FMT_RGB24 ||
	    pix->quantization == V4L2_QUANTIZATION_LIM_RANGE)
		return -ERANGE;
	camera->width = width;
	camera->height = height;
	camera->stride = pix->bytesperline;
	camera->size = pix->sizeimage;
	return 0;
}

int v4l2_set_rate(struct v4l2_camera *camera, uint32_t rate)
{
	struct v4l2_streamparm parm = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.parm.capture.timeperframe = { 1, rate },
	};

	return xioctl(camera->fd, VIDIOC_S_PARM, &parm);
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

int v4l2_set_menu(struct v4l2_camera *camera, const char *control, const char *choice)
{
	struct v4l2_queryctrl found;
	struct v4l2_querymenu menu = { 0 };
	struct v4l2_control set;
	int ret, i;

	ret = find_control(camera->fd, control, &found);
	if (ret)
		return ret;
	menu.id = found.id;
	for (i = found.minimum; i <= found.maximum; i++) {
		menu.index = (uint32_t)i;
		/* Menus may have holes. */
		if (xioctl(camera->fd, VIDIOC_QUERYMENU, &menu) ||
		    strcmp((char *)menu.name, choice))
			continue;
		set.id = found.id;
		set.value = i;
		return xioctl(camera->fd, VIDIOC_S_CTRL, &set);
	}
	return -ENOENT;
}

int v4l2_request(struct v4l2_camera *camera, uint32_t count)
{
	struct v4l2_requestbuffers request = {
		.count = count,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
	};
	int ret;

	ret = xioctl(camera->fd, VIDIOC_REQBUFS, &request);
	if (ret)
		return ret;
	return request.count == count ? 0 : -ERANGE;
}

int v4l2_queue(struct v4l2_camera *camera, uint32_t slot, int dmabuf)
{
	struct v4l2_buffer buffer = {
		.index = slot,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
		.m.fd = dmabuf,
	};

	return xioctl(camera->fd, VIDIOC_QBUF, &buffer);
}

int v4l2_start(struct v4l2_camera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	return xioctl(camera->fd, VIDIOC_STREAMON, &type);
}

int v4l2_stop(struct v4l2_camera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	return xioctl(camera->fd, VIDIOC_STREAMOFF, &type);
}

int v4l2_dequeue(struct v4l2_camera *camera, uint32_t *ret_slot, uint32_t *ret_sequence)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
	};
	struct pollfd pollfd = { .fd = camera->fd, .events = POLLIN };
	int ready, ret;

	do {
		ready = poll(&pollfd, 1, FRAME_TIMEOUT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	ret = xioctl(camera->fd, VIDIOC_DQBUF, &buffer);
	if (ret)
		return ret;
	if (buffer.flags & V4L2_BUF_FLAG_ERROR || buffer.bytesused != camera->size)
		return -EIO;
	*ret_slot = buffer.index;
	*ret_sequence = buffer.sequence;
	return 0;
}
