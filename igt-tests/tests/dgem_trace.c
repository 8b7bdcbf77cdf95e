// SPDX-License-Identifier: MIT
/*
 * The driver's tracepoints: each event of a BO's life has one, with the id that
 * BO_INFO tells, and none gives an address away. And what the page allocator's
 * tracepoint says of how the driver asks it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/trace.h"
#include "igt.h"

IGT_TEST_DESCRIPTION(
	"Tracepoints and function tracing show what the driver does, and what it does not.");

#define MIB (1ull << 20)

static uint64_t bo_id(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.id;
}

static void expect_event(const char *trace, const char *event, uint64_t id, const char *more)
{
	char want[64];
	const char *at;

	snprintf(want, sizeof(want), "%s: bo=%llu ", event, (unsigned long long)id);
	at = strstr(trace, want);
	igt_assert_f(at, "no event %s\n", want);
	if (more)
		igt_assert_f(strstr(at, more) && strstr(at, more) < strchr(at, '\n'),
			     "%s has no %s\n", want, more);
}

/* What happens to a BO from its creation to its end; returns its id. */
static uint64_t live(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, 4 * MIB, heap, 0);
	uint64_t id = bo_id(fd, handle);
	char *map = dgem_bo_map(fd, handle, 4 * MIB);
	int dmabuf;

	map[3 * MIB] = 1;
	dmabuf = prime_handle_to_fd(fd, handle);
	close(dmabuf);
	dgem_unmap(map, 4 * MIB);
	gem_close(fd, handle);
	return id;
}

/* One that is not needed, and is purged; returns its id. */
static uint64_t purge(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, 4 * MIB, heap, DRM_DGEM_BO_POPULATE);
	uint64_t id = bo_id(fd, handle);

	igt_assert(dgem_bo_madvise(fd, handle, DRM_DGEM_MADV_DONTNEED));
	igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	igt_assert(!dgem_bo_madvise(fd, handle, DRM_DGEM_MADV_WILLNEED));
	gem_close(fd, handle);
	return id;
}

static void life(int fd)
{
	uint32_t heaps = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS), handle;
	uint64_t id[8], purged[8], imported;
	char pages[32];
	struct foreign f;
	char *text;

	igt_assert(heaps <= ARRAY_SIZE(id));
	foreign_create(&f, FOREIGN_UDMABUF, MIB);
	trace_start("dgem:*");
	for (uint32_t heap = 0; heap < heaps; heap++) {
		id[heap] = live(fd, heap);
		purged[heap] = purge(fd, heap);
	}
	handle = prime_fd_to_handle(fd, f.dmabuf);
	imported = bo_id(fd, handle);
	gem_close(fd, handle);
	text = trace_stop();

	snprintf(pages, sizeof(pages), "pages=%llu", 4 * MIB / dgem_page_size());
	for (uint32_t heap = 0; heap < heaps; heap++) {
		expect_event(text, "dgem_bo_purge", purged[heap], pages);
		expect_event(text, "dgem_bo_create", id[heap], "size=4194304");
		if (dgem_heap_reserves(fd, heap))
			expect_event(text, "dgem_bo_reserve", id[heap], "ret=0");
		else
			expect_event(text, "dgem_bo_populate", id[heap], "chunk=1");
		expect_event(text, "dgem_bo_fault", id[heap], "write=1");
		expect_event(text, "dgem_bo_export", id[heap], NULL);
		expect_event(text, "dgem_bo_free", id[heap], NULL);
	}
	expect_event(text, "dgem_bo_import", imported, "size=1048576");
	expect_event(text, "dgem_bo_free", imported, NULL);
	observe_no_address(text);
	free(text);
	foreign_destroy(&f);
}

/* By which names the kernel writes flags that let an allocation wait for reclaim. */
static bool reclaims(const char *flags)
{
	static const char *const names[] = {
		"GFP_HIGHUSER", "GFP_USER",	 "GFP_KERNEL",		 "GFP_NOFS",
		"GFP_NOIO",	"__GFP_RECLAIM", "__GFP_DIRECT_RECLAIM",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(flags, names[i]))
			return true;
	return false;
}

/*
 * Large blocks are a convenience. The page allocator takes an allocation that
 * cannot sleep for one of an interrupt, which may use the atomic reserves
 * (mm/page_alloc.c: gfp_to_alloc_flags()), unless its flags forbid that.
 */
static void large_blocks(int fd)
{
	uint32_t heap = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED), handle;
	unsigned int large = 0, small = 0;
	char *text, *line, *flags, *rest;

	trace_start("kmem:mm_page_alloc");
	handle = dgem_bo_create_in(fd, 8 * MIB, heap, DRM_DGEM_BO_POPULATE);
	text = trace_stop();
	gem_close(fd, handle);

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		flags = strstr(line, "gfp_flags=");
		/* What is not zeroed is not for a BO. */
		if (!flags || !strstr(flags, "__GFP_ZERO") || !strstr(line, " order="))
			continue;
		if (!strtoul(strstr(line, " order=") + 7, NULL, 10)) {
			small++;
			continue;
		}
		igt_assert_f(strstr(flags, "__GFP_NOMEMALLOC"), "%s\n", line);
		igt_assert_f(!reclaims(flags), "%s\n", line);
		large++;
	}
	igt_info("%u large blocks, %u pages\n", large, small);
	igt_assert_lt(0, large);
	free(text);
}

