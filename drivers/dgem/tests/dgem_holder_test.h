/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_HOLDER_TEST_H__
#define __DGEM_HOLDER_TEST_H__

/* A thread that has the lock of a BO while the test waits for it. */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include <kunit/test.h>

#include "dgem_test.h"

struct holder {
	struct dgem_bo *bo;
	struct task_struct *waiter;
	void (*meanwhile)(struct holder *h);
	struct task_struct *task;
	struct completion locked, enough;
	bool released, mm_was_free, was_asleep;
};

static inline int hold(void *data)
{
	struct holder *h = data;

	dgem_test_lock(h->bo);
	complete(&h->locked);
	h->meanwhile(h);
	WRITE_ONCE(h->released, true);
	dgem_test_unlock(h->bo);
	return 0;
}

/* Makes the thread, or ends the test. */
static inline void holder_create(struct kunit *test, struct holder *h)
{
	h->waiter = current;
	init_completion(&h->locked);
	init_completion(&h->enough);
	h->task = kthread_create(hold, h, "dgem-test-holder");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, h->task);
	get_task_struct(h->task);
}

/* Returns when the thread has the lock of the BO. */
static inline void holder_start(struct holder *h)
{
	wake_up_process(h->task);
	wait_for_completion(&h->locked);
}

static inline void holder_stop(struct holder *h)
{
	complete(&h->enough);
	kthread_stop_put(h->task);
}

static inline void hold_a_while(struct holder *h)
{
	msleep(50);
}

/* With a timeout, so that a call that never stops waiting fails the test. */
static inline void hold_on(struct holder *h)
{
	wait_for_completion_timeout(&h->enough, 10 * HZ);
}

/* Kills a test that sleeps, which it does when it waits for the lock. */
static inline void hold_and_kill_asleep(struct holder *h)
{
	unsigned int tries;

	for (tries = 0; tries < 5000 && !h->was_asleep; tries++) {
		usleep_range(1000, 2000);
		h->was_asleep = task_state_to_char(h->waiter) != 'R';
	}
	send_sig(SIGKILL, h->waiter, 1);
	hold_on(h);
}

#endif
