/* SPDX-License-Identifier: MIT */
#ifndef DGEM_CTRL_H
#define DGEM_CTRL_H

/*
 * QEMU's NVMe controller as a device that a file of dgem owns: its rings are in a BO, and
 * what it reads and writes in any other. The driver is that of the library's examples.
 */

#include <stdbool.h>
#include <stdint.h>

#include "dgem/dma.h"
#include "examples/nvme.h"

/* Most bytes of a command. */
#define CTRL_MAX_TRANSFER ((uint64_t)NVME_MAX_PAGES * NVME_PAGE)

/** struct ctrl - the controller, and the file that owns it */
struct ctrl {
	int fd;
	struct nvme nvme;

	/** @handle: BO of the rings; @dma: its addresses. */
	uint32_t handle;
	struct dma dma;
};

/* Starts the controller by a file of its node. */
void ctrl_start(struct ctrl *c, int fd, const char *name);

/* Leaves the controller as it is: it ends when the file is closed. */
void ctrl_forget(struct ctrl *c);

/* Begins to copy between the disk and a mapping; waits for one command's end: its status. */
void ctrl_submit(struct ctrl *c, bool to_disk, uint64_t disk, const struct dma *dma,
		 uint64_t offset, uint64_t bytes);
unsigned int ctrl_wait(struct ctrl *c);

/* All of a range that may be longer than a command can be. */
void ctrl_copy(struct ctrl *c, bool to_disk, uint64_t disk, const struct dma *dma, uint64_t offset,
	       uint64_t bytes);

#endif
