// SPDX-License-Identifier: MIT
/* BO_CREATE under load: reused memory, threads, signals, and limits. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("New BOs are zero and limits are errors, whatever else goes on.");

#define MIB (1ULL << 20)

static int fd = -1;

static void assert_zero(const void *map, size_t size)
{
	const uint64_t *words = map;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		igt_assert_f(!words[i], "byte %zu is not zero\n", i * sizeof(*words));
}

/* One file dirties and frees, the next must not see it. */
static void test_zeroed(uint32_t flags)
{
	const size_t size = 8 * MIB;

	for_each_dgem_heap(fd, heap) {
		for (int round = 0; round < 8; round++) {
			int file = drm_reopen_driver(fd);
			uint32_t handle = dgem_bo_create_in(file, size, heap, flags);
			char *map = dgem_bo_map(file, handle, size);

			assert_zero(map, size);
			memset(map, 0xa5, size);
			dgem_unmap(map, size);
			drm_close_driver(file);
		}
	}
}

struct worker {
	pthread_t thread;
	uint32_t heaps;
	unsigned int seed;
	unsigned long bos;
};

static void *create_and_check(void *data)
{
	struct worker *worker = data;
	struct timespec start = {};

	igt_nsec_elapsed(&start);
	while (igt_seconds_elapsed(&start) < 5) {
		size_t size = (1 + rand_r(&worker->seed) % 512) * dgem_page_size();
		uint32_t heap = rand_r(&worker->seed) % worker->heaps;
		uint32_t flags = rand_r(&worker->seed) % 2 ? DRM_DGEM_BO_POPULATE : 0;
		uint32_t handle = dgem_bo_create_in(fd, size, heap, flags);
		char *map = dgem_bo_map(fd, handle, size);

		assert_zero(map, size);
		memset(map, 0x5a, size);
		dgem_unmap(map, size);
		gem_close(fd, handle);
		worker->bos++;
	}
	return NULL;
}

static void test_threads(void)
{
	struct worker workers[4] = {};
	struct dgem_counters before;
	unsigned long bos = 0;

	dgem_counters_read(fd, &before);
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].seed = i;
		workers[i].heaps = dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS);
		igt_assert_eq(pthread_create(&workers[i].thread, NULL, create_and_check,
					     &workers[i]),
			      0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		bos += workers[i].bos;
	}
	igt_info("%lu BOs\n", bos);
	igt_assert_lt(8, bos);
	dgem_counters_assert_same(fd, &before);
}

/* A handle is no file: creation goes on, and so does all when fds are back. */
static void test_fd_exhaustion(void)
{
	struct rlimit old, few = { 64, 64 };
	uint32_t handle;
	int used = 0;

	igt_assert_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	igt_fork(child, 1) {
		int files[64], dma_buf;

		while ((files[used] = dup(fd)) >= 0)
			used++;
		igt_assert_eq(errno, EMFILE);
		igt_assert_lt(0, used);
		handle = dgem_bo_create_in(fd, MIB, 0, DRM_DGEM_BO_POPULATE);
		igt_assert_eq(__prime_handle_to_fd(fd, handle, 0, &dma_buf), -EMFILE);
		igt_assert_eq(open("/dev/null", O_RDONLY), -1);
		close(files[--used]);
		igt_assert_eq(__prime_handle_to_fd(fd, handle, 0, &dma_buf), 0);
		gem_close(fd, handle);
	}
	igt_waitchildren();
	igt_assert_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(drm_reopen_driver(fd));
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Signals that come now and then: EINTR did nothing, the repetition works. */
static void test_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal }, old;
	const pid_t self = getpid();
	struct dgem_counters before;
	unsigned int eintr = 0, made = 0;

	dgem_counters_read(fd, &before);
	sigaction(SIGUSR1, &act, &old);
	igt_fork(child, 1) {
		for (int i = 0; i < 200; i++) {
			usleep(5000);
			igt_assert_eq(kill(self, SIGUSR1), 0);
		}
	}
	igt_until_timeout(2) {
		struct drm_dgem_bo_create args = {
			.size = 64 * MIB,
			.heap = made % 2,
			.flags = DRM_DGEM_BO_POPULATE,
		};

		if (ioctl(fd, DRM_IOCTL_DGEM_BO_CREATE, &args) == 0) {
			gem_close(fd, args.handle);
			made++;
			continue;
		}
		igt_assert_eq(errno, EINTR);
		igt_assert_eq_u32(args.handle, 0);
		eintr++;
	}
	igt_waitchildren();
	sigaction(SIGUSR1, &old, NULL);
	igt_info("%u BOs made, %u interrupted\n", made, eintr);
	igt_assert_lt(0, made);
	dgem_counters_assert_same(fd, &before);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	int file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = open(path, O_WRONLY | O_CLOEXEC);
	igt_assert_f(file >= 0, "%s: %s\n", path, strerror(errno));
	igt_assert_f(write(file, text, strlen(text)) == (ssize_t)strlen(text), "%s: %s\n", path,
		     strerror(errno));
	close(file);
}

