// SPDX-License-Identifier: MIT
/*
 * The library on the real driver: what the fake kernel of the other tests takes
 * for granted. Needs a dgem device; run by device-guest.sh.
 */
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness.h"

#define THREADS 4
#define ROUNDS 500
#define MIB (1ull << 20)
#define SYSFS_NAME "dgem"

static struct dgem_device *open_device(void)
{
	struct dgem_device *dev;

	CHECK_EQ(dgem_device_open(&dev), 0);
	CHECK_EQ(fcntl(dgem_device_fd(dev), F_GETFD), FD_CLOEXEC);
	return dev;
}

static struct dgem_bo *create(struct dgem_device *dev, uint64_t size)
{
	struct dgem_bo *bo;

	CHECK_EQ(dgem_bo_create(dev, size, NULL, &bo), 0);
	return bo;
}

static int export_bo(struct dgem_bo *bo)
{
	int fd;

	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

TEST(default_device_is_found_first)
{
	struct dgem_device *dev = open_device();
	struct stat found, opened;
	char *path;

	CHECK_EQ(dgem_device_find(0, &path), 0);
	CHECK_EQ(stat(path, &found), 0);
	CHECK_EQ(fstat(dgem_device_fd(dev), &opened), 0);
	CHECK(found.st_rdev == opened.st_rdev);
	free(path);
	dgem_device_unref(dev);
}

TEST(params_and_heaps)
{
	struct dgem_device *dev = open_device();
	struct dgem_heap_info heap;
	uint64_t value, count;
	uint32_t found;

	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_PAGE_SIZE, 0, &value), 0);
	CHECK_EQ(value, sysconf(_SC_PAGESIZE));
	CHECK_EQ(dgem_device_get_param(dev, 12345, 0, &value), -EINVAL);
	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_NUM_HEAPS, 0, &count), 0);
	CHECK(count >= 1);
	CHECK_EQ(dgem_heap_get_info(dev, 0, &heap, sizeof(heap)), 0);
	CHECK_STR(heap.name, "system");
	CHECK_EQ(heap.kind, DRM_DGEM_HEAP_SYSTEM);
	CHECK_EQ(dgem_heap_get_info(dev, (uint32_t)count, &heap, sizeof(heap)), -EINVAL);
	CHECK_EQ(dgem_heap_find(dev, "system", &found), 0);
	CHECK_EQ(found, 0);
	CHECK_EQ(dgem_heap_find(dev, "no such heap", &found), -ENOENT);
	dgem_device_unref(dev);
}

TEST(create_map_and_info)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, 4097);
	struct dgem_bo_info info;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	void *ptr;

	CHECK_EQ(dgem_bo_size(bo) % page, 0);
	CHECK(dgem_bo_size(bo) >= 4097);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	CHECK_EQ(*(volatile char *)ptr, 0);
	memset(ptr, 7, 4097);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.size, dgem_bo_size(bo));
	CHECK_EQ(info.resident, dgem_bo_size(bo));
	CHECK(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL);
	CHECK(info.id);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(errors_of_the_kernel)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo = UNTOUCHED_PTR;
	struct dgem_map *map = UNTOUCHED_PTR;
	uint64_t max, would_work = 0;
	uint32_t reason = 0;

	CHECK_EQ(dgem_bo_create(dev, 0, NULL, &bo), -EINVAL);
	options.flags = 1ull << 63;
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), -EINVAL);
	options.flags = 0;
	options.reason = &reason;
	options.reason_arg = &would_work;
	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_MAX_BO_SIZE, 0, &max), 0);
	CHECK_EQ(dgem_bo_create(dev, max + 1, &options, &bo), -EINVAL);
	CHECK_EQ(reason, DRM_DGEM_REASON_SIZE);
	CHECK(would_work > 0 && would_work <= max);
	CHECK_EQ(dgem_bo_import(dev, dgem_device_fd(dev), &bo), -EINVAL);
	CHECK_EQ(dgem_bo_import(dev, -1, &bo), -EBADF);
	CHECK(bo == UNTOUCHED_PTR);
	CHECK_EQ(dgem_dmabuf_map(dev, -1, 0, 0, PROT_READ, &map), -EBADF);
	CHECK(map == UNTOUCHED_PTR);
	CHECK_EQ(dgem_device_open_path("/dev/null", &dev), -ENODEV);
	dgem_device_unref(dev);
}

