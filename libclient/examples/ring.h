/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_RING_H
#define DGEM_EXAMPLES_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As little of io_uring as reads one thing at a time. liburing does more. */

struct io_uring_sqe;
struct io_uring_cqe;

struct ring {
	int fd;
	struct io_uring_sqe *request;
	struct io_uring_cqe *answers;
	uint32_t *request_tail, *answer_head, answer_mask;
};

/*
 * Makes a ring, and registers @size bytes at @buffer with it: the kernel pins them once,
 * for all that is read into them. 0 or -errno; the ring goes with the process.
 */
int ring_open(struct ring *ring, void *buffer, size_t size);

/* Reads into a part of that buffer. The number of bytes or -errno. */
ssize_t ring_read(struct ring *ring, int file, void *part, size_t size, uint64_t offset);

#endif /* DGEM_EXAMPLES_RING_H */