/* Of the cgroup that a BO is too large for. */
#define LIMIT (64 * MIB)

static void populate_too_much(uint32_t heap)
{
	struct drm_dgem_bo_create args = {
		.size = 256 * MIB,
		.heap = heap,
		.flags = DRM_DGEM_BO_POPULATE,
	};
	struct dgem_counters before;
	uint64_t proposed;

	dgem_counters_read(fd, &before);
	igt_assert_eq(__dgem_bo_create(fd, &args), -ENOMEM);
	igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_MEMORY);
	igt_assert_eq_u32(args.handle, 0);
	igt_assert_eq_u64(args.size, 256 * MIB);
	dgem_counters_assert_same(fd, &before);

	/* What is proposed works, and is not much less than the limit. */
	igt_assert_lt_u64(LIMIT / 2, args.reason_arg);
	proposed = args.reason_arg;
	args.size = proposed;
	igt_assert_eq(__dgem_bo_create(fd, &args), 0);
	igt_assert_eq_u64(args.size, proposed);
	gem_close(fd, args.handle);
	gem_close(fd, dgem_bo_create_in(fd, 8 * MIB, heap, DRM_DGEM_BO_POPULATE));
}

static void test_memcg(uint32_t heap)
{
	char root[] = "/tmp/dgem-cgroup-XXXXXX", group[64], pid[16], limit[24];

	igt_require(geteuid() == 0);
	igt_assert(mkdtemp(root));
	igt_assert_f(mount("none", root, "cgroup2", 0, NULL) == 0, "cgroup2: %s\n",
		     strerror(errno));
	write_file(root, "cgroup.subtree_control", "+memory");
	snprintf(group, sizeof(group), "%s/dgem-%d-%u", root, getpid(), heap);
	igt_assert_eq(mkdir(group, 0755), 0);
	snprintf(limit, sizeof(limit), "%llu", LIMIT);
	write_file(group, "memory.max", limit);
	igt_fork(child, 1) {
		snprintf(pid, sizeof(pid), "%d", getpid());
		write_file(group, "cgroup.procs", pid);
		populate_too_much(heap);
	}
	igt_waitchildren();
	igt_assert_eq(rmdir(group), 0);
	igt_assert_eq(umount2(root, MNT_DETACH), 0);
	igt_assert_eq(rmdir(root), 0);
}

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("Memory that another file dirtied and freed reads as zero.");
	dgem_subtest(fd, "zeroed")
		test_zeroed(0);
	igt_describe("A BO that is populated at creation reads as zero, too.");
	dgem_subtest(fd, "zeroed-populated")
		test_zeroed(DRM_DGEM_BO_POPULATE);
	igt_describe("Threads that create, check, dirty and close see only zeros.");
	dgem_subtest(fd, "zeroed-threads")
		test_threads();
	igt_describe("A full fd table stops exports with EMFILE, and nothing else.");
	dgem_subtest(fd, "fd-exhaustion")
		test_fd_exhaustion();
	igt_describe("Signals during creation leave nothing half-made.");
	dgem_subtest(fd, "signals")
		test_signals();
	igt_describe("A memory cgroup's limit is ENOMEM, not a kill.");
	dgem_subtest(fd, "memcg-system")
		test_memcg(dgem_require_heap(fd, DRM_DGEM_HEAP_SYSTEM));
	igt_describe("A memory cgroup's limit is ENOMEM, not a kill.");
	dgem_subtest(fd, "memcg-pinned")
		test_memcg(dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED));

	igt_fixture()
		drm_close_driver(fd);
}
