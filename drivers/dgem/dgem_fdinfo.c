// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "dgem_bo.h"
#include "dgem_fdinfo.h"
#include "dgem_heap.h"

static void dgem_fdinfo_count(struct drm_memory_stats *stats,
			      struct dgem_bo *bo)
{
	if (drm_gem_object_is_shared_for_memory_stats(&bo->base))
		stats->shared += bo->base.size;
	else
		stats->private += bo->base.size;
	stats->resident += (u64)READ_ONCE(bo->pages.resident) << PAGE_SHIFT;
}

/**
 * dgem_show_fdinfo() - memory of a file's BOs, by heap
 * @p: /proc/PID/fdinfo/FD
 * @file: the DRM file
 *
 * The keys are those of Documentation/gpu/drm-usage-stats.rst. The heap's name
 * is the region; "imported" has the BOs that are another driver's memory.
 */
void dgem_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct dgem_device *ddev = to_dgem_device(file->minor->dev);
	struct drm_memory_stats stats[ARRAY_SIZE(ddev->heaps)] = {};
	struct drm_memory_stats imported = {};
	struct drm_gem_object *obj;
	unsigned int i;
	int id;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id) {
		struct dgem_bo *bo = to_dgem_bo(obj);

		dgem_fdinfo_count(bo->heap ? &stats[bo->heap->index] :
				  &imported, bo);
	}
	spin_unlock(&file->table_lock);

	for (i = 0; i < ddev->num_heaps; i++)
		drm_print_memory_stats(p, &stats[i], DRM_GEM_OBJECT_RESIDENT,
				       ddev->heaps[i]->name);
	drm_print_memory_stats(p, &imported, 0, "imported");
}
