/* SPDX-License-Identifier: MIT */
#ifndef DGEM_DISK_H
#define DGEM_DISK_H

/* Disks to try things on, and files on them, opened with O_DIRECT. */

#include <stddef.h>
#include <stdint.h>

/*
 * The path of the disk that IGT_DGEM_DISK names, the contents of which are lost;
 * without it, of so much compressed RAM.
 */
const char *disk_take(uint64_t size);
void disk_give(void);

int disk_open(const char *device);

/* A file in memory, and a path by which other programs open it. */
int memory_file(uint64_t size, char *path, size_t len);

/* A loop device over a file, and its path. It goes with its last user. */
int loop_open(int file, char *device, size_t len);

/* Skips where the kernel has no ext4. */
void ext4_require(void);

/* A new ext4 on a disk, or in the file of one. */
void ext4_make(const char *path);

/*
 * A new file of so many bytes on the ext4 of a disk, which is mounted nowhere and is
 * unmounted when the file is closed.
 */
int ext4_file(const char *device, uint64_t size);

#endif
