// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "dgem/uring.h"
#include "igt.h"

/* What a pipe holds, so that no request waits, which would take a worker. */
#define PIECE 65536

static char *map_ring(struct uring *u, size_t len, off_t offset)
{
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
			 offset);

	igt_assert(map != MAP_FAILED);
	return map;
}

static void map_rings(struct uring *u, const struct io_uring_params *p)
{
	u->sq_len = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	u->cq_len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	u->sq = map_ring(u, u->sq_len, IORING_OFF_SQ_RING);
	u->cq = map_ring(u, u->cq_len, IORING_OFF_CQ_RING);
	u->sqes = (void *)map_ring(u, p->sq_entries * sizeof(*u->sqes), IORING_OFF_SQES);
	u->sq_tail = (uint32_t *)(u->sq + p->sq_off.tail);
	u->sq_array = (uint32_t *)(u->sq + p->sq_off.array);
	u->cq_head = (uint32_t *)(u->cq + p->cq_off.head);
	u->cq_tail = (uint32_t *)(u->cq + p->cq_off.tail);
	u->cqes = u->cq + p->cq_off.cqes;
}

int uring_start(struct uring *u, void *map, size_t len)
{
	struct iovec buffer = { map, len };
	struct io_uring_params p = { 0 };
	int ret = 0;

	*u = (struct uring){ .base = map, .len = len };
	u->fd = syscall(SYS_io_uring_setup, 1, &p);
	igt_assert_f(u->fd >= 0, "io_uring_setup: %s\n", strerror(errno));
	map_rings(u, &p);
	if (syscall(SYS_io_uring_register, u->fd, IORING_REGISTER_BUFFERS, &buffer, 1))
		ret = -errno;
	if (ret)
		uring_stop(u);
	return ret;
}

void uring_stop(struct uring *u)
{
	/* At once: what closes the ring later is a worker. */
	syscall(SYS_io_uring_register, u->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
	munmap(u->sqes, sizeof(*u->sqes));
	munmap(u->sq, u->sq_len);
	munmap(u->cq, u->cq_len);
	close(u->fd);
	u->fd = -1;
}

/* One request for the one buffer, with all of which it is done. */
static void transfer(struct uring *u, int opcode, int pipe, size_t at, size_t len)
{
	struct io_uring_sqe *sqe = u->sqes;
	struct io_uring_cqe *cqe = u->cqes;
	uint32_t head = *u->cq_head;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = pipe;
	sqe->off = -1;
	sqe->addr = (uintptr_t)u->base + at;
	sqe->len = len;
	u->sq_array[0] = 0;
	__atomic_store_n(u->sq_tail, ++u->tail, __ATOMIC_RELEASE);
	igt_assert_eq(syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), 1);
	igt_assert(__atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE) == head + 1);
	/* The completion ring has twice as many entries as the one for requests. */
	igt_assert_eq(cqe[head % 2].res, (int)len);
	__atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
}

void uring_read(struct uring *u, size_t at, void *copy, size_t len)
{
	int ends[2];

	igt_assert_eq(pipe(ends), 0);
	for (size_t done = 0, nr; done < len; done += nr) {
		nr = len - done < PIECE ? len - done : PIECE;
		transfer(u, IORING_OP_WRITE_FIXED, ends[1], at + done, nr);
		igt_assert_eq(read(ends[0], (char *)copy + done, nr), (ssize_t)nr);
	}
	close(ends[0]);
	close(ends[1]);
}

void uring_write(struct uring *u, size_t at, const void *from, size_t len)
{
	int ends[2];

	igt_assert_eq(pipe(ends), 0);
	for (size_t done = 0, nr; done < len; done += nr) {
		nr = len - done < PIECE ? len - done : PIECE;
		igt_assert_eq(write(ends[1], (const char *)from + done, nr), (ssize_t)nr);
		transfer(u, IORING_OP_READ_FIXED, ends[0], at + done, nr);
	}
	close(ends[0]);
	close(ends[1]);
}
