// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <kunit/visibility.h>

#include <drm/drm_file.h>
#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_print.h"
#include "dgem_fdinfo.h"
#include "dgem_heap.h"

/*
 * BOs of a file that are told one by one. Monitors read the fdinfo of every
 * process again and again, and a file can have a million BOs.
 */
#define DGEM_FDINFO_BOS 1024

static void dgem_fdinfo_count(struct drm_memory_stats *stats,
			      struct dgem_bo *bo)
{
	u64 resident = (u64)READ_ONCE(bo->pages.resident) << PAGE_SHIFT;

	if (drm_gem_object_is_shared_for_memory_stats(&bo->base))
		stats->shared += bo->base.size;
	else
		stats->private += bo->base.size;
	stats->resident += resident;
	if (READ_ONCE(bo->mode) == DGEM_BO_DONTNEED)
		stats->purgeable += resident;
}

/* The BO of the first handle from *@id on, with a reference. */
static struct dgem_bo *dgem_fdinfo_next(struct drm_file *file, int *id)
{
	struct drm_gem_object *obj;

	spin_lock(&file->table_lock);
	obj = idr_get_next(&file->object_idr, id);
	if (obj)
		drm_gem_object_get(obj);
	spin_unlock(&file->table_lock);

	return obj ? to_dgem_bo(obj) : NULL;
}

static void dgem_fdinfo_bos(struct drm_printer *p, struct drm_file *file)
{
	char label[DRM_DGEM_LABEL_MAX + 1];
	unsigned int told = 0;
	struct dgem_bo *bo;
	int id = 0;

	while (told++ < DGEM_FDINFO_BOS && (bo = dgem_fdinfo_next(file, &id))) {
		dgem_bo_get_label(bo, label);
		drm_printf(p, "dgem-bo-%llu:\t", bo->id);
		dgem_bo_print(p, bo);
		drm_printf(p, " %s\n", label);
		/* May be the last reference, which frees. */
		dgem_bo_put(bo);
		cond_resched();
		id++;
	}
}

/**
 * dgem_show_fdinfo() - memory of a file's BOs, by heap, and the BOs
 * @p: /proc/PID/fdinfo/FD
 * @file: the DRM file
 *
 * The keys drm-* are those of Documentation/gpu/drm-usage-stats.rst. The heap's
 * name is the region; "imported" has the BOs that are another driver's memory.
 *
 * "dgem-bo-ID" is a BO that the file has a handle of: size, resident, huge,
 * heap, state and label as in debugfs, but not who made it, which may be a
 * process that the reader must not learn of. A BO has a line for each handle.
 * "dgem-more-bos" is how many handles there are beyond those that are told, and
 * is there only if there are some. Reading all this takes the right to ptrace
 * the process.
 */
void dgem_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct dgem_device *ddev = to_dgem_device(file->minor->dev);
	struct drm_memory_stats stats[ARRAY_SIZE(ddev->heaps)] = {};
	struct drm_memory_stats imported = {};
	struct drm_gem_object *obj;
	unsigned int handles = 0;
	unsigned int i;
	int id;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id) {
		struct dgem_bo *bo = to_dgem_bo(obj);

		dgem_fdinfo_count(bo->heap ? &stats[bo->heap->index] :
				  &imported, bo);
		handles++;
	}
	spin_unlock(&file->table_lock);

	for (i = 0; i < ddev->num_heaps; i++)
		drm_print_memory_stats(p, &stats[i],
				       DRM_GEM_OBJECT_RESIDENT |
				       DRM_GEM_OBJECT_PURGEABLE,
				       ddev->heaps[i]->name);
	drm_print_memory_stats(p, &imported, 0, "imported");

	dgem_fdinfo_bos(p, file);
	if (handles > DGEM_FDINFO_BOS)
		drm_printf(p, "dgem-more-bos:\t%u\n",
			   handles - DGEM_FDINFO_BOS);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_show_fdinfo);
