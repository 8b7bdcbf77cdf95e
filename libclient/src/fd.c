// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "sys.h"

/* For one descriptor, and for what the socket's options add to each message. */
#define CONTROL_SIZE 512

DGEM_API int dgem_fd_send(int socket, int fd, const void *data, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (void *)data, size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *rights;
	size_t sent;
	int ret;

	if (!size || size > DGEM_FD_DATA_MAX)
		return -EINVAL;
	if (fd != -1) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	while (part.iov_len) {
		ret = sys_sendmsg(socket, &header, &sent);
		if (ret)
			return ret;
		/* A stream may take a part; the descriptor went with its first byte. */
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= sent;
		header.msg_control = NULL;
		header.msg_controllen = 0;
	}
	return 0;
}

/* Takes one descriptor of those that came along. None of the others may stay. */
static int take_fd(struct msghdr *header, int *fd)
{
	struct cmsghdr *item;
	size_t offset;
	int ret = 0, one;

	for (item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
		if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
			continue;
		for (offset = CMSG_LEN(0); offset + sizeof(one) <= item->cmsg_len;
		     offset += sizeof(one)) {
			memcpy(&one, (char *)item + offset, sizeof(one));
			if (*fd < 0) {
				*fd = one;
				continue;
			}
			sys_close(one);
			ret = -EPROTO;
		}
	}
	/* The kernel drops those that have no room, in the buffer or in the table. */
	if (header->msg_flags & MSG_CTRUNC && !ret)
		ret = *fd < 0 ? -EMFILE : -EPROTO;
	return ret;
}

/* The next part of a message, all of it but on streams. */
static int receive(int socket, char *data, size_t room, size_t *ret_size, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CONTROL_SIZE];
	} control;
	struct iovec part = { data, room };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int ret;

	ret = sys_recvmsg(socket, &header, ret_size);
	if (ret)
		return ret;
	ret = take_fd(&header, fd);
	if (ret)
		return ret;
	if (!*ret_size)
		return -EPIPE;
	if (header.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if (*ret_size < room && !sys_is_stream(socket))
		return -EMSGSIZE;
	return 0;
}

DGEM_API int dgem_fd_recv(int socket, int *ret_fd, void *ret_data, size_t size)
{
	char data[DGEM_FD_DATA_MAX];
	size_t done = 0, part;
	int fd = -1, ret = 0;

	if (!size || size > DGEM_FD_DATA_MAX)
		return -EINVAL;
	while (done < size) {
		ret = receive(socket, data + done, size - done, &part, &fd);
		if (ret) {
			if (fd >= 0)
				sys_close(fd);
			return ret;
		}
		done += part;
	}
	memcpy(ret_data, data, size);
	*ret_fd = fd;
	return 0;
}
