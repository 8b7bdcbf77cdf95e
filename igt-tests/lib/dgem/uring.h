/* SPDX-License-Identifier: MIT */
#ifndef DGEM_URING_H
#define DGEM_URING_H

/* A registered buffer of io_uring: pages that the kernel holds until it is released. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct io_uring_sqe;

/** struct uring - a ring with one buffer */
struct uring {
	int fd;

	/** @base, @len: the buffer, which need not be mapped any more. */
	void *base;
	size_t len;

	/** @sq, @cq: rings, and their lengths; @sqes: the one entry. */
	char *sq, *cq;
	size_t sq_len, cq_len;
	struct io_uring_sqe *sqes;
	uint32_t tail, *sq_tail, *cq_head, *cq_tail, *sq_array;
	void *cqes;
};

/* Registers @len bytes at @map. 0, or -errno with no ring. */
int uring_start(struct uring *u, void *map, size_t len);
void uring_stop(struct uring *u);

/* The bytes of the buffer from @at on, by a pipe, whether or not they are mapped. */
void uring_read(struct uring *u, size_t at, void *copy, size_t len);
void uring_write(struct uring *u, size_t at, const void *from, size_t len);

#endif
