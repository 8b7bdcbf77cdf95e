// SPDX-License-Identifier: MIT
/*
 * dgem with libdrm alone: of DRM there are only <xf86drm.h> and the driver's
 * uAPI header here, and each call is one that any program can make. The same
 * runs again under a storm of signals, which libdrm has to see through.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <drm/dgem_drm.h>
#include <xf86drm.h>

#include "igt_core.h"

IGT_TEST_DESCRIPTION("dgem can be used with libdrm and the uAPI header alone.");

#define SIZE (5u << 20)
#define RW (PROT_READ | PROT_WRITE)

/* Whether the driver of the node is dgem; sysfs is asked, and nothing opened. */
static bool is_dgem(const char *node)
{
	char link[64], driver[PATH_MAX];
	struct stat st;

	if (stat(node, &st))
		return false;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device/driver", major(st.st_rdev),
		 minor(st.st_rdev));
	return realpath(link, driver) && !strcmp(basename(driver), "dgem");
}

/*
 * A node of the device whose driver is dgem: the primary node, or the render
 * node if it has one and the caller prefers that.
 */
static int open_dgem(bool prefer_render)
{
	drmDevicePtr devices[256];
	int n = drmGetDevices2(0, devices, 256), fd = -1, i;

	igt_assert_lt(0, n);
	for (i = 0; i < n && fd < 0; i++) {
		int render = prefer_render && devices[i]->available_nodes & 1 << DRM_NODE_RENDER;
		const char *node = devices[i]->nodes[render ? DRM_NODE_RENDER : DRM_NODE_PRIMARY];

		if (!is_dgem(node))
			continue;
		fd = open(node, O_RDWR | O_CLOEXEC);
		igt_assert_f(fd >= 0, "%s: %s\n", node, strerror(errno));
	}
	drmFreeDevices(devices, n);
	igt_assert_f(fd >= 0, "drmGetDevices2() found no dgem\n");
	return fd;
}

static void check_name(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);

	igt_assert(version);
	igt_assert(!strcmp(version->name, "dgem"));
	drmFreeVersion(version);
}

static uint64_t param(int fd, uint32_t which)
{
	struct drm_dgem_get_param get = { .param = which };

	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_DGEM_GET_PARAM, &get), 0);
	return get.value;
}

static void identify(int fd)
{
	uint64_t value;
	uint32_t heap;

	igt_assert_eq(drmGetCap(fd, DRM_CAP_PRIME, &value), 0);
	igt_assert_eq_u64(value, DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT);
	igt_assert_eq(drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &value), 0);
	igt_assert_eq_u64(value, 1);
	igt_assert_lte_u64(2, param(fd, DRM_DGEM_PARAM_NUM_HEAPS));
	for (heap = 0; heap < param(fd, DRM_DGEM_PARAM_NUM_HEAPS); heap++) {
		struct drm_dgem_heap_info info = { .heap = heap };

		igt_assert_eq(drmIoctl(fd, DRM_IOCTL_DGEM_HEAP_INFO, &info), 0);
		igt_assert(info.name[0] && memchr(info.name, 0, sizeof(info.name)));
	}
}

static uint32_t create(int fd, uint32_t heap)
{
	struct drm_dgem_bo_create args = { .size = SIZE - 100, .heap = heap };

	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_DGEM_BO_CREATE, &args), 0);
	igt_assert_eq_u64(args.size, SIZE);
	return args.handle;
}

static char *map(int fd, uint32_t handle)
{
	struct drm_dgem_bo_mmap_offset args = { .handle = handle };
	char *at;

	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_DGEM_BO_MMAP_OFFSET, &args), 0);
	at = mmap(NULL, SIZE, RW, MAP_SHARED, fd, args.offset);
	igt_assert_f(at != MAP_FAILED, "mmap: %s\n", strerror(errno));
	return at;
}

static void fill(unsigned char *at, unsigned int seed)
{
	for (uint32_t i = 0; i < SIZE; i += 61)
		at[i] = i * 7 + seed;
}

static void check(const unsigned char *at, unsigned int seed)
{
	for (uint32_t i = 0; i < SIZE; i += 61)
		igt_assert_f(at[i] == (unsigned char)(i * 7 + seed), "byte %u is wrong\n", i);
}

