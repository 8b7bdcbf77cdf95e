// SPDX-License-Identifier: MIT
/*
 * What it costs to give a buffer of 64 MiB, whose memory is there, bus addresses of a
 * device that the program drives, and to take them away again. Without an IOMMU, so that
 * only dgem and the DMA API show.
 *
 * It needs a machine with a PCI function that has no driver: QEMU's edu.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <drm/dgem_drm.h>

#include "bench.h"

#define SIZE (64 * MIB)
#define FUNCTIONS "/sys/bus/pci/devices/"
#define EDU "0x11e8\n"
/* As many as there are pages, whatever the memory is like. */
#define ROOM (SIZE / 4096)

static struct drm_dgem_dma_seg segs[ROOM];

struct mapped {
	const struct subject *subject;
	struct buf buf;
};

static int read_file(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : 0;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

/* The function's name on its bus; "" if there is none. */
static void find_function(char name[32])
{
	char text[16];
	glob_t files;
	size_t i;

	*name = '\0';
	if (glob(FUNCTIONS "*/device", 0, NULL, &files))
		return;
	for (i = 0; i < files.gl_pathc; i++)
		if (!read_file(files.gl_pathv[i], text, sizeof(text)) && !strcmp(text, EDU))
			sscanf(files.gl_pathv[i], FUNCTIONS "%31[^/]", name);
	globfree(&files);
}

/* The node that dgem makes for it. */
static int open_function(void)
{
	char name[32], path[128];
	glob_t nodes;
	int fd;

	find_function(name);
	if (!*name)
		fail("there is no edu");
	snprintf(path, sizeof(path), FUNCTIONS "%s/driver_override", name);
	write_file(path, "dgem");
	write_file("/sys/bus/pci/drivers_probe", name);
	snprintf(path, sizeof(path), FUNCTIONS "%s/drm/card*", name);
	if (glob(path, 0, NULL, &nodes))
		fail("%s has no node", name);
	snprintf(path, sizeof(path), "/dev/dri%s", strrchr(nodes.gl_pathv[0], '/'));
	globfree(&nodes);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

static void sample(void *ctx, double *figure)
{
	const struct mapped *m = ctx;
	struct drm_dgem_bo_map_dma map = {
		.handle = m->buf.handle,
		.flags = DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE,
		.segs = (uintptr_t)segs,
		.num_segs = ROOM,
	};
	struct drm_dgem_bo_unmap_dma unmap = { 0 };
	uint64_t start = now();

	must(drm_call(m->buf.drm, DRM_IOCTL_DGEM_BO_MAP_DMA, &map), m->subject->name, "BO_MAP_DMA");
	unmap.map_id = map.map_id;
	must(drm_call(m->buf.drm, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &unmap), m->subject->name,
	     "BO_UNMAP_DMA");
	*figure = now() - start;
}

void job_dma(const struct subject *subject, int drm)
{
	struct figure figure = { "map-dma-64m", "each" };
	struct mapped m = { .subject = subject };
	int function;

	(void)drm;
	if (!subject->heap || !subject->export)
		return;
	function = open_function();
	buf_make(subject, &m.buf, function, SIZE);
	measure(subject->name, &figure, 1, sample, &m);
	buf_drop(subject, &m.buf);
	close(function);
}
