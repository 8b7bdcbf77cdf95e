// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/observe.h"
#include "igt.h"

#define ROOT "/sys/fs/cgroup"

const char *cgroup_create(const char *name)
{
	char *path;

	igt_assert_eq(observe_write(ROOT "/cgroup.subtree_control", "+memory"), 0);
	igt_assert_lt(0, asprintf(&path, ROOT "/%s", name));
	rmdir(path);
	igt_assert_f(!mkdir(path, 0755), "%s: %s\n", path, strerror(errno));
	return path;
}

void cgroup_destroy(const char *cgroup)
{
	int tries = 0;

	while (rmdir(cgroup) && tries++ < 200)
		usleep(10000);
	igt_assert_f(access(cgroup, F_OK), "%s cannot be removed\n", cgroup);
	free((char *)cgroup);
}

int cgroup_set(const char *cgroup, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	return observe_write(path, text);
}

void cgroup_leave(void)
{
	igt_assert_eq(observe_write(ROOT "/cgroup.procs", "0"), 0);
}

void cgroup_enter(const char *cgroup)
{
	igt_assert_eq(cgroup_set(cgroup, "cgroup.procs", "0"), 0);
}

uint64_t cgroup_get(const char *cgroup, const char *file, const char *key)
{
	char path[256], *text, *at;
	uint64_t value;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	text = observe_file(path);
	igt_assert_f(text, "%s: %s\n", path, strerror(errno));
	at = key ? strstr(text, key) : text;
	igt_assert_f(at, "%s has no %s\n", path, key);
	value = strtoull(at + (key ? strlen(key) : 0), NULL, 10);
	free(text);
	return value;
}

uint64_t cgroup_charged(const char *cgroup)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		cgroup_set(cgroup, "memory.high", "0");
		igt_assert_eq(cgroup_set(cgroup, "memory.high", "max"), 0);
		usleep(5000);
		least = min(least, cgroup_get(cgroup, "memory.current", NULL));
	}
	return least;
}

void cgroup_allow(const char *cgroup, uint64_t more)
{
	unsigned long long limit = cgroup_charged(cgroup) + more;
	char text[32];

	snprintf(text, sizeof(text), "%llu", limit);
	igt_assert_eq(cgroup_set(cgroup, "memory.max", text), 0);
}