/* Another file of the driver gets at the same pages by a dma-buf. */
static void share(int fd, int other, uint32_t heap)
{
	uint32_t handle = create(fd, heap), imported, again;
	char *here = map(fd, handle), *there, *direct;
	struct drm_dgem_bo_wait wait = { .flags = DRM_DGEM_BO_WAIT_WRITE };
	int dmabuf;

	igt_assert_eq(here[0] | here[SIZE - 1], 0);
	fill((unsigned char *)here, 1);
	igt_assert_eq(drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	igt_assert_eq(drmPrimeFDToHandle(other, dmabuf, &imported), 0);
	igt_assert_eq(drmPrimeFDToHandle(fd, dmabuf, &again), 0);
	igt_assert_eq_u32(again, handle);
	there = map(other, imported);
	check((unsigned char *)there, 1);
	fill((unsigned char *)there, 2);
	direct = mmap(NULL, SIZE, RW, MAP_SHARED, dmabuf, 0);
	igt_assert(direct != MAP_FAILED);
	check((unsigned char *)direct, 2);
	check((unsigned char *)here, 2);
	wait.handle = handle;
	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &wait), 0);
	close(dmabuf);
	igt_assert_eq(drmCloseBufferHandle(fd, handle), 0);
	igt_assert_eq(drmCloseBufferHandle(fd, handle), -1);
	igt_assert_eq(errno, EINVAL);
	fill((unsigned char *)direct, 3);
	check((unsigned char *)there, 3);
	igt_assert_eq(drmCloseBufferHandle(other, imported), 0);
	munmap(here, SIZE);
	munmap(there, SIZE);
	munmap(direct, SIZE);
}

static void dumb_buffer(int fd)
{
	struct drm_mode_create_dumb dumb = { .width = 333, .height = 77, .bpp = 32 };
	struct drm_mode_map_dumb offset = { 0 };
	unsigned char *at;

	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb), 0);
	igt_assert_lte_u32(333 * 4, dumb.pitch);
	igt_assert_lte_u64((uint64_t)dumb.pitch * 77, dumb.size);
	offset.handle = dumb.handle;
	igt_assert_eq(drmIoctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &offset), 0);
	at = mmap(NULL, dumb.size, RW, MAP_SHARED, fd, offset.offset);
	igt_assert(at != MAP_FAILED);
	igt_assert_eq(at[0] | at[dumb.size - 1], 0);
	memset(at, 0x77, dumb.size);
	igt_assert_eq(drmCloseBufferHandle(fd, dumb.handle), 0);
	igt_assert_eq(at[dumb.size - 1], 0x77);
	munmap(at, dumb.size);
}

static int64_t in_ms(int64_t ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec + ms * 1000000;
}

/** struct signaller - a thread that signals a point of a timeline, later */
struct signaller {
	int fd;
	uint32_t syncobj;
	uint64_t point;
	atomic_bool done;
	int ret;
};

static void *signal_later(void *arg)
{
	struct signaller *s = arg;
	struct timespec pause = { .tv_nsec = 50000000 };

	while (nanosleep(&pause, &pause) && errno == EINTR)
		;
	atomic_store(&s->done, true);
	s->ret = drmSyncobjTimelineSignal(s->fd, &s->syncobj, &s->point, 1);
	return NULL;
}

/* A point that another file signals, of a timeline shared by a descriptor. */
static void timeline(int fd, int other)
{
	struct signaller s = { .fd = other, .point = 7, .ret = -1 };
	uint64_t point = 7, value = 0;
	uint32_t syncobj, first;
	pthread_t thread;
	int shared;

	igt_assert_eq(drmSyncobjCreate(fd, 0, &syncobj), 0);
	igt_assert_eq(drmSyncobjHandleToFD(fd, syncobj, &shared), 0);
	igt_assert_eq(drmSyncobjFDToHandle(other, shared, &s.syncobj), 0);
	close(shared);
	igt_assert_eq(drmSyncobjTimelineWait(fd, &syncobj, &point, 1, in_ms(5),
					     DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, &first),
		      -ETIME);
	igt_assert_eq(pthread_create(&thread, NULL, signal_later, &s), 0);
	igt_assert_eq(drmSyncobjTimelineWait(fd, &syncobj, &point, 1, in_ms(20000),
					     DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, &first),
		      0);
	igt_assert(atomic_load(&s.done));
	pthread_join(thread, NULL);
	igt_assert_eq(s.ret, 0);
	igt_assert_eq(drmSyncobjQuery(fd, &syncobj, &value, 1), 0);
	igt_assert_eq_u64(value, 7);
	igt_assert_eq(drmSyncobjDestroy(other, s.syncobj), 0);
	igt_assert_eq(drmSyncobjDestroy(fd, syncobj), 0);
}

