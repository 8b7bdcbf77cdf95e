/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FAULT_OPS_H
#define MODEL_FAULT_OPS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dgem/foreign.h"
#include "dgem/vivid.h"

struct abi_ioctl;

/** struct fault_run - one try of an operation: made before, gone after it */
struct fault_run {
	/** @node: the primary node; @fd: the run's own file of it. */
	const char *node;
	int fd;

	/** @handle: of its BO; @dmabuf: of that, or of another driver. */
	uint32_t handle;
	int dmabuf;

	/** @heap: that a BO is created in, where it is not known by its number. */
	uint32_t heap;

	/** @map: of the BO, for a touch. */
	char *map;
	size_t size;

	/** @ioctl, @arg: what is called. */
	const struct abi_ioctl *ioctl;
	unsigned char arg[256];

	struct foreign foreign;
	struct vivid *vivid;
	int vgem;
};

/* What an operation gives besides -errno. */
#define FAULT_SIGBUS (-1000)

/** struct fault_op - an operation that asks for memory, or copies */
struct fault_op {
	const char *name, *what;

	/* without faults: what the operation needs, and the undoing of that */
	void (*prepare)(struct fault_run *run);
	void (*undo)(struct fault_run *run);

	/* with a fault: 0, -errno or FAULT_SIGBUS; it may not call malloc() */
	int (*run)(struct fault_run *run);

	/** @allocates: slab or pages, not copies only. */
	bool allocates;

	/**
	 * @within: the kernel function that faults are confined to, where they
	 * would show other drivers' mistakes otherwise.
	 */
	const char *within;

	/** @importer_errno: what the other driver makes of a failed mapping. */
	int importer_errno;

	/** @vivid: vivid does it. */
	bool vivid;
};

extern const struct fault_op fault_ops[];
extern const unsigned int num_fault_ops;

/* The operation that is an ioctl of the uAPI header. */
void fault_prepare_ioctl(struct fault_run *run);
int fault_run_ioctl(struct fault_run *run);

/* Whether what this process opens and imports from now on has no account. */
void fault_set_exempt(bool exempt);

/* Creation by a file that has one. */
void fault_prepare_charged(struct fault_run *run);
int fault_run_create_charged(struct fault_run *run);
void fault_undo_create_charged(struct fault_run *run);

/* The first time that a BO is not needed. */
void fault_prepare_madvise(struct fault_run *run);
int fault_run_madvise(struct fault_run *run);

/* A touch that gets a page instead of a chunk. */
void fault_prepare_touch_page(struct fault_run *run);
void fault_undo_touch_page(struct fault_run *run);

/* For the touches; @old is the handler to go back to. */
void fault_catch_sigbus(struct sigaction *old);

#endif
