// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ring.h"

#define MAP_SIZE 4096

static char *map_part(const struct ring *ring, off_t which)
{
	return mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, which);
}

int ring_open(struct ring *ring, void *buffer, size_t size)
{
	struct iovec all = { .iov_base = buffer, .iov_len = size };
	struct io_uring_params params = { 0 };
	char *requests, *answers;

	/* Room for one request; each of the three parts fits into a page. */
	ring->fd = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (ring->fd < 0)
		return -errno;
	requests = map_part(ring, IORING_OFF_SQ_RING);
	answers = map_part(ring, IORING_OFF_CQ_RING);
	ring->request = (void *)map_part(ring, IORING_OFF_SQES);
	if (requests == MAP_FAILED || answers == MAP_FAILED || (void *)ring->request == MAP_FAILED)
		return -errno;
	/* There is one request, at 0, which this says already: the memory is zeroed. */
	ring->request_tail = (uint32_t *)(requests + params.sq_off.tail);
	ring->answer_head = (uint32_t *)(answers + params.cq_off.head);
	ring->answer_mask = *(uint32_t *)(answers + params.cq_off.ring_mask);
	ring->answers = (void *)(answers + params.cq_off.cqes);
	return syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &all, 1) ? -errno :
											    0;
}

ssize_t ring_read(struct ring *ring, int file, void *part, size_t size, uint64_t offset)
{
	const uint32_t head = *ring->answer_head;
	ssize_t got;

	*ring->request = (struct io_uring_sqe){
		.opcode = IORING_OP_READ_FIXED,
		.fd = file,
		.addr = (uintptr_t)part,
		.len = (uint32_t)size,
		.off = offset,
	};
	__atomic_store_n(ring->request_tail, *ring->request_tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	got = ring->answers[head & ring->answer_mask].res;
	__atomic_store_n(ring->answer_head, head + 1, __ATOMIC_RELEASE);
	return got;
}
