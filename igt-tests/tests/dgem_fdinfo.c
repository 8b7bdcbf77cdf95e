// SPDX-License-Identifier: MIT
/*
 * What /proc/PID/fdinfo shows of an open file: memory by heap, and each BO, to
 * the processes that may inspect this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("fdinfo shows the memory and the BOs of a file.");

#define MIB (1ull << 20)

static uint64_t in_heap(int fd, const char *what, const char *region)
{
	char key[64];

	snprintf(key, sizeof(key), "drm-%s-%s", what, region);
	return fdinfo_value(fd, key);
}

/* The keys of drm-usage-stats, for each heap and for imports. */
static void memory(int fd)
{
	int own = drm_reopen_driver(fd), other = drm_reopen_driver(fd);
	uint64_t id, other_id;
	struct foreign f;

	igt_assert(observe_fdinfo(own, "drm-client-id", &id));
	igt_assert(observe_fdinfo(other, "drm-client-id", &other_id));
	igt_assert_neq_u64(id, other_id);
	for_each_touched_heap(own, heap) {
		struct drm_dgem_heap_info info;
		uint32_t one, two;
		int dmabuf;

		dgem_heap_info(own, heap, &info);
		igt_assert_eq_u64(in_heap(own, "total", info.name), 0);
		one = dgem_bo_create_in(own, 3 * MIB, heap, DRM_DGEM_BO_POPULATE);
		two = dgem_bo_create_in(own, 5 * MIB, heap, 0);
		igt_assert_eq_u64(in_heap(own, "total", info.name), 8 * MIB);
		igt_assert_eq_u64(in_heap(own, "shared", info.name), 0);
		igt_assert_eq_u64(in_heap(own, "resident", info.name), 3 * MIB);
		igt_assert_eq_u64(in_heap(other, "total", info.name), 0);
		dmabuf = prime_handle_to_fd(own, one);
		igt_assert_eq_u64(in_heap(own, "shared", info.name), 3 * MIB);
		prime_fd_to_handle(other, dmabuf);
		igt_assert_eq_u64(in_heap(other, "shared", info.name), 3 * MIB);
		igt_assert_eq_u64(in_heap(other, "resident", info.name), 3 * MIB);
		close(dmabuf);
		gem_close(own, one);
		gem_close(own, two);
		igt_assert_eq_u64(in_heap(own, "total", info.name), 0);
	}
	foreign_create(&f, FOREIGN_UDMABUF, MIB);
	prime_fd_to_handle(own, f.dmabuf);
	igt_assert_eq_u64(in_heap(own, "total", "imported"), MIB);
	foreign_destroy(&f);
	close(own);
	close(other);
}

/** struct told - the line of a BO */
struct told {
	unsigned long long size, resident, huge;
	char heap[32], state[64], label[256];
};

static bool parse(char *text, uint64_t id, struct told *t)
{
	char key[64], *line;
	int at = 0;

	snprintf(key, sizeof(key), "\ndgem-bo-%llu:\t", (unsigned long long)id);
	line = strstr(text, key);
	if (!line)
		return false;
	line += strlen(key);
	*strchr(line, '\n') = '\0';
	if (sscanf(line, "%llu %llu %llu %31s %63s%n", &t->size, &t->resident, &t->huge, t->heap,
		   t->state, &at) != 5)
		igt_assert_f(false, "cannot be read: %s\n", line);
	igt_assert_eq(line[at], ' ');
	snprintf(t->label, sizeof(t->label), "%s", line + at + 1);
	return true;
}

/* The line of a BO in the fdinfo of @fd, which is a file of @pid. */
static bool find(pid_t pid, int fd, uint64_t id, struct told *t)
{
	char path[64], *text;
	bool found;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	text = observe_file(path);
	igt_assert_f(text, "%s: %s\n", path, strerror(errno));
	found = parse(text, id, t);
	free(text);
	return found;
}

static uint64_t bo_id(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.id;
}

