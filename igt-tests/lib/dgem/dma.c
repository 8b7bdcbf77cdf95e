// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "igt.h"

int __dma_map(int fd, struct drm_dgem_bo_map_dma *args)
{
	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_MAP_DMA, args);
}

int __dma_unmap(int fd, uint32_t id)
{
	struct drm_dgem_bo_unmap_dma args = { .map_id = id };

	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args);
}

void dma_map(struct dma *dma, int fd, uint32_t handle)
{
	struct drm_dgem_bo_map_dma args = { .handle = handle, .flags = DMA_BOTH };
	int ret;

	/* How many there are can be different the next time. */
	dma->segs = NULL;
	while ((ret = __dma_map(fd, &args)) == -EMSGSIZE) {
		free(dma->segs);
		dma->segs = malloc(args.num_segs * sizeof(*dma->segs));
		igt_assert(dma->segs);
		args.segs = (uintptr_t)dma->segs;
	}
	igt_assert_eq(ret, 0);
	dma->fd = fd;
	dma->id = args.map_id;
	dma->num = args.num_segs;
}

void dma_unmap(struct dma *dma)
{
	igt_assert_eq(__dma_unmap(dma->fd, dma->id), 0);
	free(dma->segs);
}

/* Where the messages begin that came since dma_expect_faults(). */
static int kmsg = -1;

void dma_expect_faults(unsigned int faults)
{
	char text[64];

	if (kmsg < 0)
		kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	igt_assert_fd(kmsg);
	igt_assert(lseek(kmsg, 0, SEEK_END) >= 0);
	snprintf(text, sizeof(text), "<6>dgem test: %u DMA faults are expected", faults);
	igt_assert_eq(write(kmsg, text, strlen(text)), (ssize_t)strlen(text));
}

unsigned int dma_count_faults(void)
{
	char record[1024];
	unsigned int faults = 0;
	ssize_t len;

	while ((len = read(kmsg, record, sizeof(record) - 1)) > 0) {
		record[len] = '\0';
		faults += strstr(record, "DMAR: ") && strstr(record, " fault addr ");
	}
	igt_assert_eq(errno, EAGAIN);
	return faults;
}

uint64_t dma_address(const struct dma *dma, uint64_t offset)
{
	for (uint32_t i = 0; i < dma->num; offset -= dma->segs[i++].len)
		if (offset < dma->segs[i].len)
			return dma->segs[i].addr + offset;
	igt_assert_f(false, "no segment has byte %llu\n", (unsigned long long)offset);
}
