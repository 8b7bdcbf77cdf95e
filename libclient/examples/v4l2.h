/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_V4L2_H
#define DGEM_EXAMPLES_V4L2_H

#include <stdint.h>

#include <linux/videodev2.h>

/* The little of V4L2 that these programs need. All return 0 or -errno. */

struct v4l2_node {
	int fd;
	char path[32];
	uint32_t type; /* V4L2_BUF_TYPE_VIDEO_CAPTURE, which fills buffers, or _OUTPUT */
	uint32_t width, height, stride, size;
};

/* Opens the first node of the driver called @driver that has buffers of this type. */
int v4l2_open(const char *driver, uint32_t type, struct v4l2_node *ret_node);

/* Pixels of RGB as @fourcc says, full range; exactly this size or -ERANGE. */
int v4l2_set_format(struct v4l2_node *node, uint32_t fourcc, uint32_t width, uint32_t height);

/* So many frames a second, or what is nearest. */
int v4l2_set_rate(struct v4l2_node *node, uint32_t rate);

/* Sets a control, both called as v4l2-ctl -L calls them. */
int v4l2_set_menu(struct v4l2_node *node, const char *control, const char *choice);

/* Prepares for @count buffers that come as dma-bufs. */
int v4l2_request(struct v4l2_node *node, uint32_t count);
int v4l2_queue(struct v4l2_node *node, uint32_t slot, int dmabuf);
int v4l2_start(struct v4l2_node *node);
int v4l2_stop(struct v4l2_node *node);

/* -ETIMEDOUT when no frame comes; -EIO for a frame that is marked bad. */
int v4l2_dequeue(struct v4l2_node *node, uint32_t *ret_slot, uint32_t *ret_sequence);

#endif /* DGEM_EXAMPLES_V4L2_H */
