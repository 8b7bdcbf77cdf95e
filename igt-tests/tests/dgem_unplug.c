// SPDX-License-Identifier: MIT
/*
 * The device goes while it is used, by unbind in sysfs, and comes back. DRM's
 * rules: ioctls say ENODEV, mappings old and new go on without SIGBUS, late
 * closes are clean, and a new device works at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("The device can be unbound and bound again while it is in use.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (5ull << 20)

/** struct victim - a file of the device that goes, and all that hangs on it */
struct victim {
	struct bound bound;
	int fd, dmabuf;
	uint32_t handle;
	uint64_t offset, pages;
	char *map, *dmabuf_map;
	struct shadow *sh;
};

/* The device that the tests take away; put back at the end whatever happened. */
static struct bound device;

/* Half of the BO is written; the other half has never been touched. */
static void victim_create(struct victim *v, uint32_t heap)
{
	v->fd = drm_open_driver(DRIVER_DGEM);
	bound_find(&v->bound, v->fd);
	device = v->bound;
	v->handle = dgem_bo_create_in(v->fd, SIZE, heap, 0);
	v->offset = dgem_bo_mmap_offset(v->fd, v->handle);
	v->map = dgem_bo_map(v->fd, v->handle, SIZE);
	v->dmabuf = prime_handle_to_fd_for_mmap(v->fd, v->handle);
	v->dmabuf_map = dgem_dmabuf_map(v->dmabuf, 0, SIZE, RW);
	v->pages = SIZE / dgem_page_size();
	v->sh = shadow_create(v->pages);
	shadow_mix(v->sh, v->map, 0, v->pages / 2);
}

static void victim_close(struct victim *v)
{
	dgem_unmap(v->map, SIZE);
	dgem_unmap(v->dmabuf_map, SIZE);
	close(v->dmabuf);
	drm_close_driver(v->fd);
	shadow_destroy(v->sh);
}

static void unplug(struct victim *v)
{
	igt_assert_eq(bound_unbind(&v->bound), 0);
	igt_assert(!bound_is_bound(&v->bound));
}

/* A fresh file of the device that is there now, used once. */
static void replug(struct victim *v)
{
	uint32_t handle;
	char *map;
	int fd;

	igt_assert_eq(bound_bind(&v->bound), 0);
	igt_assert(bound_is_bound(&v->bound));
	fd = drm_open_driver(DRIVER_DGEM);
	handle = dgem_bo_create(fd, SIZE);
	map = dgem_bo_map(fd, handle, SIZE);
	igt_assert_eq(map[SIZE - 1], 0);
	dgem_unmap(map, SIZE);
	igt_assert_eq(observe_stat(fd, "bos"), 1);
	drm_close_driver(fd);
}

static void expect_enodev(struct victim *v, unsigned long request, const void *arg, size_t size)
{
	char copy[256];

	igt_assert(size <= sizeof(copy));
	memcpy(copy, arg, size);
	igt_assert_f(__dgem_ioctl(v->fd, request, copy) == -ENODEV, "ioctl %#lx: %s\n", request,
		     strerror(errno));
}

#define EXPECT_ENODEV(v, request, type, ...) \
	expect_enodev(v, request, &(struct type){ __VA_ARGS__ }, sizeof(struct type))

