// SPDX-License-Identifier: MIT
/* What mmap(), mprotect() and mremap() of a BO refuse, by both kinds of file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION(
	"Mappings are shared, inside the BO, not executable, and for files with a handle.");

#define RW (PROT_READ | PROT_WRITE)
#define PAGES 4

static int fd = -1;
static uint32_t bo;
static uint64_t bo_offset;
static int dma_buf = -1;
static size_t page;

/* A refused mmap() has no argument to compare, but counters as well. */
static void refused(size_t length, int prot, int flags, int file, uint64_t offset, int err)
{
	struct dgem_counters before;
	void *ptr;

	dgem_counters_read(fd, &before);
	ptr = mmap(NULL, length, prot, flags, file, offset);
	igt_assert_f(ptr == MAP_FAILED, "mmap() succeeded\n");
	igt_assert_eq(errno, err);
	errno = 0;
	dgem_counters_assert_same(fd, &before);
}

static void test_private(int file, uint64_t offset)
{
	refused(page, PROT_READ, MAP_PRIVATE, file, offset, EINVAL);
	refused(page, PROT_WRITE, MAP_PRIVATE, file, offset, EINVAL);
	refused(page, RW, MAP_PRIVATE, file, offset, EINVAL);
	refused(page, PROT_NONE, MAP_PRIVATE, file, offset, EINVAL);
	refused(PAGES * page, RW, MAP_PRIVATE | MAP_POPULATE, file, offset, EINVAL);
}

static void test_too_long(int file, uint64_t offset)
{
	refused((PAGES + 1) * page, RW, MAP_SHARED, file, offset, EINVAL);
	refused(PAGES * page + 1, RW, MAP_SHARED, file, offset, EINVAL);
	refused(PAGES * page, RW, MAP_SHARED, file, offset + page, EINVAL);
	refused(2 * page, RW, MAP_SHARED, file, offset + (PAGES - 1) * page, EINVAL);
	refused(1024 * page, PROT_READ, MAP_SHARED, file, offset, EINVAL);
}

static void test_past_end(int file, uint64_t offset)
{
	refused(page, RW, MAP_SHARED, file, offset + PAGES * page, EINVAL);
	refused(page, RW, MAP_SHARED, file, offset + 2 * PAGES * page, EINVAL);
}

static void test_no_object(void)
{
	uint32_t handle = dgem_bo_create(fd, page);
	uint64_t offset = dgem_bo_mmap_offset(fd, handle);

	gem_close(fd, handle);
	refused(page, RW, MAP_SHARED, fd, offset, EINVAL);
	refused(page, RW, MAP_SHARED, fd, 0, EINVAL);
	refused(page, RW, MAP_SHARED, fd, page, EINVAL);
	refused(page, RW, MAP_SHARED, fd, 1ULL << 42, EINVAL);
}

/* File systems may forbid it before the driver is asked, with EPERM. */
static int exec_errno(int file)
{
	struct statvfs st;

	igt_assert_eq(fstatvfs(file, &st), 0);
	return st.f_flag & ST_NOEXEC ? EPERM : EACCES;
}

static void test_exec(void)
{
	const int err = exec_errno(fd);

	refused(page, PROT_EXEC, MAP_SHARED, fd, bo_offset, err);
	refused(page, PROT_READ | PROT_EXEC, MAP_SHARED, fd, bo_offset, err);
	refused(page, RW | PROT_EXEC, MAP_SHARED, fd, bo_offset, err);
}

/* Newer kernels mount the dma-bufs' file system noexec, and do not show it. */
static void test_exec_dmabuf(void)
{
	void *ptr = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_SHARED, dma_buf, 0);

	igt_assert(ptr == MAP_FAILED);
	igt_assert(errno == EACCES || errno == EPERM);
	errno = 0;
}

static void test_mprotect_exec(int file, uint64_t offset)
{
	void *ptr = mmap(NULL, page, RW, MAP_SHARED, file, offset);

	igt_assert(ptr != MAP_FAILED);
	igt_assert_eq(mprotect(ptr, page, PROT_READ | PROT_EXEC), -1);
	igt_assert_eq(errno, EACCES);
	igt_assert_eq(mprotect(ptr, page, PROT_READ), 0);
	igt_assert_eq(mprotect(ptr, page, RW), 0);
	dgem_unmap(ptr, page);
}

