/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Attaches to a dma-buf, maps it, unmaps and detaches. */
struct bench_attach {
	__s32 fd;
	/* [out] of the mapping */
	__u32 segments;
	__u64 bytes;
};

#define BENCH_ATTACH_ONCE _IOWR('b', 0, struct bench_attach)

#endif
