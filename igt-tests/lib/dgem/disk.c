// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <linux/loop.h>

#include "dgem/disk.h"
#include "dgem/foreign.h"
#include "dgem/swap.h"
#include "igt.h"

const char *disk_take(uint64_t size)
{
	return getenv("IGT_DGEM_DISK") ?: zram_start(size);
}

void disk_give(void)
{
	if (!getenv("IGT_DGEM_DISK"))
		zram_stop();
}

int disk_open(const char *device)
{
	int fd = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);

	igt_assert_f(fd >= 0, "%s: %s\n", device, strerror(errno));
	return fd;
}

/* Another process may have taken the free device first. */
static int loop_open_free(int control, char *device, size_t len, struct loop_config *config)
{
	int nr = ioctl(control, LOOP_CTL_GET_FREE), fd;

	igt_assert(nr >= 0);
	snprintf(device, len, "/dev/loop%d", nr);
	fd = open(device, O_RDWR | O_CLOEXEC);
	igt_assert_f(fd >= 0, "%s: %s\n", device, strerror(errno));
	if (!ioctl(fd, LOOP_CONFIGURE, config))
		return fd;
	igt_assert_eq(errno, EBUSY);
	close(fd);
	return -1;
}

int memory_file(uint64_t size, char *path, size_t len)
{
	int fd = memfd_create("dgem-test-disk", MFD_CLOEXEC);

	igt_assert(fd >= 0);
	igt_assert_eq(ftruncate(fd, size), 0);
	snprintf(path, len, "/proc/%d/fd/%d", getpid(), fd);
	return fd;
}

int loop_open(int file, char *device, size_t len)
{
	struct loop_config config = { .fd = file, .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int control, fd;

	igt_require(!module_load("loop", ""));
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	igt_assert(control >= 0);
	do
		fd = loop_open_free(control, device, len, &config);
	while (fd < 0);
	close(control);
	return fd;
}

void ext4_require(void)
{
	igt_require(!module_load("ext4", ""));
}

/*
 * That of busybox, which small systems have, makes what is an ext4 of few features.
 * Both are told the size of inodes that have room for times after 2038, of which the
 * kernel warns otherwise.
 */
void ext4_make(const char *path)
{
	const char *options = "-F -b 4096 -I 256";
	char command[256];

	snprintf(command, sizeof(command),
		 "{ mke2fs -t ext4 %s %s || busybox mke2fs %s %s; } >/dev/null 2>&1", options, path,
		 options, path);
	igt_assert_f(!system(command), "there is no mke2fs, or %s cannot be written\n", path);
}

/*
 * A mount that has no place in the tree. The kernel is to zero nothing on its own, which
 * not every file can do without writing, and which is reported as an error then.
 */
static int ext4_mount(const char *device)
{
	int fs = fsopen("ext4", FSOPEN_CLOEXEC), mount;

	igt_assert_f(fs >= 0, "ext4: %s\n", strerror(errno));
	igt_assert_eq(fsconfig(fs, FSCONFIG_SET_STRING, "source", device, 0), 0);
	igt_assert_eq(fsconfig(fs, FSCONFIG_SET_FLAG, "noinit_itable", NULL, 0), 0);
	igt_assert_f(!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "ext4 on %s: %s\n", device,
		     strerror(errno));
	mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	igt_assert(mount >= 0);
	close(fs);
	return mount;
}

/* A write to a hole need not go to the disk directly, even with O_DIRECT. */
static void fill(int fd, uint64_t size)
{
	void *zeroes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	igt_assert(zeroes != MAP_FAILED);
	igt_assert_eq(pwrite(fd, zeroes, size, 0), (ssize_t)size);
	igt_assert_eq(fsync(fd), 0);
	munmap(zeroes, size);
}

int ext4_file(const char *device, uint64_t size)
{
	int mount = ext4_mount(device), fd;

	fd = openat(mount, "file", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	igt_assert(fd >= 0);
	close(mount);
	fill(fd, size);
	return fd;
}