static void everything(void)
{
	int primary = open_dgem(false), render = open_dgem(true);

	check_name(primary);
	check_name(render);
	identify(primary);
	identify(render);
	for (uint32_t heap = 0; heap < param(render, DRM_DGEM_PARAM_NUM_HEAPS); heap++) {
		share(render, primary, heap);
		share(primary, render, heap);
	}
	dumb_buffer(primary);
	timeline(render, primary);
	close(render);
	close(primary);
}

/*
 * The first to open the primary node is the DRM master, and names the device
 * by SET_VERSION. drmOpenWithType() takes that for a device in use and passes it
 * over; programs that use drmGetDevices2() find the device.
 */
static void beside_set_version(void)
{
	drmSetVersion version = { .drm_di_major = 1, .drm_di_minor = 4, -1, -1 };
	int first = open_dgem(false);

	igt_assert_eq(drmSetInterfaceVersion(first, &version), 0);
	everything();
	close(first);
}

/* What the module's parameter says: whether there is a render node. */
static bool has_render_node(void)
{
	int fd = open("/sys/module/dgem/parameters/render", O_RDONLY | O_CLOEXEC);
	char value = 0;

	igt_assert(fd >= 0);
	igt_assert_eq(read(fd, &value, 1), 1);
	close(fd);
	return value == 'Y';
}

/*
 * Programs that want a GPU take the first device with a render node that libdrm
 * lists, or the first render node. Whichever was loaded first, dgem is neither.
 */
static void no_gpu(void)
{
	drmDevicePtr devices[256];
	int n = drmGetDevices2(0, devices, 256), seen = 0, i;

	igt_require_f(!has_render_node(), "dgem was loaded with a render node\n");
	igt_assert_lt(0, n);
	for (i = 0; i < n; i++) {
		seen += is_dgem(devices[i]->nodes[DRM_NODE_PRIMARY]);
		igt_assert_f(!(devices[i]->available_nodes & 1 << DRM_NODE_RENDER) ||
				     !is_dgem(devices[i]->nodes[DRM_NODE_RENDER]),
			     "device %d is dgem and has a render node\n", i);
	}
	drmFreeDevices(devices, n);
	igt_assert_eq(seen, 1);
	igt_assert_f(!is_dgem("/dev/dri/renderD128"), "the first render node is dgem's\n");
}

static atomic_int alarms;

static void on_alarm(int sig)
{
	(void)sig;
	atomic_fetch_add(&alarms, 1);
}

/* A signal every ms, after which the kernel does not restart by itself. */
static void storm(void)
{
	struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } }, quiet = { 0 };
	struct sigaction act = { .sa_handler = on_alarm }, old;

	igt_assert_eq(sigaction(SIGALRM, &act, &old), 0);
	igt_assert_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	for (int i = 0; i < 5; i++)
		everything();
	igt_assert_eq(setitimer(ITIMER_REAL, &quiet, NULL), 0);
	sigaction(SIGALRM, &old, NULL);
	igt_info("%d signals\n", atomic_load(&alarms));
	igt_assert_lt(20, atomic_load(&alarms));
}

int igt_main()
{
	igt_describe(
		"libdrm and the uAPI header are enough for BOs, PRIME, dumb buffers and syncobjs.");
	igt_subtest("alone")
		everything();

	igt_describe("libdrm finds the device after another client has called SET_VERSION.");
	igt_subtest("beside-set-version")
		beside_set_version();

	igt_describe("libdrm lists dgem as a device that no program takes for the GPU.");
	igt_subtest("no-gpu")
		no_gpu();

	igt_describe("All calls of libdrm work while signals arrive, five times.");
	igt_subtest("signal-storm")
		storm();
}
