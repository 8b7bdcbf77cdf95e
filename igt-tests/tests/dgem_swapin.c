// SPDX-License-Identifier: MIT
/*
 * A touch that has to read from swap: no other thread waits for the device, and a
 * page that cannot be read is lost, but none beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Swap devices may be slow, and may fail.");

#define MIB (1ull << 20)
#define SIZE (4 * MIB)
/* so that each chunk has pages in swap */
#define ENOUGH (SIZE - MIB)
#define SWAP_SIZE (16 * MIB)

/** struct swapped - a BO that is in swap, and a mapping of it */
struct swapped {
	uint32_t handle;
	struct shadow *sh;
	char *map;
};

/*
 * Only the BO is in the group that loses its memory, not the test's own. It is
 * made there, since that is where the kernel looks for what is idle.
 */
static void swapped_create(int fd, const char *cgroup, struct swapped *s)
{
	uint32_t *handle = mmap(NULL, sizeof(*handle), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	igt_assert(handle != MAP_FAILED);
	*handle = 0;
	s->sh = shadow_create(SIZE / dgem_page_size());
	igt_fork(child, 1) {
		char *map;

		cgroup_enter(cgroup);
		*handle = dgem_bo_create(fd, SIZE);
		map = dgem_bo_map(fd, *handle, SIZE);
		shadow_write(s->sh, map, 0, s->sh->pages);
		dgem_unmap(map, SIZE);
	}
	igt_waitchildren();
	s->handle = *handle;
	munmap(handle, sizeof(*handle));
	for (int i = 0; i < 100 && cgroup_get(cgroup, "memory.swap.current", NULL) < ENOUGH; i++)
		cgroup_set(cgroup, "memory.reclaim", "8M");
	igt_assert_lte_u64(ENOUGH, cgroup_get(cgroup, "memory.swap.current", NULL));
	s->map = dgem_bo_map(fd, s->handle, SIZE);
}

static void swapped_destroy(int fd, struct swapped *s)
{
	gem_close(fd, s->handle);
	shadow_destroy(s->sh);
}

/** struct toucher - a thread that touches the first page */
struct toucher {
	volatile char *at;
	pid_t tid;
	pthread_t thread;
};

static void *touch(void *arg)
{
	struct toucher *t = arg;

	__atomic_store_n(&t->tid, gettid(), __ATOMIC_RELEASE);
	(void)*t->at;
	return NULL;
}

/* Waits for I/O: seen so twice in a row. */
static void wait_until_blocked(struct toucher *t)
{
	int seen = 0;

	for (int i = 0; i < 2000 && seen < 2; i++) {
		pid_t tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);
		char path[64], *text, *state;

		usleep(10000);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		text = tid ? observe_file(path) : NULL;
		state = text ? strrchr(text, ')') : NULL;
		seen = state && state[2] == 'D' ? seen + 1 : 0;
		free(text);
	}
	igt_assert_eq(seen, 2);
}

/** struct bystander - a thread that changes the same address space */
struct bystander {
	char *map;
	int done;
	pthread_t thread;
};

/* Each would wait for a fault in the same mapping that keeps its lock. */
static void *change(void *arg)
{
	struct bystander *b = arg;
	size_t page = dgem_page_size();
	pid_t pid;

	if (munmap(b->map + SIZE - page, page))
		return NULL;
	__atomic_store_n(&b->done, 1, __ATOMIC_RELEASE);
	if (mprotect(b->map + SIZE - 2 * page, page, PROT_READ))
		return NULL;
	__atomic_store_n(&b->done, 2, __ATOMIC_RELEASE);
	pid = fork();
	if (!pid)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		return NULL;
	__atomic_store_n(&b->done, 3, __ATOMIC_RELEASE);
	return NULL;
}

static void others_go_on(int fd, const char *cgroup)
{
	struct bystander b = { 0 };
	struct toucher t = { 0 };
	struct swapped s;
	int done;

	swapped_create(fd, cgroup, &s);
	b.map = s.map;
	t.at = s.map;
	swap_dm_suspend(true);
	igt_assert_eq(pthread_create(&t.thread, NULL, touch, &t), 0);
	wait_until_blocked(&t);
	igt_assert_eq(pthread_create(&b.thread, NULL, change, &b), 0);
	for (int i = 0; i < 1000 && __atomic_load_n(&b.done, __ATOMIC_ACQUIRE) < 3; i++)
		usleep(10000);
	done = __atomic_load_n(&b.done, __ATOMIC_ACQUIRE);
	swap_dm_suspend(false);
	pthread_join(t.thread, NULL);
	pthread_join(b.thread, NULL);
	igt_assert_eq(done, 3);

	shadow_check(s.sh, s.map, 0, s.sh->pages - 1);
	munmap(s.map, SIZE);
	swapped_destroy(fd, &s);
}

/* How a debugger reads a page: -errno, or 0. */
static int peek(const void *addr)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC), ret = 0;
	char byte;

	igt_assert_fd(mem);
	if (pread(mem, &byte, 1, (uintptr_t)addr) != 1)
		ret = -errno;
	close(mem);
	return ret;
}

/* The pages that can be read are right; the number of the others. */
static unsigned int count_lost(struct swapped *s)
{
	const bool peeks = observe_vma_access();
	size_t page = dgem_page_size();
	unsigned int lost = 0;

	for (uint64_t nr = 0; nr < s->sh->pages; nr++) {
		char *at = s->map + nr * page;
		int sig = content_touch_read(at);

		if (sig) {
			igt_assert_eq(sig, SIGBUS);
			igt_assert(!peeks || peek(at) == -EIO);
			lost++;
		} else {
			shadow_check_at(s->sh, at, nr);
			igt_assert(!peeks || peek(at) == 0);
		}
	}
	return lost;
}

static void lost(int fd, const char *cgroup)
{
	enum { EACH = 32 };
	struct swapped s;
	unsigned int lost;

	swapped_create(fd, cgroup, &s);
	swap_dm_fail(EACH);
	lost = count_lost(&s);
	swap_dm_fail(0);
	igt_info("%u of %llu pages lost\n", lost, (unsigned long long)s.sh->pages);
	igt_assert_lt(0, lost);
	igt_assert_lte_u64(lost, SWAP_SIZE / dgem_page_size() / EACH);

	/* The device works again, which brings nothing back. */
	igt_assert_eq(count_lost(&s), lost);
	dgem_unmap(s.map, SIZE);
	s.map = dgem_bo_map(fd, s.handle, SIZE);
	igt_assert_eq(count_lost(&s), lost);
	dgem_unmap(s.map, SIZE);
	swapped_destroy(fd, &s);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, const char *cgroup);
} tests[] = {
	{ "others-go-on", "A touch that waits for swap blocks no other thread.", others_go_on },
	{ "lost", "Pages that cannot be read from swap are lost, and those beside them are not.",
	  lost },
};

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, t, tests) {
		const char *cgroup = cgroup_create("dgem-test");

		swap_dm_start(SWAP_SIZE);
		t->run(fd, cgroup);
		swap_dm_stop();
		cgroup_destroy(cgroup);
	}

	igt_fixture() {
		swap_dm_stop();
		drm_close_driver(fd);
	}
}
