// SPDX-License-Identifier: MIT
/* The door to the kernel that the other tests replace, against a real one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../src/sys.h"
#include "harness.h"

static int temporary(size_t size)
{
	int fd = memfd_create("tests-sys", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)size), 0);
	return fd;
}

TEST(open_sets_cloexec_and_reads_and_writes)
{
	int fd = sys_open("/dev/null");

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	sys_close(fd);
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

TEST(open_reports_errno)
{
	CHECK_EQ(sys_open("/nonexistent/node"), -ENOENT);
	CHECK_EQ(sys_open("/"), -EISDIR);
}

TEST(dup_sets_cloexec)
{
	int fd = temporary(0), copy = sys_dup(fd);

	CHECK(copy > fd);
	CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
	sys_close(copy);
	sys_close(fd);
	CHECK_EQ(sys_dup(-1), -EBADF);
}

TEST(calls_on_what_is_no_drm_file)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_RW };
	int fd = temporary(0), out = UNTOUCHED_INT;
	uint32_t handle = UNTOUCHED_INT;
	char name[8] = "before";

	CHECK_EQ(sys_ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync), -ENOTTY);
	CHECK_EQ(sys_ioctl(-1, DMA_BUF_IOCTL_SYNC, &sync), -EBADF);
	CHECK_EQ(sys_driver_name(fd, name, sizeof(name)), -ENODEV);
	CHECK_STR(name, "before");
	CHECK_EQ(sys_prime_export(fd, 1, DRM_CLOEXEC, &out), -ENOTTY);
	CHECK_EQ(out, UNTOUCHED_INT);
	CHECK_EQ(sys_prime_import(fd, fd, &handle), -ENOTTY);
	CHECK_EQ(handle, UNTOUCHED_INT);
	CHECK_EQ(sys_close_handle(fd, 1), -ENOTTY);
	sys_close(fd);
}

TEST(mmap_and_munmap)
{
	int fd = temporary(8192);
	void *ptr = UNTOUCHED_PTR;

	CHECK_EQ(sys_mmap(NULL, 4096, PROT_READ, MAP_SHARED, -1, 0, &ptr), -EBADF);
	CHECK(ptr == UNTOUCHED_PTR);
	CHECK_EQ(pwrite(fd, "second", 6, 4096), 6);
	CHECK_EQ(sys_mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096, &ptr), 0);
	CHECK(!memcmp(ptr, "second", 6));
	sys_munmap(ptr, 4096);
	CHECK(msync(ptr, 4096, MS_ASYNC) < 0);
	sys_close(fd);
}

TEST(file_size)
{
	int fd = temporary(12345), pipes[2];
	uint64_t size = UNTOUCHED_INT;

	CHECK_EQ(sys_file_size(-1, &size), -EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(sys_file_size(pipes[0], &size), -ESPIPE);
	CHECK_EQ(size, UNTOUCHED_INT);
	CHECK_EQ(sys_file_size(fd, &size), 0);
	CHECK_EQ(size, 12345);
	sys_close(fd);
	sys_close(pipes[0]);
	sys_close(pipes[1]);
}

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

/* Without SA_RESTART, while a call waits for the other side. */
static void interrupt_soon(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = { { 0, 5000 }, { 0, 5000 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void *talk_late(void *arg)
{
	struct iovec part = { "late", 4 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	sigset_t set;
	size_t size;

	/* The signals are for the thread that waits. */
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (signals < 3)
		usleep(1000);
	CHECK_EQ(sys_sendmsg(*(int *)arg, &header, &size), 0);
	CHECK_EQ(size, 4);
	return NULL;
}

TEST(messages_are_not_interrupted)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	char bytes[8];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	pthread_t talker;
	size_t size;
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	CHECK_EQ(pthread_create(&talker, NULL, talk_late, &pair[0]), 0);
	interrupt_soon();
	CHECK_EQ(sys_recvmsg(pair[1], &header, &size), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	CHECK_EQ(size, 4);
	CHECK(!memcmp(bytes, "late", 4));
	CHECK(signals >= 3);
	CHECK_EQ(pthread_join(talker, NULL), 0);
	sys_close(pair[0]);
	/* Nobody is there any more, and SIGPIPE would end the test. */
	CHECK_EQ(sys_sendmsg(pair[1], &header, &size), -EPIPE);
	sys_close(pair[1]);
}

TEST(kinds_of_sockets)
{
	int pair[2], fd = temporary(0);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	CHECK(sys_is_stream(pair[0]));
	sys_close(pair[0]);
	sys_close(pair[1]);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	CHECK(!sys_is_stream(pair[0]));
	sys_close(pair[0]);
	sys_close(pair[1]);
	CHECK(!sys_is_stream(fd));
	sys_close(fd);
}

TEST(time_goes_on)
{
	int64_t before = sys_now();

	CHECK(before > 0);
	usleep(2000);
	CHECK(sys_now() - before >= 2000000);
}

TEST(page_size)
{
	CHECK_EQ(sys_page_size(), sysconf(_SC_PAGESIZE));
}

TEST(driver_of_a_node)
{
	char name[8] = "before";

	CHECK_EQ(sys_node_driver("/nonexistent/node", name, sizeof(name)), -ENOENT);
	/* It has no device behind it, and there may be no sysfs at all. */
	CHECK_EQ(sys_node_driver("/dev/null", name, sizeof(name)), -ENOENT);
	CHECK_STR(name, "before");
}

TEST(enumeration_does_not_fail_on_a_host_without_gpu)
{
	drmDevicePtr devices[64];
	int count = sys_get_devices(devices, 64);

	/* Without any DRM driver there is no /dev/dri. */
	CHECK(count >= 0 || count == -ENOENT);
	if (count > 0)
		sys_free_devices(devices, count);
}
