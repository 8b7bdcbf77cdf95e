// SPDX-License-Identifier: MIT
/*
 * Sends two frames of a file by V4L2: the disk writes into BOs, and the video device gets
 * these BOs. One frame is read by O_DIRECT, the other one by io_uring, which pins its
 * buffer once. The standard output is what was sent.
 */
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"
#include "v4l2.h"

#define WIDTH 640
#define HEIGHT 480

struct frame {
	struct dgem_bo *bo;
	void *map;
	int dmabuf;
};

static int make_frame(struct dgem_device *dev, size_t size, struct frame *frame)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	int ret;

	/* Without it both ways to read would fail with EFAULT. */
	options.flags = DRM_DGEM_BO_DIRECT_IO;
	ret = dgem_bo_create(dev, size, &options, &frame->bo);
	ret = ret ?: dgem_bo_map(frame->bo, &frame->map);
	return ret ?: dgem_bo_export(frame->bo, O_RDWR, &frame->dmabuf);
}

static int read_frames(int file, size_t size, struct frame *frames)
{
	ssize_t got = pread(file, frames[0].map, size, 0);
	struct ring ring;
	int ret;

	if (got != (ssize_t)size)
		return got < 0 ? -errno : -EIO;
	ret = ring_open(&ring, frames[1].map, size);
	if (ret)
		return ret;
	got = ring_read(&ring, file, frames[1].map, size, size);
	return got == (ssize_t)size ? 0 : got < 0 ? (int)got : -EIO;
}

static int send_frames(struct v4l2_node *video, const struct frame *frames)
{
	uint32_t slot, sequence, n;
	int ret = v4l2_request(video, 2);

	for (slot = 0; slot < 2 && !ret; slot++)
		ret = v4l2_queue(video, slot, frames[slot].dmabuf);
	ret = ret ?: v4l2_start(video);
	/* Each is back when the next one is sent, so the first follows the second. */
	for (n = 0; n < 2 && !ret; n++) {
		ret = v4l2_dequeue(video, &slot, &sequence);
		ret = ret ?: v4l2_queue(video, slot, frames[slot].dmabuf);
	}
	return ret;
}

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC) : -1, ret;
	struct dgem_device *dev;
	struct v4l2_node video;
	struct frame frames[2];

	if (file < 0)
		return fputs("usage: direct-io FILE, of two frames\n", stderr), 2;
	ret = dgem_device_open(&dev);
	ret = ret ?: v4l2_open("vivid", V4L2_BUF_TYPE_VIDEO_OUTPUT, &video);
	ret = ret ?: v4l2_set_format(&video, V4L2_PIX_FMT_XBGR32, WIDTH, HEIGHT);
	for (int i = 0; i < 2 && !ret; i++)
		ret = make_frame(dev, video.size, &frames[i]);
	ret = ret ?: read_frames(file, video.size, frames);
	ret = ret ?: send_frames(&video, frames);
	if (ret)
		return fprintf(stderr, "direct-io: %s\n", strerror(-ret)), 1;
	for (int i = 0; i < 2; i++)
		if (fwrite(frames[i].map, video.size, 1, stdout) != 1)
			return perror("direct-io"), 1;
	return fflush(stdout) ? 1 : 0;
}
