/* SPDX-License-Identifier: MIT */
#ifndef DGEM_LIMITS_H
#define DGEM_LIMITS_H

/* What limits there are, and how much of them is used. */

#include <stdint.h>

#include <drm/dgem_drm.h>

/** struct limits - what GET_PARAM tells of limits */
struct limits {
	uint64_t user_limit, user_used;
	uint64_t system_limit, system_used;
	uint64_t mmap_limit, mmap_used;
};

void limits_read(int fd, struct limits *limits);
/* Fails on any change since @before. */
void limits_assert_same(int fd, const struct limits *before);

/* What is charged for the kernel memory of a BO. */
uint64_t limits_cost_of_bo(uint64_t size);

/*
 * What is charged for the memory of a BO of a swappable heap: what is resident, from its
 * start on, and what it takes to find the pages of chunks that are in pieces.
 */
uint64_t limits_backing_of_bo(int file, uint32_t handle);

/*
 * Touches the pages of a mapping in turn, from @at to before @size. Returns the first that
 * is refused, or @size. Near a limit, chunks come by pages.
 */
uint64_t limits_touch(char *map, uint64_t at, uint64_t size);

/*
 * Asserts that a creation is refused for that reason, and that it changes no limit
 * and no counter. Returns the size that was proposed.
 */
uint64_t limits_assert_refused(int file, const struct drm_dgem_bo_create *create, int err,
			       uint32_t reason);

/* The same with EDQUOT; and that what is proposed works, and a page more does not. */
void limits_assert_exact(int file, const struct drm_dgem_bo_create *create, uint32_t reason);

/*
 * For a program that needs other users and other limits: opens dgem as root and has all
 * users open it, until it is closed. limits_restore() writes the module's parameters as
 * limits_open() found them, and so does limits_close().
 */
int limits_open(void);
void limits_close(int fd);
void limits_restore(void);

/* The module's parameters of limits, in MiB, by name. */
void limits_set(const char *name, unsigned int mib);
unsigned int limits_param(const char *name);

#endif
