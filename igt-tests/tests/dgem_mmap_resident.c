// SPDX-License-Identifier: MIT
/*
 * How much a touch costs: memory appears chunk by chunk, one page fault maps
 * all of a chunk, and BO_INFO, fdinfo, debugfs and getrusage agree about it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/peer.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Memory becomes resident, and is mapped, a chunk at a time.");

#define RW (PROT_READ | PROT_WRITE)
#define GIB (1ull << 30)

static uint64_t resident(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.resident;
}

static uint64_t fdinfo_resident(int fd, uint32_t heap)
{
	struct drm_dgem_heap_info info;
	char key[64];

	dgem_heap_info(fd, heap, &info);
	snprintf(key, sizeof(key), "drm-resident-%s", info.name);
	return fdinfo_value(fd, key);
}

static uint64_t chunks(int fd, uint64_t size)
{
	uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);

	return (size + chunk - 1) / chunk;
}

/* One byte in the middle of 1 GiB, by a load or by a store. */
static void one_byte(int fd, uint32_t heap, bool write, bool by_dmabuf)
{
	uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	uint32_t handle = dgem_bo_create_in(fd, GIB, heap, 0);
	uint64_t pages = observe_stat(fd, "resident_pages");
	int dmabuf = by_dmabuf ? prime_handle_to_fd_for_mmap(fd, handle) : -1;
	volatile char *map = by_dmabuf ? dgem_dmabuf_map(dmabuf, 0, GIB, RW) :
					 dgem_bo_map(fd, handle, GIB);

	igt_assert_eq_u64(resident(fd, handle), 0);
	igt_assert_eq_u64(fdinfo_resident(fd, heap), 0);
	if (write)
		map[GIB / 2 + 12345] = 1;
	else
		igt_assert_eq(map[GIB / 2 + 12345], 0);
	igt_assert_eq_u64(resident(fd, handle), chunk);
	igt_assert_eq_u64(fdinfo_resident(fd, heap), chunk);
	igt_assert_eq_u64(observe_stat(fd, "resident_pages") - pages, chunk / dgem_page_size());
	dgem_unmap((void *)map, GIB);
	if (dmabuf >= 0)
		close(dmabuf);
	gem_close(fd, handle);
	igt_assert_eq_u64(fdinfo_resident(fd, heap), 0);
	igt_assert_eq_u64(observe_stat(fd, "resident_pages"), pages);
}

/* The last chunk of a BO may be shorter: no page beyond the end is counted. */
static void short_tail(int fd, uint32_t heap)
{
	uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	uint64_t page = dgem_page_size(), size = chunk + 3 * page;
	uint32_t handle = dgem_bo_create_in(fd, size, heap, 0);
	struct drm_dgem_bo_info info;
	char *map = dgem_bo_map(fd, handle, size);

	map[size - 1] = 1;
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.resident, 3 * page);
	igt_assert(info.state & DRM_DGEM_BO_STATE_RESIDENT_PART);
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL));
	map[0] = 1;
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.resident, size);
	igt_assert(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL);
	dgem_unmap(map, size);
	gem_close(fd, handle);
}

static void populated(int fd, uint32_t heap)
{
	uint64_t size = 5 * PEER_CHUNK + dgem_page_size();
	uint32_t handle = dgem_bo_create_in(fd, size, heap, DRM_DGEM_BO_POPULATE);
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.resident, size);
	igt_assert(info.state & DRM_DGEM_BO_STATE_RESIDENT_ALL);
	igt_assert_lte_u64(info.huge, info.resident);
	igt_assert_eq_u64(fdinfo_resident(fd, heap), size);
	gem_close(fd, handle);
}

/*
 * What a touch takes from the machine: the mean of many, for the kernel counts the
 * free memory in its caches as used, and others allocate meanwhile. 32-bit kernels
 * have no room for as many large mappings.
 */
static void one_byte_memory(int fd, uint32_t heap)
{
	const uint64_t largest = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	const uint64_t size = largest > GIB ? GIB : GIB / 64;
	const uint64_t most = 3 << 10;
	uint64_t before = observe_meminfo("MemFree"), taken;
	uint32_t handles[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++) {
		char *map;

		handles[i] = dgem_bo_create_in(fd, size, heap, 0);
		map = dgem_bo_map(fd, handles[i], size);
		map[size / 2] = 1;
		dgem_unmap(map, size);
		/* Ends here what would take all of the memory. */
		igt_assert_lte_u64(before, observe_meminfo("MemFree") + most * ARRAY_SIZE(handles));
	}
	taken = (before - observe_meminfo("MemFree")) / ARRAY_SIZE(handles);
	igt_info("one byte takes %llu KiB\n", (unsigned long long)taken);
	/*
	 * Less than a chunk, since what was freed before may come back meanwhile; but
	 * nothing at all would mean that nothing was measured.
	 */
	igt_assert_lte_u64(1 << 8, taken);
	igt_assert_lte_u64(taken, most);
	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++)
		gem_close(fd, handles[i]);
}

