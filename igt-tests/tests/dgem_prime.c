// SPDX-License-Identifier: MIT
/* PRIME between files of dgem: handles, dma-bufs and their lives. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A BO goes to another file and back as the BO that it is.");

#define SIZE (256 * 1024)

static int fd = -1, other = -1;

static void fill(int file, uint32_t handle, int value)
{
	void *ptr = dgem_bo_map(file, handle, SIZE);

	memset(ptr, value, SIZE);
	dgem_unmap(ptr, SIZE);
}

static void assert_filled(int file, uint32_t handle, int value)
{
	unsigned char *ptr = dgem_bo_map(file, handle, SIZE);

	for (int i = 0; i < SIZE; i++)
		igt_assert_eq(ptr[i], value);
	dgem_unmap(ptr, SIZE);
}

static ino_t inode(int dma_buf)
{
	struct stat st;

	igt_assert_eq(fstat(dma_buf, &st), 0);
	return st.st_ino;
}

static void test_one_bo(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), shared;
	int dma_buf = prime_handle_to_fd(fd, handle);

	igt_assert_eq_u32(prime_fd_to_handle(fd, dma_buf), handle);
	shared = prime_fd_to_handle(other, dma_buf);
	igt_assert_eq_u32(prime_fd_to_handle(other, dma_buf), shared);
	fill(fd, handle, 0x11);
	assert_filled(other, shared, 0x11);
	fill(other, shared, 0x22);
	assert_filled(fd, handle, 0x22);
	close(dma_buf);
	gem_close(other, shared);
	gem_close(fd, handle);
}

static void test_lifetime(void)
{
	int maker = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(maker, SIZE), shared;
	int dma_buf = prime_handle_to_fd(maker, handle);

	shared = prime_fd_to_handle(other, dma_buf);
	fill(maker, handle, 0x33);
	close(dma_buf);
	assert_filled(other, shared, 0x33);
	gem_close(maker, handle);
	assert_filled(other, shared, 0x33);
	drm_close_driver(maker);
	assert_filled(other, shared, 0x33);
	gem_close(other, shared);
}

/* The dma-buf alone keeps the BO. */
static void test_roundtrip(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), shared;
	int dma_buf = prime_handle_to_fd(fd, handle);
	struct drm_dgem_bo_info before, after;

	dgem_bo_info(fd, handle, &before);
	shared = prime_fd_to_handle(other, dma_buf);
	fill(fd, handle, 0x44);
	gem_close(fd, handle);
	gem_close(other, shared);

	handle = prime_fd_to_handle(fd, dma_buf);
	shared = prime_fd_to_handle(other, dma_buf);
	dgem_bo_info(fd, handle, &after);
	igt_assert_eq_u64(before.id, after.id);
	assert_filled(fd, handle, 0x44);
	assert_filled(other, shared, 0x44);
	gem_close(fd, handle);
	gem_close(other, shared);
	close(dma_buf);
}

static void test_two_bos(void)
{
	uint32_t a = dgem_bo_create(fd, SIZE), b = dgem_bo_create(fd, SIZE);
	int dma_buf_a = prime_handle_to_fd(fd, a), dma_buf_b = prime_handle_to_fd(fd, b);
	uint32_t shared_a, shared_b;

	igt_assert_neq(inode(dma_buf_a), inode(dma_buf_b));
	shared_a = prime_fd_to_handle(other, dma_buf_a);
	shared_b = prime_fd_to_handle(other, dma_buf_b);
	igt_assert_neq_u32(shared_a, shared_b);
	fill(fd, a, 0x55);
	fill(fd, b, 0x66);
	assert_filled(other, shared_a, 0x55);
	assert_filled(other, shared_b, 0x66);
	close(dma_buf_a);
	close(dma_buf_b);
	gem_close(other, shared_a);
	assert_filled(other, shared_b, 0x66);
	gem_close(other, shared_b);
	gem_close(fd, a);
	gem_close(fd, b);
}

static void test_dup(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), shared;
	int dma_buf = prime_handle_to_fd(fd, handle), copy = dup(dma_buf);

	igt_assert_fd(copy);
	close(dma_buf);
	igt_assert_eq_u32(prime_fd_to_handle(fd, copy), handle);
	shared = prime_fd_to_handle(other, copy);
	fill(fd, handle, 0x77);
	assert_filled(other, shared, 0x77);
	igt_assert_eq(prime_get_size(copy), SIZE);
	close(copy);
	gem_close(other, shared);
	gem_close(fd, handle);
}

static void test_export_twice(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), shared;
	int first = prime_handle_to_fd(fd, handle), second = prime_handle_to_fd(fd, handle), third;

	igt_assert_neq(first, second);
	igt_assert_eq(inode(first), inode(second));
	shared = prime_fd_to_handle(other, first);
	third = prime_handle_to_fd(other, shared);
	igt_assert_eq(inode(first), inode(third));
	igt_assert_eq(prime_get_size(third), SIZE);
	close(first);
	close(second);
	close(third);
	gem_close(other, shared);
	gem_close(fd, handle);
}

