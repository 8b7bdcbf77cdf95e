/* SPDX-License-Identifier: MIT */
#ifndef DGEM_VIVID_H
#define DGEM_VIVID_H

/*
 * vivid, the kernel's own camera and display: a V4L2 driver that fills or
 * reads buffers of others by DMABUF. How it gets at them is decided for each
 * instance when the module is loaded.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

/** enum vivid_allocator - what vivid does with a dma-buf */
enum vivid_allocator {
	/** @VIVID_VMALLOC: maps it into the kernel only. */
	VIVID_VMALLOC = 0,

	/** @VIVID_CONTIG: attaches and maps it, and wants one segment. */
	VIVID_CONTIG = 1,
};

/** struct vivid - one queue of one of its nodes */
struct vivid {
	int fd;

	/** @type: V4L2_BUF_TYPE_VIDEO_CAPTURE or _OUTPUT. */
	uint32_t type;

	/** @bytes: of an image, as the driver wants it. */
	uint32_t bytes;

	/** @memory: of its buffers, as vivid_request() was told. */
	uint32_t memory;
};

/*
 * Loads vivid unless it is there, and chooses the instance that vivid_open()
 * opens. It stays loaded: its devices can outlive its code where their release
 * is late (CONFIG_DEBUG_KOBJECT_RELEASE).
 */
void vivid_load(enum vivid_allocator allocator);

/* Opens the node and sets a format of 4 bytes a pixel, no text in the image. */
void vivid_open(struct vivid *v, uint32_t type, uint32_t width, uint32_t height);
void vivid_close(struct vivid *v);

/* Buffers of the queue: @memory is V4L2_MEMORY_DMABUF, _USERPTR or _MMAP. 0 or -errno. */
int vivid_request(struct vivid *v, uint32_t memory, uint32_t count);
int vivid_queue(struct vivid *v, uint32_t index, int dmabuf, uint32_t length);
int vivid_queue_user(struct vivid *v, uint32_t index, void *map, uint32_t length);
int vivid_dequeue(struct vivid *v, uint32_t *index);
int vivid_stream(struct vivid *v, bool on);

/* Buffer 0 of vivid's own memory, as a dma-buf. */
int vivid_export(struct vivid *v);

/* One image by vivid's own memory, to compare with: malloc()ed. */
void *vivid_reference(struct vivid *v);

#endif
