// SPDX-License-Identifier: MIT
/* The file descriptor of a dma-buf. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A dma-buf's file descriptor is what the export asked for.");

#define SIZE (256 * 1024)

static int fd = -1;

static void test_llseek(void)
{
	for (uint64_t size = dgem_page_size(); size <= 2 << 20; size *= 2) {
		uint32_t handle = dgem_bo_create(fd, size);
		int dma_buf = prime_handle_to_fd(fd, handle);

		igt_assert_eq_u64(lseek(dma_buf, 0, SEEK_END), size);
		igt_assert_eq_u64(lseek(dma_buf, 0, SEEK_SET), 0);
		close(dma_buf);
		gem_close(fd, handle);
	}
}

static void test_llseek_bad(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	int dma_buf = prime_handle_to_fd(fd, handle);
	static const struct {
		off_t offset;
		int whence;
	} bad[] = {
		{ 1, SEEK_END },    { -1, SEEK_END }, { SIZE, SEEK_END }, { 1, SEEK_SET },
		{ SIZE, SEEK_SET }, { 0, SEEK_CUR },  { 1, SEEK_CUR },	  { 0, SEEK_DATA },
		{ 0, SEEK_HOLE },   { 0, 99 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		igt_assert_eq(lseek(dma_buf, bad[i].offset, bad[i].whence), -1);
		igt_assert_eq(errno, EINVAL);
	}
	close(dma_buf);
	gem_close(fd, handle);
}

static void test_cloexec(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	int plain, cloexec;

	igt_assert_eq(__prime_handle_to_fd(fd, handle, 0, &plain), 0);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, DRM_CLOEXEC, &cloexec), 0);
	igt_assert_eq(fcntl(plain, F_GETFD) & FD_CLOEXEC, 0);
	igt_assert_eq(fcntl(cloexec, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(plain);
	close(cloexec);
	gem_close(fd, handle);
}

static void test_access_mode(void)
{
	uint32_t a = dgem_bo_create(fd, SIZE), b = dgem_bo_create(fd, SIZE);
	int reader = prime_handle_to_fd(fd, a), writer = prime_handle_to_fd_for_mmap(fd, b);

	igt_assert_eq(fcntl(reader, F_GETFL) & O_ACCMODE, O_RDONLY);
	igt_assert_eq(fcntl(writer, F_GETFL) & O_ACCMODE, O_RDWR);
	close(reader);
	close(writer);
	gem_close(fd, a);
	gem_close(fd, b);
}

/* No room for another file: EMFILE, no leak, and later it works again. */
static void test_fd_table_full(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	struct rlimit old, full = { 0, 0 };
	struct dgem_counters before;
	struct drm_prime_handle args = { .handle = handle, .fd = -1 };

	dgem_counters_read(fd, &before);
	igt_assert_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	full.rlim_max = old.rlim_max;
	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
	igt_assert_eq(__dgem_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args), -EMFILE);
	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	igt_assert_eq(args.fd, -1);
	dgem_counters_assert_same(fd, &before);
	close(prime_handle_to_fd(fd, handle));
	gem_close(fd, handle);
}

static unsigned int count_fds(void)
{
	unsigned int count = 0;

	for (int i = 0; i < 1024; i++)
		count += fcntl(i, F_GETFD) >= 0;
	return count;
}

/*
 * The core installs the descriptor before it writes its number back: where that
 * fails, the process has one that it was not told of. It is the dma-buf, and
 * with it goes all there is.
 */
static void test_arg_read_only(void)
{
	struct drm_prime_handle *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int fds = count_fds();
	struct dgem_counters before;
	int next = dup(fd);

	igt_assert(args != MAP_FAILED);
	igt_assert(next >= 0);
	close(next);
	dgem_counters_read(fd, &before);
	args->handle = dgem_bo_create(fd, SIZE);
	args->flags = DRM_CLOEXEC;
	igt_assert_eq(mprotect(args, 4096, PROT_READ), 0);
	igt_assert_eq(__dgem_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, args), -EFAULT);
	if (count_fds() != fds) {
		igt_assert_eq(count_fds(), fds + 1);
		igt_assert_eq_u64(lseek(next, 0, SEEK_END), SIZE);
		close(next);
	}
	igt_assert_eq(count_fds(), fds);
	/* The handle keeps the dma-buf of its first export. */
	gem_close(fd, args->handle);
	dgem_counters_assert_same(fd, &before);
	munmap(args, 4096);
}

static const struct dgem_test tests[] = {
	{ "llseek-size", "The end of a dma-buf is the BO's size.", test_llseek },
	{ "llseek-bad", "All other seeks give EINVAL.", test_llseek_bad },
	{ "cloexec", "DRM_CLOEXEC is what decides close-on-exec.", test_cloexec },
	{ "access-mode", "DRM_RDWR is what decides the access mode.", test_access_mode },
	{ "export-fd-table-full", "Export with a full fd table gives EMFILE and leaks nothing.",
	  test_fd_table_full },
	{ "export-arg-read-only", "Export with an argument in read-only memory gives EFAULT.",
	  test_arg_read_only },
};

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
