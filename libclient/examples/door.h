/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_DOOR_H
#define DGEM_EXAMPLES_DOOR_H

#include <stddef.h>
#include <stdint.h>

/* Ways to have a PCI function, and memory that it can access. They go with the process. */

struct door {
	/* The function's registers, of BAR 0. */
	volatile uint8_t *regs;

	/* A BO's mapping, and where each page of it is for the function. */
	uint8_t *map;
	uint64_t *pages;
};

/* Bytes of registers and memory, which are multiples of 4096. 0 or -errno. */
int door_vfio(const char *function, size_t regs, size_t size, struct door *door);
int door_map_dma(const char *function, size_t regs, size_t size, struct door *door);

#endif /* DGEM_EXAMPLES_DOOR_H */
