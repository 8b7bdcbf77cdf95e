/* SPDX-License-Identifier: MIT */
#ifndef DGEM_CONTENT_H
#define DGEM_CONTENT_H

/*
 * Contents that tell where they belong: each page of a BO carries a pattern
 * made from a stamp and its own page number, and a shadow remembers the stamp
 * of each page. A mapping that shows the wrong page, a torn page or a page of
 * someone else is found by comparing, in random order, with the shadow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct shadow - what a BO has to hold
 *
 * Lives in shared memory, so that what a child writes is known to its parent.
 * Not locked: one process at a time writes through it.
 */
struct shadow {
	/** @pages: pages of the BO. */
	uint64_t pages;

	/** @rng: state of the random order; printed when a test starts. */
	uint64_t rng;

	/** @stamps: the last stamp given out. */
	uint32_t stamps;

	/** @checked: pages compared so far; a test that compared none is void. */
	uint64_t checked;

	/** @stamp: of each page; 0 for a page that reads as zero. */
	uint32_t stamp[];
};

struct shadow *shadow_create(uint64_t pages);
void shadow_destroy(struct shadow *sh);

uint64_t content_seed(void);
uint64_t content_random(uint64_t *rng, uint64_t below);
size_t content_page_size(void);

void content_fill_page(void *page, uint32_t stamp, uint64_t nr);
bool content_page_is(const void *page, uint32_t stamp, uint64_t nr);

/* @map shows the BO's pages from @first on; @count of them are visited. */
void shadow_write(struct shadow *sh, void *map, uint64_t first, uint64_t count);
void shadow_check(struct shadow *sh, const void *map, uint64_t first, uint64_t count);
void shadow_mix(struct shadow *sh, void *map, uint64_t first, uint64_t count);

void shadow_check_at(struct shadow *sh, const void *page, uint64_t nr);

/* Signals of a touch: 0, SIGSEGV or SIGBUS. */
int content_touch_read(const volatile void *addr);
int content_touch_write(volatile void *addr);

/* Compares a page that may be gone; the signal of that, and then nothing is said. */
int content_touch_page(const void *page, uint32_t stamp, uint64_t nr, bool *right);

#endif
