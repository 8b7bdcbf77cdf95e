/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EVICTOR_H
#define DGEM_EVICTOR_H

/* A thread that takes the memory of BOs away all the time. */

#include <pthread.h>
#include <stdbool.h>

/** struct evictor - the thread */
struct evictor {
	pthread_t thread;

	/** @cgroup: whose memory is written to swap now and then. */
	const char *cgroup;

	/** @stop: tells the thread to end. */
	bool stop;

	/** @asked: how often it has asked for memory. */
	unsigned int asked;
};

void evictor_start(struct evictor *e, const char *cgroup);
void evictor_stop(struct evictor *e);

#endif
