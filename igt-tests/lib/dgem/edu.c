// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/edu.h"
#include "igt.h"

/* The driver ends each copy in two seconds. */
#define PATIENCE_MS 60000

/* PCI's command word, and its bit to access memory. */
#define PCI_COMMAND 4
#define PCI_COMMAND_MASTER 4

int edu_open(void)
{
	glob_t nodes;
	int fd;

	igt_assert_f(!glob("/dev/" EDU_MODULE "-*", 0, NULL, &nodes), "there is no edu\n");
	fd = open(nodes.gl_pathv[0], O_RDWR | O_CLOEXEC);
	igt_assert_f(fd >= 0, "%s: %s\n", nodes.gl_pathv[0], strerror(errno));
	globfree(&nodes);
	return fd;
}

int __edu_copy(int edu, struct dgem_edu_copy *copy)
{
	return ioctl(edu, DGEM_EDU_IOCTL_COPY, copy) ? -errno : 0;
}

int edu_begin(int edu, int dmabuf, enum dgem_edu_direction direction, uint64_t offset,
	      uint32_t length, uint32_t device_offset)
{
	struct dgem_edu_copy copy = {
		.dmabuf = dmabuf,
		.direction = direction,
		.offset = offset,
		.length = length,
		.device_offset = device_offset,
	};

	igt_assert_eq(__edu_copy(edu, &copy), 0);
	return copy.fence;
}

int edu_fence_status(int fence)
{
	struct sync_file_info info = { 0 };

	igt_assert_eq(ioctl(fence, SYNC_IOC_FILE_INFO, &info), 0);
	return info.status;
}

int edu_end(int fence)
{
	struct pollfd pfd = { .fd = fence, .events = POLLIN };
	int status;

	igt_assert_f(poll(&pfd, 1, PATIENCE_MS) == 1, "the copy does not end\n");
	status = edu_fence_status(fence);
	igt_assert_neq(status, 0);
	close(fence);
	return status < 0 ? status : 0;
}

void edu_copy(int edu, int dmabuf, enum dgem_edu_direction direction, uint64_t offset,
	      uint32_t length, uint32_t device_offset)
{
	igt_assert_eq(edu_end(edu_begin(edu, dmabuf, direction, offset, length, device_offset)), 0);
}

static void bracket(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	do_ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

void edu_copy_within(int edu, int dmabuf, uint8_t *map, uint64_t size, uint64_t from, uint64_t to,
		     uint32_t length, uint32_t device_offset)
{
	static uint64_t rng = 1;
	uint8_t *want = malloc(size);
	uint64_t wrong = 0;

	igt_assert(want);
	for (uint64_t i = 0; i < size; i++)
		want[i] = content_random(&rng, 256);
	bracket(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	memcpy(map, want, size);
	bracket(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);

	edu_copy(edu, dmabuf, DGEM_EDU_TO_DEVICE, from, length, device_offset);
	edu_copy(edu, dmabuf, DGEM_EDU_FROM_DEVICE, to, length, device_offset);

	memmove(want + to, want + from, length);
	bracket(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	for (uint64_t i = 0; i < size; i++)
		wrong += map[i] != want[i];
	bracket(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	igt_assert_f(!wrong, "%llu bytes of %llu are wrong\n", (unsigned long long)wrong,
		     (unsigned long long)size);
	free(want);
}

void edu_clear_master(const struct bound *edu)
{
	char path[128];
	uint16_t command;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", edu->device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	igt_assert_fd(fd);
	igt_assert_eq(pread(fd, &command, sizeof(command), PCI_COMMAND), sizeof(command));
	command &= ~PCI_COMMAND_MASTER;
	igt_assert_eq(pwrite(fd, &command, sizeof(command), PCI_COMMAND), sizeof(command));
	close(fd);
}
