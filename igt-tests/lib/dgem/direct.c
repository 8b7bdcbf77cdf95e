// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <net/if.h>
#include <netinet/in.h>

#include "dgem/direct.h"
#include "dgem/disk.h"
#include "dgem/uring.h"
#include "igt.h"

bool direct_heap(int fd, uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.create_flags & DRM_DGEM_BO_DIRECT_IO;
}

struct peer_bo *direct_create(int fd, uint64_t size, uint32_t heap, uint64_t flags)
{
	return peer_adopt(fd, dgem_bo_create_in(fd, size, heap, flags), size);
}

/* Bytes, or -errno: less than all is an error of its own. */
static int result(ssize_t got, size_t len)
{
	if (got < 0)
		return -errno;
	return got == (ssize_t)len ? 0 : -EIO;
}

#define DISK_SIZE (16ull << 20)
#define FILE_SIZE (4ull << 20)

/* Opened with O_DIRECT: a disk, or a file on one. */
static int file_fd = -1;

static void disk_start(void)
{
	file_fd = disk_open(disk_take(DISK_SIZE));
}

static void disk_stop(void)
{
	close(file_fd);
	disk_give();
}

static void ext4_start(void)
{
	const char *disk;

	ext4_require();
	disk = disk_take(DISK_SIZE);
	ext4_make(disk);
	file_fd = ext4_file(disk, FILE_SIZE);
}

/*
 * The filesystem is made before there is a device: mke2fs has devices zero themselves,
 * and the kernel reports as an error that a file in memory cannot.
 */
static void loop_start(void)
{
	char path[64], device[32];
	int disk, loop;

	ext4_require();
	disk = memory_file(DISK_SIZE, path, sizeof(path));
	ext4_make(path);
	loop = loop_open(disk, device, sizeof(device));
	file_fd = ext4_file(device, FILE_SIZE);
	close(loop);
	close(disk);
}

static void loop_stop(void)
{
	close(file_fd);
}

static int file_read(const void *map, size_t len, void *copy)
{
	return result(pwrite(file_fd, map, len, 0), len) ?:
							   result(pread(file_fd, copy, len, 0), len);
}

static int file_write(void *map, size_t len, const void *from)
{
	return result(pwrite(file_fd, from, len, 0), len) ?:
							    result(pread(file_fd, map, len, 0), len);
}

static int ring_read(const void *map, size_t len, void *copy)
{
	struct uring u;
	int ret = uring_start(&u, (void *)map, len);

	if (ret)
		return ret;
	uring_read(&u, 0, copy, len);
	uring_stop(&u);
	return 0;
}

static int ring_write(void *map, size_t len, const void *from)
{
	struct uring u;
	int ret = uring_start(&u, map, len);

	if (ret)
		return ret;
	uring_write(&u, 0, from, len);
	uring_stop(&u);
	return 0;
}

/* Pieces that a pipe and a socket take without a reader. */
#define PIECE 32768

static int pipe_read(const void *map, size_t len, void *copy)
{
	int ends[2], ret = 0;

	igt_assert_eq(pipe(ends), 0);
	for (size_t done = 0, nr; done < len && !ret; done += nr) {
		struct iovec piece = { (char *)map + done, 0 };

		nr = len - done < PIECE ? len - done : PIECE;
		piece.iov_len = nr;
		ret = result(vmsplice(ends[1], &piece, 1, 0), nr) ?:
			      result(read(ends[0], (char *)copy + done, nr), nr);
	}
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* Two ends of a TCP connection of this machine, the first of which sends without a copy. */
static int sockets[2] = { -1, -1 };

static void loopback_up(int fd)
{
	struct ifreq lo = { .ifr_name = "lo" };

	igt_assert_eq(ioctl(fd, SIOCGIFFLAGS, &lo), 0);
	lo.ifr_flags |= IFF_UP;
	igt_assert_eq(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
}

static void sockets_start(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	socklen_t len = sizeof(at);

	igt_assert(server >= 0);
	loopback_up(server);
	igt_assert_eq(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
	igt_assert_eq(listen(server, 1), 0);
	igt_assert_eq(getsockname(server, (struct sockaddr *)&at, &len), 0);
	sockets[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	igt_assert(sockets[0] >= 0);
	igt_assert_eq(setsockopt(sockets[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), 0);
	igt_assert_eq(connect(sockets[0], (struct sockaddr *)&at, sizeof(at)), 0);
	sockets[1] = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	igt_assert(sockets[1] >= 0);
	close(server);
}

static void sockets_stop(void)
{
	close(sockets[0]);
	close(sockets[1]);
}

/* What has been sent is told on a queue, which has to be emptied. */
static void forget_sent(void)
{
	char control[128];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };

	while (recvmsg(sockets[0], &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		msg.msg_controllen = sizeof(control);
}

static int socket_read(const void *map, size_t len, void *copy)
{
	int ret = 0;

	for (size_t done = 0, nr; done < len && !ret; done += nr) {
		nr = len - done < PIECE ? len - done : PIECE;
		ret = result(send(sockets[0], (const char *)map + done, nr, MSG_ZEROCOPY), nr) ?:
			      result(recv(sockets[1], (char *)copy + done, nr, MSG_WAITALL), nr);
		forget_sent();
	}
	return ret;
}

/* process_vm_readv() and process_vm_writev() pin pages of whoever they are asked for. */
static int process_read(const void *map, size_t len, void *copy)
{
	struct iovec to = { copy, len }, from = { (void *)map, len };

	return result(process_vm_readv(getpid(), &to, 1, &from, 1, 0), len);
}

static int process_write(void *map, size_t len, const void *from)
{
	struct iovec source = { (void *)from, len }, to = { map, len };

	return result(process_vm_writev(getpid(), &source, 1, &to, 1, 0), len);
}

const struct direct_user direct_users[] = {
	{ "disk",
	  "O_DIRECT reads from and writes to mappings of BOs with DIRECT_IO, and no others.",
	  disk_start, disk_stop, file_read, file_write },
	{ "ext4", "O_DIRECT of a file on a disk's ext4 takes BOs with DIRECT_IO, and no others.",
	  ext4_start, disk_stop, file_read, file_write },
	{ "ext4-on-loop",
	  "O_DIRECT of a file on a loop device's ext4 takes BOs with DIRECT_IO, and no others.",
	  loop_start, loop_stop, file_read, file_write },
	{ "io-uring", "io_uring registers mappings of BOs with DIRECT_IO, and no others.", NULL,
	  NULL, ring_read, ring_write },
	{ "socket", "MSG_ZEROCOPY sends from mappings of BOs with DIRECT_IO, and no others.",
	  sockets_start, sockets_stop, socket_read, NULL },
	{ "pipe", "vmsplice() takes mappings of BOs with DIRECT_IO, and no others.", NULL, NULL,
	  pipe_read, NULL },
	{ "process", "Other processes access mappings of BOs with DIRECT_IO, and no others.", NULL,
	  NULL, process_read, process_write },
};

const unsigned int direct_users_num = ARRAY_SIZE(direct_users);
