// SPDX-License-Identifier: MIT
/*
 * Create and destroy buffers that nobody touches: with 20,000 of them alive,
 * and, where handles are cheap enough, with a million.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define ALIVE 20000
#define BATCH 1000
#define SIZE (4 * KIB)

struct crowd {
	const struct subject *subject;
	int drm;
	struct buf *alive;
	size_t n, room;
	struct buf batch[BATCH];
};

static void crowd_grow(struct crowd *crowd, size_t n)
{
	const struct subject *s = crowd->subject;

	for (; crowd->n < n; crowd->n++) {
		crowd->alive[crowd->n].drm = crowd->drm;
		must(s->create(&crowd->alive[crowd->n], SIZE, false), s->name, "create");
	}
}

static struct crowd *crowd_new(const struct subject *subject, int drm, size_t room)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	if (crowd)
		crowd->alive = malloc(room * sizeof(*crowd->alive));
	if (!crowd || !crowd->alive)
		must(-ENOMEM, subject->name, "list of buffers");
	memset(crowd->alive, 0, room * sizeof(*crowd->alive));
	crowd->subject = subject;
	crowd->drm = drm;
	return crowd;
}

static void crowd_free(struct crowd *crowd)
{
	const struct subject *s = crowd->subject;

	while (crowd->n)
		must(s->destroy(&crowd->alive[--crowd->n]), s->name, "destroy");
	free(crowd->alive);
	free(crowd);
}

static void sample(void *ctx, double *figures)
{
	struct crowd *crowd = ctx;
	const struct subject *s = crowd->subject;
	uint64_t start, created, closed;
	unsigned int i;

	start = now();
	for (i = 0; i < BATCH; i++) {
		crowd->batch[i].drm = crowd->drm;
		must(s->create(&crowd->batch[i], SIZE, false), s->name, "create");
	}
	created = now();
	for (i = 0; i < BATCH; i++)
		must(s->destroy(&crowd->batch[i]), s->name, "destroy");
	closed = now();
	figures[0] = (double)(created - start) / BATCH;
	figures[1] = (double)(closed - created) / BATCH;
	figures[2] = figures[0] + figures[1];
}

void job_create(const struct subject *subject, int drm)
{
	static const struct figure figures[] = {
		{ "create-untouched", "each", .part = true },
		{ "close-untouched", "each", .part = true },
		{ "create-close", "each" },
	};
	struct crowd *crowd;

	/* Untouched anonymous mappings merge into one. */
	if (subject == &subject_anon || subject == &subject_memfd_rw)
		return;
	crowd = crowd_new(subject, drm, ALIVE);
	crowd_grow(crowd, ALIVE);
	measure(subject->name, figures, 3, sample, crowd);
	crowd_free(crowd);
}

void job_alive(const struct subject *subject, int drm)
{
	static const struct figure few[] = {
		{ "create-1000-alive", "each" },
		{ "close-1000-alive", "each", .part = true },
		{ "create-close-1000-alive", "each", .part = true },
	};
	static const struct figure many[] = {
		{ "create-1000000-alive", "each" },
		{ "close-1000000-alive", "each", .part = true },
		{ "create-close-1000000-alive", "each", .part = true },
	};
	struct crowd *crowd;

	/* The others need a file descriptor each, or more memory than there is. */
	if (subject != &subject_dgem_system && subject != &subject_dgem_pinned &&
	    subject != &subject_floor_pinned)
		return;
	crowd = crowd_new(subject, drm, 1000000);
	crowd_grow(crowd, 1000);
	measure(subject->name, few, 3, sample, crowd);
	crowd_grow(crowd, 1000000);
	measure(subject->name, many, 3, sample, crowd);
	crowd_free(crowd);
}
