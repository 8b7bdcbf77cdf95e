// SPDX-License-Identifier: MIT
/*
 * Nodes in /dev/dma_heap, which the module dgem_heaps adds. Runs in a machine of its own,
 * where that is loaded, and udev has README.md's rule: dgem cannot be unloaded any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Programs that know dma-heaps only get BOs of dgem.");

#define MIB (1ULL << 20)
#define SIZE (3 * dgem_page_size())
#define RW (PROT_READ | PROT_WRITE)
#define FLAGS (O_RDWR | O_CLOEXEC)

static int fd = -1;

static void node_path(char *path, size_t size, uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	snprintf(path, size, "/dev/dma_heap/dgem-%s", info.name);
}

/* Not of what is pinned, nor of what keeps its contents. */
static bool has_node(uint32_t heap)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(fd, heap, &info);
	return info.kind != DRM_DGEM_HEAP_PINNED && !(info.caps & DRM_DGEM_HEAP_CAP_PRESERVE);
}

static int open_node(uint32_t heap)
{
	char path[64];
	int node;

	node_path(path, sizeof(path), heap);
	node = open(path, FLAGS);
	igt_assert_f(node >= 0, "%s: %s\n", path, strerror(errno));
	return node;
}

/* A dma-buf or -errno. */
static int try_alloc(int node, uint64_t size)
{
	struct dma_heap_allocation_data data = { .len = size, .fd_flags = FLAGS };

	return ioctl(node, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static int alloc_from(int node, uint64_t size)
{
	int dmabuf = try_alloc(node, size);

	igt_assert_fd(dmabuf);
	return dmabuf;
}

static int alloc(uint32_t heap, uint64_t size)
{
	int node = open_node(heap), dmabuf = alloc_from(node, size);

	close(node);
	return dmabuf;
}

static char *map_dmabuf(int dmabuf, uint64_t size)
{
	char *map = mmap(NULL, size, RW, MAP_SHARED, dmabuf, 0);

	igt_assert(map != MAP_FAILED);
	return map;
}

static void sync_dmabuf(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	igt_assert_eq(ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync), 0);
}

static void on_each_node(void (*test)(uint32_t heap))
{
	for_each_dgem_heap(fd, heap)
		if (has_node(heap))
			test(heap);
}

static void test_nodes(void)
{
	const struct group *render = getgrnam("render");
	struct stat st;
	char path[64];

	igt_assert(render);
	for_each_dgem_heap(fd, heap) {
		node_path(path, sizeof(path), heap);
		igt_assert_eq(stat(path, &st), has_node(heap) ? 0 : -1);
		if (!has_node(heap))
			continue;
		igt_assert_eq_u32(st.st_mode, S_IFCHR | 0660);
		igt_assert_eq_u32(st.st_uid, 0);
		igt_assert_eq_u32(st.st_gid, render->gr_gid);
	}
}

/* Sizes are rounded, memory is there and zero, and outlives the file descriptor. */
static void use_node(uint32_t heap)
{
	long long resident = observe_stat(fd, "resident_pages");
	struct shadow *sh = shadow_create(3);
	int dmabuf = alloc(heap, SIZE - 1);
	char *map = map_dmabuf(dmabuf, SIZE);

	igt_assert_eq_u64(lseek(dmabuf, 0, SEEK_END), SIZE);
	igt_assert_eq(observe_stat(fd, "resident_pages"), resident + 3);
	sync_dmabuf(dmabuf, DMA_BUF_SYNC_START);
	shadow_check(sh, map, 0, 3);
	shadow_write(sh, map, 0, 3);
	sync_dmabuf(dmabuf, DMA_BUF_SYNC_END);
	close(dmabuf);
	shadow_check(sh, map, 0, 3);
	shadow_destroy(sh);
	dgem_unmap(map, SIZE);
}

static void test_contents(void)
{
	on_each_node(use_node);
}

static void test_name(void)
{
	int dmabuf = alloc(0, SIZE);
	char path[64], *text;

	igt_assert_eq(ioctl(dmabuf, DMA_BUF_SET_NAME_B, "a camera's"), 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", dmabuf);
	text = observe_file(path);
	igt_assert(text && strstr(text, "name:\ta camera's\n") &&
		   strstr(text, "exp_name:\tdgem\n"));
	free(text);
	close(dmabuf);
}

/* A handle in each of two files is the same BO, which is of that heap. */
static void import_from(uint32_t heap)
{
	int dmabuf = alloc(heap, SIZE), other = drm_reopen_driver(fd), again;
	uint32_t handle = prime_fd_to_handle(fd, dmabuf);
	uint32_t theirs = prime_fd_to_handle(other, dmabuf);
	char *map = map_dmabuf(dmabuf, SIZE), *own = dgem_bo_map(other, theirs, SIZE);
	struct drm_dgem_bo_info info, same;

	dgem_bo_info(fd, handle, &info);
	dgem_bo_info(other, theirs, &same);
	igt_assert_eq_u64(info.id, same.id);
	igt_assert_eq_u32(info.heap, heap);
	igt_assert(info.state & DRM_DGEM_BO_STATE_EXPORTED);
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_IMPORTED));
	map[1] = 17;
	igt_assert_eq(own[1], 17);
	dgem_unmap(map, SIZE);
	dgem_unmap(own, SIZE);
	/* what is exported again is the first dma-buf */
	again = prime_handle_to_fd_for_mmap(fd, handle);
	igt_assert_eq_u64(dmabuf_inode(again), dmabuf_inode(dmabuf));
	close(again);
	close(dmabuf);
	gem_close(fd, handle);
	drm_close_driver(other);
}