/* Names could be guessed by everybody, so there are none, for the master either. */
static void test_flink(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	struct drm_gem_flink flink = { .handle = handle };
	struct drm_gem_open open = {};

	do_ioctl(fd, DRM_IOCTL_SET_MASTER, NULL);
	dgem_assert_refused(fd, DRM_IOCTL_GEM_FLINK, &flink, EOPNOTSUPP);
	dgem_assert_refused(other, DRM_IOCTL_GEM_FLINK, &flink, EOPNOTSUPP);
	for (open.name = 0; open.name < 4; open.name++)
		dgem_assert_refused(fd, DRM_IOCTL_GEM_OPEN, &open, EOPNOTSUPP);
	/* The core goes by the number, whatever else the request says. */
	dgem_assert_refused(fd, DRM_IO(_IOC_NR(DRM_IOCTL_GEM_FLINK)), &flink, EOPNOTSUPP);
	dgem_assert_refused(fd, DRM_IO(_IOC_NR(DRM_IOCTL_GEM_OPEN)), &open, EOPNOTSUPP);
	gem_close(fd, handle);
}

static void refused_export(int file, uint32_t handle, uint32_t flags, int err)
{
	struct drm_prime_handle args = { .handle = handle, .flags = flags, .fd = -1 };

	dgem_assert_refused(file, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args, err);
}

static void test_export_flags(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);

	for (int bit = 0; bit < 32; bit++)
		if (!((DRM_CLOEXEC | DRM_RDWR) & 1u << bit))
			refused_export(fd, handle, 1u << bit, EINVAL);
	refused_export(fd, handle, ~0u, EINVAL);
	gem_close(fd, handle);
}

/*
 * The dma-buf lives as long as a handle or a file of it does, so what is asked
 * for later has to agree with what was asked for first.
 */
static void test_export_mode(uint32_t first, uint32_t later)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), shared;
	int dma_buf = -1, again = -1;

	igt_assert_eq(__prime_handle_to_fd(fd, handle, first, &dma_buf), 0);
	refused_export(fd, handle, later, EACCES);
	refused_export(fd, handle, later | DRM_CLOEXEC, EACCES);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, first, &again), 0);
	close(again);

	shared = prime_fd_to_handle(other, dma_buf);
	refused_export(other, shared, later, EACCES);
	close(dma_buf);
	refused_export(other, shared, later, EACCES);
	gem_close(other, shared);
	gem_close(fd, handle);
}

static void test_export_mode_forgotten(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	int keeper = prime_handle_to_fd_for_mmap(fd, handle), dma_buf;
	struct stat st;

	/* no handle and no other dma-buf: what was agreed on is still there */
	gem_close(fd, handle);
	handle = prime_fd_to_handle(fd, keeper);
	refused_export(fd, handle, 0, EACCES);
	dma_buf = prime_handle_to_fd_for_mmap(fd, handle);
	igt_assert_eq(fstat(dma_buf, &st), 0);
	igt_assert_eq(inode(dma_buf), inode(keeper));
	close(keeper);
	close(dma_buf);
	gem_close(fd, handle);
}

static void test_export_bad_handle(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);

	refused_export(fd, 0, 0, ENOENT);
	refused_export(fd, handle + 1000, 0, ENOENT);
	refused_export(fd, handle | 1u << 31, 0, ENOENT);
	refused_export(fd, UINT32_MAX, DRM_RDWR, ENOENT);
	refused_export(other, handle, 0, ENOENT);
	gem_close(fd, handle);
	refused_export(fd, handle, 0, ENOENT);
}

static void refused_import(int dma_buf, int err)
{
	struct drm_prime_handle args = { .fd = dma_buf };

	dgem_assert_refused(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args, err);
}

static void test_import_bad_fd(void)
{
	int closed = dup(fd);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), memfd = memfd_create("x", 0);
	int pipes[2];

	igt_assert_eq(pipe(pipes), 0);
	close(closed);
	refused_import(-1, EBADF);
	refused_import(closed, EBADF);
	refused_import(INT32_MAX, EBADF);
	refused_import(fd, EINVAL);
	refused_import(file, EINVAL);
	refused_import(memfd, EINVAL);
	refused_import(pipes[0], EINVAL);
	close(file);
	close(memfd);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_export_not_widened(void)
{
	test_export_mode(0, DRM_RDWR);
}

static void test_export_not_narrowed(void)
{
	test_export_mode(DRM_RDWR, 0);
}

static const struct dgem_test tests[] = {
	{ "one-bo", "A BO comes back as the handle it has; both files see one memory.",
	  test_one_bo },
	{ "lifetime", "Contents outlive the dma-buf, the first handle and the first file.",
	  test_lifetime },
	{ "roundtrip", "A dma-buf alone keeps the BO, and both files get it back.",
	  test_roundtrip },
	{ "two-bos", "Two BOs stay two.", test_two_bos },
	{ "dup", "A duplicate of a dma-buf's fd serves as the original.", test_dup },
	{ "export-twice", "All exports of a BO are one dma-buf.", test_export_twice },
	{ "flink", "BOs have no global names: GEM_FLINK and GEM_OPEN give EOPNOTSUPP.",
	  test_flink },
	{ "export-unknown-flags", "Export flags other than CLOEXEC and RDWR give EINVAL.",
	  test_export_flags },
	{ "export-not-widened", "A dma-buf made read-only is not widened: EACCES.",
	  test_export_not_widened },
	{ "export-not-narrowed", "A dma-buf made writable is not handed out as read-only: EACCES.",
	  test_export_not_narrowed },
	{ "export-mode-kept", "The mode holds as long as the dma-buf does, without any handle.",
	  test_export_mode_forgotten },
	{ "export-bad-handle", "Export of what is no handle gives ENOENT.",
	  test_export_bad_handle },
	{ "import-bad-fd", "Import of what is no dma-buf gives EBADF or EINVAL.",
	  test_import_bad_fd },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		other = drm_reopen_driver(fd);
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture() {
		drm_close_driver(other);
		drm_close_driver(fd);
	}
}
