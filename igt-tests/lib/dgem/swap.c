// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/dm-ioctl.h>

#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "igt.h"

#define ZRAM "/dev/zram0"
#define DM_NAME "dgem-test-swap"
#define SECTOR 512

/* What mkswap writes: the first page of a swap area, version 1. */
static void write_swap_header(int fd, uint64_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *header = calloc(1, page);
	uint32_t *info = (uint32_t *)(header + 1024);

	igt_assert(header);
	info[0] = 1;
	info[1] = size / page - 1;
	memcpy(header + page - 10, "SWAPSPACE2", 10);
	igt_assert_eq(pwrite(fd, header, page, 0), (ssize_t)page);
	free(header);
}

void zram_stop(void)
{
	observe_write("/sys/block/zram0/reset", "1");
}

const char *zram_start(uint64_t size)
{
	char text[32];

	igt_assert_eq(module_load("zram", "num_devices=1"), 0);
	swap_stop();
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	igt_assert_eq(observe_write("/sys/block/zram0/disksize", text), 0);
	return ZRAM;
}

static void swap_on(const char *device, uint64_t size)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	igt_assert_f(fd >= 0, "%s: %s\n", device, strerror(errno));
	write_swap_header(fd, size);
	igt_assert_eq(fsync(fd), 0);
	close(fd);
	igt_assert_f(!swapon(device, 0), "swapon %s: %s\n", device, strerror(errno));
}

void swap_start(uint64_t size)
{
	swap_on(zram_start(size), size);
}

void swap_stop(void)
{
	swapoff(ZRAM);
	zram_stop();
}

void swap_disk_start(const char *device, uint64_t size)
{
	swap_on(device, size);
}

void swap_disk_stop(const char *device)
{
	igt_assert_f(!swapoff(device), "swapoff %s: %s\n", device, strerror(errno));
}

static char dm_device[32];
static uint64_t dm_size;

/* 0 or -errno. */
static int dm_ioctl(unsigned long request, struct dm_ioctl *io, uint32_t flags)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	io->version[0] = DM_VERSION_MAJOR;
	io->data_size = io->data_size ?: sizeof(*io);
	io->data_start = sizeof(*io);
	io->flags = flags;
	strcpy(io->name, DM_NAME);
	if (ioctl(fd, request, io))
		ret = -errno;
	close(fd);
	return ret;
}

void swap_dm_suspend(bool suspend)
{
	struct dm_ioctl io = { 0 };
	uint32_t flags = DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG;

	if (suspend)
		flags |= DM_SUSPEND_FLAG;
	igt_assert_eq(dm_ioctl(DM_DEV_SUSPEND, &io, flags), 0);
}

/* One piece of the device, as the kernel reads it. */
struct dm_piece {
	struct dm_target_spec spec;
	char params[32];
};

static void dm_add(struct dm_piece *piece, uint64_t start, uint64_t end, bool fail)
{
	piece->spec.sector_start = start / SECTOR;
	piece->spec.length = (end - start) / SECTOR;
	piece->spec.next = sizeof(*piece);
	strcpy(piece->spec.target_type, fail ? "error" : "linear");
	if (!fail)
		snprintf(piece->params, sizeof(piece->params), ZRAM " %llu",
			 (unsigned long long)piece->spec.sector_start);
}

/* The first page, which has the header, never fails. */
static void dm_load(unsigned int each)
{
	uint64_t page = sysconf(_SC_PAGESIZE), step = each ? each * page : dm_size, start = 0;
	size_t room = sizeof(struct dm_ioctl) +
		      (2 * (dm_size / step) + 1) * sizeof(struct dm_piece);
	struct dm_ioctl *io = calloc(1, room);
	struct dm_piece *piece = (struct dm_piece *)(io + 1);

	igt_assert(io);
	for (uint64_t bad = step; bad < dm_size; bad += step) {
		dm_add(piece++, start, bad, false);
		dm_add(piece++, bad, bad + page, true);
		start = bad + page;
	}
	dm_add(piece++, start, dm_size, false);
	io->target_count = piece - (struct dm_piece *)(io + 1);
	io->data_size = (char *)piece - (char *)io;
	igt_assert_eq(dm_ioctl(DM_TABLE_LOAD, io, 0), 0);
	free(io);
}

void swap_dm_fail(unsigned int each)
{
	dm_load(each);
	swap_dm_suspend(true);
	swap_dm_suspend(false);
}

/* A test that failed may have left the device suspended, which blocks its I/O. */
void swap_dm_stop(void)
{
	struct dm_ioctl resume = { 0 }, remove = { 0 };

	if (!*dm_device)
		return;
	dm_ioctl(DM_DEV_SUSPEND, &resume, 0);
	swapoff(dm_device);
	igt_assert_eq(dm_ioctl(DM_DEV_REMOVE, &remove, 0), 0);
	*dm_device = 0;
	swap_stop();
}

void swap_dm_start(uint64_t size)
{
	struct dm_ioctl io = { 0 };

	igt_require(!module_load("dm_mod", "") && !access("/dev/mapper/control", F_OK));
	swap_dm_stop();
	zram_start(size);
	/* which would keep pages from the device */
	observe_write("/sys/module/zswap/parameters/enabled", "N");
	dm_size = size;
	igt_assert_eq(dm_ioctl(DM_DEV_CREATE, &io, 0), 0);
	snprintf(dm_device, sizeof(dm_device), "/dev/dm-%u", minor(io.dev));
	dm_load(0);
	swap_dm_suspend(false);
	swap_on(dm_device, size);
}
