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

#endif
