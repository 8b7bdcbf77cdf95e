// SPDX-License-Identifier: MIT
/*
 * broken.ko makes the one mistake that its parameter names when it is loaded.
 * init returns 0 so that it can be unloaded again; a mistake must leave a
 * kernel that goes on running, because all are made in the same one.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

/* Keeps the compiler from seeing, and from removing, the mistake. */
#define blind(ptr)                       \
	({                               \
		OPTIMIZER_HIDE_VAR(ptr); \
		(ptr);                   \
	})

/* Makes no mistake: the scan must be silent about it. */
static int innocent(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	blind(ptr)[23] = 1;
	kfree(ptr);
	pr_info("broken: nothing is\n");
	return 0;
}

/* Takes a sleeping lock under a spinlock: might_sleep(). */
static DEFINE_SPINLOCK(spinning);

static int sleep_in_atomic(void)
{
	spin_lock(&spinning);
	might_sleep();
	spin_unlock(&spinning);
	return 0;
}

/* Reads an RCU pointer outside of a reader: lockdep's RCU part. */
static int value = 1;
static int __rcu *pointer;

static int rcu_unprotected(void)
{
	RCU_INIT_POINTER(pointer, &value);
	return *rcu_dereference(pointer) == 1 ? 0 : -EINVAL;
}

/* Takes two locks in both orders, on one thread: lockdep. */
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

/* Finds something impossible: WARN_ON. */
static int warn(void)
{
	WARN_ON(1);
	return 0;
}

/* Drops a reference too many: refcount_t. */
static refcount_t ref = REFCOUNT_INIT(1);

static int refcount(void)
{
	bool last = refcount_dec_and_test(&ref);

	return last && refcount_dec_and_test(&ref) ? -EINVAL : 0;
}

/* Deletes a list entry twice: DEBUG_LIST. */
static LIST_HEAD(head);
static LIST_HEAD(entry);

static int list_corruption(void)
{
	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	return 0;
}

/* Shifts by more bits than there are: UBSAN. */
static int shift;

static int undefined(void)
{
	unsigned long bits = 65;

	OPTIMIZER_HIDE_VAR(bits);
	WRITE_ONCE(shift, 1 << bits);
	return 0;
}

/* Unmaps more bytes than it mapped: the DMA-API checker. */
static int dma_api(void)
{
	struct platform_device *pdev;
	dma_addr_t addr;
	void *ptr;
	int ret;

	pdev = platform_device_register_simple("dgem-broken", -1, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	ret = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	ptr = kmalloc(4096, GFP_KERNEL);
	if (ret || !ptr)
		goto out_free;

	addr = dma_map_single(&pdev->dev, ptr, 2048, DMA_TO_DEVICE);
	ret = dma_mapping_error(&pdev->dev, addr);
	if (!ret)
		dma_unmap_single(&pdev->dev, addr, 4096, DMA_TO_DEVICE);
out_free:
	kfree(ptr);
	platform_device_unregister(pdev);
	return ret;
}

/* Reads a slab object after it was freed: KASAN. */
static int use_after_free(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	kfree(ptr);
	READ_ONCE(*blind(ptr));
	return 0;
}

/* Writes one byte behind a slab object: KASAN. */
static int out_of_bounds(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	WRITE_ONCE(blind(ptr)[24], 1);
	kfree(ptr);
	return 0;
}

/* Frees a timer that is still running: debug objects. */
static void never(struct timer_list *timer)
{
}

static int active_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, never, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
	return 0;
}

/* Frees a page that still belongs to a mapping: the page allocator. */
static int bad_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	page->mapping = (void *)16;
	__free_page(page);
	return 0;
}

/* Forgets an allocation: kmemleak, when it scans. */
static int leak(void)
{
	int i;

	/* Several, because a stale pointer on a stack may hide one. */
	for (i = 0; i < 16; i++) {
		char *ptr = kmalloc(2000, GFP_KERNEL);

		if (!ptr)
			return -ENOMEM;
		WRITE_ONCE(*ptr, 1);
	}
	return 0;
}

/* Sleeps uninterruptibly for too long: the hung-task detector. */
static int hung_task(void)
{
	/* Longer than hung_task_timeout_secs, which "run" sets. */
	schedule_timeout_uninterruptible(30 * HZ);
	return 0;
}

/* Keeps a processor busy without scheduling: the soft-lockup detector. */
static int soft_lockup(void)
{
	/* by the detector's clock, from which an emulated machine's delays differ */
	u64 start = local_clock();

	preempt_disable();
	while (local_clock() - start < 15ull * NSEC_PER_SEC)
		cpu_relax();
	preempt_enable();
	return 0;
}

/* Each mistake has a line in "words", which tells how it is seen. */
static const struct {
	const char *name;
	int (*make)(void);
} mistakes[] = {
	{ "innocent", innocent },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "rcu_unprotected", rcu_unprotected },
	{ "lock_inversion", lock_inversion },
	{ "warn", warn },
	{ "refcount", refcount },
	{ "list_corruption", list_corruption },
	{ "undefined", undefined },
	{ "dma_api", dma_api },
	{ "use_after_free", use_after_free },
	{ "out_of_bounds", out_of_bounds },
	{ "active_timer", active_timer },
	{ "bad_page", bad_page },
	{ "leak", leak },
	{ "hung_task", hung_task },
	{ "soft_lockup", soft_lockup },
};

static char *mistake;
module_param(mistake, charp, 0444);
MODULE_PARM_DESC(mistake, "the mistake to make");

static int __init broken_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (mistake && !strcmp(mistake, mistakes[i].name))
			return mistakes[i].make();
	return -EINVAL;
}
module_init(broken_init);

static void __exit broken_exit(void)
{
}
module_exit(broken_exit);

MODULE_DESCRIPTION("makes one mistake");
MODULE_LICENSE("Dual MIT/GPL");
