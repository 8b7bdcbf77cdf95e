// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/ctype.h>
#include <linux/seq_file.h>
#include <linux/uidgid.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "dgem_account.h"
#include "dgem_bo.h"
#include "dgem_bo_print.h"
#include "dgem_debugfs.h"
#include "dgem_limit.h"

static const char * const dgem_stat_names[] = {
	[DGEM_STAT_BOS] = "bos",
	[DGEM_STAT_RESIDENT_PAGES] = "resident_pages",
	[DGEM_STAT_SWAPPABLE_PAGES] = "swappable_pages",
	[DGEM_STAT_IMPORTER_PINNED_PAGES] = "importer_pinned_pages",
	[DGEM_STAT_EXPORTED] = "exported",
	[DGEM_STAT_IMPORTED] = "imported",
	[DGEM_STAT_MMAPS] = "mmaps",
	[DGEM_STAT_ATTACHMENTS] = "attachments",
	[DGEM_STAT_DMA_MAPS] = "dma_maps",
	[DGEM_STAT_ATTACHES] = "attaches",
	[DGEM_STAT_MAPS] = "maps",
	[DGEM_STAT_REMAPS] = "remaps",
	[DGEM_STAT_VMAPS] = "vmaps",
	[DGEM_STAT_CPU_ACCESSES] = "cpu_accesses",
	[DGEM_STAT_PTE_FAULTS] = "pte_faults",
	[DGEM_STAT_PMD_FAULTS] = "huge_faults",
	[DGEM_STAT_EVICTED_PAGES] = "evicted_pages",
	[DGEM_STAT_EVICTED_MAPPED] = "evicted_mapped_chunks",
	[DGEM_STAT_ZAPPED_CHUNKS] = "zapped_chunks",
	[DGEM_STAT_INVALIDATES] = "invalidates",
	[DGEM_STAT_PURGED_PAGES] = "purged_pages",
};

static int dgem_debugfs_stats(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct dgem_device *ddev = to_dgem_device(entry->dev);
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(dgem_stat_names) != DGEM_NUM_STATS);
	for (i = 0; i < DGEM_NUM_STATS; i++)
		seq_printf(m, "%s %ld\n", dgem_stat_names[i],
			   dgem_stat_read(ddev, i));
	return 0;
}

static void dgem_debugfs_bo(struct seq_file *m, struct dgem_bo *bo)
{
	struct drm_printer p = drm_seq_file_printer(m);
	char label[DRM_DGEM_LABEL_MAX + 1];
	const char *c;

	seq_printf(m, "%llu ", bo->id);
	dgem_bo_print(&p, bo);

	/*
	 * One word, so that the table can be split at blanks. Beyond ASCII are
	 * the bytes of UTF-8, which stay together.
	 */
	seq_printf(m, " %d:", bo->owner_pid);
	for (c = bo->owner_comm; *c; c++)
		seq_putc(m, isgraph(*c) || !isascii(*c) ? *c : '_');

	dgem_bo_get_label(bo, label);
	seq_printf(m, " %s\n", label);
}

/* The next BO after @prev, or the first, with a reference; drops that of @prev. */
static struct dgem_bo *dgem_debugfs_next(struct dgem_device *ddev,
					 struct dgem_bo *prev)
{
	unsigned int nr = prev ? prev->cpu : 0;
	struct dgem_bo *bo = NULL;

	for_each_cpu_from(nr, cpu_possible_mask) {
		struct dgem_cpu *cpu = per_cpu_ptr(ddev->cpus, nr);
		bool first = !prev || nr != prev->cpu;

		spin_lock(&cpu->bos_lock);
		bo = hlist_entry_safe(first ? cpu->bos.first : prev->link.next,
				      struct dgem_bo, link);
		hlist_for_each_entry_from(bo, link)
			if (kref_get_unless_zero(&bo->base.refcount))
				break;
		spin_unlock(&cpu->bos_lock);
		if (bo)
			break;
	}

	/* May be the last one, which frees and takes the lock. */
	if (prev)
		dgem_bo_put(prev);
	return bo;
}

static int dgem_debugfs_bos(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct dgem_device *ddev = to_dgem_device(entry->dev);
	struct dgem_bo *bo = NULL;

	seq_puts(m, "id size resident huge heap state owner label\n");
	while ((bo = dgem_debugfs_next(ddev, bo))) {
		/* A full buffer is thrown away and made larger. */
		if (!seq_has_overflowed(m))
			dgem_debugfs_bo(m, bo);
		cond_resched();
	}

	return 0;
}

static void dgem_debugfs_limit(struct seq_file *m, struct dgem_account *account,
			       enum dgem_limit what, unsigned int shift)
{
	seq_printf(m, " %llu %llu", dgem_limit_used(account, what) << shift,
		   dgem_limit_of(account, what) << shift);
}

static void dgem_debugfs_account(struct dgem_account *account, void *data)
{
	struct seq_file *m = data;

	seq_printf(m, "%u", from_kuid_munged(seq_user_ns(m), account->uid));
	dgem_debugfs_limit(m, account, DGEM_LIMIT_UNSWAPPABLE, 0);
	dgem_debugfs_limit(m, account, DGEM_LIMIT_BACKING, PAGE_SHIFT);
	dgem_debugfs_limit(m, account, DGEM_LIMIT_OFFSETS, PAGE_SHIFT);
	seq_putc(m, '\n');
}

static int dgem_debugfs_accounts(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;

	seq_puts(m, "uid user user-limit system system-limit mmap mmap-limit\n");
	dgem_account_for_each(to_dgem_device(entry->dev), dgem_debugfs_account, m);
	return 0;
}

static const struct drm_debugfs_info dgem_debugfs_files[] = {
	{ "dgem_stats", dgem_debugfs_stats, 0 },
	{ "dgem_bos", dgem_debugfs_bos, 0 },
	{ "dgem_accounts", dgem_debugfs_accounts, 0 },
};

/**
 * dgem_debugfs_init() - add an instance's files
 * @ddev: the instance, not registered yet
 *
 * "dgem_stats" has a counter per line; "dgem_bos" a BO per line under a line of
 * column names, with the label, which may have blanks, at the end; "dgem_accounts"
 * a user per line who has it open or has BOs and is not exempt from limits, with
 * the bytes that DRM_DGEM_PARAM_USER_USED, _USER_LIMIT and so on are for him.
 */
void dgem_debugfs_init(struct dgem_device *ddev)
{
	drm_debugfs_add_files(&ddev->drm, dgem_debugfs_files,
			      ARRAY_SIZE(dgem_debugfs_files));
}