static void assert_not_executable(const void *ptr)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int found = 0;
	char line[512], perms[5];
	unsigned long start;

	igt_assert(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%*x %4s", &start, perms) != 2 || start != (uintptr_t)ptr)
			continue;
		found++;
		igt_assert_f(perms[2] == '-', "mapped as %s\n", perms);
	}
	fclose(maps);
	igt_assert_eq(found, 1);
}

/* Such a process asks for no execution, and gets what it asked for. */
static void test_read_implies_exec(int file, uint64_t offset)
{
	igt_fork(child, 1) {
		char *ptr;

		igt_assert_neq(personality(READ_IMPLIES_EXEC), -1);
		ptr = mmap(NULL, page, RW, MAP_SHARED, file, offset);
		igt_assert(ptr != MAP_FAILED);
		*ptr = 1;
		assert_not_executable(ptr);
		igt_assert_eq(mprotect(ptr, page, PROT_EXEC), -1);
		igt_assert_eq(errno, EACCES);
	}
	igt_waitchildren();
}

static void test_no_handle(void)
{
	int other = drm_reopen_driver(fd);

	refused(page, RW, MAP_SHARED, other, bo_offset, EACCES);
	refused(page, PROT_READ, MAP_SHARED, other, bo_offset, EACCES);
	refused(page, RW, MAP_SHARED, other, bo_offset + page, EACCES);
	drm_close_driver(other);
}

static void test_no_handle_any_more(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = prime_fd_to_handle(other, dma_buf);
	void *ptr = __dgem_bo_map(other, handle, 0, page, RW);

	igt_assert(ptr != MAP_FAILED);
	gem_close(other, handle);
	refused(page, RW, MAP_SHARED, other, bo_offset, EACCES);
	memset(ptr, 1, page);
	dgem_unmap(ptr, page);
	drm_close_driver(other);
}

/* Two handles are two permissions: closing one leaves the other. */
static void test_imported_twice(void)
{
	int other = drm_reopen_driver(fd);

	for (int i = 0; i < 100; i++) {
		uint32_t handle = prime_fd_to_handle(other, dma_buf);
		void *ptr = __dgem_bo_map(other, handle, 0, page, RW);

		igt_assert(ptr != MAP_FAILED);
		dgem_unmap(ptr, page);
		igt_assert_eq_u32(prime_fd_to_handle(other, dma_buf), handle);
		gem_close(other, handle);
		refused(page, RW, MAP_SHARED, other, bo_offset, EACCES);
	}
	drm_close_driver(other);
}

static int reopen_read_only(void)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_fd(ret);
	return ret;
}

static void test_read_only_fd(void)
{
	int reader = reopen_read_only();
	uint32_t handle = prime_fd_to_handle(reader, dma_buf);
	uint64_t offset = dgem_bo_mmap_offset(reader, handle);

	refused(page, RW, MAP_SHARED, reader, offset, EACCES);
	refused(page, PROT_WRITE, MAP_SHARED, reader, offset, EACCES);
	close(reader);
}

static void assert_not_upgraded(int file, uint64_t offset)
{
	char *ptr = mmap(NULL, page, PROT_READ, MAP_SHARED, file, offset);

	igt_assert(ptr != MAP_FAILED);
	igt_assert_eq(mprotect(ptr, page, RW), -1);
	igt_assert_eq(errno, EACCES);
	errno = 0;
	igt_assert_eq(*(volatile char *)ptr, *(volatile char *)ptr);
	dgem_unmap(ptr, page);
}

static void test_read_only_fd_mprotect(void)
{
	int reader = reopen_read_only();
	uint32_t handle = prime_fd_to_handle(reader, dma_buf);

	assert_not_upgraded(reader, dgem_bo_mmap_offset(reader, handle));
	close(reader);
}

static void test_read_only_export(void)
{
	uint32_t handle = dgem_bo_create(fd, page);
	int reader = prime_handle_to_fd(fd, handle);

	refused(page, RW, MAP_SHARED, reader, 0, EACCES);
	refused(page, PROT_WRITE, MAP_SHARED, reader, 0, EACCES);
	assert_not_upgraded(reader, 0);
	close(reader);
	gem_close(fd, handle);
}

