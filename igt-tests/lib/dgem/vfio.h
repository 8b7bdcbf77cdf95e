/* SPDX-License-Identifier: MIT */
#ifndef DGEM_VFIO_H
#define DGEM_VFIO_H

/* QEMU's edu as the device of a user-space driver, by VFIO's type 1 containers. */

#include <stddef.h>
#include <stdint.h>

/** struct vfio - the device, and the address space that it has */
struct vfio {
	int container, group, device;

	/** @regs: its registers. */
	volatile uint8_t *regs;

	/** @name: of the device on its bus. */
	char name[32];
};

/* Takes edu from the driver that it has, and gives it back. */
void vfio_start(struct vfio *v);
void vfio_stop(struct vfio *v);

/* Lets the device access memory of this process, at @iova. 0 or -errno. */
int vfio_map(struct vfio *v, void *map, size_t len, uint64_t iova);
void vfio_unmap(struct vfio *v, size_t len, uint64_t iova);

/* The device copies up to 2048 bytes, by its own buffer. */
void vfio_copy(struct vfio *v, uint64_t from, uint64_t to, uint32_t length);

#endif
