// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire.h"

#define SILENCE_MS 60000

static int address(const char *path, struct sockaddr_un *ret_address)
{
	if (strlen(path) >= sizeof(ret_address->sun_path))
		return -ENAMETOOLONG;
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	strcpy(ret_address->sun_path, path);
	return 0;
}

int wire_listen(const char *path)
{
	struct sockaddr_un name;
	int fd, ret;

	ret = address(path, &name);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) || listen(fd, 1)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int ready;

	do {
		ready = poll(&pollfd, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready ? 0 : -ETIMEDOUT;
}

int wire_accept(int listener, int timeout_ms)
{
	int ret = wait_readable(listener, timeout_ms);
	int fd;

	if (ret)
		return ret;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int wire_connect(const char *path, int timeout_ms)
{
	struct sockaddr_un name;
	int fd, ret;

	ret = address(path, &name);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	while (connect(fd, (struct sockaddr *)&name, sizeof(name))) {
		ret = -errno;
		/* The camera may not be there yet. */
		if ((ret != -ENOENT && ret != -ECONNREFUSED) || timeout_ms <= 0) {
			close(fd);
			return ret;
		}
		usleep(50000);
		timeout_ms -= 50;
	}
	return fd;
}

int wire_send(int socket, const struct wire_message *message, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec data = { (void *)message, sizeof(*message) };
	struct msghdr header = { .msg_iov = &data, .msg_iovlen = 1 };
	struct cmsghdr *rights;

	if (fd >= 0) {
		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	return sendmsg(socket, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int wire_receive(int socket, struct wire_message *ret_message, int *ret_fd)
{
	struct wire_message message;
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &message, sizeof(message) };
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *rights;
	ssize_t size;
	int fd = -1, ret;

	ret = wait_readable(socket, SILENCE_MS);
	if (ret)
		return ret;
	size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	if (size < 0)
		return -errno;
	rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	if (size != sizeof(message)) {
		if (fd >= 0)
			close(fd);
		return size ? -EPROTO : -EPIPE;
	}
	*ret_message = message;
	*ret_fd = fd;
	return 0;
}

int wire_expect(int socket, enum wire_type type, struct wire_message *ret_message)
{
	struct wire_message message;
	int fd, ret;

	ret = wire_receive(socket, &message, &fd);
	if (ret)
		return ret;
	if (fd >= 0)
		close(fd);
	if (message.type != type)
		return -EPROTO;
	*ret_message = message;
	return 0;
}
