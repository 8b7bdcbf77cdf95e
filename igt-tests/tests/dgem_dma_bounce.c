// SPDX-License-Identifier: MIT
/*
 * Where the kernel has each device work on a copy of what it maps, an address would lead
 * to the copy, which nobody syncs: there is none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/foreign.h"
#include "dgem/function.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("No bus addresses are given of copies.");

static char name[32];

static void assert_none(int fd, uint32_t handle)
{
	struct drm_dgem_dma_seg segs[16];
	struct drm_dgem_bo_map_dma args = {
		.handle = handle,
		.flags = DMA_BOTH,
		.segs = (uintptr_t)segs,
		.num_segs = ARRAY_SIZE(segs),
	};

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_MAP_DMA, &args, EOPNOTSUPP);
	args.num_segs = 0;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_MAP_DMA, &args, EOPNOTSUPP);
}

static void refused(int fd)
{
	struct foreign f;
	uint32_t handle;

	for_each_dgem_heap(fd, heap) {
		handle = dgem_bo_create_in(fd, 4096, heap, DRM_DGEM_BO_POPULATE);
		assert_none(fd, handle);
		gem_close(fd, handle);
	}
	foreign_create(&f, FOREIGN_UDMABUF, 8192);
	handle = prime_fd_to_handle(fd, f.dmabuf);
	assert_none(fd, handle);
	gem_close(fd, handle);
	foreign_destroy(&f);
}

/* What the device's attribute says, from which the command takes it. */
static void told(void)
{
	char path[96], *says;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/dgem_dma_coherency", name);
	says = observe_file(path);
	igt_assert_f(!strcmp(says, "bounced\n"), "%s\n", says);
	free(says);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		function_take(name);
		fd = function_open(name);
	}

	igt_describe("BOs of each heap and imported ones are refused, and nothing is mapped.");
	dgem_subtest(fd, "refused")
		refused(fd);
	igt_describe("The device's attribute tells that there are none.");
	dgem_subtest(fd, "told")
		told();

	igt_fixture() {
		close(fd);
		function_give_back(name);
	}
}
