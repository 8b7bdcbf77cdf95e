// SPDX-License-Identifier: MIT
/* The library's door to the kernel, as the fake has it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../src/sys.h"
#include "fake_state.h"

static bool slow;
static atomic_size_t mapped;
static _Atomic int64_t now = 1000;

void fake_set_slow(bool on)
{
	slow = on;
}

/* Lets other threads run while the kernel "works". */
static void linger(void)
{
	int i;

	for (i = 0; slow && i < 4; i++)
		sched_yield();
}

size_t fake_mapped(void)
{
	return mapped;
}

static int open_locked(const char *path)
{
	struct fake_device *device = NULL;
	struct fake_file *file;
	unsigned int i;
	int error = -ENOENT, fd;

	fd = fake_enter_locked(FAKE_OPEN, NULL, 0);
	if (fd)
		return fd;
	for (i = 0; i < fake_num_devices; i++) {
		if (!strcmp(path, fake_devices[i].primary)) {
			device = &fake_devices[i];
			error = -device->primary_error;
		} else if (!strcmp(path, fake_devices[i].render)) {
			device = &fake_devices[i];
			error = -device->render_error;
		}
	}
	if (device)
		device->opens++;
	if (error)
		return error;
	file = calloc(1, sizeof(*file));
	file->device = device;
	file->refs = 1;
	return fake_new_fd_locked(file, NULL);
}

int sys_open(const char *path)
{
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = open_locked(path);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

int sys_dup(int fd)
{
	struct fake_file *file;
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_DUP, NULL, 0);
	file = fake_file_locked(fd);
	if (!ret)
		ret = file ? fake_new_fd_locked(file, NULL) : -EBADF;
	if (ret >= 0)
		file->refs++;
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

void sys_close(int fd)
{
	struct fake_file *file;
	uint32_t i;

	/* Sockets pass real ones. */
	if (fd < FAKE_FIRST_FD) {
		if (close(fd))
			abort();
		return;
	}
	pthread_mutex_lock(&fake_lock);
	if (fake_fds[fd - FAKE_FIRST_FD].dmabuf) {
		fake_put_bo_locked(fake_fds[fd - FAKE_FIRST_FD].dmabuf);
		fake_fds[fd - FAKE_FIRST_FD].dmabuf = NULL;
		pthread_mutex_unlock(&fake_lock);
		return;
	}
	file = fake_file_locked(fd);
	if (!file)
		abort();
	fake_fds[fd - FAKE_FIRST_FD].file = NULL;
	if (!--file->refs) {
		for (i = 0; i < FAKE_MAX_HANDLES; i++)
			if (file->handles[i])
				fake_put_bo_locked(file->handles[i]);
		free(file);
	}
	pthread_mutex_unlock(&fake_lock);
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_ioctl_locked(fd, request, arg);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

int sys_driver_name(int fd, char *name, size_t size)
{
	struct fake_file *file;
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_DRIVER_NAME, NULL, 0);
	file = fake_file_locked(fd);
	if (!ret && !file)
		ret = -ENODEV;
	if (!ret)
		snprintf(name, size, "%s", file->device->driver);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

bool sys_has_sysfs(void)
{
	return fake_has_sysfs;
}

int sys_node_driver(const char *path, char *name, size_t size)
{
	unsigned int i;

	for (i = 0; fake_has_sysfs && i < fake_num_devices; i++) {
		if (strcmp(path, fake_devices[i].primary) && strcmp(path, fake_devices[i].render))
			continue;
		snprintf(name, size, "%s", fake_devices[i].driver);
		return 0;
	}
	return -ENOENT;
}

static drmDevicePtr new_device(struct fake_device *from)
{
	drmDevicePtr device = calloc(1, sizeof(*device));

	device->nodes = calloc(DRM_NODE_MAX, sizeof(char *));
	device->nodes[DRM_NODE_PRIMARY] = from->primary;
	device->nodes[DRM_NODE_RENDER] = from->render;
	if (from->primary[0])
		device->available_nodes |= 1 << DRM_NODE_PRIMARY;
	if (from->render[0])
		device->available_nodes |= 1 << DRM_NODE_RENDER;
	device->bustype = from->bustype;
	if (from->bustype == DRM_BUS_PLATFORM) {
		device->businfo.platform = calloc(1, sizeof(*device->businfo.platform));
		snprintf(device->businfo.platform->fullname,
			 sizeof(device->businfo.platform->fullname), "%s", from->fullname);
	}
	return device;
}

int sys_get_devices(drmDevicePtr *devices, int max)
{
	int ret, i;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_GET_DEVICES, NULL, 0);
	for (i = 0; !ret && fake_has_sysfs && i < (int)fake_num_devices && i < max; i++)
		devices[i] = new_device(&fake_devices[i]);
	pthread_mutex_unlock(&fake_lock);
	return ret ? ret : i;
}

void sys_free_devices(drmDevicePtr *devices, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (devices[i]->bustype == DRM_BUS_PLATFORM)
			free(devices[i]->businfo.platform);
		free(devices[i]->nodes);
		free(devices[i]);
	}
}

