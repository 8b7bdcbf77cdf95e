// SPDX-License-Identifier: MIT
/* Memory that a PCI function has brought, as a heap: QEMU's ivshmem, a file of the host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dgem/bar.h"
#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/function.h"
#include "dgem/klog.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A function's memory is a heap, byte for byte.");

#define SIZE (1ull << 20)
#define OFFSET (3ull << 20)
#define KEPT (DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS)

static struct bar bar;

static void test_heap(void)
{
	struct drm_dgem_heap_info info;

	dgem_heap_info(bar.fd, bar.heap, &info);
	igt_assert(!strcmp(info.name, "bar2"));
	igt_assert_eq_u32(info.kind, DRM_DGEM_HEAP_DEVICE);
	igt_assert_eq_u64(info.size, BAR_SIZE);
	igt_assert_eq_u64(info.max_bo_size, BAR_SIZE);
	igt_assert_eq_u64(info.largest_free, BAR_SIZE);
	igt_assert_eq_u64(info.used, 0);
	igt_assert_eq_u64(info.caps, DRM_DGEM_HEAP_CAP_CONTIGUOUS);
	igt_assert(info.create_flags & DRM_DGEM_BO_FIXED);
	igt_assert(info.create_flags & DRM_DGEM_BO_KEEP_CONTENTS);
	igt_assert(!(info.create_flags & DRM_DGEM_BO_DIRECT_IO));
	igt_assert(dgem_get_param(bar.fd, DRM_DGEM_PARAM_FEATURES) &
		   1ull << DRM_DGEM_FEATURE_DEVICE_MEMORY);
}

/* What a program writes is in the file, and the other way, at the BO's offset. */
static void test_contents(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE);
	uint64_t seed = content_seed(), again = seed;

	for (uint64_t i = 0; i < SIZE; i++)
		map[i] = content_random(&seed, 256);
	dgem_bo_sync(bar.fd, bo, DRM_DGEM_SYNC_WRITE | DRM_DGEM_SYNC_END, 0, SIZE);
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(bar.view[OFFSET + i], (int)content_random(&again, 256));
	for (uint64_t i = 0; i < SIZE; i++)
		bar.view[OFFSET + i] = i % 251;
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(map[i], (int)(i % 251));
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

/* Nobody sees what the last one has left, but who may and wants to. */
static void test_zeroed(void)
{
	uint32_t bo;
	uint8_t *map;

	memset((void *)(bar.view + OFFSET), 0x5a, SIZE);
	bo = bar_create(&bar, OFFSET, SIZE, DRM_DGEM_BO_KEEP_CONTENTS);
	map = dgem_bo_map(bar.fd, bo, SIZE);
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(map[i], 0x5a);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);

	bo = bar_create(&bar, OFFSET, SIZE, 0);
	map = dgem_bo_map(bar.fd, bo, SIZE);
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(map[i], 0);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

static int try_create(int fd, uint64_t flags, uint64_t offset, uint64_t size)
{
	struct drm_dgem_bo_create create = {
		.size = size,
		.flags = flags,
		.heap = bar.heap,
		.heap_offset = offset,
	};
	int ret = __dgem_bo_create(fd, &create);

	if (!ret)
		gem_close(fd, create.handle);
	return ret;
}

static void test_refused(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	struct drm_dgem_dma_seg seg;
	struct drm_dgem_bo_map_dma map = {
		.handle = bo,
		.flags = DMA_BOTH,
		.segs = (uintptr_t)&seg,
		.num_segs = 1,
	};
	int file, dma_buf;

	igt_assert_eq(try_create(bar.fd, DRM_DGEM_BO_KEEP_CONTENTS, 0, SIZE), -EINVAL);
	igt_assert_eq(try_create(bar.fd, DRM_DGEM_BO_DIRECT_IO, 0, SIZE), -EINVAL);
	igt_assert_eq(try_create(bar.fd, DRM_DGEM_BO_FIXED, OFFSET, SIZE), -ENOSPC);
	igt_assert_eq(try_create(bar.fd, DRM_DGEM_BO_FIXED, BAR_SIZE, SIZE), -EINVAL);
	igt_assert_eq(try_create(bar.fd, 0, 0, BAR_SIZE), -ENOSPC);
	igt_assert_eq(__prime_handle_to_fd(bar.fd, bo, DRM_RDWR, &dma_buf), -EOPNOTSUPP);
	dgem_assert_refused(bar.fd, DRM_IOCTL_DGEM_BO_MAP_DMA, &map, EOPNOTSUPP);
	gem_close(bar.fd, bo);

	user_share_node(bar.fd);
	file = user_open(bar.fd, USER_A);
	user_enter(USER_A);
	igt_assert_eq(try_create(file, 0, 0, SIZE), 0);
	igt_assert_eq(try_create(file, KEPT, 0, SIZE), -EPERM);
	user_leave();
	close(file);
	user_unshare_node(bar.fd);
}

