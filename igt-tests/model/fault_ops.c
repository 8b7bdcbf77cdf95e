// SPDX-License-Identifier: MIT
/* The operations that the fault sweep goes through. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"
#include "model/fault_ops.h"

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (64u << 10)
/* two chunks and some */
#define LARGE ((4u << 20) + 3 * 4096)

static int result(long ret)
{
	return ret < 0 ? -errno : 0;
}

static int run_open(struct fault_run *run)
{
	return result(open(run->node, O_RDWR | O_CLOEXEC));
}

static void prepare_open_charged(struct fault_run *run)
{
	(void)run;
	fault_set_exempt(false);
}

static void undo_open_charged(struct fault_run *run)
{
	(void)run;
	fault_set_exempt(true);
}

void fault_prepare_ioctl(struct fault_run *run)
{
	static char text[DRM_DGEM_LABEL_MAX], ops[ABI_SYNC_COUNT * ABI_SYNC_STRIDE];
	struct abi_world world = { .text = text, .ops = ops };

	memset(text, 'a', sizeof(text));
	run->handle = dgem_bo_create(run->fd, SIZE);
	world.handle = run->handle;
	abi_sync_fill(ops, sizeof(ops), run->handle);
	abi_valid(&world, run->ioctl, run->arg);
}

int fault_run_ioctl(struct fault_run *run)
{
	return result(ioctl(run->fd, run->ioctl->request, run->arg));
}

static int create(struct fault_run *run, uint64_t size, unsigned int heap, uint64_t flags)
{
	struct drm_dgem_bo_create args = { .size = size, .heap = heap, .flags = flags };

	return result(ioctl(run->fd, DRM_IOCTL_DGEM_BO_CREATE, &args));
}

static int run_create_system(struct fault_run *run)
{
	return create(run, SIZE, 0, DRM_DGEM_BO_POPULATE);
}

static int run_create_pinned(struct fault_run *run)
{
	return create(run, LARGE, 1, DRM_DGEM_BO_POPULATE);
}

static void prepare_contiguous(struct fault_run *run)
{
	run->heap = dgem_require_heap(run->fd, DRM_DGEM_HEAP_CONTIGUOUS);
}

/* No block of the page allocator has the right size. */
static int run_create_contiguous(struct fault_run *run)
{
	return create(run, LARGE, run->heap, 0);
}

static int run_create_offset(struct fault_run *run)
{
	return create(run, SIZE, 0, DRM_DGEM_BO_WITH_MMAP_OFFSET);
}

static int run_dumb(struct fault_run *run)
{
	struct drm_mode_create_dumb args = { .width = 64, .height = 64, .bpp = 32 };

	return result(ioctl(run->fd, DRM_IOCTL_MODE_CREATE_DUMB, &args));
}

static void prepare_bo(struct fault_run *run)
{
	run->size = SIZE;
	run->handle = dgem_bo_create(run->fd, SIZE);
}

static void prepare_pinned(struct fault_run *run)
{
	run->size = SIZE;
	run->handle = dgem_bo_create_in(run->fd, SIZE, 1, 0);
}

static int run_close(struct fault_run *run)
{
	struct drm_gem_close args = { .handle = run->handle };

	return result(ioctl(run->fd, DRM_IOCTL_GEM_CLOSE, &args));
}

static int run_export(struct fault_run *run)
{
	struct drm_prime_handle args = { .handle = run->handle, .flags = DRM_RDWR | DRM_CLOEXEC };

	return result(ioctl(run->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args));
}

static void prepare_export(struct fault_run *run)
{
	prepare_bo(run);
	run->dmabuf = prime_handle_to_fd_for_mmap(run->fd, run->handle);
}

static void prepare_export_pinned(struct fault_run *run)
{
	prepare_pinned(run);
	run->dmabuf = prime_handle_to_fd_for_mmap(run->fd, run->handle);
}

/* Into a file that does not know it yet. */
static void prepare_import(struct fault_run *run)
{
	int other = drm_reopen_driver(run->fd);

	run->handle = dgem_bo_create(other, SIZE);
	run->dmabuf = prime_handle_to_fd_for_mmap(other, run->handle);
	drm_close_driver(other);
}

