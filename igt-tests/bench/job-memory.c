// SPDX-License-Identifier: MIT
/*
 * Kernel memory that an untouched buffer costs, and the memory that one touched
 * byte of a large one costs. Both by the system's free memory, so that nothing
 * escapes the count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define ALIVE 20000

/* Room for all of it, taken once: the count must not allocate. */
static const char *read_proc(const char *path)
{
	static char text[64 * 1024];
	size_t n = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	close(fd);
	text[n] = '\0';
	return text;
}

/*
 * MemFree leaves out the pages that each processor keeps at hand for its next
 * allocation, which can be megabytes; zoneinfo has them as "count:".
 */
static double free_bytes(void)
{
	const char *at = strstr(read_proc("/proc/meminfo"), "MemFree:");
	unsigned int counts = 0;
	double bytes;

	if (!at)
		fail("/proc/meminfo has no MemFree");
	bytes = strtod(at + strlen("MemFree:"), NULL) * 1024;
	at = read_proc("/proc/zoneinfo");
	while ((at = strstr(at, " count:"))) {
		at += strlen(" count:");
		bytes += strtod(at, NULL) * 4 * KIB;
		counts++;
	}
	if (!counts)
		fail("/proc/zoneinfo has no count of pages at hand");
	return bytes;
}

/* Lets what was freed by RCU and by delayed work go before the next count. */
static double settled_free_bytes(void)
{
	usleep(300000);
	return free_bytes();
}

struct memory {
	const struct subject *subject;
	int drm;
	struct buf *bufs;
};

static void sample_untouched(void *ctx, double *figure)
{
	struct memory *m = ctx;
	const struct subject *s = m->subject;
	double before = settled_free_bytes();
	unsigned int i;

	for (i = 0; i < ALIVE; i++) {
		m->bufs[i].drm = m->drm;
		must(s->create(&m->bufs[i], 4 * KIB, false), s->name, "create");
	}
	*figure = (before - settled_free_bytes()) / ALIVE;
	for (i = 0; i < ALIVE; i++)
		must(s->destroy(&m->bufs[i]), s->name, "destroy");
}

/* What @s takes for a buffer of 1 GiB with one byte touched. */
static double one_byte_once(const struct subject *s, int drm, uint64_t *resident)
{
	struct buf buf = { .drm = drm };
	double used = settled_free_bytes();

	must(s->create(&buf, GIB, true), s->name, "create");
	must(s->map(&buf), s->name, "map");
	*(volatile char *)buf.map = 1;
	used -= settled_free_bytes();
	if (s->resident)
		must(s->resident(&buf, resident), s->name, "resident");
	buf_drop(s, &buf);
	return used;
}

/* Twice; but a gigabyte takes those that allocate all of it long enough once. */
static void one_byte(const struct subject *s, int drm)
{
	uint64_t resident = 0;
	double first, second;

	first = one_byte_once(s, drm, &resident);
	second = first < GIB / 2 ? one_byte_once(s, drm, &resident) : first;
	report("memory-one-byte-1g", s->name, (first + second) / 2, "bytes",
	       difference(first, second));
	if (s->resident)
		report("resident-one-byte-1g", s->name, resident, "bytes", 0);
}

void job_memory(const struct subject *subject, int drm)
{
	static const struct figure untouched = { "memory-untouched", "bytes" };
	struct memory m = { .subject = subject, .drm = drm };

	/* A buffer of these is a number in user space, or an open file. */
	if (subject == &subject_anon || subject == &subject_memfd_rw)
		return;
	/* No buffer of these is untouched, nor takes less than its size. */
	if (subject->whole)
		return;
	m.bufs = malloc(ALIVE * sizeof(*m.bufs));
	if (!m.bufs)
		must(-ENOMEM, subject->name, "list of buffers");
	memset(m.bufs, 0, ALIVE * sizeof(*m.bufs));
	measure(subject->name, &untouched, 1, sample_untouched, &m);
	free(m.bufs);

	/* udmabuf makes no buffer larger than 64 MiB. */
	if (subject != &subject_udmabuf)
		one_byte(subject, drm);
}
