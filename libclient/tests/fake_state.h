/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_FAKE_STATE_H
#define DGEM_TESTS_FAKE_STATE_H

#include <pthread.h>
#include <xf86drm.h>

#include <drm/dgem_drm.h>

#include "fake.h"

/* The fake's objects, shared by its files; fake_lock protects them all. */

#define FAKE_MAX_DEVICES 8
#define FAKE_MAX_FDS 512
#define FAKE_MAX_HANDLES 512
#define FAKE_FIRST_FD 1000
#define FAKE_PATH_SIZE 32

struct fake_device {
	const char *driver, *fullname;
	int bustype;
	char primary[FAKE_PATH_SIZE], render[FAKE_PATH_SIZE];
	int primary_error, render_error;
	unsigned int opens;
};

struct fake_bo {
	uint64_t id, size, flags;
	uint32_t heap;
	bool foreign, exported, unneeded, purged;
	int memory; /* a memfd */
	unsigned int refs; /* handles and dma-bufs */
	char label[DRM_DGEM_LABEL_MAX + 1];
};

/* What an open() made; several descriptors after dup(). */
struct fake_file {
	struct fake_device *device;
	struct fake_bo *handles[FAKE_MAX_HANDLES];
	unsigned int refs;
};

struct fake_fd {
	struct fake_file *file; /* or */
	struct fake_bo *dmabuf;
};

extern pthread_mutex_t fake_lock;
extern struct fake_fd fake_fds[FAKE_MAX_FDS];
extern struct fake_device fake_devices[FAKE_MAX_DEVICES];
extern unsigned int fake_num_devices;
extern bool fake_has_sysfs;

/* Counts the call; the error it is to fail with, or 0. */
int fake_enter_locked(enum fake_call call, const void *arg, size_t size);

/* Whether the library's next allocation is to fail. */
bool fake_alloc_fails(void);

struct fake_file *fake_file_locked(int fd);
int fake_new_fd_locked(struct fake_file *file, struct fake_bo *dmabuf);
struct fake_bo *fake_new_bo_locked(uint64_t size);
void fake_put_bo_locked(struct fake_bo *bo);
int fake_new_handle_locked(struct fake_file *file, struct fake_bo *bo, uint32_t *ret_handle);
struct fake_bo *fake_bo_locked(int fd, uint32_t handle);

/* The ioctls of dgem, and DMA_BUF_IOCTL_SYNC. */
int fake_ioctl_locked(int fd, unsigned long request, void *arg);

/* BO of an mmap of a DRM file. */
struct fake_bo *fake_bo_at_locked(struct fake_file *file, uint64_t offset);

#define FAKE_OFFSET_SHIFT 36

#endif /* DGEM_TESTS_FAKE_STATE_H */