static void read_all(const volatile char *map, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += dgem_page_size())
		igt_assert_eq(map[at], 0);
}

static void touch_all(char *map, uint64_t size)
{
	uint64_t at;

	for (at = 0; at < size; at += dgem_page_size())
		map[at] = 1;
}

/*
 * A place with page tables of its own, so that no fault is about those. Each page
 * is written, and read before that if @read_first.
 */
static long faults_at(int fd, uint32_t handle, uint64_t size, uint64_t skew, bool read_first)
{
	char *place = peer_reserve(size, skew);
	long before;

	igt_assert(mmap(place, size, RW, MAP_SHARED | MAP_FIXED, fd,
			dgem_bo_mmap_offset(fd, handle)) == place);
	before = observe_minor_faults();
	if (read_first)
		read_all(place, size);
	touch_all(place, size);
	before = observe_minor_faults() - before;
	peer_unreserve(place, size, skew);
	return before;
}

/*
 * One fault a chunk where the mapping is aligned to it; where it is not, a
 * chunk lies in two page tables and may take two.
 */
static void faults(int fd, uint32_t heap, uint64_t flags, bool read_first)
{
	uint64_t size = 32 * PEER_CHUNK;
	uint32_t handle = dgem_bo_create_in(fd, size, heap, flags);
	long n = chunks(fd, size), seen;

	seen = faults_at(fd, handle, size, 0, read_first);
	igt_assert_f(seen == n, "%ld faults for %ld chunks\n", seen, n);
	seen = faults_at(fd, handle, size, dgem_page_size(), false);
	igt_assert_f(seen >= n && seen <= 2 * n + 1, "skewed: %ld faults for %ld chunks\n", seen,
		     n);
	gem_close(fd, handle);
}

/* mmap() of the DRM file picks an aligned place by itself, for any range. */
static void aligned_by_itself(int fd, uint32_t heap)
{
	uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE), size = 4 * PEER_CHUNK;
	uint32_t handle = dgem_bo_create_in(fd, size, heap, 0);
	const uint64_t from[] = { 0, dgem_page_size(), PEER_CHUNK / 2, PEER_CHUNK };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		char *map = __dgem_bo_map(fd, handle, from[i], size - from[i], RW);

		igt_assert(map != MAP_FAILED);
		igt_assert_eq_u64((uintptr_t)map % chunk, from[i] % chunk);
		dgem_unmap(map, size - from[i]);
	}
	gem_close(fd, handle);
}

/*
 * Each contiguous chunk takes one huge entry and no small ones, all others
 * small ones only. In the heap of contiguous memory huge ones must be there,
 * unless dgem makes none on this machine.
 */
static void huge_entries(int fd, uint32_t heap)
{
	uint64_t size = 16 * PEER_CHUNK, huge = dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE);
	uint32_t handle = dgem_bo_create_in(fd, size, heap, DRM_DGEM_BO_POPULATE);
	long long pmds = observe_stat(fd, "huge_faults"), ptes = observe_stat(fd, "pte_faults");
	struct drm_dgem_heap_info heap_info;
	struct drm_dgem_bo_info info;

	igt_assert_eq_u64(huge, observe_huge_map_size(PEER_CHUNK));
	dgem_heap_info(fd, heap, &heap_info);
	dgem_bo_info(fd, handle, &info);
	igt_info("heap %s: %llu of %llu bytes are huge\n", heap_info.name,
		 (unsigned long long)info.huge, (unsigned long long)size);
	if (!huge)
		igt_assert_eq_u64(info.huge, 0);
	else if (heap_info.kind == DRM_DGEM_HEAP_CONTIGUOUS)
		igt_assert_eq_u64(info.huge, size);
	else if (heap_info.kind == DRM_DGEM_HEAP_PINNED)
		igt_assert_lt(0, info.huge);
	faults_at(fd, handle, size, 0, false);
	pmds = observe_stat(fd, "huge_faults") - pmds;
	ptes = observe_stat(fd, "pte_faults") - ptes;
	igt_assert_eq(pmds, info.huge / PEER_CHUNK);
	igt_assert_eq(ptes, (size - info.huge) / PEER_CHUNK);
	pmds = observe_stat(fd, "huge_faults");
	faults_at(fd, handle, size, dgem_page_size(), false);
	igt_assert_eq(observe_stat(fd, "huge_faults"), pmds);
	gem_close(fd, handle);
}

