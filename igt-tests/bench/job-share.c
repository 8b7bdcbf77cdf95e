// SPDX-License-Identifier: MIT
/*
 * Sharing: what another driver's attach and map cost, the second export of a
 * buffer, and the import of a foreign one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attach/bench_attach.h"
#include "bench.h"

#define SIZE (64 * MIB)
/* So that one refill of a slab more or less is nothing to it. */
#define AGAIN 32

struct share {
	const struct subject *subject;
	int drm;
	int importer;
	int dmabuf;
	struct buf buf;
};

/* Export, attach, map, unmap, detach, close. */
static double attach_once(struct share *sh)
{
	const char *name = sh->subject->name;
	struct bench_attach arg = { 0 };
	uint64_t start = now(), took;

	arg.fd = sh->subject->export(&sh->buf);
	if (arg.fd < 0)
		must(arg.fd, name, "export");
	if (ioctl(sh->importer, BENCH_ATTACH_ONCE, &arg))
		must(-errno, name, "attach and map");
	must(close(arg.fd) ? -errno : 0, name, "close");
	took = now() - start;
	if (arg.bytes != SIZE)
		fail("%s: the importer got %llu bytes", name, (unsigned long long)arg.bytes);
	return took;
}

static void sample_attach(void *ctx, double *figures)
{
	struct share *sh = ctx;
	unsigned int i;

	buf_make(sh->subject, &sh->buf, sh->drm, SIZE);
	figures[0] = attach_once(sh);
	figures[1] = 0;
	for (i = 0; i < AGAIN; i++)
		figures[1] += attach_once(sh) / AGAIN;
	buf_drop(sh->subject, &sh->buf);
}

void job_attach(const struct subject *subject, int drm)
{
	static const struct figure figures[] = {
		{ "attach-map-64m-first", "each", .part = true },
		{ "attach-map-64m-second", "each" },
	};
	struct share sh = { .subject = subject, .drm = drm };

	if (!subject->export)
		return;
	sh.importer = open("/dev/bench_attach", O_RDWR | O_CLOEXEC);
	if (sh.importer < 0)
		must(-errno, subject->name, "/dev/bench_attach");
	measure(subject->name, figures, 2, sample_attach, &sh);
	close(sh.importer);
}

static void sample_export(void *ctx, double *figure)
{
	const struct share *sh = ctx;
	uint64_t start = now();
	unsigned int i;
	int fd;

	for (i = 0; i < 1000; i++) {
		fd = drm_export(&sh->buf);
		if (fd < 0 || close(fd))
			must(fd < 0 ? fd : -errno, sh->subject->name, "export");
	}
	*figure = (double)(now() - start) / 1000;
}

static void sample_import(void *ctx, double *figure)
{
	const struct share *sh = ctx;
	struct buf imported = { .drm = sh->drm };
	uint64_t start = now();
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		must(drm_import(sh->drm, sh->dmabuf, &imported.handle), sh->subject->name,
		     "import");
		must(drm_gem_close(&imported), sh->subject->name, "close");
	}
	*figure = (double)(now() - start) / 1000;
}

void job_share(const struct subject *subject, int drm)
{
	struct figure export = { "re-export", "each" };
	struct figure import = { "import-1m-heap", "each" };
	struct share sh = { .subject = subject, .drm = drm };
	struct buf foreign;

	if (drm < 0)
		return;
	buf_make(subject, &sh.buf, drm, MIB);
	sh.dmabuf = drm_export(&sh.buf);
	if (sh.dmabuf < 0)
		must(sh.dmabuf, subject->name, "export");
	measure(subject->name, &export, 1, sample_export, &sh);
	close(sh.dmabuf);
	buf_drop(subject, &sh.buf);

	must(subject_dma_heap.open(&foreign.drm), subject->name, "dma-heap");
	buf_make(&subject_dma_heap, &foreign, -1, MIB);
	sh.dmabuf = foreign.fd;
	measure(subject->name, &import, 1, sample_import, &sh);
	buf_drop(&subject_dma_heap, &foreign);
}
