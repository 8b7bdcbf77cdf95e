/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <drm.h>

enum floor_kind {
	FLOOR_PINNED = 0,
	FLOOR_SYSTEM = 1,
};

struct floor_create {
	__u64 size;
	__u32 kind;
	/* Not 0: with an offset for mmap(). */
	__u32 map;
	__u64 offset;
	__u32 handle;
	__u32 pad;
};

#define DRM_IOCTL_FLOOR_CREATE DRM_IOWR(DRM_COMMAND_BASE + 0, struct floor_create)

#endif
