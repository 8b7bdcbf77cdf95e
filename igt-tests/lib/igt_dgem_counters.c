// SPDX-License-Identifier: MIT
/* Counters of the process and of the driver, before and after. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "igt.h"
#include "igt_dgem.h"

/* How much there is of something. */
static const char *const levels[] = {
	"bos", "pinned_pages", "exported", "imported", "mmaps", "attachments",
};

/* How often something happened. Others, like faults, happen at any time. */
static const char *const events[] = {
	"attaches", "maps", "remaps", "vmaps", "cpu_accesses",
};

static long long count_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long long count = 0;

	igt_assert(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int next_fd(int fd)
{
	int next = dup(fd);

	igt_assert_fd(next);
	close(next);
	return next;
}

static FILE *open_stats(int fd)
{
	char path[64];
	struct stat st;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_stats", minor(st.st_rdev));
	return fopen(path, "re");
}

void dgem_counters_read(int fd, struct dgem_counters *counters)
{
	char name[32];
	long long value;
	FILE *stats;

	memset(counters, 0, sizeof(*counters));
	if (geteuid() == 0) {
		stats = open_stats(fd);
		igt_assert_f(stats, "dgem_stats cannot be read: is debugfs mounted?\n");
		while (fscanf(stats, "%31s %lld", name, &value) == 2) {
			igt_assert_lt(counters->num_stats, DGEM_MAX_STATS);
			strcpy(counters->stats[counters->num_stats].name, name);
			counters->stats[counters->num_stats++].value = value;
		}
		fclose(stats);
		igt_assert_lt(0, counters->num_stats);
	}
	counters->open_files = count_open_files();
	counters->next_fd = next_fd(fd);
}

static const long long *find(const struct dgem_counters *counters, const char *name)
{
	for (unsigned int i = 0; i < counters->num_stats; i++)
		if (!strcmp(counters->stats[i].name, name))
			return &counters->stats[i].value;
	return NULL;
}

long long dgem_counter(const struct dgem_counters *counters, const char *name)
{
	const long long *value = find(counters, name);

	igt_assert_f(value, "dgem_stats has no \"%s\".\n", name);
	return *value;
}

static void assert_same(const struct dgem_counters *before, const struct dgem_counters *now,
			const char *const *names, unsigned int num)
{
	for (unsigned int i = 0; i < num; i++)
		igt_assert_f(dgem_counter(now, names[i]) == dgem_counter(before, names[i]),
			     "%s: %lld, was %lld\n", names[i], dgem_counter(now, names[i]),
			     dgem_counter(before, names[i]));
}

static void assert_same_levels(const struct dgem_counters *before, const struct dgem_counters *now)
{
	igt_assert_f(now->open_files == before->open_files, "open files: %lld, were %lld\n",
		     now->open_files, before->open_files);
	igt_assert_f(now->next_fd == before->next_fd, "next file: %d, was %d\n", now->next_fd,
		     before->next_fd);
	if (!before->num_stats)
		return;
	assert_same(before, now, levels, ARRAY_SIZE(levels));
	/* the kernel may take idle pages back at any time */
	igt_assert_f(dgem_counter(now, "resident_pages") <= dgem_counter(before, "resident_pages"),
		     "resident_pages grew from %lld to %lld\n",
		     dgem_counter(before, "resident_pages"), dgem_counter(now, "resident_pages"));
}

void dgem_counters_assert_same(int fd, const struct dgem_counters *before)
{
	struct dgem_counters now;

	dgem_counters_read(fd, &now);
	assert_same_levels(before, &now);
	if (before->num_stats)
		assert_same(before, &now, events, ARRAY_SIZE(events));
}

struct dgem_counters *dgem_counters_begin(int fd)
{
	static struct dgem_counters before;

	dgem_counters_read(fd, &before);
	return &before;
}

struct dgem_counters *dgem_counters_end(int fd, const struct dgem_counters *before)
{
	struct dgem_counters now;

	dgem_counters_read(fd, &now);
	assert_same_levels(before, &now);
	return NULL;
}
