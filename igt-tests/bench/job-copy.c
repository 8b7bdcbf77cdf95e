// SPDX-License-Identifier: MIT
/*
 * What a mapping is worth: 1 MiB goes into a buffer and comes out again, by
 * memcpy() through the mapping or by write() and read().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SIZE MIB

struct copy {
	const struct subject *subject;
	struct buf buf;
	char *data;
};

static void sample(void *ctx, double *figure)
{
	struct copy *c = ctx;
	const struct subject *s = c->subject;
	uint64_t start = now();

	if (s->write) {
		must(s->write(&c->buf, c->data), s->name, "write");
		must(s->read(&c->buf, c->data), s->name, "read");
	} else {
		memcpy(c->buf.map, c->data, SIZE);
		memcpy(c->data, c->buf.map, SIZE);
	}
	*figure = (double)(now() - start) / (SIZE / (4 * KIB));
	if (c->data[SIZE - 1] != 0x5a)
		fail("%s: copy: the data came back changed", s->name);
}

void job_copy(const struct subject *subject, int drm)
{
	struct figure figure = { "copy-in-out-1m", "per page" };
	struct copy c = { .subject = subject };

	c.data = malloc(SIZE);
	if (!c.data)
		must(-ENOMEM, subject->name, "memory to copy");
	memset(c.data, 0x5a, SIZE);
	buf_make(subject, &c.buf, drm, SIZE);
	measure(subject->name, &figure, 1, sample, &c);
	buf_drop(subject, &c.buf);
	free(c.data);
}
