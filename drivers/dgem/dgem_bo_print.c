// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_print.h"
#include "dgem_heap.h"

static void dgem_bo_print_state(struct drm_printer *p, struct dgem_bo *bo)
{
	static const char * const names[] = {
		"resident", "all", "pinned", "imported", "exported", "purged",
	};
	u64 state = dgem_bo_state(bo);
	const char *sep = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(state & BIT_ULL(i)))
			continue;
		drm_printf(p, "%s%s", sep, names[i]);
		sep = ",";
	}
	/* No state, but the last advice. */
	if (READ_ONCE(bo->mode) == DGEM_BO_DONTNEED) {
		drm_printf(p, "%sdontneed", sep);
		sep = ",";
	}
	drm_puts(p, *sep ? "" : "-");
}

/**
 * dgem_bo_print() - what debugfs and fdinfo tell of a BO
 * @p: where to
 * @bo: the BO, not locked
 *
 * Size, resident and huge in bytes, the heap's name and the state, which are
 * five words with a blank between them. Each of them is a snapshot.
 */
void dgem_bo_print(struct drm_printer *p, struct dgem_bo *bo)
{
	drm_printf(p, "%zu %lu %lu %s ", bo->base.size,
		   READ_ONCE(bo->pages.resident) << PAGE_SHIFT,
		   dgem_pages_huge(&bo->pages) << PAGE_SHIFT,
		   bo->heap ? bo->heap->name : "-");
	dgem_bo_print_state(p, bo);
}
