// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/observe.h"
#include "dgem/user.h"
#include "igt.h"

static void change_node(int fd, mode_t mode)
{
	char node[32];

	snprintf(node, sizeof(node), "/proc/self/fd/%d", fd);
	igt_assert_eq(chmod(node, mode), 0);
}

void user_share_node(int fd)
{
	change_node(fd, 0666);
}

void user_unshare_node(int fd)
{
	change_node(fd, 0600);
}

/* The saved id is the way back. */
void user_enter(uid_t uid)
{
	igt_assert_eq(setresuid(uid, uid, 0), 0);
}

void user_leave(void)
{
	igt_assert_eq(setresuid(0, 0, 0), 0);
}

int user_open(int fd, uid_t uid)
{
	int file;

	user_enter(uid);
	file = drm_reopen_driver(fd);
	user_leave();
	return file;
}

static void write_map(pid_t pid, const char *file, uid_t root, uid_t first)
{
	char path[64], map[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	snprintf(map, sizeof(map), "0 %u 1\n1 %u 3\n", root, first);
	igt_assert_eq(observe_write(path, map), 0);
}

/* A child that stays root writes the maps, as newuidmap does. */
static void new_namespace(uid_t owner, uid_t root, uid_t first)
{
	const pid_t self = getpid();
	int go[2], status;
	pid_t writer;
	char byte;

	igt_assert_eq(pipe2(go, O_CLOEXEC), 0);
	writer = fork();
	igt_assert(writer >= 0);
	if (!writer) {
		close(go[1]);
		igt_assert_eq(read(go[0], &byte, 1), 1);
		write_map(self, "uid_map", root, first);
		write_map(self, "gid_map", root, first);
		_exit(0);
	}
	igt_assert_eq(setgroups(0, NULL), 0);
	igt_assert_eq(setresgid(owner, owner, owner), 0);
	igt_assert_eq(setresuid(owner, owner, owner), 0);
	igt_assert_f(!unshare(CLONE_NEWUSER), "unshare: %s\n", strerror(errno));
	igt_assert_eq(write(go[1], "", 1), 1);
	igt_assert_eq(waitpid(writer, &status, 0), writer);
	igt_assert_eq(status, 0);
	close(go[0]);
	close(go[1]);
}

void user_new_namespace(uid_t root, uid_t first)
{
	new_namespace(root, root, first);
}

void user_new_container(uid_t root, uid_t first)
{
	new_namespace(0, root, first);
}

/* A message of one byte and one fd. */
struct fd_message {
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov;
	struct msghdr msg;
};

static struct cmsghdr *fd_message_init(struct fd_message *m)
{
	*m = (struct fd_message){
		.iov = { .iov_base = &m->byte, .iov_len = 1 },
		.msg = { .msg_iov = &m->iov,
			 .msg_iovlen = 1,
			 .msg_control = &m->control,
			 .msg_controllen = sizeof(m->control) },
	};
	return CMSG_FIRSTHDR(&m->msg);
}

void user_send_fd(int socket, int fd)
{
	struct fd_message m;
	struct cmsghdr *cmsg = fd_message_init(&m);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	igt_assert_eq(sendmsg(socket, &m.msg, 0), 1);
}

int user_receive_fd(int socket)
{
	struct fd_message m;
	struct cmsghdr *cmsg = fd_message_init(&m);
	int fd;

	igt_assert_eq(recvmsg(socket, &m.msg, MSG_CMSG_CLOEXEC), 1);
	igt_assert_lte_u64(CMSG_LEN(sizeof(fd)), m.msg.msg_controllen);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

void user_id_in_namespace(uid_t id)
{
	igt_assert_eq(setresuid(id, id, 0), 0);
}
