/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_CAMERA_H
#define DGEM_EXAMPLES_CAMERA_H

#include <dgem.h>

#include "v4l2.h"

#define MAX_SLOTS 16

enum {
	EXIT_ERROR = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_ONE = 3, /* the proof failed: there is more than one set of pages */
	EXIT_NO_HEAP = 4,
	EXIT_PICTURE = 5, /* the viewer saw wrong pixels */
	EXIT_REFUSED = 6, /* the camera's driver does not take the BOs */
};

struct slot {
	struct dgem_bo *bo;
	int dmabuf;
	int known; /* to the viewer */
};

struct demo {
	const char *socket_path, *heap;
	const char *driver;
	const struct format *format;
	unsigned int frames, num_slots, percent;
	uint64_t bo_size; /* at least a frame */

	struct dgem_device *dev;
	struct v4l2_node camera;
	struct slot slots[MAX_SLOTS];
	int socket;
	uint32_t first_sequence, last_sequence;
};

/* Prints what failed and exits; @ret is 0 or -errno. */
__attribute__((noreturn, format(printf, 3, 4))) void die(int status, int ret, const char *format,
							 ...);

/*
 * Once the camera has stopped: asks the viewer to write, looks whether that is
 * seen here, and prints the results. Returns the program's exit status.
 */
int prove(struct demo *demo);

#endif /* DGEM_EXAMPLES_CAMERA_H */