static void ioctls(uint32_t heap)
{
	char text[] = ABI_LABEL, arg[256];
	struct abi_world world = { .text = text };
	struct victim v;

	victim_create(&v, heap);
	unplug(&v);
	world.handle = v.handle;
	for (unsigned int i = 0; i < abi_table_size; i++) {
		abi_valid(&world, &abi_table[i], arg);
		expect_enodev(&v, abi_table[i].request, arg, _IOC_SIZE(abi_table[i].request));
	}
	EXPECT_ENODEV(&v, DRM_IOCTL_MODE_CREATE_DUMB, drm_mode_create_dumb, .width = 64,
		      .height = 64, .bpp = 32);
	EXPECT_ENODEV(&v, DRM_IOCTL_MODE_MAP_DUMB, drm_mode_map_dumb, .handle = v.handle);
	EXPECT_ENODEV(&v, DRM_IOCTL_PRIME_HANDLE_TO_FD, drm_prime_handle, .handle = v.handle,
		      .flags = DRM_CLOEXEC | DRM_RDWR);
	EXPECT_ENODEV(&v, DRM_IOCTL_PRIME_FD_TO_HANDLE, drm_prime_handle, .fd = v.dmabuf);
	EXPECT_ENODEV(&v, DRM_IOCTL_GEM_CLOSE, drm_gem_close, .handle = v.handle);
	EXPECT_ENODEV(&v, DRM_IOCTL_VERSION, drm_version, 0);
	replug(&v);
	EXPECT_ENODEV(&v, DRM_IOCTL_DGEM_BO_CREATE, drm_dgem_bo_create, .size = 4096);
	victim_close(&v);
}

/* A device node that was kept gives ENODEV, whether the device is back or not. */
static void open_gone(uint32_t heap)
{
	char path[] = "/tmp/dgem-node-XXXXXX";
	struct victim v;
	struct stat st;
	int fd;

	victim_create(&v, heap);
	igt_assert_eq(fstat(v.fd, &st), 0);
	igt_assert(mkdtemp(path));
	igt_assert_eq(chdir(path), 0);
	igt_assert_eq(mknod("node", S_IFCHR | 0600, st.st_rdev), 0);
	fd = open("node", O_RDWR | O_CLOEXEC);
	igt_assert_fd(fd);
	close(fd);
	unplug(&v);
	fd = open("node", O_RDWR | O_CLOEXEC);
	igt_assert_eq(fd, -1);
	igt_assert_eq(errno, ENODEV);
	unlink("node");
	igt_assert_eq(chdir("/"), 0);
	rmdir(path);
	replug(&v);
	victim_close(&v);
}

/*
 * Contents of the heaps that are RAM stay; what was never touched reads as
 * zero and can be written; a new mapping through either old file shows it too.
 */
static void mappings(uint32_t heap)
{
	struct victim v;
	char *late, *late_dmabuf;
	uint64_t page = dgem_page_size();

	victim_create(&v, heap);
	unplug(&v);
	shadow_mix(v.sh, v.map, 0, v.pages);
	shadow_mix(v.sh, v.dmabuf_map, 0, v.pages);
	late = mmap(NULL, SIZE, RW, MAP_SHARED, v.fd, v.offset);
	igt_assert_f(late != MAP_FAILED, "mmap of the DRM file: %s\n", strerror(errno));
	late_dmabuf = dgem_dmabuf_map(v.dmabuf, 3 * page, SIZE - 3 * page, RW);
	shadow_mix(v.sh, late, 0, v.pages);
	shadow_mix(v.sh, late_dmabuf, 3, v.pages - 3);
	replug(&v);
	shadow_mix(v.sh, late, 0, v.pages);
	shadow_mix(v.sh, v.map, 0, v.pages);
	dgem_unmap(late_dmabuf, SIZE - 3 * page);
	dgem_unmap(late, SIZE);
	victim_close(&v);
}

static int cpu_access(int dmabuf)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };

	if (igt_ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync))
		return -errno;
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	return igt_ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) ? -errno : 0;
}

/* The old device's dma-buf is a foreign one to the new device, and works. */
static void dmabuf_lives(uint32_t heap)
{
	struct drm_dgem_bo_info info;
	struct victim v;
	uint32_t handle;
	int fd, vgem;
	char *map;

	victim_create(&v, heap);
	vgem = vgem_open();
	prime_fd_to_handle(vgem, v.dmabuf);
	unplug(&v);
	igt_assert_eq(cpu_access(v.dmabuf), 0);
	close(vgem);
	vgem = vgem_open();
	prime_fd_to_handle(vgem, v.dmabuf);
	replug(&v);
	fd = drm_open_driver(DRIVER_DGEM);
	handle = prime_fd_to_handle(fd, v.dmabuf);
	dgem_bo_info(fd, handle, &info);
	igt_assert(info.state & DRM_DGEM_BO_STATE_IMPORTED);
	map = dgem_bo_map(fd, handle, SIZE);
	shadow_mix(v.sh, map, 0, v.pages);
	victim_close(&v);
	gem_close(fd, handle);
	igt_assert_eq(map[SIZE - 1], map[SIZE - 1]);
	dgem_unmap(map, SIZE);
	close(vgem);
	drm_close_driver(fd);
}

