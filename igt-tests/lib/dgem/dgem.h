/* SPDX-License-Identifier: MIT */
#ifndef DGEM_DGEM_H
#define DGEM_DGEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <drm.h>
#include <drm/dgem_drm.h>

#include "dgem/levels.h"
#include "dgem/subtests.h"

/*
 * dgem's ioctls in pairs: the function with __ returns 0 or -errno, the one
 * without asserts success. They repeat EINTR only, so that an EAGAIN, which no
 * ioctl of dgem may return, shows as a failure.
 */
int __dgem_ioctl(int fd, unsigned long request, void *arg);

int __dgem_get_param(int fd, uint32_t param, uint32_t index, uint64_t *value);
uint64_t dgem_get_param(int fd, uint32_t param);

int __dgem_heap_info(int fd, uint32_t heap, struct drm_dgem_heap_info *info);
void dgem_heap_info(int fd, uint32_t heap, struct drm_dgem_heap_info *info);
/* Number of the first heap of @kind; skips when there is none. */
uint32_t dgem_require_heap(int fd, enum drm_dgem_heap_kind kind);
#define for_each_dgem_heap(fd, heap) \
	for (uint32_t heap = 0; heap < dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS); heap++)

/* Whether BOs of a heap have all their memory from the start. */
bool dgem_heap_reserves(int fd, uint32_t heap);
/* Heaps whose BOs get their memory when it is touched. */
#define for_each_touched_heap(fd, heap) \
	for_each_dgem_heap(fd, heap)    \
		if (!dgem_heap_reserves(fd, heap))

int __dgem_bo_create(int fd, struct drm_dgem_bo_create *create);
uint32_t dgem_bo_create(int fd, uint64_t size);
uint32_t dgem_bo_create_in(int fd, uint64_t size, uint32_t heap, uint64_t flags);

int __dgem_bo_mmap_offset(int fd, uint32_t handle, uint64_t *offset);
uint64_t dgem_bo_mmap_offset(int fd, uint32_t handle);

int __dgem_bo_info(int fd, uint32_t handle, struct drm_dgem_bo_info *info);
void dgem_bo_info(int fd, uint32_t handle, struct drm_dgem_bo_info *info);
uint64_t dgem_bo_size(int fd, uint32_t handle);

int __dgem_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns);
void dgem_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns);

int __dgem_bo_set_label(int fd, uint32_t handle, const char *text, uint32_t len);
void dgem_bo_set_label(int fd, uint32_t handle, const char *text);
/* @len: room at @text, then the label's length, which may be more. */
int __dgem_bo_get_label(int fd, uint32_t handle, char *text, uint32_t *len);
uint32_t dgem_bo_get_label(int fd, uint32_t handle, char *text, uint32_t room);

/* What dgem_bo_madvise() returns: whether the contents are still there. */
int __dgem_bo_madvise(int fd, uint32_t handle, uint32_t madv, uint32_t *retained);
bool dgem_bo_madvise(int fd, uint32_t handle, enum drm_dgem_madv madv);

int __dgem_bo_sync(int fd, const struct drm_dgem_sync_op *ops, uint32_t count);
/* One part, of which DRM_DGEM_SYNC_ @flags tell the access. */
void dgem_bo_sync(int fd, uint32_t handle, uint32_t flags, uint64_t offset, uint64_t size);

/*
 * Shared mappings of a handle, from @offset into it, and of a dma-buf. The
 * variant with __ returns MAP_FAILED and leaves errno.
 */
void *__dgem_bo_map(int fd, uint32_t handle, uint64_t offset, size_t length, int prot);
void *dgem_bo_map(int fd, uint32_t handle, size_t length);
void *dgem_dmabuf_map(int dma_buf_fd, uint64_t offset, size_t length, int prot);
void dgem_unmap(void *ptr, size_t length);

/* The core's ioctls where a test expects them to fail: 0 or -errno. */
int __gem_close(int fd, uint32_t handle);
int __prime_handle_to_fd(int fd, uint32_t handle, uint32_t flags, int *dma_buf_fd);
int __prime_fd_to_handle(int fd, int dma_buf_fd, uint32_t *handle);