static void prepare_foreign(struct fault_run *run)
{
	foreign_create(&run->foreign, FOREIGN_UDMABUF, SIZE);
	run->dmabuf = run->foreign.dmabuf;
}

static void undo_foreign(struct fault_run *run)
{
	/* before the exporter's memory goes */
	close(run->fd);
	foreign_destroy(&run->foreign);
}

static void prepare_foreign_charged(struct fault_run *run)
{
	prepare_foreign(run);
	fault_set_exempt(false);
}

static void undo_foreign_charged(struct fault_run *run)
{
	fault_set_exempt(true);
	undo_foreign(run);
}

static int import(int fd, int dmabuf)
{
	struct drm_prime_handle args = { .fd = dmabuf };

	return result(ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args));
}

static int run_import(struct fault_run *run)
{
	return import(run->fd, run->dmabuf);
}

static void prepare_vgem(struct fault_run *run)
{
	prepare_export(run);
	run->vgem = __drm_open_driver(DRIVER_VGEM);
	igt_assert_fd(run->vgem);
}

/* Not a power of two: no single block gives it, so it has several segments. */
static void prepare_vgem_pieces(struct fault_run *run)
{
	run->size = 511 * dgem_page_size();
	run->handle = dgem_bo_create_in(run->fd, run->size, 1, 0);
	run->dmabuf = prime_handle_to_fd_for_mmap(run->fd, run->handle);
	run->vgem = __drm_open_driver(DRIVER_VGEM);
	igt_assert_fd(run->vgem);
}

static int run_vgem(struct fault_run *run)
{
	return import(run->vgem, run->dmabuf);
}

static void undo_vgem(struct fault_run *run)
{
	close(run->vgem);
}

static void *map_of(struct fault_run *run)
{
	return dgem_bo_map(run->fd, run->handle, run->size);
}

static void prepare_offset(struct fault_run *run)
{
	prepare_bo(run);
	*(uint64_t *)run->arg = dgem_bo_mmap_offset(run->fd, run->handle);
}

static int map_at(struct fault_run *run, int fd, uint64_t offset)
{
	void *map = mmap(NULL, run->size, RW, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	run->map = map;
	return 0;
}

static int run_mmap(struct fault_run *run)
{
	return map_at(run, run->fd, *(uint64_t *)run->arg);
}

static int run_mmap_dmabuf(struct fault_run *run)
{
	return map_at(run, run->dmabuf, 0);
}

static void prepare_touch(struct fault_run *run)
{
	prepare_bo(run);
	run->map = map_of(run);
}

static void prepare_touch_pinned(struct fault_run *run)
{
	run->size = LARGE;
	run->handle = dgem_bo_create_in(run->fd, LARGE, 1, 0);
	run->map = map_of(run);
}

static void prepare_touch_dmabuf(struct fault_run *run)
{
	prepare_export(run);
	run->map = dgem_dmabuf_map(run->dmabuf, 0, run->size, RW);
}

/* Left by siglongjmp() without a system call, and so without another fault. */
static sigjmp_buf touched;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(touched, 1);
}

void fault_catch_sigbus(struct sigaction *old)
{
	struct sigaction action = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };

	igt_assert_eq(sigaction(SIGBUS, &action, old), 0);
}

static int run_touch(struct fault_run *run)
{
	volatile char *at = run->map + 4096;

	if (sigsetjmp(touched, 0))
		return FAULT_SIGBUS;
	/* it was zero, and holds what is written */
	if (*at)
		return -EILSEQ;
	*at = 1;
	return *at == 1 ? 0 : -EILSEQ;
}

static int run_write(struct fault_run *run)
{
	if (sigsetjmp(touched, 0))
		return FAULT_SIGBUS;
	*(volatile char *)run->map = 1;
	return 0;
}

