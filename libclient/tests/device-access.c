// SPDX-License-Identifier: MIT
/*
 * Brackets around the CPU's access to BOs: that they reach the driver where
 * somebody else may have the BO, and only there, and that they wait for
 * devices. Part of the device tests; needs vgem and debugfs.
 */
#include <dgem.h>
#include <drm/vgem_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/udmabuf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "harness.h"

#define RW (DGEM_ACCESS_READ | DGEM_ACCESS_WRITE)
#define THREADS 4
#define ROUNDS 500

static struct dgem_device *open_device(void)
{
	struct dgem_device *dev;

	CHECK_EQ(dgem_device_open(&dev), 0);
	return dev;
}

static struct dgem_bo *create(struct dgem_device *dev)
{
	struct dgem_bo *bo;

	CHECK_EQ(dgem_bo_create(dev, 1 << 20, NULL, &bo), 0);
	return bo;
}

/* How often the driver was told of an access, at its begin or its end. */
static long told(void)
{
	long count = -1;
	char line[128];
	glob_t found;
	FILE *file;

	CHECK_EQ(glob("/sys/kernel/debug/dri/*/dgem_stats", 0, NULL, &found), 0);
	file = fopen(found.gl_pathv[0], "r");
	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "cpu_accesses %ld", &count) == 1)
			break;
	fclose(file);
	globfree(&found);
	CHECK(count >= 0);
	return count;
}

static void bracket(struct dgem_bo *bo)
{
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
}

TEST(access_reaches_the_driver_when_shared)
{
	struct dgem_device *dev = open_device(), *other = open_device();
	struct dgem_bo *bo = create(dev), *again;
	long before = told();
	int fd;

	bracket(bo);
	CHECK_EQ(told(), before);
	CHECK(dgem_bo_handle(bo));
	bracket(bo);
	CHECK_EQ(told(), before);

	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	bracket(bo);
	CHECK_EQ(told(), before + 2);
	/* The same BO by another file, whose own dma-buf nobody opened. */
	CHECK_EQ(dgem_bo_import(other, fd, &again), 0);
	close(fd);
	bracket(again);
	bracket(bo);
	CHECK_EQ(told(), before + 6);
	dgem_bo_unref(again);
	dgem_bo_unref(bo);
	dgem_device_unref(other);
	dgem_device_unref(dev);
}

TEST(access_keeps_the_mode_of_exports)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev);
	long before = told();
	int fd;

	CHECK(dgem_bo_handle(bo));
	bracket(bo);
	CHECK_EQ(dgem_bo_export(bo, O_RDONLY, &fd), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	bracket(bo);
	CHECK_EQ(told(), before + 2);
	close(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(access_to_an_imported_bo)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = 1 << 20 };
	int driver = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), memory, fd;
	struct dgem_device *dev;
	struct dgem_bo *bo;
	long before;

	if (driver < 0 && errno == ENOENT)
		test_skip("this kernel has no udmabuf");
	dev = open_device();
	before = told();
	memory = memfd_create("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_EQ(ftruncate(memory, (off_t)create.size), 0);
	CHECK_EQ(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	create.memfd = (uint32_t)memory;
	fd = ioctl(driver, UDMABUF_CREATE, &create);
	CHECK(fd >= 0);
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), 0);
	close(fd);
	bracket(bo);
	/* It is udmabuf's to tell, not dgem's. */
	CHECK_EQ(told(), before);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	close(driver);
	close(memory);
}

/* Parts need no dma-buf, and each of them reaches the driver. */
TEST(sync_reaches_the_driver)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev);
	struct dgem_sync_part parts[300];
	long before = told();
	int i;

	CHECK_EQ(dgem_device_has_feature(dev, DRM_DGEM_FEATURE_BO_SYNC), 1);
	CHECK_EQ(dgem_bo_sync(bo, DRM_DGEM_SYNC_READ, 100, 1), 0);
	CHECK_EQ(dgem_bo_sync(bo, DRM_DGEM_SYNC_WRITE | DRM_DGEM_SYNC_END, 0, 1 << 20), 0);
	CHECK_EQ(dgem_bo_sync(bo, DRM_DGEM_SYNC_READ, 1, 1 << 20), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, DRM_DGEM_SYNC_READ, 0, 0), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, DRM_DGEM_SYNC_END, 0, 1), -EINVAL);
	CHECK_EQ(told(), before + 2);

	memset(parts, 0, sizeof(parts));
	for (i = 0; i < 300; i++) {
		parts[i].bo = bo;
		parts[i].flags = DRM_DGEM_SYNC_READ;
		parts[i].offset = (uint64_t)i * 100;
		parts[i].size = 100;
	}
	CHECK_EQ(dgem_device_sync(dev, parts, 300), 0);
	CHECK_EQ(told(), before + 302);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

static atomic_int begun;

static void *begin(void *bo)
{
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_READ), 0);
	atomic_store(&begun, 1);
	return NULL;
}

/* A fence of vgem stands for a device that still writes. */
TEST(access_waits_for_devices)
{
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct drm_vgem_fence_signal signal = { 0 };
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev);
	int vgem = drmOpenWithType("vgem", NULL, DRM_NODE_RENDER), fd;
	pthread_t thread;

	CHECK(vgem >= 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(drmPrimeFDToHandle(vgem, fd, &attach.handle), 0);
	close(fd);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(drmIoctl(vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach), 0);

	CHECK_EQ(pthread_create(&thread, NULL, begin, bo), 0);
	usleep(300000);
	CHECK_EQ(atomic_load(&begun), 0);
	/* Who waits does not hold up others. */
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_WRITE), 0);
	signal.fence = attach.out_fence;
	CHECK_EQ(drmIoctl(vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(atomic_load(&begun), 1);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_READ), 0);
	close(vgem);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

static void *bracket_often(void *bo)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		bracket(bo);
	return NULL;
}

TEST(accesses_of_many_threads)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev);
	long before = told();
	pthread_t threads[THREADS];
	int fd, next, i;

	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, bracket_often, bo), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(told(), before + 2L * THREADS * ROUNDS);
	/* No descriptor stayed. */
	next = dup(fd);
	CHECK_EQ(next, fd + 1);
	close(next);
	close(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

/* What the other process does; it knows only the socket. */
static int child(int socket)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo;
	uint64_t size;
	void *ptr;
	int fd;

	CHECK_EQ(dgem_fd_recv(socket, &fd, &size, sizeof(size)), 0);
	CHECK_EQ(dgem_bo_import(dev, fd, &bo), 0);
	close(fd);
	CHECK_EQ(dgem_bo_size(bo), size);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(strcmp(ptr, "question"), 0);
	strcpy(ptr, "answer");
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(dgem_fd_send(socket, -1, "!", 1), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	return 0;
}

TEST(descriptor_goes_to_another_process)
{
	int pair[2], fd, status;
	struct dgem_device *dev;
	struct dgem_bo *bo;
	uint64_t size;
	char byte;
	void *ptr;
	pid_t pid;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		_exit(child(pair[1]));
	close(pair[1]);
	dev = open_device();
	bo = create(dev);
	size = dgem_bo_size(bo);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE), 0);
	strcpy(ptr, "question");
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(dgem_fd_send(pair[0], fd, &size, sizeof(size)), 0);
	close(fd);
	CHECK_EQ(dgem_fd_recv(pair[0], &fd, &byte, 1), 0);
	CHECK_EQ(fd, -1);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_STR(ptr, "answer");
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(pair[0]);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
