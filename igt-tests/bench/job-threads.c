// SPDX-License-Identifier: MIT
/*
 * Create, map, touch, unmap, close by one worker and by two, each with a device
 * file of its own, or with small objects: how much more two get done in the same
 * time. As processes,
 * which share what the driver shares; and as threads, which also share an
 * address space, its lock, and the flushing of its translations on both
 * processors.
 *
 * A busy host can only make a round worse, so the best of many rounds counts.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 9
#define ROUND_US 250000

/* In memory that processes share, too. */
struct shared {
	atomic_uint ready;
	atomic_bool go, stop;
	/* Each in a cache line of its own. */
	struct {
		atomic_ulong done;
		char pad[64 - sizeof(atomic_ulong)];
	} worker[2];
};

struct worker {
	const struct subject *subject;
	struct shared *shared;
	size_t size;
	unsigned int nr;
	pthread_t thread;
	pid_t pid;
};

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct shared *sh = w->shared;
	struct buf buf;
	int drm;

	must(w->subject->open(&drm), w->subject->name, "open");
	atomic_fetch_add(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		usleep(1000);
	while (!atomic_load_explicit(&sh->stop, memory_order_relaxed)) {
		if (w->subject->take) {
			must(small_use(w->subject, w->size, false), w->subject->name, "use");
		} else {
			buf_make(w->subject, &buf, drm, w->size);
			buf_drop(w->subject, &buf);
		}
		atomic_fetch_add_explicit(&sh->worker[w->nr].done, 1, memory_order_relaxed);
	}
	if (drm >= 0)
		close(drm);
	return NULL;
}

static void start(struct worker *w, bool process)
{
	if (!process) {
		if (pthread_create(&w->thread, NULL, work, w))
			fail("%s: no thread", w->subject->name);
		return;
	}
	w->pid = fork();
	if (w->pid < 0)
		fail("%s: no process", w->subject->name);
	if (!w->pid) {
		work(w);
		_exit(0);
	}
}

static void finish(struct worker *w, bool process)
{
	int status = 0;

	if (!process)
		pthread_join(w->thread, NULL);
	else if (waitpid(w->pid, &status, 0) != w->pid || status)
		fail("%s: a worker failed", w->subject->name);
}

/* Lifecycles per second of @n workers. */
static double round_of(const struct subject *subject, size_t size, unsigned int n, bool process)
{
	struct worker workers[2];
	struct shared *sh;
	unsigned long done = 0;
	uint64_t begin, took;
	unsigned int i;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		fail("%s: no shared memory", subject->name);
	for (i = 0; i < n; i++) {
		workers[i] =
			(struct worker){ .subject = subject, .shared = sh, .size = size, .nr = i };
		start(&workers[i], process);
	}
	while (atomic_load(&sh->ready) < n)
		usleep(1000);
	begin = now();
	atomic_store(&sh->go, true);
	usleep(ROUND_US);
	for (i = 0; i < n; i++)
		done += atomic_load(&sh->worker[i].done);
	took = now() - begin;
	atomic_store(&sh->stop, true);
	for (i = 0; i < n; i++)
		finish(&workers[i], process);
	munmap(sh, sizeof(*sh));
	return done * 1e9 / took;
}

static int falling(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

static void compare(const struct subject *subject, const char *metric, size_t size, bool process)
{
	double one[ROUNDS], two[ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		one[i] = round_of(subject, size, 1, process);
		two[i] = round_of(subject, size, 2, process);
	}
	qsort(one, ROUNDS, sizeof(*one), falling);
	qsort(two, ROUNDS, sizeof(*two), falling);
	if (!one[0])
		fail("%s: %s: nothing was done", subject->name, metric);
	report(metric, subject->name, two[0] / one[0], "x one worker",
	       difference(two[0] / one[0], two[1] / one[1]));
}

void job_threads(const struct subject *subject, int drm)
{
	compare(subject, "two-processes-64k", 64 * KIB, true);
	compare(subject, "two-processes-1m", MIB, true);
	compare(subject, "two-threads-64k", 64 * KIB, false);
	compare(subject, "two-threads-1m", MIB, false);
}

void job_small_threads(const struct subject *subject, int drm)
{
	compare(subject, "two-threads-pool-4k", 4 * KIB, false);
}
