/* SPDX-License-Identifier: MIT */
#ifndef DGEM_SEGMENT_H
#define DGEM_SEGMENT_H

#include <stdint.h>

/*
 * Where the memory of a BO is for an importer, which is the only one to be told: vivid
 * attaches to it as a device that refuses what is not contiguous, and the kernel traces
 * what it mapped for that.
 */

/* Images of vivid are as large as this; smaller BOs it does not take. */
#define SEGMENT_MIN (256ull << 10)

/* For igt_fixture(): loads vivid. */
void segment_init(void);

/* The bus address of a BO of @size bytes, which has to be one range. */
uint64_t segment_address(int fd, uint32_t handle, uint64_t size);

#endif
