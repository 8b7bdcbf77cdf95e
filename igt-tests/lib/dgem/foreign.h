/* SPDX-License-Identifier: MIT */
#ifndef DGEM_FOREIGN_H
#define DGEM_FOREIGN_H

/* Exporters of dma-bufs that are in the stock kernel, behind one face. */

#include <stdint.h>

#include <drm/vgem_drm.h>

enum foreign_kind { FOREIGN_VGEM, FOREIGN_UDMABUF, FOREIGN_HEAP, FOREIGN_KINDS };

/** struct foreign - a buffer of another driver */
struct foreign {
	enum foreign_kind kind;

	/** @size: in bytes. */
	uint64_t size;

	/** @dmabuf: its dma-buf, readable and writable. */
	int dmabuf;

	/** @native: the exporter's own mapping of it. */
	void *native;

	/** @fd: the exporter's file; @handle: vgem's handle. */
	int fd;
	uint32_t handle;
};

const char *foreign_name(enum foreign_kind kind);

/* Loads what is needed. The test skips where the kernel was built without it. */
void foreign_create(struct foreign *f, enum foreign_kind kind, uint64_t size);
void foreign_destroy(struct foreign *f);

/* The inode tells dma-bufs apart: dup() and re-export share it. */
uint64_t dmabuf_inode(int dmabuf);

/* vgem's own file, and its fences on the reservation object of a BO. */
int vgem_open(void);
int vgem_fence_attach(int vgem, uint32_t handle, uint32_t flags, uint32_t *fence);
int vgem_fence_signal(int vgem, uint32_t fence);

/* modprobe MODULE PARAMETERS; rmmod. The exit status. */
int module_load(const char *module, const char *parameters);
int module_unload(const char *module);

#endif
