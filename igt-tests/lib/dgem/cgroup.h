/* SPDX-License-Identifier: MIT */
#ifndef DGEM_CGROUP_H
#define DGEM_CGROUP_H

#include <stdint.h>

/* A memory cgroup (v2) of the tests' own. */

/* Makes an empty group below the root; its path is valid until cgroup_destroy(). */
const char *cgroup_create(const char *name);

/* Removes it, when its last process is gone. */
void cgroup_destroy(const char *cgroup);

/* Moves the calling process there. */
void cgroup_enter(const char *cgroup);

/* Moves it back to the root. */
void cgroup_leave(void);

/* Writes a file of the group: 0 or -errno. */
int cgroup_set(const char *cgroup, const char *file, const char *text);

/* A file with one number, or a key of a file with several. */
uint64_t cgroup_get(const char *cgroup, const char *file, const char *key);

/*
 * Bytes that the group uses. Without what each processor has in stock of its charge, up
 * to 64 pages, which a limit makes it give back soon; memory.current has them.
 */
uint64_t cgroup_charged(const char *cgroup);

/* The group may have so many bytes more than it uses. */
void cgroup_allow(const char *cgroup, uint64_t more);

#endif
