// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_state.h"

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
struct fake_fd fake_fds[FAKE_MAX_FDS];
struct fake_device fake_devices[FAKE_MAX_DEVICES];
unsigned int fake_num_devices;
bool fake_has_sysfs = true;

static struct {
	unsigned int count, fail_at;
	int error;
	_Alignas(8) char last[256];
} calls[FAKE_NUM_CALLS];
static int fail_alloc_in;
static uint64_t next_id = 1;

int fake_enter_locked(enum fake_call call, const void *arg, size_t size)
{
	calls[call].count++;
	if (arg)
		memcpy(calls[call].last, arg,
		       size < sizeof(calls[call].last) ? size : sizeof(calls[call].last));
	return calls[call].count == calls[call].fail_at ? -calls[call].error : 0;
}

void fake_fail(enum fake_call call, int nth, int error)
{
	calls[call].fail_at = calls[call].count + (unsigned int)nth;
	calls[call].error = error;
}

unsigned int fake_calls(enum fake_call call)
{
	return calls[call].count;
}

const void *fake_last(enum fake_call call)
{
	return calls[call].last;
}

void fake_fail_alloc(int nth)
{
	fail_alloc_in = nth;
}

bool fake_alloc_fails(void)
{
	return fail_alloc_in && !--fail_alloc_in;
}

void fake_add_device(const char *driver, int bustype, const char *fullname, const char *primary,
		     const char *render)
{
	struct fake_device *device = &fake_devices[fake_num_devices++];

	device->driver = driver;
	device->bustype = bustype;
	device->fullname = fullname;
	if (primary)
		snprintf(device->primary, FAKE_PATH_SIZE, "%s", primary);
	if (render)
		snprintf(device->render, FAKE_PATH_SIZE, "%s", render);
}

void fake_add_default(void)
{
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", "/dev/dri/card0", FAKE_NODE);
}

void fake_deny(const char *path, int error)
{
	unsigned int i;

	for (i = 0; i < fake_num_devices; i++) {
		if (!strcmp(fake_devices[i].primary, path))
			fake_devices[i].primary_error = error;
		if (!strcmp(fake_devices[i].render, path))
			fake_devices[i].render_error = error;
	}
}

void fake_remove_sysfs(void)
{
	fake_has_sysfs = false;
}

unsigned int fake_opens(const char *driver)
{
	unsigned int i, opens = 0;

	for (i = 0; i < fake_num_devices; i++)
		if (!strcmp(fake_devices[i].driver, driver))
			opens += fake_devices[i].opens;
	return opens;
}

struct fake_file *fake_file_locked(int fd)
{
	if (fd < FAKE_FIRST_FD || fd >= FAKE_FIRST_FD + FAKE_MAX_FDS)
		return NULL;
	return fake_fds[fd - FAKE_FIRST_FD].file;
}

int fake_new_fd_locked(struct fake_file *file, struct fake_bo *dmabuf)
{
	int i;

	for (i = 0; i < FAKE_MAX_FDS; i++) {
		if (fake_fds[i].file || fake_fds[i].dmabuf)
			continue;
		fake_fds[i].file = file;
		fake_fds[i].dmabuf = dmabuf;
		return FAKE_FIRST_FD + i;
	}
	return -EMFILE;
}

struct fake_bo *fake_new_bo_locked(uint64_t size)
{
	struct fake_bo *bo = calloc(1, sizeof(*bo));

	bo->id = next_id++;
	bo->size = (size + 4095) & ~(uint64_t)4095;
	bo->memory = memfd_create("fake bo", MFD_CLOEXEC);
	if (bo->memory < 0 || ftruncate(bo->memory, (off_t)bo->size))
		abort();
	return bo;
}

void fake_put_bo_locked(struct fake_bo *bo)
{
	if (--bo->refs)
		return;
	close(bo->memory);
	free(bo);
}

/* The lowest free one, as the DRM core does: numbers come back at once. */
int fake_new_handle_locked(struct fake_file *file, struct fake_bo *bo, uint32_t *ret_handle)
{
	uint32_t i;

	for (i = 1; i < FAKE_MAX_HANDLES; i++) {
		if (file->handles[i])
			continue;
		file->handles[i] = bo;
		bo->refs++;
		*ret_handle = i;
		return 0;
	}
	return -ENOMEM;
}

struct fake_bo *fake_bo_locked(int fd, uint32_t handle)
{
	struct fake_file *file = fake_file_locked(fd);

	if (!file || handle >= FAKE_MAX_HANDLES)
		return NULL;
	return file->handles[handle];
}

struct fake_bo *fake_bo_at_locked(struct fake_file *file, uint64_t offset)
{
	uint64_t id = offset >> FAKE_OFFSET_SHIFT;
	uint32_t i;

	for (i = 0; i < FAKE_MAX_HANDLES; i++)
		if (file->handles[i] && file->handles[i]->id == id)
			return file->handles[i];
	return NULL;
}

unsigned int fake_open_files(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < FAKE_MAX_FDS; i++)
		count += fake_fds[i].file || fake_fds[i].dmabuf;
	return count;
}

unsigned int fake_open_handles(void)
{
	unsigned int i, j, count = 0;

	for (i = 0; i < FAKE_MAX_FDS; i++)
		for (j = 0; fake_fds[i].file && j < FAKE_MAX_HANDLES; j++)
			count += !!fake_fds[i].file->handles[j];
	return count;
}

int fake_foreign_dmabuf(uint64_t size)
{
	struct fake_bo *bo;
	int fd;

	pthread_mutex_lock(&fake_lock);
	bo = fake_new_bo_locked(size);
	bo->foreign = true;
	bo->heap = DRM_DGEM_HEAP_NONE;
	bo->refs = 1;
	fd = fake_new_fd_locked(NULL, bo);
	pthread_mutex_unlock(&fake_lock);
	return fd;
}

void fake_close_dmabuf(int fd)
{
	struct fake_fd *slot = &fake_fds[fd - FAKE_FIRST_FD];

	pthread_mutex_lock(&fake_lock);
	fake_put_bo_locked(slot->dmabuf);
	slot->dmabuf = NULL;
	pthread_mutex_unlock(&fake_lock);
}