/* A debugger reads and writes it, and nothing pins it: there are no pages. */
static void test_access(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE), got[8];
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC), pipes[2];
	const off_t at = (off_t)(uintptr_t)map + 4092;

	igt_assert_fd(memory);
	igt_assert_eq(pwrite(memory, "page end", 8, at), 8);
	igt_assert(!memcmp((void *)(bar.view + OFFSET + 4092), "page end", 8));
	igt_assert_eq(pread(memory, got, 8, at), 8);
	igt_assert(!memcmp(got, "page end", 8));
	close(memory);

	igt_assert_eq(pipe(pipes), 0);
	igt_assert_eq(vmsplice(pipes[1], &(struct iovec){ map, 4096 }, 1, 0), -1);
	igt_assert_eq(errno, EFAULT);
	close(pipes[0]);
	close(pipes[1]);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

/* Where the kernel tells, it has the memory as write-combined. */
static void test_write_combined(void)
{
	char *types = observe_file("/sys/kernel/debug/x86/pat_memtype_list"), *line;
	unsigned long long start;
	char range[64], *resource;
	uint8_t *map;
	uint32_t bo;

	igt_require_f(types, "the kernel does not tell types of memory\n");
	bo = bar_create(&bar, OFFSET, SIZE, 0);
	map = dgem_bo_map(bar.fd, bo, SIZE);
	resource = observe_file("/sys/bus/pci/devices/" BAR_FUNCTION "/resource");
	igt_assert(sscanf(resource, "%*[^\n]\n%*[^\n]\n0x%llx", &start) == 1);
	free(resource);
	snprintf(range, sizeof(range), "0x%016llx-0x%016llx", start, start + BAR_SIZE);
	line = strstr(types, range);
	igt_assert_f(line, "no %s in %s\n", range, types);
	line[strcspn(line, "\n")] = '\0';
	igt_assert_f(strstr(line, "write-combining"), "%s\n", line);
	map[0] = 1;
	free(types);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

/* Access that is taken and given leads to the same memory. */
static void test_protect(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE);

	for (uint64_t i = 0; i < SIZE; i += 4096)
		map[i] = i >> 12;
	igt_assert_eq(mprotect(map + 4096, SIZE / 2, PROT_READ), 0);
	for (uint64_t i = 0; i < SIZE; i += 4096)
		igt_assert_eq(map[i], (uint8_t)(i >> 12));
	igt_assert_eq(mprotect(map, SIZE, PROT_READ | PROT_WRITE), 0);
	map[8192] = 77;
	igt_assert_eq(bar.view[OFFSET + 8192], 77);
	igt_assert_eq(bar.view[OFFSET + 12288], 3);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

/* A child has the mapping, too. */
static void test_fork(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE);

	map[1] = 1;
	igt_fork(child, 1) {
		igt_assert_eq(map[1], 1);
		map[2] = 2;
		map[SIZE - 1] = 3;
	}
	igt_waitchildren();
	igt_assert_eq(map[2], 2);
	igt_assert_eq(bar.view[OFFSET + SIZE - 1], 3);
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

/*
 * What is mapped when the function goes shows zeroes, or what was written since, and leads
 * to the memory no more.
 */
static void assert_gone(uint8_t *map, int shows)
{
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(map[i], shows);
	memset(map, 0x33, SIZE);
	for (uint64_t i = 0; i < SIZE; i++)
		igt_assert_eq(bar.view[OFFSET + i], 0x44);
}

static void test_unbind(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE), got;
	struct drm_dgem_heap_info info;
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC), old = bar.fd;

	igt_assert_fd(memory);
	memset(map, 0x44, SIZE / 2);
	pci_unbind(BAR_FUNCTION);
	memset((void *)(bar.view + OFFSET), 0x44, SIZE);
	igt_assert_eq(pread(memory, &got, 1, (off_t)(uintptr_t)map), -1);
	assert_gone(map, 0);
	close(memory);
	igt_assert_eq(__dgem_bo_create(old, &(struct drm_dgem_bo_create){ .size = SIZE }), -ENODEV);

	/* The next one has it, whatever is left of the last. */
	pci_bind(BAR_FUNCTION, "dgem");
	bar.fd = function_open(BAR_FUNCTION);
	dgem_heap_info(bar.fd, bar.heap, &info);
	igt_assert_eq_u64(info.largest_free, BAR_SIZE);
	assert_gone(map, 0x33);
	dgem_unmap(map, SIZE);
	close(old);
}