static void test_import(void)
{
	on_each_node(import_from);
}

/* A camera's frame goes there. */
static void capture_into(uint32_t heap)
{
	struct vivid v;
	uint32_t index;
	void *expected;
	int dmabuf;
	char *map;

	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, 640, 360);
	expected = vivid_reference(&v);
	dmabuf = alloc(heap, v.bytes);
	map = map_dmabuf(dmabuf, v.bytes);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, dmabuf, lseek(dmabuf, 0, SEEK_END)), 0);
	igt_assert_eq(vivid_stream(&v, true), 0);
	igt_assert_eq(vivid_dequeue(&v, &index), 0);
	igt_assert(!memcmp(map, expected, v.bytes));
	vivid_close(&v);
	dgem_unmap(map, v.bytes);
	close(dmabuf);
	free(expected);
}

static void test_vivid(void)
{
	vivid_load(VIVID_VMALLOC);
	on_each_node(capture_into);
}

static void ask_too_much(uint32_t heap)
{
	static const struct dma_heap_allocation_data malformed[] = {
		{ .len = 4096, .fd_flags = FLAGS, .fd = 1 },
		{ .len = 4096, .fd_flags = O_NONBLOCK },
		{ .len = 4096, .fd_flags = FLAGS, .heap_flags = 1 },
		{ .len = 0, .fd_flags = FLAGS },
	};
	int node = open_node(heap);

	for (unsigned int i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct dma_heap_allocation_data data = malformed[i];

		do_ioctl_err(node, DMA_HEAP_IOCTL_ALLOC, &data, EINVAL);
	}
	igt_assert_eq(try_alloc(node, 1ULL << 60), -EINVAL);
	/* more than all of the RAM */
	igt_assert_eq(try_alloc(node, 1ULL << 38), -ENOMEM);
	close(node);
}

static void test_refused(void)
{
	struct dgem_counters before;

	dgem_counters_read(fd, &before);
	on_each_node(ask_too_much);
	dgem_counters_assert_same(fd, &before);
}

/* Who allocates is charged, whoever opened the node, until nobody has the dma-buf. */
static void test_charged(void)
{
	int node = open_node(0), user, dmabuf;
	uint32_t handle;

	limits_set("system_user_mb", 4);
	user = user_open(fd, USER_A);
	user_enter(USER_A);
	dmabuf = alloc_from(node, 2 * MIB);
	handle = prime_fd_to_handle(user, dmabuf);
	igt_assert_eq_u64(dgem_get_param(user, DRM_DGEM_PARAM_SYSTEM_USED),
			  limits_backing_of_bo(user, handle));
	igt_assert_eq_u64(dgem_get_param(user, DRM_DGEM_PARAM_USER_USED),
			  limits_cost_of_bo(2 * MIB));
	gem_close(user, handle);
	user_leave();
	close(dmabuf);
	igt_assert_eq_u64(dgem_get_param(user, DRM_DGEM_PARAM_SYSTEM_USED), 0);
	igt_assert_eq_u64(dgem_get_param(user, DRM_DGEM_PARAM_USER_USED), 0);
	drm_close_driver(user);
	close(node);
}