/* Touches one byte of each chunk; returns how many faults made huge entries for that. */
static unsigned int huge_faults(int fd, volatile char *map, uint64_t size)
{
	long long before = observe_stat(fd, "huge_faults");

	for (uint64_t at = 0; at < size; at += PEER_CHUNK)
		map[at] = 1;
	return observe_stat(fd, "huge_faults") - before;
}

/*
 * The core would copy what is zapped at the same time, so a child inherits no huge
 * entry, and its parent has to fault, too. Afterwards each keeps its own.
 */
static void fork_huge(int fd, uint32_t heap)
{
	const uint64_t size = 4 * PEER_CHUNK;
	uint32_t handle = dgem_bo_create_in(fd, size, heap, DRM_DGEM_BO_POPULATE);
	char *map = dgem_bo_map(fd, handle, size);
	unsigned int huge = huge_faults(fd, map, size);
	int status;
	pid_t pid;

	igt_assert_eq(huge_faults(fd, map, size), 0);
	pid = fork();
	igt_assert_lte(0, pid);
	if (!pid)
		_exit(huge_faults(fd, map, size) * 16 + huge_faults(fd, map, size));
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFEXITED(status));
	igt_assert_eq_u32(WEXITSTATUS(status), huge * 16);
	igt_assert_eq(huge_faults(fd, map, size), huge);
	dgem_unmap(map, size);
	gem_close(fd, handle);
}

static void each_heap(int fd, void (*run)(int fd, uint32_t heap))
{
	for_each_dgem_heap(fd, heap)
		run(fd, heap);
}

static void each_touched_heap(int fd, void (*run)(int fd, uint32_t heap))
{
	for_each_touched_heap(fd, heap)
		run(fd, heap);
}

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("A store to one byte of 1 GiB makes one chunk resident.");
	igt_subtest("one-byte-write")
		for_each_touched_heap(fd, heap)
			one_byte(fd, heap, true, false);

	igt_describe("A load from one byte of 1 GiB makes one chunk resident.");
	igt_subtest("one-byte-read")
		for_each_touched_heap(fd, heap)
			one_byte(fd, heap, false, false);

	igt_describe("A store by the dma-buf's mapping makes one chunk resident.");
	igt_subtest("one-byte-dmabuf")
		for_each_touched_heap(fd, heap)
			one_byte(fd, heap, true, true);

	igt_describe(
		"A store to one byte of a large BO takes a chunk and its tables from free memory.");
	igt_subtest("one-byte-memory")
		each_touched_heap(fd, one_byte_memory);

	igt_describe("The last chunk counts only the pages that the BO has.");
	igt_subtest("short-tail")
		each_touched_heap(fd, short_tail);

	igt_describe("POPULATE makes all of the BO resident at creation.");
	igt_subtest("populate")
		each_heap(fd, populated);

	igt_describe("A chunk that is resident takes one page fault.");
	igt_subtest("faults-populated")
		for_each_dgem_heap(fd, heap)
			faults(fd, heap, DRM_DGEM_BO_POPULATE, false);

	igt_describe("A chunk that is not resident takes one page fault, which allocates it.");
	igt_subtest("faults-first-touch")
		for_each_dgem_heap(fd, heap)
			faults(fd, heap, 0, false);

	igt_describe("A page that was read before it is written takes no fault of its own.");
	igt_subtest("faults-read-first")
		for_each_dgem_heap(fd, heap)
			faults(fd, heap, 0, true);

	igt_describe("mmap() picks an address that is aligned as the offset into the BO is.");
	igt_subtest("aligned-by-itself")
		each_heap(fd, aligned_by_itself);

	igt_describe("A contiguous chunk is mapped by one huge entry.");
	igt_subtest("huge-entries")
		each_heap(fd, huge_entries);

	igt_describe("A child inherits no huge entries: they would be copied without a lock.");
	igt_subtest("fork-huge")
		each_heap(fd, fork_huge);

	igt_fixture()
		drm_close_driver(fd);
}
