// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/ctrl.h"
#include "dgem/dgem.h"
#include "igt.h"

static volatile uint8_t *map_regs(const char *name)
{
	char path[96];
	void *regs;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	igt_assert_f(fd >= 0, "%s: %s\n", path, strerror(errno));
	regs = mmap(NULL, NVME_REGS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	igt_assert(regs != MAP_FAILED);
	close(fd);
	return regs;
}

void ctrl_start(struct ctrl *c, int fd, const char *name)
{
	c->fd = fd;
	c->nvme.regs = map_regs(name);
	c->handle = dgem_bo_create(fd, NVME_MEMORY);
	c->nvme.mem = dgem_bo_map(fd, c->handle, NVME_MEMORY);
	dma_map(&c->dma, fd, c->handle);
	for (unsigned int i = 0; i < NVME_MEMORY / NVME_PAGE; i++)
		c->nvme.pages[i] = dma_address(&c->dma, i * NVME_PAGE);
	igt_assert_eq(nvme_start(&c->nvme), 0);
	igt_assert_f(!strncmp(nvme_model(&c->nvme), "QEMU NVMe Ctrl", 14),
		     "the controller is '%.40s'\n", nvme_model(&c->nvme));
}

void ctrl_forget(struct ctrl *c)
{
	munmap((void *)c->nvme.regs, NVME_REGS);
	dgem_unmap(c->nvme.mem, NVME_MEMORY);
	free(c->dma.segs);
}

void ctrl_submit(struct ctrl *c, bool to_disk, uint64_t disk, const struct dma *dma,
		 uint64_t offset, uint64_t bytes)
{
	uint64_t pages[NVME_MAX_PAGES];
	unsigned int count = bytes / NVME_PAGE;

	igt_assert(count && count <= NVME_MAX_PAGES && !(bytes % NVME_PAGE));
	for (unsigned int i = 0; i < count; i++)
		pages[i] = dma_address(dma, offset + i * NVME_PAGE);
	nvme_submit(&c->nvme, to_disk, disk, pages, count);
}

unsigned int ctrl_wait(struct ctrl *c)
{
	int status = nvme_wait(&c->nvme);

	igt_assert_f(status >= 0, "a command does not end\n");
	return status;
}

void ctrl_copy(struct ctrl *c, bool to_disk, uint64_t disk, const struct dma *dma, uint64_t offset,
	       uint64_t bytes)
{
	unsigned int flying = 0;

	for (uint64_t at = 0, piece; at < bytes; at += piece) {
		piece = bytes - at < CTRL_MAX_TRANSFER ? bytes - at : CTRL_MAX_TRANSFER;
		if (flying == NVME_DEPTH) {
			igt_assert_eq(ctrl_wait(c), 0);
			flying--;
		}
		ctrl_submit(c, to_disk, disk + at, dma, offset + at, piece);
		flying++;
	}
	while (flying--)
		igt_assert_eq(ctrl_wait(c), 0);
}