/* The bus takes the function away, and finds it again. */
static void test_removed(void)
{
	uint32_t bo = bar_create(&bar, OFFSET, SIZE, 0);
	uint8_t *map = dgem_bo_map(bar.fd, bo, SIZE);
	int old = bar.fd;

	memset(map, 0x11, SIZE);
	igt_assert_eq(function_write(BAR_FUNCTION, "remove", "1"), 0);
	memset((void *)(bar.view + OFFSET), 0x44, SIZE);
	assert_gone(map, 0);
	igt_assert_eq(observe_write("/sys/bus/pci/rescan", "1"), 0);
	pci_bind(BAR_FUNCTION, "dgem");
	bar.fd = function_open(BAR_FUNCTION);
	assert_gone(map, 0x33);
	close(old);
	dgem_unmap(map, SIZE);
}

/* Loads dgem with a parameter, and expects its log to say why the BAR is no heap. */
static void assert_named(const char *heap, const char *why)
{
	char params[128], text[160];
	int fd;

	snprintf(params, sizeof(params), "bar_heap=" BAR_FUNCTION "/%s", heap);
	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	igt_assert_eq(module_insert_dgem_with(params), 0);
	klog_begin();
	pci_bind(BAR_FUNCTION, "dgem");
	snprintf(text, sizeof(text), "BAR %s is no heap: %s", heap, why);
	igt_assert_f(strstr(klog_read(), text), "the log lacks '%s'\n", text);
	fd = function_open(BAR_FUNCTION);
	for_each_dgem_heap(fd, i) {
		struct drm_dgem_heap_info info;

		dgem_heap_info(fd, i, &info);
		igt_assert_neq_u32(info.kind, DRM_DGEM_HEAP_DEVICE);
	}
	close(fd);
	pci_unbind(BAR_FUNCTION);
}

static void test_named(void)
{
	bar_give_back(&bar);
	assert_named("0", "it is not prefetchable memory");
	assert_named("1", "the function has no such BAR");
	assert_named("7", "the function has no such BAR");
	assert_named("two", "the function has no such BAR");
	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	igt_assert_eq(module_insert_dgem(), 0);
	bar_take(&bar);
}

/* What whoever boots the machine finds in the file's last MiB. */
static void test_left(void)
{
	uint32_t bo = bar_create(&bar, BAR_SIZE - SIZE, SIZE, 0);
	char *map = dgem_bo_map(bar.fd, bo, SIZE), line[16];

	for (uint64_t at = 0; at < SIZE; at += 13) {
		snprintf(line, sizeof(line), "dgem %07u\n", (unsigned int)at / 13);
		memcpy(map + at, line, SIZE - at < 13 ? SIZE - at : 13);
	}
	dgem_unmap(map, SIZE);
	gem_close(bar.fd, bo);
}

static const struct dgem_test tests[] = {
	{ "heap", "The heap is of the BAR's size.", test_heap },
	{ "contents", "A BO is the memory at its offset.", test_contents },
	{ "zeroed", "What was there is seen by who keeps it, and by nobody else.", test_zeroed },
	{ "refused", "What cannot be had of it is refused.", test_refused },
	{ "access", "Debuggers read and write it; nothing pins it.", test_access },
	{ "write-combined", "The CPU's mappings are write-combined.", test_write_combined },
	{ "protect", "A mapping whose access changes shows the same memory.", test_protect },
	{ "fork", "A child's mapping shows the same memory.", test_fork },
	{ "unbind", "Unbound, mappings show zeroes; the next instance has all.", test_unbind },
	{ "named", "What cannot be a heap is none, and the log says why.", test_named },
	{ "removed", "Removed from the bus, mappings show zeroes.", test_removed },
	{ "left", "What a BO holds is what the host finds.", test_left },
};

int igt_main()
{
	igt_fixture()
		bar_take(&bar);

	for_each_subtest(test, tests)
		test->run();

	igt_fixture()
		bar_give_back(&bar);
}
