/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_FAKE_H
#define DGEM_TESTS_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A kernel in a file: implements src/sys.h with devices, handles and dma-bufs
 * that behave like the driver's as far as the library can see. Thread-safe.
 */

#define FAKE_HUGE_SIZE (2u << 20)
#define FAKE_NUM_HEAPS 2
#define FAKE_SYNC_MAX_OPS 256

enum fake_call {
	FAKE_OPEN,
	FAKE_DUP,
	FAKE_DRIVER_NAME,
	FAKE_GET_DEVICES,
	FAKE_PRIME_EXPORT,
	FAKE_PRIME_IMPORT,
	FAKE_MMAP,
	FAKE_FILE_SIZE,
	FAKE_GET_PARAM,
	FAKE_HEAP_INFO,
	FAKE_BO_CREATE,
	FAKE_BO_MMAP_OFFSET,
	FAKE_BO_INFO,
	FAKE_BO_WAIT,
	FAKE_SET_LABEL,
	FAKE_GET_LABEL,
	FAKE_BO_MADVISE,
	FAKE_BO_SYNC,
	FAKE_BO_MAP_DMA,
	FAKE_BO_UNMAP_DMA,
	FAKE_DMABUF_SYNC,
	FAKE_SENDMSG,
	FAKE_RECVMSG,
	FAKE_NUM_CALLS,
};

/* Adds a DRM device. A @path of NULL is a node that does not exist. */
void fake_add_device(const char *driver, int bustype, const char *fullname, const char *primary,
		     const char *render);

/* Takes sysfs away: from then on, no device is listed, and no driver told. */
void fake_remove_sysfs(void);

/* Makes the open of @path fail. */
void fake_deny(const char *path, int error);

/* Makes the @nth call from now (1 is the next one) fail with -@error. */
void fake_fail(enum fake_call call, int nth, int error);

/* Makes the @nth allocation of the library from now fail. */
void fake_fail_alloc(int nth);

/* How often a node of this driver was opened. */
unsigned int fake_opens(const char *driver);

/* How often a call was made. */
unsigned int fake_calls(enum fake_call call);

/* Argument of the last call of this kind. */
const void *fake_last(enum fake_call call);

/* Changes what parameters say; index 0 only. */
void fake_set_param(uint32_t param, uint64_t value);

/* Changes what all heaps say that they can, which flags they take, and their size. */
void fake_set_heap(uint64_t caps, uint64_t create_flags, uint64_t size);

/* A dma-buf of another driver. */
int fake_foreign_dmabuf(uint64_t size);
void fake_close_dmabuf(int fd);

/* A pause in the middle of a close and an import, to widen races. */
void fake_set_slow(bool on);

/*
 * Takes the contents of all BOs that are not needed, as if memory was short. Who
 * touches one of them gets SIGBUS.
 */
void fake_purge(void);

/* The elements of the last BO_SYNC that succeeded, FAKE_SYNC_MAX_OPS of them. */
const struct drm_dgem_sync_op *fake_synced(void);

/* In how many segments of a page each the next mappings of BOs for the device are. */
void fake_set_segments(uint32_t number);

/* How many of those mappings there are. */
unsigned int fake_dma_maps(void);

/* Lets so many nanoseconds pass. */
void fake_advance(int64_t ns);

/* How many bytes a socket takes at once; 0 for all of them. */
void fake_set_send_room(size_t bytes);

/* What creations tell as their reason. */
void fake_set_reason(uint32_t reason, uint64_t arg);

unsigned int fake_open_files(void);
unsigned int fake_open_handles(void);
size_t fake_mapped(void); /* bytes */

/* The usual setting: one default device "dgem" with a render node. */
#define FAKE_NODE "/dev/dri/renderD128"
void fake_add_default(void);

#endif /* DGEM_TESTS_FAKE_H */