/* Closed in every order after unbind, and after the device is back. */
static void late_close(uint32_t heap)
{
	struct level_values before;
	struct levels l;

	levels_open(&l, -1);
	l.system = true;
	levels_read(&l, &before);
	for (int order = 0; order < 6; order++) {
		struct victim v;

		victim_create(&v, heap);
		unplug(&v);
		if (order % 2)
			replug(&v);
		if (order / 2 == 0)
			close(v.fd);
		dgem_unmap(v.map, SIZE);
		if (order / 2 == 1)
			close(v.fd);
		close(v.dmabuf);
		shadow_mix(v.sh, v.dmabuf_map, 0, v.pages);
		dgem_unmap(v.dmabuf_map, SIZE);
		if (order / 2 == 2)
			close(v.fd);
		shadow_destroy(v.sh);
		if (!(order % 2))
			replug(&v);
		levels_assert_same(&l, &before);
	}
}

/* A waiter is not left behind: it ends when its fence does. */
static void waiter(uint32_t heap)
{
	struct victim v;
	uint32_t at_vgem, fence;
	int vgem, ready[2];
	char c;

	victim_create(&v, heap);
	vgem = vgem_open();
	at_vgem = prime_fd_to_handle(vgem, v.dmabuf);
	igt_assert_eq(vgem_fence_attach(vgem, at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	igt_assert_eq(pipe(ready), 0);
	igt_fork(child, 1) {
		int ret;

		igt_assert_eq(write(ready[1], "", 1), 1);
		ret = __dgem_bo_wait(v.fd, v.handle, DRM_DGEM_BO_WAIT_WRITE, INT64_MAX);
		igt_assert(!ret || ret == -ENODEV);
	}
	igt_assert_eq(read(ready[0], &c, 1), 1);
	usleep(100000);
	igt_fork(child, 1) {
		usleep(300000);
		igt_assert_eq(vgem_fence_signal(vgem, fence), 0);
	}
	unplug(&v);
	igt_waitchildren();
	replug(&v);
	shadow_mix(v.sh, v.map, 0, v.pages);
	close(ready[0]);
	close(ready[1]);
	close(vgem);
	victim_close(&v);
}

static const struct {
	const char *name, *what;
	void (*run)(uint32_t heap);
} tests[] = {
	{ "ioctls-enodev",
	  "Each ioctl of an open file gives ENODEV after unbind, also once the device is back.",
	  ioctls },
	{ "open-gone", "A device node that was kept cannot be opened after unbind.", open_gone },
	{ "mappings", "Old and new mappings keep their contents after unbind, without SIGBUS.",
	  mappings },
	{ "dmabuf", "dma-bufs of the old device can be used by all drivers after unbind.",
	  dmabuf_lives },
	{ "late-close", "Closing in any order after unbind leaves nothing.", late_close },
	{ "waiter", "A waiter wakes up when its fence signals after unbind.", waiter },
};

int igt_main()
{
	uint32_t heaps = 0;

	igt_fixture() {
		int fd = drm_open_driver(DRIVER_DGEM);

		heaps = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
		drm_close_driver(fd);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_subtest(t, tests)
		for (uint32_t heap = 0; heap < heaps; heap++)
			t->run(heap);

	igt_fixture()
		if (*device.device && !bound_is_bound(&device))
			igt_assert_eq(bound_bind(&device), 0);
}
