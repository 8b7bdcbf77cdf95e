// SPDX-License-Identifier: MIT
/*
 * BO_SYNC on BOs in all states, own and imported. On a machine whose devices see what
 * the CPU sees it changes nothing; for others there is dgem_sync_bounce.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("BO_SYNC takes BOs as they are: own or imported, with or without memory.");

#define MSEC 1000000ll
#define MIB (1ULL << 20)
#define SIZE (2 * MIB + 65536)
#define READ DRM_DGEM_SYNC_READ
#define WRITE DRM_DGEM_SYNC_WRITE
#define END DRM_DGEM_SYNC_END

static int fd = -1;

/*
 * udmabuf maps its pages for the access that comes first and syncs the same mapping for
 * all that follow, which is legal only if the first one was to read and to write.
 */
static const uint32_t all_flags[] = { READ | WRITE,	  READ,	      WRITE,
				      READ | WRITE | END, READ | END, WRITE | END };

/* All accesses, to all of it and to parts; the mapping shows what it did before. */
static void sync_all(uint32_t handle, uint64_t size, char *map)
{
	memset(map, 0x5a, size);
	for (unsigned int i = 0; i < ARRAY_SIZE(all_flags); i++) {
		dgem_bo_sync(fd, handle, all_flags[i], 0, size);
		dgem_bo_sync(fd, handle, all_flags[i], 4096, 4096);
		dgem_bo_sync(fd, handle, all_flags[i], size - 1, 1);
		dgem_bo_sync(fd, handle, all_flags[i], 1, size / 2);
	}
	igt_assert(map[0] == 0x5a && !memcmp(map, map + 1, size - 1));
}

static void test_own(void)
{
	for_each_dgem_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
		char *map = dgem_bo_map(fd, handle, SIZE);
		long long calls = observe_stat(fd, "cpu_accesses");

		sync_all(handle, SIZE, map);
		igt_assert_eq(observe_stat(fd, "cpu_accesses"), calls + 24);
		dgem_unmap(map, SIZE);
		gem_close(fd, handle);
	}
}

/* While another driver has it mapped, which it stays. */
static void test_attached(void)
{
	for_each_dgem_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0), at_vgem;
		int dmabuf = prime_handle_to_fd(fd, handle), vgem = vgem_open();
		char *map = dgem_bo_map(fd, handle, SIZE);
		long long maps;

		at_vgem = prime_fd_to_handle(vgem, dmabuf);
		maps = observe_stat(fd, "maps");
		igt_assert_eq(observe_stat(fd, "attachments"), 1);
		sync_all(handle, SIZE, map);
		igt_assert_eq(observe_stat(fd, "maps"), maps);
		gem_close(vgem, at_vgem);
		close(vgem);
		close(dmabuf);
		dgem_unmap(map, SIZE);
		gem_close(fd, handle);
	}
}

/* What has no memory gets none. */
static void test_sparse(void)
{
	const uint64_t page = dgem_page_size(), large = 1024 * MIB;
	struct drm_dgem_bo_info info;
	uint32_t handle = dgem_bo_create(fd, large);
	char *map;

	dgem_bo_sync(fd, handle, READ | WRITE, 0, large);
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.resident, 0);
	map = dgem_bo_map(fd, handle, large);
	map[large / 2 + 5 * page] = 1;
	dgem_bo_info(fd, handle, &info);
	for (unsigned int i = 0; i < ARRAY_SIZE(all_flags); i++) {
		struct drm_dgem_bo_info after;

		dgem_bo_sync(fd, handle, all_flags[i], 0, large);
		dgem_bo_info(fd, handle, &after);
		igt_assert_eq_u64(after.resident, info.resident);
	}
	igt_assert_eq(map[large / 2 + 5 * page], 1);
	dgem_unmap(map, large);
	gem_close(fd, handle);
}