static int run_sync(struct fault_run *run)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };

	return result(ioctl(run->dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
}

/*
 * The driver wants two buffers; the pinned heap gives the one segment that is
 * wanted. V4L2's __prepare_dmabuf() loses its reference to a dma-buf that cannot
 * be attached (6.12 and 7.2): attaching is swept by vgem's import instead. A
 * vmap() that fails is not swept at all, for dma_buf_vmap() warns of each.
 */
static void prepare_vivid(struct fault_run *run)
{
	run->size = run->vivid->bytes;
	run->handle = dgem_bo_create_in(run->fd, run->size, 1, 0);
	run->dmabuf = prime_handle_to_fd_for_mmap(run->fd, run->handle);
	igt_assert_eq(vivid_request(run->vivid, V4L2_MEMORY_DMABUF, 2), 0);
}

static int run_vivid(struct fault_run *run)
{
	return vivid_queue(run->vivid, 0, run->dmabuf, run->size);
}

static void undo_vivid(struct fault_run *run)
{
	igt_assert_eq(vivid_request(run->vivid, V4L2_MEMORY_DMABUF, 0), 0);
}

const struct fault_op fault_ops[] = {
	{ "open", "Opening the device", NULL, NULL, run_open, .allocates = true },
	{ "open-charged", "Opening the device without exemption from limits", prepare_open_charged,
	  undo_open_charged, run_open, .allocates = true },
	{ "create-charged", "Creating a BO that is charged to an account", fault_prepare_charged,
	  fault_undo_create_charged, fault_run_create_charged, .allocates = true },
	{ "create-populated", "Creating a populated BO of the system heap", NULL, NULL,
	  run_create_system, .allocates = true },
	{ "create-populated-pinned", "Creating a populated BO of the pinned heap", NULL, NULL,
	  run_create_pinned, .allocates = true },
	{ "create-contiguous", "Creating a BO of the contiguous heap", prepare_contiguous, NULL,
	  run_create_contiguous, .allocates = true },
	{ "create-with-offset", "Creating a BO with its mmap offset", NULL, NULL, run_create_offset,
	  .allocates = true },
	{ "create-dumb", "Creating a dumb buffer", NULL, NULL, run_dumb, .allocates = true },
	{ "close", "Closing a handle", prepare_bo, NULL, run_close, .allocates = false },
	{ "export", "Exporting a BO", prepare_bo, NULL, run_export, .allocates = true },
	{ "export-again", "Exporting a BO that is exported", prepare_export, NULL, run_export,
	  .allocates = false },
	{ "import-own", "Importing a BO of the same device", prepare_import, NULL, run_import,
	  .allocates = true },
	{ "import-foreign", "Importing a dma-buf of another driver", prepare_foreign, undo_foreign,
	  run_import, .allocates = true },
	{ "import-charged", "Importing without exemption from limits", prepare_foreign_charged,
	  undo_foreign_charged, run_import, .allocates = true },
	{ "attach", "Attaching and mapping a BO by another driver", prepare_vgem, undo_vgem,
	  run_vgem, .allocates = true },
	{ "attach-pieces", "Attaching and mapping a BO of many segments by another driver",
	  prepare_vgem_pieces, undo_vgem, run_vgem, .allocates = true },
	{ "map", "Mapping by a driver that wants one segment", prepare_vivid, undo_vivid, run_vivid,
	  .allocates = true, .within = "dgem_dmabuf_map", .importer_errno = EINVAL, .vivid = true },
	{ "mmap", "Mapping by the DRM file", prepare_offset, NULL, run_mmap, .allocates = true },
	{ "mmap-dmabuf", "Mapping by the dma-buf", prepare_export, NULL, run_mmap_dmabuf,
	  .allocates = true },
	{ "touch", "The first touch of a BO of the system heap", prepare_touch, NULL, run_touch,
	  .allocates = true },
	{ "touch-write", "The first touch, writing", prepare_touch, NULL, run_write,
	  .allocates = true },
	{ "touch-pinned", "The first touch of a BO of the pinned heap", prepare_touch_pinned, NULL,
	  run_touch, .allocates = true },
	{ "touch-page", "A touch that gets a page instead of a chunk", fault_prepare_touch_page,
	  fault_undo_touch_page, run_touch, .allocates = true },
	{ "touch-dmabuf", "The first touch by the dma-buf's mapping", prepare_touch_dmabuf, NULL,
	  run_touch, .allocates = true },
	{ "madvise", "Giving a BO up", fault_prepare_madvise, NULL, fault_run_madvise,
	  .allocates = true },
	{ "sync", "Bracketing CPU access", prepare_export_pinned, NULL, run_sync,
	  .allocates = false },
};
const unsigned int num_fault_ops = ARRAY_SIZE(fault_ops);