TEST(labels)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, 1);
	char *label;

	CHECK_EQ(dgem_device_has_feature(dev, DRM_DGEM_FEATURE_BO_LABEL), 1);
	CHECK_EQ(dgem_bo_set_label(bo, "a label"), 0);
	CHECK_EQ(dgem_bo_get_label(bo, &label), 0);
	CHECK_STR(label, "a label");
	free(label);
	CHECK_EQ(dgem_bo_set_label(bo, "a\nb"), -EINVAL);
	CHECK_EQ(dgem_bo_set_label(bo, NULL), 0);
	CHECK_EQ(dgem_bo_get_label(bo, &label), 0);
	CHECK_STR(label, "");
	free(label);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(advice)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, 4096);
	int fd;

	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED), 1);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), -EBUSY);
	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_WILLNEED), 1);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	close(fd);
	CHECK_EQ(dgem_bo_madvise(bo, DRM_DGEM_MADV_DONTNEED), -EBUSY);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(idle_bo_needs_no_wait)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, 1);

	CHECK_EQ(dgem_device_has_feature(dev, DRM_DGEM_FEATURE_BO_WAIT), 1);
	CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_READ, 0), 0);
	CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_WRITE, dgem_deadline(1000000000)), 0);
	CHECK_EQ(dgem_bo_wait(bo, 0, 0), -EINVAL);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(one_memory_by_all_ways)
{
	struct dgem_device *dev = open_device(), *other = open_device();
	struct dgem_bo *bo = create(dev, 4 * MIB), *again, *imported;
	int fd = export_bo(bo), read_only = UNTOUCHED_INT;
	struct dgem_map *shared, *inner;
	char *own, *theirs, *dmabuf;
	void *ptr;

	CHECK_EQ(dgem_bo_import(dev, fd, &again), 0);
	CHECK(again == bo);
	CHECK_EQ(dgem_bo_import(other, fd, &imported), 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDONLY, &read_only), -EACCES);
	CHECK_EQ(read_only, UNTOUCHED_INT);
	CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ | PROT_WRITE, &shared), 0);
	CHECK_EQ(dgem_bo_map_range(bo, MIB, MIB, PROT_READ, &inner), 0);
	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	own = ptr;
	CHECK_EQ(dgem_bo_map(imported, &ptr), 0);
	theirs = ptr;
	dmabuf = dgem_map_ptr(shared);

	CHECK_EQ(dgem_dmabuf_begin_access(fd, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE), 0);
	own[MIB] = 1;
	theirs[MIB + 1] = 2;
	dmabuf[MIB + 2] = 3;
	CHECK(!memcmp(dgem_map_ptr(inner), "\1\2\3", 4));
	CHECK(!memcmp(own + MIB, dmabuf + MIB, 4096));
	CHECK(!memcmp(own + MIB, theirs + MIB, 4096));
	CHECK_EQ(dgem_dmabuf_end_access(fd, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE), 0);

	/* The mappings need none of what made them. */
	close(fd);
	dgem_bo_unref(imported);
	dgem_bo_unref(again);
	dgem_bo_unref(bo);
	dgem_device_unref(other);
	dgem_device_unref(dev);
	CHECK_EQ(dmabuf[MIB], 1);
	dgem_map_unref(shared);
	dgem_map_unref(inner);
}

TEST(dmabuf_maps_are_aligned)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, 16 * MIB);
	int fd = export_bo(bo), i;
	uint64_t huge;

	CHECK_EQ(dgem_device_get_param(dev, DRM_DGEM_PARAM_HUGE_MAP_SIZE, 0, &huge), 0);
	for (i = 0; huge && i < 8; i++) {
		uint64_t offset = (uint64_t)i * 4096;
		struct dgem_map *map;

		CHECK_EQ(dgem_dmabuf_map(dev, fd, offset, 8 * MIB, PROT_READ, &map), 0);
		CHECK_EQ(((uintptr_t)dgem_map_ptr(map) - offset) % huge, 0);
		CHECK_EQ(*(volatile char *)dgem_map_ptr(map), 0);
		dgem_map_unref(map);
	}
	close(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

struct race {
	struct dgem_device *dev;
	int fd;
};

static void *import_and_unref(void *arg)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct race *race = arg;
	struct dgem_bo_info info;
	struct dgem_bo *bo, *own;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		CHECK_EQ(dgem_bo_import(race->dev, race->fd, &bo), 0);
		/* Takes the handle number that another thread has just closed. */
		own = create(race->dev, 2 * page);
		CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
		CHECK_EQ(info.size, 3 * page);
		dgem_bo_unref(bo);
		CHECK_EQ(dgem_bo_get_info(own, &info, sizeof(info)), 0);
		CHECK_EQ(info.size, 2 * page);
		dgem_bo_unref(own);
	}
	return NULL;
}

