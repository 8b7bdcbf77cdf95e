// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>

#include <kunit/visibility.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "dgem_device.h"

/**
 * dgem_stat_read() - read a counter
 * @ddev: the instance
 * @stat: the counter
 *
 * Return: its value, which is exact when nobody is counting.
 */
long dgem_stat_read(struct dgem_device *ddev, enum dgem_stat stat)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(ddev->cpus, cpu)->count[stat];

	return sum;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_stat_read);

/**
 * dgem_io_enter() - begin to access memory that the instance's device has brought
 * @ddev: the instance
 * @cookie: for dgem_io_exit()
 *
 * Waits while the device is being reset. Until dgem_io_exit() it is neither reset nor
 * unbound, which zap the entries that were made until then.
 *
 * Return: false if the device is gone.
 */
bool dgem_io_enter(struct dgem_device *ddev, int *cookie)
{
	if (!drm_dev_enter(&ddev->drm, cookie))
		return false;

	down_read(&ddev->io_lock);
	return true;
}

/**
 * dgem_io_exit() - end what dgem_io_enter() has begun
 * @ddev: the instance
 * @cookie: what that has set
 */
void dgem_io_exit(struct dgem_device *ddev, int cookie)
{
	up_read(&ddev->io_lock);
	drm_dev_exit(cookie);
}

static void dgem_device_fini(struct drm_device *drm, void *unused)
{
	free_percpu(to_dgem_device(drm)->cpus);
}

static void dgem_cpu_init(struct dgem_cpu *cpu)
{
	spin_lock_init(&cpu->bos_lock);
	INIT_HLIST_HEAD(&cpu->bos);
}

static void dgem_device_init_locks(struct dgem_device *ddev)
{
	init_rwsem(&ddev->io_lock);
	spin_lock_init(&ddev->label_lock);
	spin_lock_init(&ddev->offset_lock);
	spin_lock_init(&ddev->idle.lock);
}

/*
 * The core's manager has 1 TiB, two of the largest BOs. It is the core's to
 * destroy, and must still be empty.
 */
static void dgem_device_init_offsets(struct drm_device *drm)
{
	drm_vma_offset_manager_destroy(drm->vma_offset_manager);
	drm_vma_offset_manager_init(drm->vma_offset_manager,
				    DRM_FILE_PAGE_OFFSET_START,
				    DGEM_OFFSET_PAGES);
}

/**
 * dgem_device_init() - initialise what is the device's own
 * @ddev: the instance, zeroed but for its DRM device
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_device_init(struct dgem_device *ddev)
{
	int cpu;

	dgem_device_init_locks(ddev);
	dgem_device_init_offsets(&ddev->drm);
	ddev->cpus = alloc_percpu(struct dgem_cpu);
	if (!ddev->cpus)
		return -ENOMEM;

	for_each_possible_cpu(cpu)
		dgem_cpu_init(per_cpu_ptr(ddev->cpus, cpu));

	return drmm_add_action_or_reset(&ddev->drm, dgem_device_fini, NULL);
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
	struct dgem_cpu cpu;
	struct address_space mapping;
	struct dma_resv resv;

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		return;

	ddev = kzalloc_obj(*ddev);
	if (!ddev)
		return;

	dgem_device_init_locks(ddev);
	dgem_cpu_init(&cpu);
	address_space_init_once(&mapping);
	dma_resv_init(&resv);
	dma_resv_lock(&resv, NULL);
	down_read(&ddev->io_lock);
	fs_reclaim_acquire(GFP_KERNEL);
	i_mmap_lock_read(&mapping);
	i_mmap_unlock_read(&mapping);
	spin_lock(&cpu.bos_lock);
	spin_unlock(&cpu.bos_lock);
	spin_lock(&ddev->label_lock);
	spin_unlock(&ddev->label_lock);
	spin_lock(&ddev->idle.lock);
	spin_unlock(&ddev->idle.lock);
	spin_lock(&ddev->offset_lock);
	spin_unlock(&ddev->offset_lock);
	fs_reclaim_release(GFP_KERNEL);
	up_read(&ddev->io_lock);
	dma_resv_unlock(&resv);
	dma_resv_fini(&resv);
	kfree(ddev);
}
