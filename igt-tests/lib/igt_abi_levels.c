// SPDX-License-Identifier: MIT
/* How much there is of BOs, mappings and files, before a call and after it. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "igt.h"
#include "igt_abi.h"

/* The last is the process's own. */
static const char *const names[] = {
	"bos",	    "resident_pages", "pinned_pages", "exported",
	"imported", "mmaps",	      "attachments",  "next file",
};
#define OF_DRIVER (ARRAY_SIZE(names) - 1)

static_assert(ARRAY_SIZE(names) == ABI_LEVELS, "each level has a name");

int abi_stats_open(int fd)
{
	char path[64];
	struct stat st;
	int stats;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_stats", minor(st.st_rdev));
	stats = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_f(stats >= 0 || geteuid(), "dgem_stats cannot be read\n");
	return stats;
}

void abi_levels_read(int fd, int stats, struct abi_levels *levels)
{
	char text[2048], *line, *save;
	unsigned int found = 0;
	ssize_t len;
	int next = dup(fd);

	igt_assert_fd(next);
	close(next);
	memset(levels, 0, sizeof(*levels));
	levels->value[OF_DRIVER] = next;
	if (stats < 0)
		return;
	/* from its start, the file is made anew */
	len = pread(stats, text, sizeof(text) - 1, 0);
	igt_assert_lt(0, len);
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		*value++ = '\0';
		for (unsigned int i = 0; i < OF_DRIVER; i++) {
			if (strcmp(line, names[i]))
				continue;
			levels->value[i] = atol(value);
			found++;
		}
	}
	igt_assert_eq(found, OF_DRIVER);
}

const char *abi_levels_changed(const struct abi_levels *before, const struct abi_levels *now,
			       const char *more)
{
	const bool bos = more && !strcmp(more, "bos");

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		const long added = now->value[i] - before->value[i];

		if (bos && !strcmp(names[i], "resident_pages"))
			continue;
		if (added != (more && !strcmp(names[i], more)))
			return names[i];
	}
	return NULL;
}
