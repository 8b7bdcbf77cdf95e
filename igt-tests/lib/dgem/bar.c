// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/bar.h"
#include "dgem/bind.h"
#include "dgem/dgem.h"
#include "dgem/function.h"
#include "igt.h"

static volatile uint8_t *map_view(void)
{
	void *map;
	int fd;

	igt_assert_eq(function_write(BAR_VIEW, "enable", "1"), 0);
	fd = open("/sys/bus/pci/devices/" BAR_VIEW "/resource2", O_RDWR | O_CLOEXEC);
	igt_assert_fd(fd);
	map = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	igt_assert(map != MAP_FAILED);
	close(fd);
	return map;
}

void bar_take(struct bar *bar)
{
	pci_bind(BAR_FUNCTION, "dgem");
	bar->fd = function_open(BAR_FUNCTION);
	bar->heap = dgem_require_heap(bar->fd, DRM_DGEM_HEAP_DEVICE);
	bar->view = map_view();
}

void bar_give_back(struct bar *bar)
{
	close(bar->fd);
	munmap((void *)bar->view, BAR_SIZE);
	igt_assert_eq(function_write(BAR_VIEW, "enable", "0"), 0);
	pci_unbind(BAR_FUNCTION);
}

uint32_t bar_create(const struct bar *bar, uint64_t offset, uint64_t size, uint64_t flags)
{
	struct drm_dgem_bo_create create = {
		.size = size,
		.flags = DRM_DGEM_BO_FIXED | flags,
		.heap = bar->heap,
		.heap_offset = offset,
	};

	igt_assert_eq(__dgem_bo_create(bar->fd, &create), 0);
	return create.handle;
}
