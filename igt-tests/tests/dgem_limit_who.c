// SPDX-License-Identifier: MIT
/* Whose account a file belongs to, and how accounts share what there is. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A user has one account, whatever files, processes and ids he has.");

#define MIB (1ULL << 20)
#define SIZE (2 * MIB)
#define COST (SIZE + limits_cost_of_bo(SIZE))

/* of root */
static int fd = -1;
static uint32_t pinned;

static uint64_t used(int file)
{
	return dgem_get_param(file, DRM_DGEM_PARAM_USER_USED);
}

static void assert_exempt(int file)
{
	struct limits l;

	limits_read(file, &l);
	igt_assert_eq_u64(l.user_limit | l.system_limit | l.mmap_limit, 0);
	igt_assert_eq_u64(l.user_used | l.system_used | l.mmap_used, 0);
}

static void assert_limited(int file)
{
	struct limits l;

	limits_read(file, &l);
	igt_assert_lt_u64(0, l.user_limit);
	igt_assert_lt_u64(0, l.system_limit);
	igt_assert_lt_u64(0, l.mmap_limit);
}

/* It is the opening that counts, not who uses the file. */
static void test_exempt(void)
{
	int user = user_open(fd, USER_A);
	uint32_t root, theirs;

	limits_set("user_limit_mb", 1);
	limits_set("total_limit_mb", 1);
	assert_exempt(fd);
	user_enter(USER_A);
	root = dgem_bo_create_in(fd, SIZE, pinned, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	assert_exempt(fd);
	user_leave();
	gem_close(fd, root);

	assert_limited(user);
	theirs = dgem_bo_create(user, SIZE);
	igt_assert_eq_u64(used(user), limits_cost_of_bo(SIZE));
	assert_exempt(fd);
	gem_close(user, theirs);
	drm_close_driver(user);
}

/* One BO each through a second file, a fork, a program, and a file that was passed. */
static void test_one_account(void)
{
	int user = user_open(fd, USER_A), again = user_open(fd, USER_A), passed;
	int go[2], sockets[2];
	uint64_t expected = 0;
	pid_t program;

	dgem_bo_create_in(user, SIZE, pinned, 0);
	igt_assert_eq_u64(used(again), expected += COST);
	dgem_bo_create_in(again, SIZE, pinned, 0);
	igt_assert_eq_u64(used(user), expected += COST);

	igt_fork(child, 1) {
		int own;

		igt_drop_root();
		own = drm_reopen_driver(fd);
		igt_assert_eq_u64(used(own), expected);
		dgem_bo_create_in(own, SIZE, pinned, 0);
		igt_assert_eq_u64(used(user), expected + COST);
		dgem_bo_create_in(user, SIZE, pinned, 0);
	}
	igt_waitchildren();
	/* the child's file is gone, the BO that it made through ours is not */
	igt_assert_eq_u64(used(user), expected += COST);

	/* a program that reads until we are done holds the file */
	igt_assert_eq(pipe2(go, O_CLOEXEC), 0);
	program = fork();
	igt_assert(program >= 0);
	if (!program) {
		dup2(go[0], 0);
		dup2(again, 1);
		execlp("sh", "sh", "-c", "read line", (char *)NULL);
		_exit(1);
	}
	close(go[0]);
	drm_close_driver(again);
	igt_assert_eq_u64(used(user), expected);
	close(go[1]);
	igt_assert_eq(waitpid(program, NULL, 0), program);
	igt_assert_eq_u64(used(user), expected -= COST);

	/* a file in flight, which another process receives */
	igt_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	passed = user_open(fd, USER_A);
	dgem_bo_create_in(passed, SIZE, pinned, 0);
	user_send_fd(sockets[0], passed);
	drm_close_driver(passed);
	igt_assert_eq_u64(used(user), expected += COST);
	igt_fork(child, 1) {
		int received = user_receive_fd(sockets[1]);

		igt_assert_eq_u64(used(received), expected);
		dgem_bo_create_in(received, SIZE, pinned, 0);
		igt_assert_eq_u64(used(user), expected + COST);
	}
	igt_waitchildren();
	igt_assert_eq_u64(used(user), expected -= COST);
	close(sockets[0]);
	close(sockets[1]);
	drm_close_driver(user);
}

static void test_users_apart(void)
{
	int a = user_open(fd, USER_A), b = user_open(fd, USER_B);
	struct limits before;
	char *map;
	uint32_t bo;

	limits_read(b, &before);
	dgem_bo_create_in(a, SIZE, pinned, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	bo = dgem_bo_create(a, SIZE);
	map = dgem_bo_map(a, bo, SIZE);
	map[0] = 1;
	limits_assert_same(b, &before);
	dgem_unmap(map, SIZE);
	drm_close_driver(a);
	limits_assert_same(b, &before);
	drm_close_driver(b);
}

/* What one leaves of what all may have is told to the other, as his limit. */
static void test_total(void)
{
	int a = user_open(fd, USER_A), b = user_open(fd, USER_B);
	struct drm_dgem_bo_create args = { .size = 8 * MIB, .heap = pinned };
	struct limits l;

	limits_set("user_limit_mb", 8);
	limits_set("total_limit_mb", 12);
	dgem_bo_create_in(a, 6 * MIB, pinned, 0);
	limits_read(b, &l);
	igt_assert_eq_u64(l.user_used, 0);
	igt_assert_eq_u64(l.user_limit, 12 * MIB - used(a));
	igt_assert_eq(__dgem_bo_create(b, &args), -EDQUOT);
	igt_assert_eq_u32(args.reason, DRM_DGEM_REASON_USER_LIMIT);
	limits_assert_same(b, &l);
	args.size = args.reason_arg + dgem_page_size();
	igt_assert_eq(__dgem_bo_create(b, &args), -EDQUOT);
	limits_assert_same(b, &l);
	args.size = args.reason_arg;
	igt_assert_eq(__dgem_bo_create(b, &args), 0);
	igt_assert_lt_u64(5 * MIB, args.size);
	/* root takes nothing from either */
	gem_close(fd, dgem_bo_create_in(fd, 32 * MIB, pinned, 0));
	drm_close_driver(a);
	limits_read(b, &l);
	igt_assert_eq_u64(l.user_limit, 8 * MIB);
	drm_close_driver(b);
}

/* All four ids of a namespace that a user made are his. */
static void test_namespace(void)
{
	int owner = user_open(fd, USER_A);

	dgem_bo_create_in(owner, SIZE, pinned, 0);
	igt_fork(child, 1) {
		int file[4];

		user_new_namespace(USER_A, 200000);
		for (int id = 0; id < 4; id++) {
			user_id_in_namespace(id);
			file[id] = drm_reopen_driver(fd);
			/* id 0 has all capabilities of the namespace */
			assert_limited(file[id]);
			igt_assert_eq_u64(used(file[id]), (1 + id) * COST);
			dgem_bo_create_in(file[id], SIZE, pinned, 0);
			igt_assert_eq_u64(used(owner), (2 + id) * COST);
			user_id_in_namespace(0);
		}
	}
	igt_waitchildren();
	igt_assert_eq_u64(used(owner), COST);
	drm_close_driver(owner);
}

/* A service's container: its ids are users of their own, and its root is limited. */
static void test_namespace_of_root(void)
{
	int root = user_open(fd, USER_A), first = user_open(fd, 300000);

	igt_fork(child, 1) {
		int file[4];

		user_new_container(USER_A, 300000);
		for (int id = 0; id < 4; id++) {
			user_id_in_namespace(id);
			file[id] = drm_reopen_driver(fd);
			assert_limited(file[id]);
			igt_assert_eq_u64(used(file[id]), 0);
			dgem_bo_create_in(file[id], SIZE, pinned, 0);
			user_id_in_namespace(0);
		}
		igt_assert_eq_u64(used(root), COST);
		igt_assert_eq_u64(used(first), COST);
	}
	igt_waitchildren();
	igt_assert_eq_u64(used(root) | used(first), 0);
	drm_close_driver(root);
	drm_close_driver(first);
}

struct worker {
	pthread_t thread;
	int file;
	unsigned long bos;
};

static void *create_and_close(void *data)
{
	struct worker *w = data;

	for (unsigned long n = dgem_repeat("DGEM_LIMIT_BOS", 10000); w->bos < n; w->bos++) {
		uint32_t heap = w->bos % 2 ? pinned : 0, handle;

		handle = dgem_bo_create_in(w->file, dgem_page_size(), heap,
					   w->bos % 3 ? DRM_DGEM_BO_WITH_MMAP_OFFSET :
							DRM_DGEM_BO_POPULATE);
		gem_close(w->file, handle);
	}
	return NULL;
}

static void test_threads(void)
{
	int user = user_open(fd, USER_A);
	struct worker w[2] = { { .file = user }, { .file = user_open(fd, USER_A) } };
	struct limits l;

	for (unsigned int i = 0; i < ARRAY_SIZE(w); i++)
		igt_assert_eq(pthread_create(&w[i].thread, NULL, create_and_close, &w[i]), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(w); i++)
		pthread_join(w[i].thread, NULL);
	igt_assert_lt_u64(0, w[0].bos + w[1].bos);
	limits_read(user, &l);
	igt_assert_eq_u64(l.user_used | l.system_used | l.mmap_used, 0);
	drm_close_driver(w[1].file);
	drm_close_driver(user);
}

/* How often a user is in the table, and that each time his values are right. */
static unsigned int listed(uid_t uid, const struct limits *l)
{
	char *text = observe_debugfs(fd, "dgem_accounts"), *line, *rest, expected[160];
	unsigned int count = 0;
	size_t uid_length;

	snprintf(expected, sizeof(expected), "%u %llu %llu %llu %llu %llu %llu", uid,
		 (unsigned long long)l->user_used, (unsigned long long)l->user_limit,
		 (unsigned long long)l->system_used, (unsigned long long)l->system_limit,
		 (unsigned long long)l->mmap_used, (unsigned long long)l->mmap_limit);
	uid_length = strcspn(expected, " ") + 1;
	line = strtok_r(text, "\n", &rest);
	igt_assert_eq(strcmp(line, "uid user user-limit system system-limit mmap mmap-limit"), 0);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		if (strncmp(line, expected, uid_length))
			continue;
		igt_assert_f(!strcmp(line, expected), "%s, not %s\n", line, expected);
		count++;
	}
	free(text);
	return count;
}

static void test_listed(void)
{
	int user = user_open(fd, USER_A), second = user_open(fd, USER_A);
	struct limits l;
	uint32_t handle;
	char *map;

	handle = dgem_bo_create_in(user, SIZE, 0, DRM_DGEM_BO_WITH_MMAP_OFFSET);
	map = dgem_bo_map(user, handle, SIZE);
	map[0] = 1;
	limits_read(second, &l);
	igt_assert_lt_u64(0, l.system_used);
	igt_assert_eq_u64(l.mmap_used, SIZE);
	igt_assert_eq(listed(USER_A, &l), 1);
	igt_assert_eq(listed(USER_B, &l), 0);
	igt_assert_eq(listed(0, &l), 0);

	drm_close_driver(user);
	drm_close_driver(second);
	dgem_unmap(map, SIZE);
	igt_assert_eq(listed(USER_A, &l), 0);
}

static const struct dgem_test tests[] = {
	{ "exempt", "A file that was opened with CAP_SYS_RESOURCE has no limits.", test_exempt },
	{ "one-account", "Files, forks, programs and passed files of a user share one account.",
	  test_one_account },
	{ "users-apart", "A user does not see what another one has.", test_users_apart },
	{ "total", "What all users may have bounds each.", test_total },
	{ "namespace", "All ids of a user's namespace are one account, without exemption.",
	  test_namespace },
	{ "namespace-of-root", "Each id of a namespace of root has an account of its own.",
	  test_namespace_of_root },
	{ "listed", "debugfs tells what each user has who is not exempt.", test_listed },
	{ "threads", "After many BOs of two threads nothing is charged.", test_threads },
};

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
		pinned = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED);
	}

	for_each_dgem_subtest(fd, t, tests) {
		limits_restore();
		t->run();
	}

	igt_fixture() {
		limits_close(fd);
	}
}
