/* SPDX-License-Identifier: MIT */
#ifndef DGEM_SYS_H
#define DGEM_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xf86drm.h>

/*
 * The only door to the kernel and to libdrm. The unit tests link their own
 * implementation instead of sys.c. All functions return 0 or -errno unless
 * they say otherwise, and leave outputs alone on failure.
 */

/* Opens for reading and writing, with close-on-exec. Returns the descriptor. */
int sys_open(const char *path);

/* Duplicates with close-on-exec. Returns the descriptor. */
int sys_dup(int fd);

void sys_close(int fd);

/* Repeats EINTR and EAGAIN, as drmIoctl() does. */
int sys_ioctl(int fd, unsigned long request, void *arg);

/* Name of the DRM driver behind @fd, cut to @size; -ENODEV if there is none. */
int sys_driver_name(int fd, char *name, size_t size);

/* Whether there is a sysfs that tells of device nodes. */
bool sys_has_sysfs(void);

/*
 * Name of the driver behind a device node, by sysfs: the node is not opened.
 * Cut to @size; -ENOENT if sysfs does not tell.
 */
int sys_node_driver(const char *path, char *name, size_t size);

/* As drmGetDevices2() without flags: number of devices. */
int sys_get_devices(drmDevicePtr *devices, int max);
void sys_free_devices(drmDevicePtr *devices, int count);

int sys_prime_export(int fd, uint32_t handle, uint32_t flags, int *ret_fd);
int sys_prime_import(int fd, int prime_fd, uint32_t *ret_handle);
int sys_close_handle(int fd, uint32_t handle);

int sys_mmap(void *addr, size_t size, int prot, int flags, int fd, uint64_t offset, void **ret_ptr);
void sys_munmap(void *ptr, size_t size);

/* One message, or a part of a stream. EINTR is repeated, SIGPIPE does not come. */
struct msghdr;
int sys_sendmsg(int socket, const struct msghdr *message, size_t *ret_size);

/* The same; descriptors that come along have close-on-exec set. */
int sys_recvmsg(int socket, struct msghdr *message, size_t *ret_size);

/* Whether a socket keeps no boundaries between messages. */
bool sys_is_stream(int socket);

/* Size of a file that can be asked by lseek(), as dma-bufs can. */
int sys_file_size(int fd, uint64_t *ret_size);

/* CLOCK_MONOTONIC in ns. */
int64_t sys_now(void);

/* The same as it was a few milliseconds ago, without reading a hardware clock. */
int64_t sys_now_coarse(void);

size_t sys_page_size(void);

#endif /* DGEM_SYS_H */
