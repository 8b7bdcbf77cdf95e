// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Importers and processes that meet a BO whose lock another thread has. */

#include <linux/dma-buf.h>

#include <kunit/test.h>

#include "dgem_export_test.h"
#include "dgem_holder_test.h"

static int try_attach(struct dma_buf *dmabuf, struct device *dev)
{
	struct dma_buf_attachment *attach = dma_buf_attach(dmabuf, dev);

	if (IS_ERR(attach))
		return PTR_ERR(attach);
	dma_buf_detach(dmabuf, attach);
	return 0;
}

static int try_end_access(struct dma_buf *dmabuf, struct device *dev)
{
	return dma_buf_end_cpu_access(dmabuf, DMA_TO_DEVICE);
}

/* Calls that cannot be repeated, and so wait on when a signal comes. */
static int (* const calls[])(struct dma_buf *dmabuf, struct device *dev) = {
	try_attach,
	try_end_access,
};

/* Makes each call with the lock held, and maybe a signal pending already. */
static void try_calls(struct kunit *test, void (*meanwhile)(struct holder *h),
		      bool interrupted, int expected)
{
	struct device *dev = dgem_test_device(test, "dgem-importer");
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	unsigned int i;
	bool released;
	int ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct holder h = { .bo = bo, .meanwhile = meanwhile };

		allow_signal(SIGKILL);
		allow_signal(SIGUSR1);
		holder_create(test, &h);
		holder_start(&h);
		if (interrupted)
			send_sig(SIGUSR1, current, 1);
		ret = calls[i](dmabuf, dev);
		released = READ_ONCE(h.released);

		forget_signal(SIGUSR1);
		forget_signal(SIGKILL);
		holder_stop(&h);
		KUNIT_EXPECT_EQ_MSG(test, ret, expected, "call %u", i);
		KUNIT_EXPECT_EQ_MSG(test, released, !expected, "call %u", i);
	}
	dgem_test_stat(test, DGEM_STAT_ATTACHMENTS, 0);
	dgem_test_stat(test, DGEM_STAT_ATTACHES, expected ? 0 : 1);
	dgem_test_stat(test, DGEM_STAT_CPU_ACCESSES, expected ? 0 : 1);
}

/*
 * Success: an attach and the end of a CPU access wait for the lock, and a signal
 * does not end the wait.
 */
static void dgem_lock_waits(struct kunit *test)
{
	try_calls(test, hold_a_while, false, 0);
}

static void dgem_lock_waits_with_signal(struct kunit *test)
{
	try_calls(test, hold_a_while, true, 0);
}

/*
 * Success: a killed task does not wait for the lock, and nothing is left of its
 * call.
 */
static void dgem_lock_killed(struct kunit *test)
{
	try_calls(test, hold_and_kill_asleep, false, -EINTR);
}

static void dgem_lock_killed_with_signal(struct kunit *test)
{
	try_calls(test, hold_and_kill_asleep, true, -EINTR);
}

static struct kunit_case dgem_lock_cases[] = {
	KUNIT_CASE(dgem_lock_waits),
	KUNIT_CASE(dgem_lock_waits_with_signal),
	KUNIT_CASE(dgem_lock_killed),
	KUNIT_CASE(dgem_lock_killed_with_signal),
	{}
};

static struct kunit_suite dgem_lock_suite = {
	.name = "dgem_lock",
	.init = dgem_export_test_init,
	.test_cases = dgem_lock_cases,
};

kunit_test_suite(dgem_lock_suite);
