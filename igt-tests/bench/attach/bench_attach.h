/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Of a dma-buf that is attached to and mapped */
struct bench_attach {
	__s32 fd;
	/* [out] of the mapping */
	__u32 segments;
	__u64 bytes;
};

/* Unmaps and detaches as well */
#define BENCH_ATTACH_ONCE _IOWR('b', 0, struct bench_attach)
/* Does that when the file is closed, which can keep one */
#define BENCH_ATTACH_KEEP _IOWR('b', 1, struct bench_attach)

#endif
