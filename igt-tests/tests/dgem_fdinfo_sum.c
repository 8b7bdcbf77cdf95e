// SPDX-License-Identifier: MIT
/*
 * What the fdinfo of all clients adds up to, by heap: what they have for themselves, and
 * each BO that they share counted once, is what there is of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("The figures of all clients add up to what debugfs tells of all BOs.");

#define MIB (1ull << 20)
#define CLIENTS 3

/** struct sums - bytes of a heap */
struct sums {
	/* of BOs that one client has, of those that are shared, and of what is resident */
	uint64_t own, shared, resident, purgeable;
};

static uint64_t of_client(int fd, const char *what, const char *heap)
{
	char key[64];

	snprintf(key, sizeof(key), "drm-%s-%s", what, heap);
	return fdinfo_value(fd, key);
}

static void add_clients(const int *clients, const char *heap, struct sums *sums)
{
	memset(sums, 0, sizeof(*sums));
	for (int i = 0; i < CLIENTS; i++) {
		const uint64_t shared = of_client(clients[i], "shared", heap);

		sums->own += of_client(clients[i], "total", heap) - shared;
		sums->shared += shared;
		sums->resident += of_client(clients[i], "resident", heap);
		sums->purgeable += of_client(clients[i], "purgeable", heap);
	}
}

static void add_table(int fd, const char *heap, struct sums *sums, uint64_t *shared_resident)
{
	char *table = observe_debugfs(fd, "dgem_bos"), *line, *save;

	igt_assert(table);
	memset(sums, 0, sizeof(*sums));
	*shared_resident = 0;
	strtok_r(table, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		unsigned long long size, resident;
		char name[32], state[64];
		int found = sscanf(line, "%*u %llu %llu %*u %31s %63s", &size, &resident, name,
				   state);

		igt_assert_eq(found, 4);
		if (strcmp(name, heap))
			continue;
		sums->resident += resident;
		if (strstr(state, "dontneed"))
			sums->purgeable += resident;
		if (strstr(state, "exported")) {
			sums->shared += size;
			*shared_resident += resident;
		} else {
			sums->own += size;
		}
	}
	free(table);
}

static void compare(const int *clients, const char *heap)
{
	struct sums told, there;
	uint64_t shared_resident;

	add_clients(clients, heap, &told);
	add_table(clients[0], heap, &there, &shared_resident);
	igt_info("%s: %llu KiB of their own, %llu shared, %llu resident, %llu purgeable\n", heap,
		 (unsigned long long)there.own >> 10, (unsigned long long)there.shared >> 10,
		 (unsigned long long)there.resident >> 10,
		 (unsigned long long)there.purgeable >> 10);
	igt_assert_lt_u64(0, there.own);
	igt_assert_lt_u64(0, there.shared);
	igt_assert_eq_u64(told.own, there.own);
	/* each of them is two clients' */
	igt_assert_eq_u64(told.shared, 2 * there.shared);
	igt_assert_eq_u64(told.resident, there.resident + shared_resident);
	igt_assert_eq_u64(told.purgeable, there.purgeable);
}

/* BOs of a client and, shared with the next one, another; resident in part or whole. */
static uint32_t populate(const int *clients, int i, uint32_t heap)
{
	uint32_t unneeded = dgem_bo_create_in(clients[i], MIB << i, heap, DRM_DGEM_BO_POPULATE);
	uint32_t shared = dgem_bo_create_in(clients[i], 3 * MIB, heap, DRM_DGEM_BO_POPULATE);
	uint32_t touched = dgem_bo_create_in(clients[i], 5 * MIB, heap, 0);
	char *map = dgem_bo_map(clients[i], touched, 5 * MIB);
	int dma_buf = prime_handle_to_fd(clients[i], shared);

	map[i * MIB] = 1;
	dgem_unmap(map, 5 * MIB);
	prime_fd_to_handle(clients[(i + 1) % CLIENTS], dma_buf);
	close(dma_buf);
	igt_assert(dgem_bo_madvise(clients[i], unneeded, DRM_DGEM_MADV_DONTNEED));
	return unneeded;
}

static void test_sums(int fd)
{
	int clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = drm_reopen_driver(fd);
	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_heap_info info;
		uint32_t unneeded[CLIENTS];
		uint64_t sum = 0;

		dgem_heap_info(fd, heap, &info);
		for (int i = 0; i < CLIENTS; i++)
			unneeded[i] = populate(clients, i, heap);
		compare(clients, info.name);
		for (int i = 0; i < CLIENTS; i++)
			sum += of_client(clients[i], "purgeable", info.name);
		igt_assert_eq_u64(sum, 7 * MIB);

		/* needed again, and gone */
		igt_assert(dgem_bo_madvise(clients[0], unneeded[0], DRM_DGEM_MADV_WILLNEED));
		compare(clients, info.name);
		igt_assert_eq_u64(of_client(clients[0], "purgeable", info.name), 0);
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
		compare(clients, info.name);
		igt_assert_eq_u64(of_client(clients[1], "purgeable", info.name), 0);
	}
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		igt_require(geteuid() == 0);
		fd = drm_open_driver(DRIVER_DGEM);
	}

	igt_describe("What clients have for themselves, and share, is what debugfs tells.");
	dgem_subtest(fd, "sums")
		test_sums(fd);

	igt_fixture()
		drm_close_driver(fd);
}
