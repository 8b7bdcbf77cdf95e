// SPDX-License-Identifier: MIT
/* What administrators see: fdinfo, debugfs, sysfs and tracepoints. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "igt.h"
#include "igt_dgem.h"
#include "igt_foreign.h"
#include "igt_observe.h"

IGT_TEST_DESCRIPTION("fdinfo, debugfs, sysfs and tracepoints tell the truth at any time.");

#define MIB (1ULL << 20)
#define TRACING "/sys/kernel/tracing/"

static int fd = -1;

static void test_fdinfo(void)
{
	struct drm_dgem_heap_info heap;
	int file = drm_reopen_driver(fd);
	char path[64], key[96], *text;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", file);
	text = observe_file(path);
	igt_assert(text);
	igt_assert(strstr(text, "drm-driver:\tdgem\n"));
	free(text);

	for_each_dgem_heap(fd, i)
	{
		dgem_heap_info(fd, i, &heap);
		snprintf(key, sizeof(key), "drm-total-%s", heap.name);
		igt_assert_eq_u64(fdinfo_value(file, key), 0);
		dgem_bo_create_in(file, 5 * MIB, i, DRM_DGEM_BO_POPULATE);
		dgem_bo_create_in(file, 2 * MIB, i, 0);
		igt_assert_eq_u64(fdinfo_value(file, key), 7 * MIB);
		snprintf(key, sizeof(key), "drm-resident-%s", heap.name);
		igt_assert_eq_u64(fdinfo_value(file, key), 5 * MIB);
	}
	drm_close_driver(file);
}

static void test_fdinfo_shared(void)
{
	int a = drm_reopen_driver(fd), b = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(a, 3 * MIB);
	int dma_buf = prime_handle_to_fd(a, handle);

	prime_fd_to_handle(b, dma_buf);
	igt_assert_eq_u64(fdinfo_value(a, "drm-shared-system"), 3 * MIB);
	igt_assert_eq_u64(fdinfo_value(b, "drm-shared-system"), 3 * MIB);
	close(dma_buf);
	drm_close_driver(a);
	igt_assert_eq_u64(fdinfo_value(b, "drm-total-system"), 3 * MIB);
	drm_close_driver(b);
}

/* The line of dgem_bos with that id; free it. */
static char *bo_line(unsigned long long id)
{
	char *text = observe_debugfs(fd, "dgem_bos"), start[32], *line;

	igt_assert(text);
	snprintf(start, sizeof(start), "\n%llu ", id);
	line = strstr(text, start);
	line = line ? strndup(line + 1, strcspn(line + 1, "\n")) : NULL;
	free(text);
	return line;
}

static void test_debugfs_list(void)
{
	struct drm_dgem_heap_info heap;
	struct drm_dgem_bo_info info;
	char expected[128], *line;

	for_each_dgem_heap(fd, i)
	{
		uint32_t handle = dgem_bo_create_in(fd, 3 * MIB, i, DRM_DGEM_BO_POPULATE);

		dgem_heap_info(fd, i, &heap);
		dgem_bo_info(fd, handle, &info);
		dgem_bo_set_label(fd, handle, "seen in debugfs");
		line = bo_line(info.id);
		igt_assert(line);
		igt_info("%s\n", line);
		snprintf(expected, sizeof(expected), "%llu %llu %llu %s ", info.id, 3 * MIB,
			 3 * MIB, heap.name);
		igt_assert(!strncmp(line, expected, strlen(expected)));
		snprintf(expected, sizeof(expected), " %d:", getpid());
		igt_assert(strstr(line, expected));
		igt_assert(!strcmp(line + strlen(line) - strlen(" seen in debugfs"),
				   " seen in debugfs"));
		free(line);
		gem_close(fd, handle);
		igt_assert(!bo_line(info.id));
	}
}