/* No longer needed, and then purged. Neither is changed, and neither is an error. */
static void test_not_needed(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	char *map = dgem_bo_map(fd, handle, SIZE);
	struct drm_dgem_bo_info info;

	memset(map, 1, SIZE);
	dgem_unmap(map, SIZE);
	igt_assert(dgem_bo_madvise(fd, handle, DRM_DGEM_MADV_DONTNEED));
	dgem_bo_sync(fd, handle, READ, 0, SIZE);
	dgem_bo_sync(fd, handle, WRITE | END, 0, SIZE);
	igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.state, DRM_DGEM_BO_STATE_PURGED);
	dgem_bo_sync(fd, handle, READ, 0, SIZE);
	dgem_bo_sync(fd, handle, WRITE | END, 0, SIZE);
	dgem_bo_info(fd, handle, &info);
	igt_assert_eq_u64(info.state, DRM_DGEM_BO_STATE_PURGED);
	igt_assert_eq_u64(info.resident, 0);
	gem_close(fd, handle);
}

/*
 * No larger than the longest segment that udmabuf's device says it can take: udmabuf maps
 * longer ones where its memory lies together, which the debug kernel complains of.
 */
#define FOREIGN_SIZE 65536

static void sync_foreign(enum foreign_kind kind)
{
	struct drm_dgem_sync_op op = { .flags = READ, .offset = 1, .size = FOREIGN_SIZE };
	struct foreign foreign;
	char *map;

	foreign_create(&foreign, kind, FOREIGN_SIZE);
	op.handle = prime_fd_to_handle(fd, foreign.dmabuf);
	map = dgem_bo_map(fd, op.handle, FOREIGN_SIZE);
	sync_all(op.handle, FOREIGN_SIZE, map);
	igt_assert(!memcmp(map, foreign.native, FOREIGN_SIZE));
	igt_assert_eq(__dgem_bo_sync(fd, &op, 1), -EINVAL);
	dgem_unmap(map, FOREIGN_SIZE);
	gem_close(fd, op.handle);
	foreign_destroy(&foreign);
}

/** struct busy - a BO with vgem's fence, own or imported */
struct busy {
	uint32_t handle, vgem_handle, fence;
	struct foreign foreign;
};

static void busy_create(struct busy *busy)
{
	foreign_create(&busy->foreign, FOREIGN_VGEM, SIZE);
	busy->handle = prime_fd_to_handle(fd, busy->foreign.dmabuf);
	igt_assert_eq(vgem_fence_attach(busy->foreign.fd, busy->foreign.handle, VGEM_FENCE_WRITE,
					&busy->fence),
		      0);
}

static void busy_destroy(struct busy *busy)
{
	gem_close(fd, busy->handle);
	foreign_destroy(&busy->foreign);
}

static void test_own_fence(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE), at_vgem, fence;
	int dmabuf = prime_handle_to_fd(fd, handle), vgem = vgem_open();

	at_vgem = prime_fd_to_handle(vgem, dmabuf);
	igt_assert_eq(vgem_fence_attach(vgem, at_vgem, VGEM_FENCE_WRITE, &fence), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(all_flags); i++)
		dgem_bo_sync(fd, handle, all_flags[i], 0, SIZE);
	/* vgem's fences end by themselves after 10 s */
	igt_assert_eq(__dgem_bo_wait(fd, handle, DRM_DGEM_BO_WAIT_READ, 0), -ETIME);
	igt_assert_eq(vgem_fence_signal(vgem, fence), 0);
	close(vgem);
	close(dmabuf);
	gem_close(fd, handle);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Where the access begins, the core waits; a signal ends that, and nothing is lost. */
