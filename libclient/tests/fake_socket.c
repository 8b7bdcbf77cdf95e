// SPDX-License-Identifier: MIT
/* Sockets are real ones, and fail or take less when a test wants it. */
#include <errno.h>
#include <sys/socket.h>

#include "../src/sys.h"
#include "fake_state.h"

static size_t send_room;

void fake_set_send_room(size_t bytes)
{
	send_room = bytes;
}

static int enter(enum fake_call call)
{
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(call, NULL, 0);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

int sys_sendmsg(int socket, const struct msghdr *message, size_t *ret_size)
{
	struct msghdr copy = *message;
	struct iovec part = *message->msg_iov;
	ssize_t size;
	int ret;

	ret = enter(FAKE_SENDMSG);
	if (ret)
		return ret;
	copy.msg_iov = &part;
	if (send_room && part.iov_len > send_room)
		part.iov_len = send_room;
	size = sendmsg(socket, &copy, MSG_NOSIGNAL);
	if (size < 0)
		return -errno;
	*ret_size = (size_t)size;
	return 0;
}

int sys_recvmsg(int socket, struct msghdr *message, size_t *ret_size)
{
	ssize_t size;
	int ret;

	ret = enter(FAKE_RECVMSG);
	if (ret)
		return ret;
	size = recvmsg(socket, message, MSG_CMSG_CLOEXEC);
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
