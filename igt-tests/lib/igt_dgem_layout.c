// SPDX-License-Identifier: MIT
/*
 * The layout of the uAPI's structs, as programs were compiled with it: fails
 * to compile, for 32 or 64 bits, when one of them changes.
 */
#include <assert.h>
#include <stddef.h>

#include <drm/dgem_drm.h> /* IWYU pragma: keep */

#define SIZE(name, size) static_assert(sizeof(struct drm_dgem_##name) == (size), #name)
#define AT(name, member, offset) \
	static_assert(offsetof(struct drm_dgem_##name, member) == (offset), #name "." #member)

SIZE(get_param, 16);
AT(get_param, param, 0);
AT(get_param, index, 4);
AT(get_param, value, 8);

SIZE(heap_info, 112);
AT(heap_info, heap, 0);
AT(heap_info, kind, 4);
AT(heap_info, caps, 8);
AT(heap_info, create_flags, 16);
AT(heap_info, size, 24);
AT(heap_info, used, 32);
AT(heap_info, largest_free, 40);
AT(heap_info, max_bo_size, 48);
AT(heap_info, granularity, 56);
AT(heap_info, addr_bits, 64);
AT(heap_info, numa_node, 68);
AT(heap_info, flags, 72);
AT(heap_info, pad, 76);
AT(heap_info, name, 80);

SIZE(bo_create, 80);
AT(bo_create, size, 0);
AT(bo_create, flags, 8);
AT(bo_create, heap, 16);
AT(bo_create, handle, 20);
AT(bo_create, align, 24);
AT(bo_create, boundary, 32);
AT(bo_create, heap_offset, 40);
AT(bo_create, addr_bits, 48);
AT(bo_create, numa_node, 52);
AT(bo_create, reason, 56);
AT(bo_create, pad, 60);
AT(bo_create, reason_arg, 64);
AT(bo_create, mmap_offset, 72);

SIZE(bo_mmap_offset, 16);
AT(bo_mmap_offset, handle, 0);
AT(bo_mmap_offset, flags, 4);
AT(bo_mmap_offset, offset, 8);

SIZE(bo_info, 72);
AT(bo_info, handle, 0);
AT(bo_info, flags, 4);
AT(bo_info, id, 8);
AT(bo_info, size, 16);
AT(bo_info, create_flags, 24);
AT(bo_info, heap, 32);
AT(bo_info, madv, 36);
AT(bo_info, state, 40);
AT(bo_info, resident, 48);
AT(bo_info, huge, 56);
AT(bo_info, reserved, 64);

SIZE(bo_wait, 16);
AT(bo_wait, handle, 0);
AT(bo_wait, flags, 4);
AT(bo_wait, timeout_ns, 8);

SIZE(bo_label, 24);
AT(bo_label, handle, 0);
AT(bo_label, len, 4);
AT(bo_label, text, 8);
AT(bo_label, flags, 16);
AT(bo_label, pad, 20);

/* The numbers carry the sizes, so that these are part of them, too. */
#define NUMBER(name, number) static_assert(DRM_IOCTL_DGEM_##name == (number), #name)

NUMBER(GET_PARAM, 0xc0106440);
NUMBER(HEAP_INFO, 0xc0706441);
NUMBER(BO_CREATE, 0xc0506442);
NUMBER(BO_MMAP_OFFSET, 0xc0106443);
NUMBER(BO_INFO, 0xc0486444);
NUMBER(BO_WAIT, 0xc0106445);
NUMBER(BO_SET_LABEL, 0xc0186446);
NUMBER(BO_GET_LABEL, 0xc0186447);