static void test_mremap(int file, uint64_t offset)
{
	char *ptr = mmap(NULL, PAGES * page, RW, MAP_SHARED, file, offset);

	igt_assert(ptr != MAP_FAILED);
	igt_assert(mremap(ptr, PAGES * page, (PAGES + 1) * page, MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert_eq(errno, EFAULT);
	igt_assert(mremap(ptr, PAGES * page, page, 0) == ptr);
	igt_assert(mremap(ptr, page, 2 * page, MREMAP_MAYMOVE) == MAP_FAILED);
	igt_assert_eq(errno, EFAULT);
	dgem_unmap(ptr, page);
}

static void test_closed_dmabuf(void)
{
	int copy = dup(dma_buf);

	igt_assert_fd(copy);
	close(copy);
	refused(page, RW, MAP_SHARED, copy, 0, EBADF);
}

/* A reference that a refusal keeps shows only when the BO should be gone. */
static void make_bo(void)
{
	bo = dgem_bo_create(fd, PAGES * page);
	bo_offset = dgem_bo_mmap_offset(fd, bo);
	dma_buf = prime_handle_to_fd_for_mmap(fd, bo);
}

static void close_bo(void)
{
	close(dma_buf);
	gem_close(fd, bo);
}

static void on_bo(void (*test)(void))
{
	make_bo();
	test();
	close_bo();
}

/* Each subtest by the DRM file and by the dma-buf. */
static void both_subtests(const char *name, void (*test)(int file, uint64_t offset))
{
	dgem_subtest_f(fd, "%s", name) {
		make_bo();
		test(fd, bo_offset);
		close_bo();
	}
	dgem_subtest_f(fd, "dmabuf-%s", name) {
		make_bo();
		test(dma_buf, 0);
		close_bo();
	}
}

static const struct dgem_test tests[] = {
	{ "no-object", "An offset that no BO has gives EINVAL.", test_no_object },
	{ "exec", "PROT_EXEC gives EACCES.", test_exec },
	{ "dmabuf-exec", "PROT_EXEC of a dma-buf is refused by us or by its file system.",
	  test_exec_dmabuf },
	{ "no-handle", "A file without a handle gives EACCES.", test_no_handle },
	{ "no-handle-any-more",
	  "A file whose last handle was closed gives EACCES; its mappings stay.",
	  test_no_handle_any_more },
	{ "imported-twice",
	  "The permission ends with the handle however often the BO was imported.",
	  test_imported_twice },
	{ "read-only-fd", "A file that is open for reading cannot be mapped for writing: EACCES.",
	  test_read_only_fd },
	{ "read-only-fd-mprotect",
	  "A mapping of a file that is open for reading cannot be made writable: EACCES.",
	  test_read_only_fd_mprotect },
	{ "dmabuf-read-only", "A dma-buf exported without DRM_RDWR cannot be written: EACCES.",
	  test_read_only_export },
	{ "dmabuf-closed", "A closed dma-buf gives EBADF.", test_closed_dmabuf },
};

int igt_main()
{
	igt_fixture() {
		page = dgem_page_size();
		fd = drm_open_driver(DRIVER_DGEM);
	}

	igt_describe("MAP_PRIVATE gives EINVAL.");
	both_subtests("private", test_private);
	igt_describe("A mapping that ends behind the BO gives EINVAL.");
	both_subtests("too-long", test_too_long);
	igt_describe("A mapping that starts behind the BO gives EINVAL.");
	both_subtests("past-end", test_past_end);
	igt_describe("A mapping cannot be made executable later: EACCES.");
	both_subtests("mprotect-exec", test_mprotect_exec);
	igt_describe("READ_IMPLIES_EXEC processes get a mapping that is not executable.");
	both_subtests("read-implies-exec", test_read_implies_exec);
	igt_describe("A mapping cannot grow.");
	both_subtests("mremap-grow", test_mremap);

	for_each_dgem_subtest(fd, t, tests)
		on_bo(t->run);

	igt_fixture()
		drm_close_driver(fd);
}