/* As BO_INFO tells it, in the files that have a handle and in no other. */
static void bos_of_heap(int own, int other, unsigned int heap)
{
	uint32_t handle = dgem_bo_create_in(own, 3 * MIB, heap, DRM_DGEM_BO_POPULATE);
	struct drm_dgem_heap_info info;
	uint64_t id = bo_id(own, handle);
	struct drm_dgem_bo_info bo;
	struct told t;
	int dmabuf;

	dgem_heap_info(own, heap, &info);
	igt_assert(find(getpid(), own, id, &t));
	igt_assert(!strcmp(t.label, ""));
	igt_assert_f(!strcmp(t.state, "resident,all"), "state: %s\n", t.state);
	dgem_bo_set_label(own, handle, " a label: with blanks ");
	dmabuf = prime_handle_to_fd(own, handle);
	dgem_bo_info(own, handle, &bo);
	igt_assert(find(getpid(), own, id, &t));
	igt_assert_eq_u64(t.size, 3 * MIB);
	igt_assert_eq_u64(t.resident, 3 * MIB);
	igt_assert_eq_u64(t.huge, bo.huge);
	igt_assert(!strcmp(t.heap, info.name));
	igt_assert_f(!strcmp(t.state, "resident,all,exported"), "state: %s\n", t.state);
	igt_assert(!strcmp(t.label, " a label: with blanks "));

	igt_assert(!find(getpid(), other, id, &t));
	prime_fd_to_handle(other, dmabuf);
	igt_assert(find(getpid(), other, id, &t));
	close(dmabuf);
	gem_close(own, handle);
	igt_assert(!find(getpid(), own, id, &t));
	igt_assert(find(getpid(), other, id, &t));
}

static void bos(int fd)
{
	int own = drm_reopen_driver(fd), other = drm_reopen_driver(fd);
	struct foreign f;
	struct told t;
	uint64_t id;

	for_each_dgem_heap(own, heap)
		bos_of_heap(own, other, heap);
	foreign_create(&f, FOREIGN_UDMABUF, MIB);
	id = bo_id(own, prime_fd_to_handle(own, f.dmabuf));
	igt_assert(find(getpid(), own, id, &t));
	igt_assert_eq_u64(t.size, MIB);
	igt_assert(!strcmp(t.heap, "-"));
	igt_assert(!strcmp(t.state, "imported"));
	foreign_destroy(&f);
	close(own);
	close(other);
}

/* fdinfo lists 1024 BOs at most, which bounds its length, and counts the others. */
static void many(int fd)
{
	const unsigned int limit = 1024;
	int own = drm_reopen_driver(fd);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", own);
	for (unsigned int more = 0; more < 3; more++) {
		unsigned int lines = 0;
		uint64_t rest = 0;
		char *text;

		for (unsigned int i = 0; i < (more ? 1 : limit); i++)
			dgem_bo_set_label(own, dgem_bo_create(own, dgem_page_size()),
					  "one of many");
		text = observe_file(path);
		igt_assert(text);
		for (char *at = text; (at = strstr(at, "one of many\n")); at++)
			lines++;
		free(text);
		igt_assert_eq(lines, limit);
		igt_assert_eq(observe_fdinfo(own, "dgem-more-bos", &rest), more != 0);
		igt_assert_eq_u64(rest, more);
		igt_assert_eq_u64(fdinfo_value(own, "drm-total-system"),
				  dgem_page_size() * (limit + more));
	}
	close(own);
}

/* Has the file, as an ordinary user, until it is killed. */
static pid_t start_holder(int ready)
{
	pid_t pid = fork();

	igt_assert(pid >= 0);
	if (pid)
		return pid;
	igt_drop_root();
	/* A process that has changed its user cannot be inspected before this. */
	prctl(PR_SET_DUMPABLE, 1);
	if (write(ready, "", 1) == 1)
		pause();
	_exit(1);
}

/* A user reads fdinfo of processes of the same user only, whoever made the BOs. */
static void users(int fd)
{
	int own = drm_reopen_driver(fd), ready[2], status;
	uint64_t id = bo_id(own, dgem_bo_create(own, 4096));
	pid_t holder, reader;
	char byte;

	igt_assert_eq(pipe(ready), 0);
	holder = start_holder(ready[1]);
	igt_assert_eq(read(ready[0], &byte, 1), 1);
	reader = fork();
	igt_assert(reader >= 0);
	if (!reader) {
		char path[64];
		struct told t;

		igt_drop_root();
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", getppid(), own);
		if (!find(holder, own, id, &t))
			_exit(1);
		_exit(open(path, O_RDONLY) >= 0 || errno != EACCES ? 2 : 0);
	}
	igt_assert_eq(waitpid(reader, &status, 0), reader);
	igt_assert_f(!status, "status of the reader: %x\n", status);
	igt_assert_eq(kill(holder, SIGKILL), 0);
	igt_assert_eq(waitpid(holder, &status, 0), holder);
	close(ready[0]);
	close(ready[1]);
	close(own);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd);
} tests[] = {
	{ "memory", "fdinfo shows memory by heap, shared and resident.", memory },
	{ "bos", "fdinfo shows each BO of the file with the values of BO_INFO.", bos },
	{ "many", "fdinfo lists a limited number of BOs and counts the others.", many },
	{ "users",
	  "fdinfo can be read by the processes that may inspect this one, and by no others.",
	  users },
};

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_subtest(t, tests)
		t->run(fd);

	igt_fixture()
		drm_close_driver(fd);
}