int sys_prime_export(int fd, uint32_t handle, uint32_t flags, int *ret_fd)
{
	struct fake_bo *bo;
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_PRIME_EXPORT, &flags, sizeof(flags));
	bo = fake_bo_locked(fd, handle);
	if (!ret)
		ret = bo ? fake_new_fd_locked(NULL, bo) : -ENOENT;
	if (ret >= 0) {
		bo->exported = true;
		bo->refs++;
		*ret_fd = ret;
		ret = 0;
	}
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

int sys_prime_import(int fd, int prime_fd, uint32_t *ret_handle)
{
	struct fake_bo *bo = NULL;
	struct fake_file *file;
	uint32_t i;
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_PRIME_IMPORT, NULL, 0);
	file = fake_file_locked(fd);
	if (prime_fd >= FAKE_FIRST_FD)
		bo = fake_fds[prime_fd - FAKE_FIRST_FD].dmabuf;
	if (!ret && !bo)
		ret = -EINVAL;
	for (i = 1; !ret && i < FAKE_MAX_HANDLES; i++)
		if (file->handles[i] == bo)
			break;
	if (!ret && i < FAKE_MAX_HANDLES)
		*ret_handle = i;
	else if (!ret)
		ret = fake_new_handle_locked(file, bo, ret_handle);
	pthread_mutex_unlock(&fake_lock);
	linger();
	return ret;
}

int sys_close_handle(int fd, uint32_t handle)
{
	struct fake_bo *bo;

	linger();
	pthread_mutex_lock(&fake_lock);
	bo = fake_bo_locked(fd, handle);
	/* The library never closes what it does not own. */
	if (!bo)
		abort();
	fake_file_locked(fd)->handles[handle] = NULL;
	fake_put_bo_locked(bo);
	pthread_mutex_unlock(&fake_lock);
	return 0;
}

static int mmap_target_locked(int fd, uint64_t *offset, int *ret_memory)
{
	struct fake_fd *slot = &fake_fds[fd - FAKE_FIRST_FD];
	struct fake_bo *bo = slot->dmabuf;

	if (!bo) {
		bo = fake_bo_at_locked(slot->file, *offset);
		*offset &= (1ull << FAKE_OFFSET_SHIFT) - 1;
		/* The driver does not forward what exporters may ignore. */
		if (bo && bo->foreign && *offset)
			return -EOPNOTSUPP;
	}
	if (!bo)
		return -EINVAL;
	/* As some exporters do: every mapping shows the first page. */
	if (bo->foreign)
		*offset = 0;
	*ret_memory = bo->memory;
	return 0;
}

int sys_mmap(void *addr, size_t size, int prot, int flags, int fd, uint64_t offset, void **ret_ptr)
{
	int ret, memory = -1;
	void *ptr;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_MMAP, NULL, 0);
	if (!ret && fd >= 0)
		ret = mmap_target_locked(fd, &offset, &memory);
	if (!ret) {
		ptr = mmap(addr, size, prot, flags, memory, (off_t)offset);
		ret = ptr == MAP_FAILED ? -errno : 0;
	}
	if (!ret) {
		*ret_ptr = ptr;
		/* MAP_FIXED goes over what was counted as reserved. */
		if (!(flags & MAP_FIXED))
			mapped += size;
	}
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

void sys_munmap(void *ptr, size_t size)
{
	if (!size || munmap(ptr, size))
		abort();
	mapped -= (size + 4095) & ~(size_t)4095;
}

int sys_file_size(int fd, uint64_t *ret_size)
{
	struct fake_bo *bo = NULL;
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = fake_enter_locked(FAKE_FILE_SIZE, NULL, 0);
	if (fd >= FAKE_FIRST_FD)
		bo = fake_fds[fd - FAKE_FIRST_FD].dmabuf;
	if (!ret && !bo)
		ret = -EBADF;
	if (!ret)
		*ret_size = bo->size;
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

int64_t sys_now(void)
{
	return now;
}

int64_t sys_now_coarse(void)
{
	return now;
}

void fake_advance(int64_t ns)
{
	now += ns;
}

size_t sys_page_size(void)
{
	return 4096;
}

/* The library under test is compiled with these names for its allocations. */
void *test_calloc(size_t count, size_t size);
char *test_strdup(const char *text);
char *test_strndup(const char *text, size_t size);

void *test_calloc(size_t count, size_t size)
{
	return fake_alloc_fails() ? NULL : calloc(count, size);
}

char *test_strdup(const char *text)
{
	return fake_alloc_fails() ? NULL : strdup(text);
}

char *test_strndup(const char *text, size_t size)
{
	return fake_alloc_fails() ? NULL : strndup(text, size);
}
