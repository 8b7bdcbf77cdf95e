// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "igt.h"

#define RW (PROT_READ | PROT_WRITE)

const char *foreign_name(enum foreign_kind kind)
{
	static const char *const names[] = {
		[FOREIGN_VGEM] = "vgem",
		[FOREIGN_UDMABUF] = "udmabuf",
		[FOREIGN_HEAP] = "dma-heap",
	};

	return names[kind];
}

static int run_command(const char *command)
{
	int status = system(command);

	igt_assert(status != -1 && WIFEXITED(status));
	return WEXITSTATUS(status);
}

int module_load(const char *module, const char *parameters)
{
	char command[256];

	snprintf(command, sizeof(command), "modprobe %s %s", module, parameters);
	return run_command(command);
}

int module_unload(const char *module)
{
	char command[256];

	snprintf(command, sizeof(command), "rmmod %s 2>/dev/null", module);
	return run_command(command);
}

int vgem_open(void)
{
	int fd;

	igt_assert_eq(module_load("vgem", ""), 0);
	fd = __drm_open_driver(DRIVER_VGEM);
	igt_assert_fd(fd);
	return fd;
}

static void create_vgem(struct foreign *f)
{
	struct drm_mode_create_dumb dumb = { .width = 1024, .bpp = 32 };
	struct drm_mode_map_dumb map = { 0 };

	f->fd = vgem_open();
	dumb.height = f->size / 4096;
	do_ioctl(f->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	igt_assert_eq_u64(dumb.size, f->size);
	f->handle = dumb.handle;
	map.handle = dumb.handle;
	do_ioctl(f->fd, DRM_IOCTL_MODE_MAP_DUMB, &map);
	f->native = mmap(NULL, f->size, RW, MAP_SHARED, f->fd, map.offset);
	f->dmabuf = prime_handle_to_fd_for_mmap(f->fd, f->handle);
}

/* The test skips where the kernel was built without the exporter. */
static int open_exporter(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	igt_require_f(fd >= 0 || errno != ENOENT, "this kernel has no %s\n", path);
	igt_assert_fd(fd);
	return fd;
}

static void create_udmabuf(struct foreign *f)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = f->size };
	int dev = open_exporter("/dev/udmabuf");

	f->fd = memfd_create("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	igt_assert_fd(f->fd);
	igt_assert_eq(ftruncate(f->fd, f->size), 0);
	igt_assert_eq(fcntl(f->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	create.memfd = f->fd;
	f->dmabuf = ioctl(dev, UDMABUF_CREATE, &create);
	close(dev);
	f->native = mmap(NULL, f->size, RW, MAP_SHARED, f->fd, 0);
}

static void create_heap(struct foreign *f)
{
	struct dma_heap_allocation_data data = { .len = f->size, .fd_flags = O_RDWR | O_CLOEXEC };

	f->fd = open_exporter("/dev/dma_heap/system");
	do_ioctl(f->fd, DMA_HEAP_IOCTL_ALLOC, &data);
	f->dmabuf = data.fd;
	f->native = mmap(NULL, f->size, RW, MAP_SHARED, f->dmabuf, 0);
}

void foreign_create(struct foreign *f, enum foreign_kind kind, uint64_t size)
{
	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->size = size;
	if (kind == FOREIGN_VGEM)
		create_vgem(f);
	else if (kind == FOREIGN_UDMABUF)
		create_udmabuf(f);
	else
		create_heap(f);
	igt_assert_fd(f->dmabuf);
	igt_assert_f(f->native != MAP_FAILED, "%s: %s\n", foreign_name(kind), strerror(errno));
}

void foreign_destroy(struct foreign *f)
{
	if (f->native)
		munmap(f->native, f->size);
	if (f->dmabuf >= 0)
		close(f->dmabuf);
	if (f->fd >= 0)
		close(f->fd);
}

uint64_t dmabuf_inode(int dmabuf)
{
	struct stat st;

	igt_assert_eq(fstat(dmabuf, &st), 0);
	return st.st_ino;
}

int vgem_fence_attach(int vgem, uint32_t handle, uint32_t flags, uint32_t *fence)
{
	struct drm_vgem_fence_attach attach = { .handle = handle, .flags = flags };
	int ret = __dgem_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);

	*fence = attach.out_fence;
	return ret;
}

int vgem_fence_signal(int vgem, uint32_t fence)
{
	struct drm_vgem_fence_signal signal = { .fence = fence };

	return __dgem_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal);
}
