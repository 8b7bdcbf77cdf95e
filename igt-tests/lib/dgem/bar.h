/* SPDX-License-Identifier: MIT */
#ifndef DGEM_BAR_H
#define DGEM_BAR_H

/*
 * Two functions of QEMU whose BAR 2 is the same file of the host. The first gives its BAR
 * to dgem, which was loaded with that name; the second shows what is in it.
 */

#include <stdint.h>

#define BAR_FUNCTION "0000:00:10.0"
#define BAR_VIEW "0000:00:11.0"
#define BAR_SIZE (16ull << 20)

/** struct bar - the BAR as a heap, and as the other function shows it */
struct bar {
	/** @fd: the instance's node; @heap: the heap. */
	int fd;
	uint32_t heap;

	/** @view: all of it, as bytes of a device that must not be cached. */
	volatile uint8_t *view;
};

/* Binds dgem to the function, or gives it back; opens its node. */
void bar_take(struct bar *bar);
void bar_give_back(struct bar *bar);

/* A BO at an offset of the heap. */
uint32_t bar_create(const struct bar *bar, uint64_t offset, uint64_t size, uint64_t flags);

#endif
