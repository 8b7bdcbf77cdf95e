// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bo_line.h"
#include "bo_show.h"
#include "ls.h"
#include "tool.h"

static int show_table(FILE *file, struct json *json)
{
	struct bo_line bo;
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	if (getline(&line, &room, file) < 0 || bo_line_check_header(line))
		ret = -EPROTO;
	while (!ret && getline(&line, &room, file) >= 0) {
		ret = bo_line_parse(line, &bo);
		if (!ret)
			bo_show(json, &bo);
	}
	free(line);
	return ret;
}

/* debugfs has a directory for each device node, by its minor number. */
static FILE *open_table(const char *node)
{
	struct stat status;
	char path[64];

	if (stat(node, &status))
		return NULL;
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_bos", minor(status.st_rdev));
	return fopen(path, "re");
}

int ls_table(const char *node, struct json *json)
{
	FILE *file = open_table(node);
	int ret = file ? 0 : -errno;

	if (file) {
		bo_show_start(json, node);
		ret = show_table(file, json);
		fclose(file);
		bo_show_end(json, 0);
	}
	return ret ? complain(ret, "table of BOs of %s in debugfs", node) : STATUS_OK;
}
