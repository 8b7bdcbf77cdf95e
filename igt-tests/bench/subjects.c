// SPDX-License-Identifier: MIT
/* The list of subjects, and what they have in common. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

const struct subject *const subjects[] = {
	&subject_dgem_pinned,
	&subject_dgem_contiguous,
	&subject_dgem_carveout,
	&subject_dgem_system,
	&subject_floor_pinned,
	&subject_floor_system,
	&subject_vgem,
	&subject_udmabuf,
	&subject_dma_heap,
	&subject_memfd,
	&subject_memfd_rw,
	&subject_anon,
	&subject_dgem_pinned_direct,
	&subject_dgem_system_direct,
	&subject_pool,
	&subject_malloc,
	NULL,
};

int buf_mmap(struct buf *buf, int fd, uint64_t offset)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *map;

	map = mmap(NULL, buf->size, PROT_READ | PROT_WRITE, flags, fd, offset);
	if (map == MAP_FAILED)
		return -errno;
	buf->map = map;
	return 0;
}

int buf_munmap(struct buf *buf)
{
	return munmap(buf->map, buf->size) ? -errno : 0;
}

int buf_touch(const struct subject *subject, struct buf *buf)
{
	volatile char *map = buf->map;
	size_t i;

	if (subject->touch)
		return subject->touch(buf);
	for (i = 0; i < buf->size; i += 4 * KIB)
		map[i] = 1;
	return 0;
}

int buf_close_fd(struct buf *buf)
{
	return close(buf->fd) ? -errno : 0;
}

/* A mapped buffer with all its pages there. */
void buf_make(const struct subject *subject, struct buf *buf, int drm, size_t size)
{
	memset(buf, 0, sizeof(*buf));
	buf->drm = drm;
	must(subject->create(buf, size, true), subject->name, "create");
	must(subject->map(buf), subject->name, "map");
	must(buf_touch(subject, buf), subject->name, "touch");
}

void buf_drop(const struct subject *subject, struct buf *buf)
{
	must(subject->unmap(buf), subject->name, "unmap");
	must(subject->destroy(buf), subject->name, "destroy");
}
