// SPDX-License-Identifier: MIT
/* What a cache of buffers pays for each that it gives up and takes up again. */
#include "bench.h"

#define PAIRS 1000

struct cached {
	const struct subject *subject;
	struct buf buf;
};

static void sample_pair(void *ctx, double *figure)
{
	struct cached *c = ctx;
	uint64_t start = now();
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		must(c->subject->advise(&c->buf, false), c->subject->name, "give up");
		must(c->subject->advise(&c->buf, true), c->subject->name, "take up");
	}
	*figure = (double)(now() - start) / PAIRS;
}

void job_madvise(const struct subject *subject, int drm)
{
	struct figure pair = { "madvise-pair", "each" };
	struct cached c = { .subject = subject };

	if (!subject->advise)
		return;
	buf_make(subject, &c.buf, drm, MIB);
	measure(subject->name, &pair, 1, sample_pair, &c);
	buf_drop(subject, &c.buf);
}
