/* SPDX-License-Identifier: MIT */
#ifndef DGEM_SWAP_H
#define DGEM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

/* Swap space to reclaim into. */

/* Compressed RAM as a disk, without swap on it: its path. There is one such disk. */
const char *zram_start(uint64_t size);
void zram_stop(void);

/* Compressed RAM. */
void swap_start(uint64_t size);
void swap_stop(void);

/* A disk, the contents of which are lost. */
void swap_disk_start(const char *device, uint64_t size);
void swap_disk_stop(const char *device);

/*
 * Compressed RAM behind the device mapper, which can hold back its I/O or end it
 * with errors. Skips where the kernel has no device mapper.
 */
void swap_dm_start(uint64_t size);
void swap_dm_stop(void);

/* Holds back all I/O until it is told otherwise. */
void swap_dm_suspend(bool suspend);

/* Each of so many pages can neither be read nor written; 0 for none. */
void swap_dm_fail(unsigned int each);

#endif
