// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dgem/levels.h"
#include "dgem/observe.h"
#include "igt.h"

#define MODULE "dgem"

/* How long what a dead process held may take to be released. */
#define SETTLE_MS 3000
#define SETTLE_STEP_MS 10

const char *const level_names[LEVELS] = {
	[LEVEL_BOS] = "bos",
	[LEVEL_RESIDENT_PAGES] = "resident_pages",
	[LEVEL_IMPORTER_PINNED_PAGES] = "importer_pinned_pages",
	[LEVEL_EXPORTED] = "exported",
	[LEVEL_IMPORTED] = "imported",
	[LEVEL_MMAPS] = "mmaps",
	[LEVEL_ATTACHMENTS] = "attachments",
	[LEVEL_NEXT_FILE] = "next file",
	[LEVEL_OPEN_FILES] = "open files",
	[LEVEL_DMABUFS] = "dma-bufs",
	[LEVEL_MODULE_REFS] = "references to the module",
};

void levels_open(struct levels *l, int fd)
{
	char path[64];
	struct stat st;

	memset(l, 0, sizeof(*l));
	l->stats = -1;
	if (fd < 0)
		return;
	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_stats", minor(st.st_rdev));
	l->stats = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_f(l->stats >= 0 || geteuid(),
		     "dgem_stats cannot be read: is debugfs mounted?\n");
}

void levels_close(struct levels *l)
{
	if (l->stats >= 0)
		close(l->stats);
}

static long next_file(void)
{
	int next = open("/", O_PATH | O_CLOEXEC);

	igt_assert_fd(next);
	close(next);
	return next;
}

static long open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long count = 0;

	igt_assert(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void read_driver(int stats, struct level_values *v)
{
	char text[2048], *line, *save;
	unsigned int found = 0;
	ssize_t len;

	/* from its start, the file is made anew */
	len = pread(stats, text, sizeof(text) - 1, 0);
	igt_assert_lt(0, len);
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		*value++ = '\0';
		for (unsigned int i = 0; i < LEVELS_DRIVER; i++) {
			if (strcmp(line, level_names[i]))
				continue;
			v->value[i] = atol(value);
			found++;
		}
	}
	igt_assert_eq(found, LEVELS_DRIVER);
}

void levels_read(const struct levels *l, struct level_values *v)
{
	memset(v, 0, sizeof(*v));
	v->value[LEVEL_NEXT_FILE] = next_file();
	if (l->files)
		v->value[LEVEL_OPEN_FILES] = open_files();
	if (l->stats >= 0)
		read_driver(l->stats, v);
	if (l->system) {
		v->value[LEVEL_DMABUFS] = observe_dmabufs();
		v->value[LEVEL_MODULE_REFS] = observe_module_refs(MODULE);
	}
}

int levels_differ(const struct levels *l, const struct level_values *before,
		  const struct level_values *now, int more)
{
	for (int i = 0; i < LEVELS; i++) {
		const long added = now->value[i] - before->value[i];
		const long expected = i == more;

		if (i == LEVEL_RESIDENT_PAGES && (more == LEVEL_BOS || (l->may_evict && added < 0)))
			continue;
		if (i < LEVELS_DRIVER && l->stats < 0)
			continue;
		if (added != expected)
			return i;
	}
	return -1;
}

static void assert_none(int level, const struct level_values *before,
			const struct level_values *now)
{
	igt_assert_f(level < 0, "%s: %ld, was %ld\n", level_names[level], now->value[level],
		     before->value[level]);
}

void levels_assert_same(const struct levels *l, const struct level_values *before)
{
	struct level_values now;

	levels_read(l, &now);
	assert_none(levels_differ(l, before, &now, -1), before, &now);
}

void levels_assert_settle(const struct levels *l, const struct level_values *before)
{
	struct level_values now;
	int level;

	for (int waited = 0;; waited += SETTLE_STEP_MS) {
		levels_read(l, &now);
		level = levels_differ(l, before, &now, -1);
		if (level < 0 || waited >= SETTLE_MS)
			break;
		usleep(SETTLE_STEP_MS * 1000);
	}
	assert_none(level, before, &now);
}