static unsigned int read_tree(const char *path, int depth)
{
	DIR *dir = opendir(path);
	unsigned int files = 0;
	struct dirent *entry;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		char below[512], *text;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (lstat(below, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			files += read_tree(below, depth - 1);
		if (!S_ISREG(st.st_mode) || !(st.st_mode & 0444))
			continue;
		text = observe_file(below);
		files += !!text;
		free(text);
	}
	closedir(dir);
	return files;
}

static void busy_client(int child)
{
	int file = drm_reopen_driver(fd);
	unsigned long rounds = 0;

	igt_until_timeout(5) {
		uint32_t handle = dgem_bo_create_in(file, 128 * 1024, child % 2, 0);
		char *ptr = dgem_bo_map(file, handle, 128 * 1024);
		int dma_buf = prime_handle_to_fd(file, handle);

		ptr[rounds++ % (128 * 1024)] = 1;
		dgem_bo_set_label(file, handle, rounds % 2 ? "odd" : "an even label");
		dgem_unmap(ptr, 128 * 1024);
		gem_close(file, handle);
		close(dma_buf);
	}
	igt_assert_lt(10, rounds);
}

/* All that can be read is read while BOs come and go, also by fdinfo. */
static void test_read_all(void)
{
	unsigned int files = 0, rounds = 0;
	char debugfs[64], sysfs[64];
	struct stat st;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(debugfs, sizeof(debugfs), "/sys/kernel/debug/dri/%u", minor(st.st_rdev));
	snprintf(sysfs, sizeof(sysfs), "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	igt_fork(child, 2)
		busy_client(child);
	igt_until_timeout(4) {
		files += read_tree(debugfs, 2);
		files += read_tree(sysfs, 2);
		files += read_tree("/proc/self/fdinfo", 0);
		rounds++;
	}
	igt_waitchildren();
	igt_info("%u files in %u rounds\n", files, rounds);
	igt_assert_lt(5 * rounds, files);
}

static void assert_traced(const char *trace, const char *event, unsigned long long id)
{
	char expected[64];
	size_t len = snprintf(expected, sizeof(expected), "dgem_bo_%s: bo=%llu", event, id);
	const char *found = trace;

	while ((found = strstr(found, expected)) && isdigit(found[len]))
		found++;
	igt_assert_f(found, "no %s\n", expected);
}

static void test_tracepoints(void)
{
	struct drm_dgem_bo_info own, imported;
	struct foreign foreign;
	char *trace, *ptr;
	uint32_t handle;

	foreign_create(&foreign, FOREIGN_VGEM, 65536);
	igt_assert_eq(observe_write(TRACING "events/dgem/enable", "1"), 0);
	handle = dgem_bo_create(fd, 4096);
	dgem_bo_info(fd, handle, &own);
	ptr = dgem_bo_map(fd, handle, 4096);
	*ptr = 1;
	dgem_unmap(ptr, 4096);
	close(prime_handle_to_fd(fd, handle));
	gem_close(fd, handle);
	handle = prime_fd_to_handle(fd, foreign.dmabuf);
	dgem_bo_info(fd, handle, &imported);
	gem_close(fd, handle);
	igt_assert_eq(observe_write(TRACING "events/dgem/enable", "0"), 0);
	foreign_destroy(&foreign);

	trace = observe_file(TRACING "trace");
	igt_assert(trace);
	assert_traced(trace, "create", own.id);
	assert_traced(trace, "populate", own.id);
	assert_traced(trace, "fault", own.id);
	assert_traced(trace, "export", own.id);
	assert_traced(trace, "free", own.id);
	assert_traced(trace, "import", imported.id);
	assert_traced(trace, "free", imported.id);
	free(trace);
}

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_require_f(geteuid() == 0, "Only root sees debugfs and tracepoints.\n");
	}

	igt_describe("fdinfo has the sizes of the file's BOs by heap.");
	igt_subtest("fdinfo")
		test_fdinfo();
	igt_describe("fdinfo tells shared BOs.");
	igt_subtest("fdinfo-shared")
		test_fdinfo_shared();
	igt_describe("debugfs lists each BO with id, sizes, heap, owner and label.");
	igt_subtest("debugfs-list")
		test_debugfs_list();
	igt_describe("Everything can be read while BOs come and go.");
	igt_subtest("read-all-busy")
		test_read_all();
	igt_describe("Each event of a BO's life has its tracepoint, with the BO's id.");
	igt_subtest("tracepoints")
		test_tracepoints();

	igt_fixture()
		drm_close_driver(fd);
}
