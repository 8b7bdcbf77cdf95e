// SPDX-License-Identifier: MIT
/* BO_MMAP_OFFSET. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_MMAP_OFFSET gives each BO a place of its own, and keeps it.");

#define MIB (1ULL << 20)
#define OFFSET_SPACE (16ULL << 40)

static int fd = -1;
static uint32_t bo;

static void valid(int file, void *arg)
{
	*(struct drm_dgem_bo_mmap_offset *)arg = (struct drm_dgem_bo_mmap_offset){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
	};
}

static void test_stable(void)
{
	uint64_t first = dgem_bo_mmap_offset(fd, bo);

	igt_assert_eq_u64(first % dgem_page_size(), 0);
	igt_assert_neq_u64(first, 0);
	for (int i = 0; i < 100; i++)
		igt_assert_eq_u64(dgem_bo_mmap_offset(fd, bo), first);
}

/* The ranges, not only their starts, are apart. */
static void test_unique(void)
{
	struct {
		uint32_t handle;
		uint64_t start, end;
	} range[128];

	for (unsigned int i = 0; i < ARRAY_SIZE(range); i++) {
		uint64_t size = (i % 7 + 1) * MIB / 2;

		range[i].handle = dgem_bo_create(fd, size);
		range[i].start = dgem_bo_mmap_offset(fd, range[i].handle);
		range[i].end = range[i].start + size;
		for (unsigned int j = 0; j < i; j++)
			igt_assert(range[i].end <= range[j].start ||
				   range[j].end <= range[i].start);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(range); i++)
		gem_close(fd, range[i].handle);
}

static void test_other_file(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(other, 4096);

	igt_assert_neq_u64(dgem_bo_mmap_offset(fd, bo), dgem_bo_mmap_offset(other, handle));
	drm_close_driver(other);
}

static void test_shared(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(fd, 4096), shared;
	int dma_buf = prime_handle_to_fd(fd, handle);
	uint64_t offset = dgem_bo_mmap_offset(fd, handle);

	shared = prime_fd_to_handle(other, dma_buf);
	igt_assert_eq_u64(dgem_bo_mmap_offset(other, shared), offset);
	close(dma_buf);
	gem_close(fd, handle);
	igt_assert_eq_u64(dgem_bo_mmap_offset(other, shared), offset);
	drm_close_driver(other);
}

static void test_children(void)
{
	uint32_t handle = dgem_bo_create(fd, MIB);
	uint64_t expected = 0;
	uint64_t seen[8];
	int pipes[2];

	igt_assert_eq(pipe(pipes), 0);
	igt_fork(child, ARRAY_SIZE(seen)) {
		uint64_t offset = dgem_bo_mmap_offset(fd, handle);

		igt_assert_eq(write(pipes[1], &offset, sizeof(offset)), sizeof(offset));
	}
	igt_waitchildren();
	for (unsigned int i = 0; i < ARRAY_SIZE(seen); i++) {
		igt_assert_eq(read(pipes[0], &seen[i], sizeof(seen[i])), sizeof(seen[i]));
		expected = expected ?: seen[i];
		igt_assert_eq_u64(seen[i], expected);
	}
	close(pipes[0]);
	close(pipes[1]);
	gem_close(fd, handle);
}

/* An export needs no offset; who maps the dma-buf is told that there is none. */
static void export_without_offset(uint32_t handle)
{
	int dma_buf = prime_handle_to_fd_for_mmap(fd, handle);

	igt_assert(mmap(NULL, dgem_page_size(), PROT_READ, MAP_SHARED, dma_buf, 0) == MAP_FAILED);
	igt_assert_eq(errno, ENOSPC);
	close(dma_buf);
}

/* BOs of the largest size take all offsets without taking memory. */
static void test_used_up(void)
{
	const uint64_t size = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	const uint64_t most = OFFSET_SPACE / size;
	uint32_t *handle = calloc(most + 1, sizeof(*handle));
	struct drm_dgem_bo_create create = {
		.size = size,
		.flags = DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};
	unsigned int n = 0;
	uint64_t offset;
	int ret;

	igt_assert(handle);
	do {
		igt_assert_lte_u64(n, most);
		handle[n] = dgem_bo_create(fd, size);
		ret = __dgem_bo_mmap_offset(fd, handle[n++], &offset);
	} while (!ret);
	igt_assert_eq(ret, -ENOSPC);
	igt_info("%u BOs of %llu GiB have an offset\n", n - 1, (unsigned long long)size >> 30);
	/* what the core keeps is less than one of them */
	igt_assert_eq_u64(n - 1, most - 1);

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_CREATE, &create, ENOSPC);
	igt_assert_eq(__dgem_bo_create(fd, &create), -ENOSPC);
	igt_assert_eq_u32(create.reason, DRM_DGEM_REASON_MMAP_SPACE);
	igt_assert_eq_u64(create.reason_arg, 0);
	export_without_offset(handle[n - 1]);
	igt_assert_neq_u64(dgem_bo_mmap_offset(fd, bo), 0);

	while (n)
		gem_close(fd, handle[--n]);
	free(handle);
	create.handle = dgem_bo_create_in(fd, size, 0, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	gem_close(fd, create.handle);
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_mmap_offset, flags),
	DGEM_FIELD(drm_dgem_bo_mmap_offset, offset),
};

static const struct dgem_test tests[] = {
	{ "stable", "Asking again gives the same offset, a multiple of the page size.",
	  test_stable },
	{ "unique", "The ranges of two BOs do not overlap.", test_unique },
	{ "unique-across-files", "BOs of different files have different offsets.",
	  test_other_file },
	{ "shared", "A BO that two files share has one offset, which outlives a handle.",
	  test_shared },
	{ "first-ask-race", "Processes that ask at the same time for the first time agree.",
	  test_children },
	{ "used-up", "When all offsets are taken, ENOSPC says so until some are given back.",
	  test_used_up },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_MMAP_OFFSET,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_mmap_offset, flags),
		.zero_err = ENOENT,
		.handle_offset = offsetof(struct drm_dgem_bo_mmap_offset, handle),
		.flags_offset = offsetof(struct drm_dgem_bo_mmap_offset, flags),
		.bo = &bo,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
