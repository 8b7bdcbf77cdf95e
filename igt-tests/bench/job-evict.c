// SPDX-License-Identifier: MIT
/*
 * What it costs to evict a mapped buffer, and the faults afterwards, while nothing was
 * written to swap yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "bench.h"

#define RUN (2 * MIB)
#define SWAP "/dev/ram0"

struct evict {
	const struct subject *subject;
	struct buf buf;
};

/* Nothing is evicted in a machine without swap; nothing is written to it here. */
static void swap_start(void)
{
	static uint32_t header[4 * KIB / 4];
	int fd = open(SWAP, O_RDWR | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	header[1024 / 4] = 1;
	header[1024 / 4 + 1] = size / (4 * KIB) - 1;
	memcpy((char *)header + sizeof(header) - 10, "SWAPSPACE2", 10);
	if (size <= 0 || pwrite(fd, header, sizeof(header), 0) != sizeof(header) || fsync(fd) ||
	    swapon(SWAP, 0))
		fail("swap on %s: %s", SWAP, strerror(errno));
	close(fd);
}

/* As root, who alone may: evicts all that can be, and returns what that took. */
static uint64_t drop_caches(void)
{
	uint64_t start;
	ssize_t done;
	int fd;

	user_leave();
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	start = now();
	done = fd < 0 ? -1 : write(fd, "2", 1);
	start = now() - start;
	if (done != 1)
		fail("drop_caches: %s", strerror(errno));
	close(fd);
	user_enter();
	return start;
}

static void touch_runs(struct buf *buf)
{
	size_t at;

	for (at = 0; at < buf->size; at += RUN)
		((volatile char *)buf->map)[at] = 1;
}

/* The second time there is nothing left, which is what all other caches cost. */
static void sample(void *ctx, double *figures)
{
	struct evict *e = ctx;
	double runs = e->buf.size / RUN;
	uint64_t start, before, after, both, resident;

	must(e->subject->resident(&e->buf, &before), e->subject->name, "resident");
	both = drop_caches();
	must(e->subject->resident(&e->buf, &resident), e->subject->name, "resident");
	if (before != e->buf.size || resident)
		fail("%s: %llu bytes resident, and %llu after eviction", e->subject->name,
		     (unsigned long long)before, (unsigned long long)resident);
	figures[0] = ((double)both - drop_caches()) / runs;

	start = now();
	touch_runs(&e->buf);
	after = now();
	figures[1] = (after - start) / runs;
}

/* Only dgem evicts what is mapped, and only from heaps that can be swapped. */
void job_evict(const struct subject *subject, int drm)
{
	static const struct figure figures[] = {
		{ "evict-mapped-2m", "per run of 2 MiB" },
		{ "refault-soft-2m", "per run of 2 MiB" },
	};
	struct evict e = { .subject = subject };

	if (subject != &subject_dgem_system)
		return;

	swap_start();
	user_enter();
	buf_make(subject, &e.buf, drm, 512 * MIB);
	touch_runs(&e.buf);
	measure(subject->name, figures, ARRAY_SIZE(figures), sample, &e);
	buf_drop(subject, &e.buf);
	user_leave();
	swapoff(SWAP);
}
