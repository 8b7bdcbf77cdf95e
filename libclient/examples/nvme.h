/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_NVME_H
#define DGEM_EXAMPLES_NVME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * As little of a driver for an NVMe controller as copies between its disk and memory, one
 * queue and no interrupts. It is told where its memory is for the controller, however
 * that has become known. NVM Express Base Specification 1.4.
 */

#define NVME_PAGE 4096ul
#define NVME_BLOCK 512ul

/* Commands that can be in flight, and pages that one is of at most. */
#define NVME_DEPTH 8
#define NVME_MAX_PAGES 32

/* Bytes of memory for rings, what the controller says of itself, and lists of pages. */
#define NVME_MEMORY ((5 + NVME_DEPTH) * NVME_PAGE)

/* Bytes of the controller's registers that are used. */
#define NVME_REGS 0x2000

struct nvme {
	/* The registers; memory of NVME_MEMORY bytes; where each of its pages is on the bus. */
	volatile uint8_t *regs;
	uint8_t *mem;
	uint64_t pages[NVME_MEMORY / NVME_PAGE];

	/* For commands to the controller itself, and for those to the disk. */
	struct nvme_queue {
		unsigned int id, tail, head, phase;
	} queue[2];
};

/* With the first three members set: resets it, and makes the queues. 0 or -errno. */
int nvme_start(struct nvme *n);

/* What it is called: 40 characters, without NUL. */
const char *nvme_model(const struct nvme *n);

/* Begins to copy pages, of which the bus addresses are given, from or to the disk. */
void nvme_submit(struct nvme *n, bool to_disk, uint64_t disk, const uint64_t *pages,
		 unsigned int count);

/* The status of the next command to end, 0 if all is well; -ETIMEDOUT after a minute. */
int nvme_wait(struct nvme *n);

#endif /* DGEM_EXAMPLES_NVME_H */