/* Makes the driver allocate all that a user can make it allocate for a BO. */
static void use(int fd, int vgem, uint32_t heap)
{
	/* Not a power of two: no single block gives it. */
	uint64_t size = 511 * dgem_page_size();
	uint32_t handle = dgem_bo_create_in(fd, size, heap, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
	char *map = dgem_bo_map(fd, handle, size);

	dgem_bo_set_label(fd, handle, "charged");
	map[size - 1] = 1;
	prime_fd_to_handle(vgem, dmabuf);
	dgem_unmap(map, size);
	close(dmabuf);
	gem_close(fd, handle);
}

/* Each object that the driver allocates for a process is charged to its cgroup. */
static void charged(int fd)
{
	uint32_t heaps = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
	unsigned int objects = 0, attachments = 0;
	char *text, *line, *rest;
	int vgem = vgem_open();

	trace_start("kmem:kmalloc kmem:kmem_cache_alloc");
	for (uint32_t heap = 0; heap < heaps; heap++)
		use(fd, vgem, heap);
	text = trace_stop();
	close(vgem);

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strstr(line, "call_site=dgem_"))
			continue;
		igt_assert_f(strstr(line, "accounted=true"), "%s\n", line);
		objects++;
		attachments += !!strstr(line, "call_site=dgem_dmabuf_attach+");
	}
	igt_info("%u objects, %u attachments\n", objects, attachments);
	igt_assert_lte(heaps, attachments);
	igt_assert_lte(3ll * heaps, objects);
	free(text);
}

/* What takes a spin lock, which with PREEMPT_RT may sleep. */
static const char *spin_lock(void)
{
	struct utsname name;

	igt_assert_eq(uname(&name), 0);
	return strstr(name.version, "PREEMPT_RT") ? "rt_spin_lock" : "_raw_spin_lock";
}

/* How often a mount that is done with was locked against all others, in @what. */
static int count_mount_locks(void (*what)(int fd), int fd)
{
	char pid[16], lock[32], *text;
	int count = 0;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(lock, sizeof(lock), "%s <-mntput", spin_lock());
	igt_assert_eq(observe_write(TRACE_INSTANCE "/set_ftrace_pid", pid), 0);
	igt_assert_eq(observe_write(TRACE_INSTANCE "/current_tracer", "function"), 0);
	what(fd);
	text = observe_file(TRACE_INSTANCE "/trace");
	igt_assert(text);
	igt_assert_eq(observe_write(TRACE_INSTANCE "/current_tracer", "nop"), 0);
	for (const char *at = text; (at = strstr(at, lock)); at++)
		count++;
	free(text);
	return count;
}

static void free_bos(int fd)
{
	for (int i = 0; i < 20; i++)
		gem_close(fd, dgem_bo_create_in(fd, dgem_page_size(), 0, DRM_DGEM_BO_POPULATE));
	gem_close(fd, dgem_bo_create_in(fd, 2 * MIB, 0, DRM_DGEM_BO_POPULATE));
}

static void unmount(int fd)
{
	(void)fd;
	igt_assert_f(!mount("tmpfs", "/mnt", "tmpfs", 0, NULL), "%s\n", strerror(errno));
	igt_assert_eq(umount("/mnt"), 0);
}

/*
 * BOs of the system heap have a file each, whose end is nothing to other CPUs. A
 * mount that goes away shows that it would be seen.
 */
static void mount_lock(int fd)
{
	int filter, seen = 0;
	struct utsname name;

	trace_create();
	filter = observe_write(TRACE_INSTANCE "/set_ftrace_filter", spin_lock());
	if (!filter) {
		seen = count_mount_locks(unmount, fd);
		igt_assert_eq(count_mount_locks(free_bos, fd), 0);
	}
	igt_assert_eq(rmdir(TRACE_INSTANCE), 0);
	igt_require_f(!filter, "the kernel cannot trace functions\n");
	igt_assert_eq(uname(&name), 0);
	igt_require_f(seen || strcmp(name.machine, "aarch64"),
		      "the kernel has spin locks inline, where nothing can be traced\n");
	igt_assert_lte(1, seen);
}

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("Each event of a BO's life has a tracepoint with the BO's id.");
	igt_subtest("life")
		life(fd);

	igt_describe("The allocation of a large block neither waits nor uses the atomic reserves.");
	igt_subtest("large-blocks")
		large_blocks(fd);

	igt_describe("All memory that is allocated for a process is charged to its cgroup.");
	igt_subtest("charged")
		charged(fd);

	igt_describe("Freeing a BO takes no lock that the whole system shares.");
	igt_subtest("mount-lock")
		mount_lock(fd);

	igt_fixture()
		drm_close_driver(fd);
}
