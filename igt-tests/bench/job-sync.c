// SPDX-License-Identifier: MIT
/*
 * What it costs to tell that the CPU accesses a part of a buffer which a device works on
 * a copy of: 4 KiB and all of 64 MiB by BO_SYNC, and all by DMA_BUF_IOCTL_SYNC, which
 * knows no parts. Each is the begin and the end of an access for reading and writing.
 *
 * It needs a machine whose devices do so: others see what the CPU sees, for which both
 * calls find nothing to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm/dgem_drm.h>
#include <linux/dma-buf.h>

#include "attach/bench_attach.h"
#include "bench.h"

#define SIZE (64 * MIB)
#define PART (4 * KIB)

struct synced {
	const struct subject *subject;
	struct buf buf;
	int dmabuf;
	/* Of what is synced at @at */
	size_t part;
	uint64_t at;
	unsigned int times;
};

static void bo_sync(const struct synced *s, uint32_t flags)
{
	struct drm_dgem_sync_op op = {
		.handle = s->buf.handle,
		.flags = DRM_DGEM_SYNC_READ | DRM_DGEM_SYNC_WRITE | flags,
		.offset = s->at,
		.size = s->part,
	};
	struct drm_dgem_bo_sync arg = {
		.ops = (uintptr_t)&op,
		.count = 1,
		.stride = sizeof(op),
	};

	must(drm_call(s->buf.drm, DRM_IOCTL_DGEM_BO_SYNC, &arg), s->subject->name, "BO_SYNC");
}

static void sample_bo(void *ctx, double *figure)
{
	const struct synced *s = ctx;
	uint64_t start = now();
	unsigned int i;

	for (i = 0; i < s->times; i++) {
		bo_sync(s, 0);
		bo_sync(s, DRM_DGEM_SYNC_END);
	}
	*figure = (double)(now() - start) / s->times;
}

static void dmabuf_sync(const struct synced *s, uint64_t flags)
{
	struct dma_buf_sync arg = { .flags = DMA_BUF_SYNC_RW | flags };

	if (ioctl(s->dmabuf, DMA_BUF_IOCTL_SYNC, &arg))
		must(-errno, s->subject->name, "DMA_BUF_IOCTL_SYNC");
}

static void sample_dmabuf(void *ctx, double *figure)
{
	const struct synced *s = ctx;
	uint64_t start = now();

	dmabuf_sync(s, DMA_BUF_SYNC_START);
	dmabuf_sync(s, DMA_BUF_SYNC_END);
	*figure = now() - start;
}

/* The importer, which has the buffer mapped until it is closed */
static int lend(const struct synced *s)
{
	struct bench_attach arg = { .fd = s->dmabuf };
	int importer = open("/dev/bench_attach", O_RDWR | O_CLOEXEC);

	if (importer < 0)
		must(-errno, s->subject->name, "/dev/bench_attach");
	if (ioctl(importer, BENCH_ATTACH_KEEP, &arg))
		must(-errno, s->subject->name, "attach and map");
	if (arg.bytes != SIZE)
		fail("%s: the importer got %llu bytes", s->subject->name,
		     (unsigned long long)arg.bytes);
	return importer;
}

void job_sync(const struct subject *subject, int drm)
{
	struct figure part = { "sync-4k-of-64m", "each" };
	struct figure whole = { "sync-64m", "each" };
	struct figure dmabuf = { "sync-64m-dma-buf", "each" };
	struct synced s = { .subject = subject };
	int importer;

	if (!subject->heap || !subject->export)
		return;
	buf_make(subject, &s.buf, drm, SIZE);
	s.dmabuf = subject->export(&s.buf);
	if (s.dmabuf < 0)
		must(s.dmabuf, subject->name, "export");
	importer = lend(&s);

	/* in the middle, where it has to be searched for */
	s.at = SIZE / 2;
	s.part = PART;
	s.times = 100;
	measure(subject->name, &part, 1, sample_bo, &s);
	s.at = 0;
	s.part = SIZE;
	s.times = 1;
	measure(subject->name, &whole, 1, sample_bo, &s);
	measure(subject->name, &dmabuf, 1, sample_dmabuf, &s);

	close(importer);
	close(s.dmabuf);
	buf_drop(subject, &s.buf);
}
