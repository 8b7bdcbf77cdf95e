// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/segment.h"
#include "dgem/trace.h"
#include "dgem/vivid.h"
#include "igt.h"

void segment_init(void)
{
	vivid_load(VIVID_CONTIG);
}

/* The number after @key. */
static uint64_t value_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	igt_assert_f(at, "no %s in the trace: %s\n", key, line);
	return strtoull(at + strlen(key), NULL, 0);
}

uint64_t segment_address(int fd, uint32_t handle, uint64_t size)
{
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
	struct vivid v;
	uint64_t addr;
	char *text, *line;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 320, 180);
	igt_assert_lte_u64(v.bytes, SEGMENT_MIN);
	/* It takes no fewer. */
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	trace_start("dma:dma_map_sg");
	/* Fails unless all of it follows the first byte. */
	igt_assert_eq(vivid_queue(&v, 0, dmabuf, size), 0);
	text = trace_stop();
	line = strstr(text, "dma_map_sg: vivid");
	igt_assert_f(line, "vivid has not mapped the BO:\n%s", text);
	addr = value_of(line, " dma_addrs={");
	free(text);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 0), 0);
	vivid_close(&v);
	close(dmabuf);
	return addr;
}
