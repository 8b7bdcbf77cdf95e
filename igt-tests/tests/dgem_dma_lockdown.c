// SPDX-License-Identifier: MIT
/*
 * A kernel that is locked down keeps root from memory that is not his, and so from a
 * device that reaches all of it. It stays so until the next boot: no module can be
 * loaded after this program, which is the last of its machine.
 */
#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

#include "dgem/bar.h"
#include "dgem/bind.h"
#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/function.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION(
	"A kernel that is locked down gives no bus addresses without strict translation.");

#define SECURITYFS "/sys/kernel/security"

static char name[32];

static int map(int fd)
{
	struct drm_dgem_dma_seg seg;
	struct drm_dgem_bo_map_dma args = {
		.flags = DMA_BOTH,
		.segs = (uintptr_t)&seg,
		.num_segs = 1,
	};

	args.handle = dgem_bo_create(fd, 4096);
	return __dma_map(fd, &args);
}

static void assert_no_device_heap(void)
{
	int fd = function_open(BAR_FUNCTION);
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &info);
		igt_assert_neq_u32(info.kind, DRM_DGEM_HEAP_DEVICE);
	}
	close(fd);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		if (access(SECURITYFS "/lockdown", F_OK))
			mount("securityfs", SECURITYFS, "securityfs", 0, NULL);
		igt_require_f(!access(SECURITYFS "/lockdown", F_OK),
			      "the kernel cannot be locked down\n");
		function_take(name);
		fd = function_open(name);
	}

	igt_describe("What succeeds before is EPERM afterwards, for root as well.");
	igt_subtest("locked-down") {
		igt_assert_neq_u64(dgem_get_param(fd, DRM_DGEM_PARAM_DMA_TRANSLATED),
				   DRM_DGEM_DMA_STRICT);
		igt_assert_eq(map(fd), 0);
		igt_assert_eq(observe_write(SECURITYFS "/lockdown", "integrity"), 0);
		igt_assert_eq(map(fd), -EPERM);
		close(fd);
		fd = function_open(name);
		igt_assert_eq(map(fd), -EPERM);
	}

	igt_describe(
		"Only where translation is strict there are addresses, which lead to nothing else.");
	igt_subtest("strict") {
		bool strict;

		close(fd);
		strict = function_set_translation(name, "DMA");
		fd = function_open(name);
		igt_assert_eq(map(fd), strict ? 0 : -EPERM);
	}

	igt_describe("A function's memory becomes no heap that programs could reach.");
	igt_subtest("memory") {
		pci_bind(BAR_FUNCTION, "dgem");
		assert_no_device_heap();
		pci_unbind(BAR_FUNCTION);
	}

	igt_fixture() {
		close(fd);
		function_give_back(name);
	}
}
