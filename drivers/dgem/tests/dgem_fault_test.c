// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Page faults that meet a BO whose lock another thread has, and errors. */

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include <kunit/test.h>

#include "../dgem_bo_pages.h"
#include "../dgem_heap.h"
#include "dgem_fault_test.h"
#include "dgem_holder_test.h"

/* Only a fault that waits releases the lock, and only while it waits. */
static void hold_until_mm_is_free(struct holder *h)
{
	unsigned int tries;

	for (tries = 0; tries < 5000 && !h->mm_was_free; tries++) {
		h->mm_was_free = !rwsem_is_locked(&h->waiter->mm->mmap_lock);
		usleep_range(1000, 2000);
	}
}

/* Not before the fault waits: the core does not begin one when killed. */
static void hold_and_kill(struct holder *h)
{
	hold_until_mm_is_free(h);
	send_sig(SIGKILL, h->waiter, 1);
	hold_on(h);
}

static struct dgem_bo *populated_bo(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, t->ddev, t->ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

/*
 * A fault that cannot be retried ends with the page mapped, whatever comes in
 * between: told otherwise, its caller would fault again at once, for as long as
 * the lock is held.
 */
static void waits(struct kunit *test, int sig)
{
	struct dgem_bo *bo = populated_bo(test);
	struct holder h = { .bo = bo, .meanwhile = hold_a_while };
	unsigned long addr = map(test, bo);
	bool released;
	int ret;

	holder_create(test, &h);
	holder_start(&h);
	if (sig) {
		allow_signal(sig);
		KUNIT_EXPECT_EQ(test, 0, send_sig(sig, current, 1));
		KUNIT_EXPECT_TRUE(test, signal_pending(current));
	}
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));

	mmap_read_lock(current->mm);
	ret = fault(addr, NULL);
	mmap_read_unlock(current->mm);
	released = READ_ONCE(h.released);

	if (sig)
		forget_signal(sig);
	holder_stop(&h);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_TRUE(test, released);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	unmap(test, addr);
}

/* Success: a fault waits for the thread that has the BO's lock. */
static void dgem_fault_waits(struct kunit *test)
{
	waits(test, 0);
}

/* Success: with a signal pending, a fault waits for the lock as well. */
static void dgem_fault_waits_with_signal(struct kunit *test)
{
	waits(test, SIGUSR1);
}

/*
 * Success: a fault waits for the BO without mmap_lock where the caller allows
 * it.
 */
static void dgem_fault_waits_unlocked(struct kunit *test)
{
	struct dgem_bo *bo = populated_bo(test);
	struct holder h = { .bo = bo, .meanwhile = hold_until_mm_is_free };
	unsigned long addr = map(test, bo);
	bool unlocked = false;
	int ret;

	/* Before the thread starts, so that it cannot be too early. */
	holder_create(test, &h);
	mmap_read_lock(current->mm);
	holder_start(&h);
	ret = fault(addr, &unlocked);
	mmap_read_unlock(current->mm);

	holder_stop(&h);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_TRUE(test, h.mm_was_free);
	KUNIT_EXPECT_TRUE(test, unlocked);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	unmap(test, addr);
}

/*
 * Success: a task that is killed while its fault waits exits, and nothing is
 * mapped.
 */
static void dgem_fault_killed(struct kunit *test)
{
	struct dgem_bo *bo = populated_bo(test);
	struct holder h = { .bo = bo, .meanwhile = hold_and_kill };
	unsigned long addr = map(test, bo);
	bool unlocked = false, released;
	int ret;

	allow_signal(SIGKILL);
	holder_create(test, &h);
	mmap_read_lock(current->mm);
	holder_start(&h);
	ret = fault(addr, &unlocked);
	mmap_read_unlock(current->mm);
	released = READ_ONCE(h.released);

	forget_signal(SIGKILL);
	holder_stop(&h);
	KUNIT_EXPECT_TRUE(test, h.mm_was_free);
	KUNIT_EXPECT_EQ(test, -EINTR, ret);
	KUNIT_EXPECT_FALSE(test, released);
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	unmap(test, addr);
}