static void test_imported_fence(void)
{
	struct sigaction act = { .sa_handler = on_signal }, old;
	const pid_t self = getpid();
	struct drm_dgem_sync_op op = { .flags = READ | END, .size = SIZE };
	struct drm_dgem_bo_sync args = {
		.ops = to_user_pointer(&op),
		.count = 1,
		.stride = sizeof(op),
	};
	struct busy busy;

	busy_create(&busy);
	op.handle = busy.handle;
	igt_assert_eq(__dgem_bo_sync(fd, &op, 1), 0);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, DRM_DGEM_BO_WAIT_READ, 0), -ETIME);
	op.flags = READ;
	sigaction(SIGUSR1, &act, &old);
	igt_fork(child, 1) {
		/* more than once: the first may come before the wait */
		for (int i = 0; i < 20; i++) {
			usleep(50000);
			igt_assert_eq(kill(self, SIGUSR1), 0);
		}
		igt_assert_eq(vgem_fence_signal(busy.foreign.fd, busy.fence), 0);
	}
	igt_assert_eq(ioctl(fd, DRM_IOCTL_DGEM_BO_SYNC, &args), -1);
	igt_assert_eq(errno, EINTR);
	igt_assert_eq(__dgem_bo_sync(fd, &op, 1), 0);
	igt_assert_eq(__dgem_bo_wait(fd, busy.handle, DRM_DGEM_BO_WAIT_READ, 0), 0);
	igt_waitchildren();
	sigaction(SIGUSR1, &old, NULL);
	busy_destroy(&busy);
}

#define RACE_BOS 64
static uint32_t race_handles[RACE_BOS];
static bool race_stop;

/* Gives handles to vgem, maps and closes, and makes others in their place. */
static void *race_thread(void *arg)
{
	int vgem = vgem_open();

	(void)arg;
	for (unsigned int i = 0; !__atomic_load_n(&race_stop, __ATOMIC_RELAXED);
	     i = (i + 7) % RACE_BOS) {
		int dmabuf = prime_handle_to_fd(fd, race_handles[i]);
		uint32_t at_vgem = prime_fd_to_handle(vgem, dmabuf);

		close(dmabuf);
		gem_close(vgem, at_vgem);
		gem_close(fd, race_handles[i]);
		race_handles[i] = dgem_bo_create_in(fd, 8192, i % 2, DRM_DGEM_BO_POPULATE);
	}
	close(vgem);
	return NULL;
}

static void test_race(void)
{
	struct drm_dgem_sync_op ops[256];
	unsigned long done = 0, missing = 0;
	pthread_t thread;

	for (int i = 0; i < RACE_BOS; i++)
		race_handles[i] = dgem_bo_create_in(fd, 8192, i % 2, DRM_DGEM_BO_POPULATE);
	race_stop = false;
	igt_assert_eq(pthread_create(&thread, NULL, race_thread, NULL), 0);
	igt_until_timeout(3) {
		int ret;

		for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++)
			ops[i] = (struct drm_dgem_sync_op){
				.handle = race_handles[i % RACE_BOS],
				.flags = all_flags[i % ARRAY_SIZE(all_flags)],
				.offset = i,
				.size = 4096,
			};
		ret = __dgem_bo_sync(fd, ops, 1 + done % ARRAY_SIZE(ops));
		igt_assert(!ret || ret == -ENOENT);
		done += !ret;
		missing += !!ret;
	}
	__atomic_store_n(&race_stop, true, __ATOMIC_RELAXED);
	igt_assert_eq(pthread_join(thread, NULL), 0);
	for (int i = 0; i < RACE_BOS; i++)
		gem_close(fd, race_handles[i]);
	igt_info("%lu done, %lu met a handle that was closed\n", done, missing);
	igt_assert_lt(0, done);
}

static const struct dgem_test tests[] = {
	{ "own", "Whatever part is synced, the contents of a BO stay.", test_own },
	{ "attached", "The same while another driver has the BO mapped.", test_attached },
	{ "sparse", "What has no memory gets none by it.", test_sparse },
	{ "not-needed", "A BO that is not needed, or purged, stays so.", test_not_needed },
	{ "own-fence", "No fence of an own BO is waited for.", test_own_fence },
	{ "imported-fence",
	  "The beginning of an access to an imported BO waits and can be repeated.",
	  test_imported_fence },
	{ "race", "Handles can be closed, and BOs shared, at the same time.", test_race },
};

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, test, tests)
		test->run();
	for (enum foreign_kind kind = 0; kind < FOREIGN_KINDS; kind++) {
		igt_describe("An imported BO is synced by its exporter, within its size.");
		dgem_subtest_f(fd, "imported-%s", foreign_name(kind))
			sync_foreign(kind);
	}

	igt_fixture()
		drm_close_driver(fd);
}
