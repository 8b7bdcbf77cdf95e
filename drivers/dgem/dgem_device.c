// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>

#include "dgem_device.h"

/**
 * dgem_device_init() - initialise what needs no unwinding
 * @ddev: the instance, zeroed
 */
void dgem_device_init(struct dgem_device *ddev)
{
	spin_lock_init(&ddev->bos_lock);
	spin_lock_init(&ddev->label_lock);
	INIT_LIST_HEAD(&ddev->bos);
}

/**
 * dgem_device_prime_locks() - show the lock order to lockdep
 *
 * Takes the locks once in the order of the DOC block, so that the first path
 * that goes the other way is reported, not only the one that deadlocks.
 */
void dgem_device_prime_locks(void)
{
	struct dgem_device *ddev;
	struct dma_resv resv;

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		return;

	ddev = kzalloc_obj(*ddev);
	if (!ddev)
		return;

	dgem_device_init(ddev);
	dma_resv_init(&resv);
	dma_resv_lock(&resv, NULL);
	fs_reclaim_acquire(GFP_KERNEL);
	spin_lock(&ddev->bos_lock);
	spin_unlock(&ddev->bos_lock);
	spin_lock(&ddev->label_lock);
	spin_unlock(&ddev->label_lock);
	fs_reclaim_release(GFP_KERNEL);
	dma_resv_unlock(&resv);
	dma_resv_fini(&resv);
	kfree(ddev);
}