/*
 * Success: a task that is killed in a fault that cannot be retried exits, and
 * nothing is mapped.
 */
static void dgem_fault_killed_no_retry(struct kunit *test)
{
	struct dgem_bo *bo = populated_bo(test);
	struct holder h = { .bo = bo, .meanwhile = hold_and_kill_asleep };
	unsigned long addr = map(test, bo);
	bool released;
	int ret;

	allow_signal(SIGKILL);
	holder_create(test, &h);
	mmap_read_lock(current->mm);
	holder_start(&h);
	ret = fault(addr, NULL);
	mmap_read_unlock(current->mm);
	released = READ_ONCE(h.released);

	forget_signal(SIGKILL);
	holder_stop(&h);
	KUNIT_EXPECT_TRUE(test, h.was_asleep);
	KUNIT_EXPECT_EQ(test, -EFAULT, ret);
	KUNIT_EXPECT_FALSE(test, released);
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	unmap(test, addr);
}

static int no_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		   unsigned long chunk)
{
	return -ENOMEM;
}

static void no_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		     unsigned long chunk, bool keep)
{
}

static const struct dgem_heap_ops no_memory_ops = {
	.fill = no_fill,
	.empty = no_empty,
};

/* The file's handle keeps the BO, which keeps this, until after the test. */
static struct dgem_heap no_memory = { .ops = &no_memory_ops };

/*
 * Success: a fault for which there is no memory is a bus error, which a system
 * call reports as a bad address; "out of memory" would call the OOM killer.
 */
static void dgem_fault_no_memory(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	unsigned long addr;

	addr = map(test, dgem_test_bo(test, t->ddev, &no_memory, TEST_SIZE));
	mmap_read_lock(current->mm);
	KUNIT_EXPECT_EQ(test, -EFAULT, fault(addr, NULL));
	mmap_read_unlock(current->mm);
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	unmap(test, addr);
}

static int see_dirty(pte_t *pte, unsigned long addr, void *data)
{
	*(bool *)data = pte_dirty(ptep_get(pte));
	return 0;
}

/* Whether the entry that a read fault makes at @addr is dirty. */
static bool dirty_when_read(struct kunit *test, unsigned long addr)
{
	bool dirty = false;

	mmap_read_lock(current->mm);
	KUNIT_EXPECT_EQ(test, 0, fixup_user_fault(current->mm, addr, 0, NULL));
	KUNIT_EXPECT_EQ(test, 0,
			apply_to_page_range(current->mm, addr, PAGE_SIZE,
					    see_dirty, &dirty));
	mmap_read_unlock(current->mm);
	return dirty;
}

/*
 * Success: what can be written is dirty from its first fault on, which may be a
 * read, so that the first write needs no fault on any processor; what cannot be
 * written is not.
 */
static void dgem_fault_dirty(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo = populated_bo(test);
	unsigned long addr = map(test, bo), other;

	KUNIT_EXPECT_TRUE(test, dirty_when_read(test, addr));
	KUNIT_EXPECT_TRUE(test, dirty_when_read(test, addr + PAGE_SIZE));
	other = kunit_vm_mmap(test, t->file->filp, 0, TEST_SIZE, PROT_READ,
			      MAP_SHARED,
			      drm_vma_node_offset_addr(&bo->base.vma_node));
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(other));
	KUNIT_EXPECT_FALSE(test, dirty_when_read(test, other));
	unmap(test, other);
	unmap(test, addr);
}

static struct kunit_case dgem_fault_cases[] = {
	KUNIT_CASE(dgem_fault_dirty),
	KUNIT_CASE(dgem_fault_waits),
	KUNIT_CASE(dgem_fault_waits_with_signal),
	KUNIT_CASE(dgem_fault_waits_unlocked),
	KUNIT_CASE(dgem_fault_killed),
	KUNIT_CASE(dgem_fault_killed_no_retry),
	KUNIT_CASE(dgem_fault_no_memory),
	{}
};

static struct kunit_suite dgem_fault_suite = {
	.name = "dgem_fault",
	.init = dgem_test_file_init,
	.test_cases = dgem_fault_cases,
};

kunit_test_suite(dgem_fault_suite);
