// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <poll.h>
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
	return dgem_fd_send(socket, fd, message, sizeof(*message));
}

int wire_receive(int socket, struct wire_message *ret_message, int *ret_fd)
{
	int ret = wait_readable(socket, SILENCE_MS);

	return ret ? ret : dgem_fd_recv(socket, ret_fd, ret_message, sizeof(*ret_message));
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
