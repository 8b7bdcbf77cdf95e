// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "igt.h"
#include "igt_foreign.h"
#include "igt_observe.h"
#include "igt_swap.h"

#define ZRAM "/dev/zram0"

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

void swap_start(uint64_t size)
{
	char text[32];
	int fd;

	igt_assert_eq(module_load("zram", "num_devices=1"), 0);
	swap_stop();
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	igt_assert_eq(observe_write("/sys/block/zram0/disksize", text), 0);
	fd = open(ZRAM, O_RDWR | O_CLOEXEC);
	igt_assert_fd(fd);
	write_swap_header(fd, size);
	igt_assert_eq(fsync(fd), 0);
	close(fd);
	igt_assert_f(!swapon(ZRAM, 0), "swapon: %s\n", strerror(errno));
}

void swap_stop(void)
{
	swapoff(ZRAM);
	observe_write("/sys/block/zram0/reset", "1");
}