/* ENOMEM where POPULATE gives it, EDQUOT for kernel memory; root has no limit. */
static void test_limits(void)
{
	enum { MOST = 2048 };
	const struct rlimit files = { .rlim_cur = 2 * MOST, .rlim_max = 2 * MOST };
	int node = open_node(0), dmabuf[MOST], num = 0;

	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	limits_set("system_user_mb", 4);
	limits_set("user_limit_mb", 1);
	user_enter(USER_A);
	igt_assert_eq(try_alloc(node, 8 * MIB), -ENOMEM);
	do
		dmabuf[num] = try_alloc(node, 4096);
	while (dmabuf[num] >= 0 && ++num < MOST - 1);
	igt_assert_eq(dmabuf[num], -EDQUOT);
	igt_assert_lt(MIB / limits_cost_of_bo(4096) - 2, num);
	user_leave();
	dmabuf[num] = alloc_from(node, 8 * MIB);
	do
		close(dmabuf[num]);
	while (num--);
	close(node);
}

/* Without a device there is nothing to allocate from; the node works with the next one. */
static void test_unbound(void)
{
	int node = open_node(0), dmabuf = alloc(0, SIZE);
	char *map = map_dmabuf(dmabuf, SIZE);
	struct bound b;

	map[0] = 3;
	bound_find(&b, fd);
	drm_close_driver(fd);
	igt_assert_eq(bound_unbind(&b), 0);
	igt_assert_eq(try_alloc(node, SIZE), -ENODEV);
	igt_assert_eq(map[0], 3);
	igt_assert_eq(bound_bind(&b), 0);
	fd = limits_open();
	dgem_unmap(map, SIZE);
	close(dmabuf);
	close(alloc_from(node, SIZE));
	close(node);
}

static void test_stays(void)
{
	igt_assert_eq(module_remove("dgem_heaps"), -EBUSY);
	igt_assert_eq(module_remove("dgem"), -EAGAIN);
}

/* A program that knows nothing of dgem, by the name that the rule of udev gives. */
static void test_client(void)
{
	char target[64] = "";

	igt_assert_lt(0, readlink("/dev/dma_heap/linux,cma", target, sizeof(target) - 1));
	igt_assert(!strcmp(target, "dgem-contiguous"));
	igt_assert_eq(system("/dgem/build/user/examples/dma-heap >/tmp/client"), 0);
	igt_assert_eq(system("grep '^linux,cma: .* of dgem$' /tmp/client"), 0);
}

static const struct dgem_test tests[] = {
	{ "nodes", "Each heap that a size is enough for has a node, whose group a rule sets.",
	  test_nodes },
	{ "contents", "Memory is zero and there, can be mapped, and lives as long as a mapping.",
	  test_contents },
	{ "name", "The dma-buf takes a name.", test_name },
	{ "import", "Imported into dgem it is the BO that it is, of that heap.", test_import },
	{ "vivid", "vivid captures into it.", test_vivid },
	{ "refused", "Malformed requests and too large ones are refused and change nothing.",
	  test_refused },
	{ "charged", "The caller is charged until the dma-buf is gone.", test_charged },
	{ "limits", "The caller's limits hold, with the errors of BO_CREATE.", test_limits },
	{ "client", "A client that knows the usual names only gets memory of dgem.", test_client },
	{ "stays", "Neither module can be unloaded.", test_stays },
	{ "unbound", "Without a device ENODEV is given, and with the next one memory.",
	  test_unbound },
};

int igt_main()
{
	igt_fixture() {
		char *symbols = observe_file("/proc/kallsyms");

		igt_require_f(symbols && strstr(symbols, " __ksymtab_dma_heap_add\n"),
			      "the kernel does not export dma_heap_add\n");
		free(symbols);
		fd = limits_open();
	}

	for_each_dgem_subtest(fd, t, tests) {
		t->run();
		limits_restore();
	}

	igt_fixture()
		limits_close(fd);
}
