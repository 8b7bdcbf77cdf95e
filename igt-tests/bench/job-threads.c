// SPDX-License-Identifier: MIT
/*
 * Create, map, touch, unmap, close in one thread and in two, each with a device
 * file of its own: how much more two get done in the same time. One and two
 * alternate, so that a busy host hurts both.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 9
#define ROUND_US 400000

struct worker {
	pthread_t thread;
	const struct subject *subject;
	const atomic_bool *stop;
	size_t size;
	int drm;
	unsigned long done;
};

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct buf buf;

	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		buf_make(w->subject, &buf, w->drm, w->size);
		buf_drop(w->subject, &buf);
		w->done++;
	}
	return NULL;
}

/* Lifecycles per second of @n threads. */
static double throughput(struct worker *workers, unsigned int n)
{
	atomic_bool stop = false;
	unsigned long done = 0;
	uint64_t start = now(), took;
	unsigned int i;

	for (i = 0; i < n; i++) {
		workers[i].stop = &stop;
		workers[i].done = 0;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("threads: no thread");
	}
	usleep(ROUND_US);
	atomic_store(&stop, true);
	for (i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
	}
	took = now() - start;
	return done * 1e9 / took;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void threads(const struct subject *subject, const char *metric, size_t size)
{
	struct worker workers[2] = { 0 };
	double ratios[ROUNDS];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		workers[i].subject = subject;
		workers[i].size = size;
		must(subject->open(&workers[i].drm), subject->name, "open");
	}
	throughput(workers, 2);
	for (i = 0; i < ROUNDS; i++) {
		double one = throughput(workers, 1);

		ratios[i] = throughput(workers, 2) / one;
	}
	qsort(ratios, ROUNDS, sizeof(*ratios), compare);
	report(metric, subject->name, ratios[ROUNDS / 2], "x one thread",
	       difference(ratios[ROUNDS / 4], ratios[ROUNDS - 1 - ROUNDS / 4]));
	for (i = 0; i < 2; i++)
		if (workers[i].drm >= 0)
			close(workers[i].drm);
}

void job_threads(const struct subject *subject, int drm)
{
	(void)drm;
	threads(subject, "two-threads-64k", 64 * KIB);
	threads(subject, "two-threads-1m", MIB);
}
