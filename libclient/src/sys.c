// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

int sys_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int sys_dup(int fd)
{
	/* Descriptors 0 to 2 may be closed in a daemon; stay clear of them. */
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

void sys_close(int fd)
{
	close(fd);
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return drmIoctl(fd, request, arg) ? -errno : 0;
}

int sys_driver_name(int fd, char *name, size_t size)
{
	drmVersionPtr version = drmGetVersion(fd);

	if (!version)
		return -ENODEV;
	snprintf(name, size, "%.*s", version->name_len, version->name);
	drmFreeVersion(version);
	return 0;
}

bool sys_has_sysfs(void)
{
	return !access("/sys/dev/char", F_OK);
}

int sys_node_driver(const char *path, char *name, size_t size)
{
	char link[64], target[PATH_MAX];
	struct stat status;
	ssize_t length;

	if (stat(path, &status))
		return -errno;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device/driver", major(status.st_rdev),
		 minor(status.st_rdev));
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return -ENOENT;
	target[length] = '\0';
	snprintf(name, size, "%s", basename(target));
	return 0;
}

int sys_get_devices(drmDevicePtr *devices, int max)
{
	return drmGetDevices2(0, devices, max);
}

void sys_free_devices(drmDevicePtr *devices, int count)
{
	drmFreeDevices(devices, count);
}

int sys_prime_export(int fd, uint32_t handle, uint32_t flags, int *ret_fd)
{
	int prime_fd;

	if (drmPrimeHandleToFD(fd, handle, flags, &prime_fd))
		return -errno;
	*ret_fd = prime_fd;
	return 0;
}

int sys_prime_import(int fd, int prime_fd, uint32_t *ret_handle)
{
	uint32_t handle;

	if (drmPrimeFDToHandle(fd, prime_fd, &handle))
		return -errno;
	*ret_handle = handle;
	return 0;
}

int sys_close_handle(int fd, uint32_t handle)
{
	return drmCloseBufferHandle(fd, handle) ? -errno : 0;
}

int sys_mmap(void *addr, size_t size, int prot, int flags, int fd, uint64_t offset, void **ret_ptr)
{
	void *ptr = mmap(addr, size, prot, flags, fd, (off_t)offset);

	if (ptr == MAP_FAILED)
		return -errno;
	*ret_ptr = ptr;
	return 0;
}

void sys_munmap(void *ptr, size_t size)
{
	munmap(ptr, size);
}

int sys_sendmsg(int socket, const struct msghdr *message, size_t *ret_size)
{
	ssize_t size;

	do {
		size = sendmsg(socket, message, MSG_NOSIGNAL);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	*ret_size = (size_t)size;
	return 0;
}

int sys_recvmsg(int socket, struct msghdr *message, size_t *ret_size)
{
	ssize_t size;

	do {
		size = recvmsg(socket, message, MSG_CMSG_CLOEXEC);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	*ret_size = (size_t)size;
	return 0;
}

bool sys_is_stream(int socket)
{
	socklen_t length = sizeof(int);
	int type;

	return !getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) && type == SOCK_STREAM;
}

int sys_file_size(int fd, uint64_t *ret_size)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return -errno;
	/* dma-bufs allow nothing but the two ends. */
	lseek(fd, 0, SEEK_SET);
	*ret_size = (uint64_t)end;
	return 0;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sys_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t sys_now_coarse(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

size_t sys_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
