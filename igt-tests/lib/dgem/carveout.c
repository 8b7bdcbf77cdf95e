// SPDX-License-Identifier: MIT
#include <string.h>

#include "dgem/carveout.h"
#include "dgem/dgem.h"
#include "igt.h"

const struct carveout carveouts[3] = {
	{ "mailbox", 0x6000000, MAILBOX_SIZE, true },
	{ "range", 0xc000000, 4 << 20, false },
	{ "spare", 0, 8 << 20, false },
};

int __carveout_heap(int fd, const char *name)
{
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &info);
		if (!strcmp(info.name, name))
			return heap;
	}
	return -1;
}

uint32_t carveout_heap(int fd, const char *name)
{
	int heap = __carveout_heap(fd, name);

	igt_assert_f(heap >= 0, "there is no heap '%s'\n", name);
	return heap;
}