TEST(import_against_last_unref)
{
	struct dgem_device *exporter = open_device();
	struct dgem_bo *bo = create(exporter, 3 * (uint64_t)sysconf(_SC_PAGESIZE));
	struct race race = { .dev = open_device(), .fd = export_bo(bo) };
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, import_and_unref, &race), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	close(race.fd);
	dgem_device_unref(race.dev);
	dgem_bo_unref(bo);
	dgem_device_unref(exporter);
}

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

/* Without SA_RESTART, every few hundred microseconds. */
static void set_storm(int on)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = { { 0, on ? 300 : 0 }, { 0, on ? 300 : 0 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

TEST(nothing_is_interrupted)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo, *again;
	struct dgem_map *map;
	void *ptr;
	int i, fd;

	options.flags = DRM_DGEM_BO_POPULATE | DRM_DGEM_BO_WITH_MMAP_OFFSET;
	options.heap_name = "system";
	options.label = "in a storm";
	set_storm(1);
	for (i = 0; i < 100 || signals < 100; i++) {
		CHECK_EQ(dgem_bo_create(dev, MIB, &options, &bo), 0);
		CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
		CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
		CHECK_EQ(dgem_bo_import(dev, fd, &again), 0);
		CHECK(again == bo);
		CHECK_EQ(dgem_dmabuf_map(dev, fd, 0, 0, PROT_READ, &map), 0);
		CHECK_EQ(dgem_dmabuf_begin_access(fd, DGEM_ACCESS_READ), 0);
		CHECK_EQ(memcmp(dgem_map_ptr(map), ptr, MIB), 0);
		CHECK_EQ(dgem_dmabuf_end_access(fd, DGEM_ACCESS_READ), 0);
		CHECK_EQ(dgem_bo_wait(bo, DRM_DGEM_BO_WAIT_WRITE, dgem_deadline(-1)), 0);
		dgem_map_unref(map);
		close(fd);
		dgem_bo_unref(again);
		dgem_bo_unref(bo);
	}
	set_storm(0);
	dgem_device_unref(dev);
}

static int write_sysfs(const char *file, const char *device)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/dgem/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ret = write(fd, device, strlen(device)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

TEST(device_goes_away)
{
	struct dgem_device *dev = open_device();
	struct dgem_bo *bo = create(dev, MIB), *other = UNTOUCHED_PTR;
	struct dgem_map *map;
	int fd = export_bo(bo);
	struct dgem_bo_info info;
	void *ptr;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	memset(ptr, 5, MIB);
	CHECK_EQ(write_sysfs("unbind", SYSFS_NAME), 0);

	CHECK_EQ(dgem_bo_create(dev, 1, NULL, &other), -ENODEV);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), -ENODEV);
	CHECK_EQ(dgem_bo_import(dev, fd, &other), -ENODEV);
	CHECK(other == UNTOUCHED_PTR);
	/* What is mapped stays, and a dma-buf can still be mapped. */
	CHECK_EQ(((volatile char *)ptr)[MIB - 1], 5);
	CHECK_EQ(dgem_dmabuf_map(NULL, fd, 0, 0, PROT_READ, &map), 0);
	(void)*(volatile char *)dgem_map_ptr(map);
	dgem_map_unref(map);
	close(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);

	CHECK_EQ(dgem_device_open(&dev), -ENODEV);
	CHECK_EQ(write_sysfs("bind", SYSFS_NAME), 0);
	dev = open_device();
	bo = create(dev, 1);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
