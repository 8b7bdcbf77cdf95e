// SPDX-License-Identifier: MIT
/* dgem's ioctls for tests. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

int __dgem_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret == -1 && errno == EINTR);
	return ret ? -errno : 0;
}

int __dgem_get_param(int fd, uint32_t param, uint32_t index, uint64_t *value)
{
	struct drm_dgem_get_param args = { .param = param, .index = index };
	int ret = __dgem_ioctl(fd, DRM_IOCTL_DGEM_GET_PARAM, &args);

	if (!ret)
		*value = args.value;
	return ret;
}

uint64_t dgem_get_param(int fd, uint32_t param)
{
	uint64_t value;

	igt_assert_eq(__dgem_get_param(fd, param, 0, &value), 0);
	return value;
}

int __dgem_heap_info(int fd, uint32_t heap, struct drm_dgem_heap_info *info)
{
	memset(info, 0, sizeof(*info));
	info->heap = heap;
	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_HEAP_INFO, info);
}

void dgem_heap_info(int fd, uint32_t heap, struct drm_dgem_heap_info *info)
{
	igt_assert_eq(__dgem_heap_info(fd, heap, info), 0);
}

uint32_t dgem_require_heap(int fd, enum drm_dgem_heap_kind kind)
{
	struct drm_dgem_heap_info info;

	for_each_dgem_heap(fd, heap) {
		dgem_heap_info(fd, heap, &info);
		if (info.kind == kind)
			return heap;
	}
	igt_skip("The device has no heap of kind %d.\n", kind);
}

bool dgem_heap_reserves(int fd, uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.caps & DRM_DGEM_HEAP_CAP_CONTIGUOUS;
}

int __dgem_bo_create(int fd, struct drm_dgem_bo_create *create)
{
	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_CREATE, create);
}

uint32_t dgem_bo_create_in(int fd, uint64_t size, uint32_t heap, uint64_t flags)
{
	struct drm_dgem_bo_create create = { .size = size, .heap = heap, .flags = flags };

	igt_assert_eq(__dgem_bo_create(fd, &create), 0);
	igt_assert_neq(create.handle, 0);
	igt_assert_lte_u64(size, create.size);
	return create.handle;
}

uint32_t dgem_bo_create(int fd, uint64_t size)
{
	return dgem_bo_create_in(fd, size, 0, 0);
}

int __dgem_bo_mmap_offset(int fd, uint32_t handle, uint64_t *offset)
{
	struct drm_dgem_bo_mmap_offset args = { .handle = handle };
	int ret = __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_MMAP_OFFSET, &args);

	if (!ret)
		*offset = args.offset;
	return ret;
}

uint64_t dgem_bo_mmap_offset(int fd, uint32_t handle)
{
	uint64_t offset;

	igt_assert_eq(__dgem_bo_mmap_offset(fd, handle, &offset), 0);
	return offset;
}

int __dgem_bo_info(int fd, uint32_t handle, struct drm_dgem_bo_info *info)
{
	memset(info, 0, sizeof(*info));
	info->handle = handle;
	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_INFO, info);
}

void dgem_bo_info(int fd, uint32_t handle, struct drm_dgem_bo_info *info)
{
	igt_assert_eq(__dgem_bo_info(fd, handle, info), 0);
}

uint64_t dgem_bo_size(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.size;
}

int __dgem_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns)
{
	struct drm_dgem_bo_wait args = {
		.handle = handle,
		.flags = flags,
		.timeout_ns = timeout_ns,
	};

	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_WAIT, &args);
}

void dgem_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns)
{
	igt_assert_eq(__dgem_bo_wait(fd, handle, flags, timeout_ns), 0);
}

int __dgem_bo_set_label(int fd, uint32_t handle, const char *text, uint32_t len)
{
	struct drm_dgem_bo_label args = {
		.handle = handle,
		.len = len,
		.text = to_user_pointer(text),
	};

	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_SET_LABEL, &args);
}

void dgem_bo_set_label(int fd, uint32_t handle, const char *text)
{
	igt_assert_eq(__dgem_bo_set_label(fd, handle, text, strlen(text)), 0);
}

int __dgem_bo_get_label(int fd, uint32_t handle, char *text, uint32_t *len)
{
	struct drm_dgem_bo_label args = {
		.handle = handle,
		.len = *len,
		.text = to_user_pointer(text),
	};
	int ret = __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_GET_LABEL, &args);

	if (!ret)
		*len = args.len;
	return ret;
}

uint32_t dgem_bo_get_label(int fd, uint32_t handle, char *text, uint32_t room)
{
	igt_assert_eq(__dgem_bo_get_label(fd, handle, text, &room), 0);
	return room;
}

int __dgem_bo_madvise(int fd, uint32_t handle, uint32_t madv, uint32_t *retained)
{
	struct drm_dgem_bo_madvise args = { .handle = handle, .madv = madv };
	int ret = __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_MADVISE, &args);

	if (!ret)
		*retained = args.retained;
	return ret;
}

bool dgem_bo_madvise(int fd, uint32_t handle, enum drm_dgem_madv madv)
{
	uint32_t retained = 2;

	igt_assert_eq(__dgem_bo_madvise(fd, handle, madv, &retained), 0);
	igt_assert_lte(retained, 1);
	return retained;
}

int __dgem_bo_sync(int fd, const struct drm_dgem_sync_op *ops, uint32_t count)
{
	struct drm_dgem_bo_sync args = {
		.ops = to_user_pointer(ops),
		.count = count,
		.stride = sizeof(*ops),
	};

	return __dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_SYNC, &args);
}

void dgem_bo_sync(int fd, uint32_t handle, uint32_t flags, uint64_t offset, uint64_t size)
{
	const struct drm_dgem_sync_op op = {
		.handle = handle,
		.flags = flags,
		.offset = offset,
		.size = size,
	};

	igt_assert_eq(__dgem_bo_sync(fd, &op, 1), 0);
}

void *__dgem_bo_map(int fd, uint32_t handle, uint64_t offset, size_t length, int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, fd, dgem_bo_mmap_offset(fd, handle) + offset);
}

void *dgem_bo_map(int fd, uint32_t handle, size_t length)
{
	void *ptr = __dgem_bo_map(fd, handle, 0, length, PROT_READ | PROT_WRITE);

	igt_assert(ptr != MAP_FAILED);
	return ptr;
}

void *dgem_dmabuf_map(int dma_buf_fd, uint64_t offset, size_t length, int prot)
{
	void *ptr = mmap(NULL, length, prot, MAP_SHARED, dma_buf_fd, offset);

	igt_assert(ptr != MAP_FAILED);
	return ptr;
}

void dgem_unmap(void *ptr, size_t length)
{
	igt_assert_eq(munmap(ptr, length), 0);
}

int __gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	return __dgem_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

int __prime_handle_to_fd(int fd, uint32_t handle, uint32_t flags, int *dma_buf_fd)
{
	struct drm_prime_handle args = { .handle = handle, .flags = flags, .fd = -1 };
	int ret = __dgem_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);

	if (!ret)
		*dma_buf_fd = args.fd;
	return ret;
}

int __prime_fd_to_handle(int fd, int dma_buf_fd, uint32_t *handle)
{
	struct drm_prime_handle args = { .fd = dma_buf_fd };
	int ret = __dgem_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);

	if (!ret)
		*handle = args.handle;
	return ret;
}

int64_t dgem_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

size_t dgem_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

int dgem_repeat(const char *env, int otherwise)
{
	const char *given = getenv(env);
	int times = given ? atoi(given) : otherwise;

	igt_assert_f(times > 0, "%s=%s is not a number of times\n", env, given);
	return times;
}

void dgem_use(int fd)
{
	uint32_t handle = dgem_bo_create(fd, 65536), again;
	struct drm_syncobj_create sync = {};
	struct drm_syncobj_destroy destroy = {};
	struct drm_dgem_heap_info heap;
	char text[8], *ptr;
	int dma_buf;

	igt_assert_lt_u64(0, dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS));
	dgem_heap_info(fd, 0, &heap);
	igt_assert_eq_u64(dgem_bo_size(fd, handle), 65536);
	ptr = dgem_bo_map(fd, handle, 65536);
	memset(ptr, 1, 65536);
	dgem_unmap(ptr, 65536);
	dgem_bo_wait(fd, handle, DRM_DGEM_BO_WAIT_WRITE, 0);
	dgem_bo_set_label(fd, handle, "label");
	igt_assert_eq_u32(dgem_bo_get_label(fd, handle, text, sizeof(text)), 5);
	igt_assert(dgem_bo_madvise(fd, handle, DRM_DGEM_MADV_WILLNEED));
	dgem_bo_sync(fd, handle, DRM_DGEM_SYNC_READ, 0, 65536);
	dma_buf = prime_handle_to_fd_for_mmap(fd, handle);
	again = prime_fd_to_handle(fd, dma_buf);
	igt_assert_eq_u32(again, handle);
	close(dma_buf);
	gem_close(fd, handle);
	do_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &sync);
	destroy.handle = sync.handle;
	do_ioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
}

static void assert_cap(int fd, uint64_t capability, uint64_t value)
{
	struct drm_get_cap cap = { .capability = capability };

	do_ioctl(fd, DRM_IOCTL_GET_CAP, &cap);
	igt_assert_eq_u64(cap.value, value);
}

void dgem_assert_caps(int fd)
{
	assert_cap(fd, DRM_CAP_PRIME, DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT);
	assert_cap(fd, DRM_CAP_SYNCOBJ, 1);
	assert_cap(fd, DRM_CAP_SYNCOBJ_TIMELINE, 1);
}
