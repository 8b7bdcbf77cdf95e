/* SPDX-License-Identifier: MIT */
#ifndef IOCTL_WRAPPERS_H
#define IOCTL_WRAPPERS_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include "igt_core.h"

/* Repeats EINTR and EAGAIN for ever, as drmIoctl() does. */
int igt_ioctl(int fd, unsigned long request, void *arg);

#define do_ioctl(fd, ioc, ioc_data)                                   \
	do {                                                          \
		igt_assert_eq(igt_ioctl((fd), (ioc), (ioc_data)), 0); \
		errno = 0;                                            \
	} while (0)
#define do_ioctl_err(fd, ioc, ioc_data, err)                           \
	do {                                                           \
		igt_assert_eq(igt_ioctl((fd), (ioc), (ioc_data)), -1); \
		igt_assert_eq(errno, err);                             \
		errno = 0;                                             \
	} while (0)

void gem_close(int fd, uint32_t handle);

/* PRIME: export of a handle, for CPU access read-only or (for_mmap) writable. */
int prime_handle_to_fd(int fd, uint32_t handle);
int prime_handle_to_fd_for_mmap(int fd, uint32_t handle);
uint32_t prime_fd_to_handle(int fd, int dma_buf_fd);
off_t prime_get_size(int dma_buf_fd);

#endif /* IOCTL_WRAPPERS_H */
