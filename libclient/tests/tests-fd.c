// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake.h"
#include "harness.h"

static const int types[] = { SOCK_SEQPACKET, SOCK_DGRAM, SOCK_STREAM };

#define NUM_TYPES (sizeof(types) / sizeof(types[0]))

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	CHECK(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void connect_pair(int type, int pair[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static int make_file(void)
{
	int fd = memfd_create("tests-fd", MFD_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static void check_same_file(int a, int b)
{
	struct stat left, right;

	CHECK_EQ(fstat(a, &left), 0);
	CHECK_EQ(fstat(b, &right), 0);
	CHECK(left.st_ino == right.st_ino && left.st_dev == right.st_dev);
}

/* What no dgem_fd_send() sends. */
static void send_raw(int socket, const void *data, size_t size, const int *fds, size_t count)
{
	union {
		struct cmsghdr rights;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (void *)data, size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control };
	struct cmsghdr *rights = &control.rights;

	header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	CHECK_EQ(sendmsg(socket, &header, 0), size);
}

static void check_refused(int socket, size_t size, int error)
{
	char data[DGEM_FD_DATA_MAX];
	int fd = UNTOUCHED_INT;

	memset(data, 0x5a, sizeof(data));
	CHECK_EQ(dgem_fd_recv(socket, &fd, data, size), -error);
	CHECK_EQ(fd, UNTOUCHED_INT);
	CHECK_EQ(data[0], 0x5a);
	CHECK(!memcmp(data, data + 1, sizeof(data) - 1));
}

TEST(descriptor_and_bytes_arrive)
{
	const char text[] = "two words";
	char got[sizeof(text)];
	unsigned int i;
	int pair[2], fd, copy;

	for (i = 0; i < NUM_TYPES; i++) {
		int before = open_descriptors();

		connect_pair(types[i], pair);
		fd = make_file();
		CHECK_EQ(dgem_fd_send(pair[0], fd, text, sizeof(text)), 0);
		CHECK_EQ(dgem_fd_recv(pair[1], &copy, got, sizeof(got)), 0);
		CHECK_STR(got, text);
		CHECK(copy != fd);
		check_same_file(copy, fd);
		CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
		close(copy);
		close(fd);
		close_pair(pair);
		CHECK_EQ(open_descriptors(), before);
	}
}

TEST(bytes_arrive_alone)
{
	unsigned int i;
	int pair[2], fd;
	char byte;

	for (i = 0; i < NUM_TYPES; i++) {
		connect_pair(types[i], pair);
		CHECK_EQ(dgem_fd_send(pair[0], -1, "x", 1), 0);
		fd = UNTOUCHED_INT;
		CHECK_EQ(dgem_fd_recv(pair[1], &fd, &byte, 1), 0);
		CHECK_EQ(fd, -1);
		CHECK_EQ(byte, 'x');
		close_pair(pair);
	}
}

TEST(messages_keep_their_order_and_their_bounds)
{
	char sent[DGEM_FD_DATA_MAX], got[DGEM_FD_DATA_MAX];
	unsigned int i, n;
	int pair[2], fd, copy;

	for (i = 0; i < NUM_TYPES; i++) {
		connect_pair(types[i], pair);
		fd = make_file();
		for (n = 0; n < 4; n++) {
			memset(sent, (int)n, sizeof(sent));
			CHECK_EQ(dgem_fd_send(pair[0], n % 2 ? fd : -1, sent, sizeof(sent)), 0);
		}
		for (n = 0; n < 4; n++) {
			memset(sent, (int)n, sizeof(sent));
			CHECK_EQ(dgem_fd_recv(pair[1], &copy, got, sizeof(got)), 0);
			CHECK(!memcmp(got, sent, sizeof(got)));
			CHECK_EQ(copy >= 0, n % 2);
			if (copy >= 0)
				close(copy);
		}
		close(fd);
		close_pair(pair);
	}
}

/* A stream that takes a few bytes at a time, and gives them as they come. */
TEST(stream_in_pieces)
{
	char sent[100], got[100];
	int pair[2], fd = make_file(), copy, i;

	for (i = 0; i < (int)sizeof(sent); i++)
		sent[i] = (char)i;
	connect_pair(SOCK_STREAM, pair);
	fake_set_send_room(7);
	CHECK_EQ(dgem_fd_send(pair[0], fd, sent, sizeof(sent)), 0);
	CHECK_EQ(fake_calls(FAKE_SENDMSG), 15);
	CHECK_EQ(dgem_fd_recv(pair[1], &copy, got, sizeof(got)), 0);
	CHECK(!memcmp(got, sent, sizeof(got)));
	check_same_file(copy, fd);
	close(copy);

	/* The other side goes in the middle: its descriptor does not stay here. */
	send_raw(pair[0], sent, 50, &fd, 1);
	close(pair[0]);
	i = open_descriptors();
	check_refused(pair[1], sizeof(got), EPIPE);
	CHECK_EQ(open_descriptors(), i);
	close(pair[1]);
	close(fd);
}

TEST(other_side_is_gone)
{
	int pair[2];

	connect_pair(SOCK_SEQPACKET, pair);
	close(pair[0]);
	check_refused(pair[1], 1, EPIPE);
	/* Without SIGPIPE. */
	CHECK_EQ(dgem_fd_send(pair[1], -1, "x", 1), -EPIPE);
	close(pair[1]);
}

TEST(message_of_another_size)
{
	int pair[2], fd = make_file(), before;

	connect_pair(SOCK_SEQPACKET, pair);
	CHECK_EQ(dgem_fd_send(pair[0], fd, "abc", 3), 0);
	CHECK_EQ(dgem_fd_send(pair[0], fd, "abc", 3), 0);
	CHECK_EQ(dgem_fd_send(pair[0], fd, "abcd", 4), 0);
	before = open_descriptors();
	check_refused(pair[1], 2, EMSGSIZE);
	check_refused(pair[1], 4, EMSGSIZE);
	check_refused(pair[1], 3, EMSGSIZE);
	CHECK_EQ(open_descriptors(), before);
	close_pair(pair);
	close(fd);
}

TEST(more_than_one_descriptor)
{
	static const size_t counts[] = { 2, 3, 64 };
	int pair[2], fds[64], before;
	unsigned int i;

	for (i = 0; i < 64; i++)
		fds[i] = make_file();
	connect_pair(SOCK_SEQPACKET, pair);
	before = open_descriptors();
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		send_raw(pair[0], "x", 1, fds, counts[i]);
		check_refused(pair[1], 1, EPROTO);
		CHECK_EQ(open_descriptors(), before);
	}
	close_pair(pair);
	/* One with each part of a message. */
	connect_pair(SOCK_STREAM, pair);
	send_raw(pair[0], "x", 1, fds, 1);
	send_raw(pair[0], "y", 1, fds, 1);
	check_refused(pair[1], 2, EPROTO);
	CHECK_EQ(open_descriptors(), before);
	close_pair(pair);
	for (i = 0; i < 64; i++)
		close(fds[i]);
}

/* Who wants to know the sender gets the descriptor as well. */
TEST(socket_that_passes_credentials)
{
	int pair[2], fd = make_file(), copy, on = 1;
	char byte;

	connect_pair(SOCK_SEQPACKET, pair);
	CHECK_EQ(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	CHECK_EQ(dgem_fd_send(pair[0], fd, "x", 1), 0);
	CHECK_EQ(dgem_fd_recv(pair[1], &copy, &byte, 1), 0);
	check_same_file(copy, fd);
	close(copy);
	close(fd);
	close_pair(pair);
}

TEST(full_table_of_descriptors)
{
	struct rlimit limit;
	int pair[2], fd = make_file();
	rlim_t usual;

	connect_pair(SOCK_SEQPACKET, pair);
	CHECK_EQ(dgem_fd_send(pair[0], fd, "x", 1), 0);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	usual = limit.rlim_cur;
	limit.rlim_cur = 3;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	check_refused(pair[1], 1, EMFILE);
	limit.rlim_cur = usual;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	close(fd);
	close_pair(pair);
}

TEST(bad_arguments)
{
	char data[DGEM_FD_DATA_MAX + 1] = { 0 };
	int pair[2], fd;

	connect_pair(SOCK_SEQPACKET, pair);
	CHECK_EQ(dgem_fd_send(pair[0], -1, data, 0), -EINVAL);
	CHECK_EQ(dgem_fd_send(pair[0], -1, data, sizeof(data)), -EINVAL);
	CHECK_EQ(dgem_fd_send(pair[0], -2, data, 1), -EBADF);
	CHECK_EQ(dgem_fd_send(-1, -1, data, 1), -EBADF);
	check_refused(pair[1], 0, EINVAL);
	CHECK_EQ(dgem_fd_recv(pair[1], &fd, data, sizeof(data)), -EINVAL);
	check_refused(-1, 1, EBADF);
	CHECK_EQ(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	check_refused(pair[1], 1, EAGAIN);
	fake_fail(FAKE_SENDMSG, 1, ENOBUFS);
	CHECK_EQ(dgem_fd_send(pair[0], -1, data, 1), -ENOBUFS);
	fake_fail(FAKE_RECVMSG, 1, ENOMEM);
	check_refused(pair[1], 1, ENOMEM);
	close_pair(pair);
}