/* Calls each ioctl once; any user may do so on any file of dgem. */
void dgem_use(int fd);
/* The capabilities that the DRM core tells of dgem. */
void dgem_assert_caps(int fd);

/*
 * Counters: what a refused request must leave as it was: the levels, and how
 * often things happened, which root reads.
 */
#define DGEM_MAX_STATS 48
struct dgem_counters {
	struct level_values levels;
	unsigned int num_stats;
	struct {
		char name[32];
		long long value;
	} stats[DGEM_MAX_STATS];
};
void dgem_counters_read(int fd, struct dgem_counters *counters);
/* Fails when the driver has no statistic of that name. */
long long dgem_counter(const struct dgem_counters *counters, const char *name);
/* Reads now and fails on any change since @before. */
void dgem_counters_assert_same(int fd, const struct dgem_counters *before);

/* Reads, and at the end of the block asserts that nothing is left of what it made. */
struct level_values *dgem_levels_begin(int fd);
struct level_values *dgem_levels_end(int fd, const struct level_values *before);
#define dgem_leaves_nothing(fd)                                               \
	for (struct level_values *__before = dgem_levels_begin(fd); __before; \
	     __before = dgem_levels_end(fd, __before))

/* Subtests that have to leave everything as it was. */
#define dgem_subtest(fd, name) \
	igt_subtest(name)      \
		dgem_leaves_nothing(fd)
#define dgem_subtest_f(fd, ...)    \
	igt_subtest_f(__VA_ARGS__) \
		dgem_leaves_nothing(fd)

/* for_each_subtest() with subtests that have to leave everything as it was. */
#define for_each_dgem_subtest(fd, t, table) \
	for_each_row(t, table)              \
		dgem_subtest(fd, t->name)

/*
 * Asserts that the ioctl fails with @err, that its argument came back as it
 * went in (of BO_CREATE but for its reason), and that no counter changed.
 */
void dgem_assert_refused(int fd, unsigned long request, void *arg, int err);

/* A member of an ioctl's argument. */
struct dgem_field {
	const char *name;
	size_t offset;
	size_t size;
};
#define DGEM_FIELD(type, member) \
	{ #member, offsetof(struct type, member), sizeof(((struct type *)0)->member) }

/* EINVAL for each single bit of @mask in a field of @arg, and for all of them. */
void dgem_assert_refused_bits(int fd, unsigned long request, void *arg,
			      const struct dgem_field *field, uint64_t mask);
/* EINVAL for each bit of each byte of a field of any size, a text for example. */
void dgem_assert_refused_nonzero(int fd, unsigned long request, void *arg,
				 const struct dgem_field *field);

/*
 * An ioctl of the driver, as what holds for each of them needs to know it. @valid fills
 * in an argument that succeeds; what @fd points to is read when the subtests run.
 */
struct dgem_abi {
	/* of the subtests' names, where a program has two ioctls; or NULL */
	const char *prefix;
	unsigned long request;
	int *fd;
	void (*valid)(int fd, void *arg);
	/* bytes of input fields that a caller may not leave out */
	size_t min_size;
	/* what an argument of length 0, which reads as zeros, gives */
	int zero_err;
	/* where the ioctl takes a handle: its place, that of the flags, and a BO for @valid */
	size_t handle_offset, flags_offset;
	uint32_t *bo;
	/* fields that have to be zero on input */
	const struct dgem_field *zero_fields;
	unsigned int num_zero_fields;
};

/*
 * Subtests that hold for each ioctl: pointers that cannot be read or written, arguments
 * of other lengths, fields that have to be zero, and handles that the file does not have.
 */
void dgem_abi_subtests(const struct dgem_abi *abi);

/* All of the program of an ioctl, for igt_main(): its own tests, and those for each. */
void dgem_abi_tests_run(const struct dgem_abi *abi, const struct dgem_test *tests,
			unsigned int count);

/* CLOCK_MONOTONIC now, in ns. */
int64_t dgem_now(void);
size_t dgem_page_size(void);

/* How often to do something: what @env says in the environment, if it does. */
int dgem_repeat(const char *env, int otherwise);

#endif /* DGEM_DGEM_H */
