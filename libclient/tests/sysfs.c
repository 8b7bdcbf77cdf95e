// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "sysfs.h"

char sysfs[] = "/tmp/dgem-test-XXXXXX";

void sysfs_begin(void)
{
	CHECK(mkdtemp(sysfs));
	sysfs_directory("dev");
	sysfs_directory("dev/char");
}

void sysfs_end(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", sysfs);
	CHECK_EQ(system(command), 0);
}

void sysfs_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", sysfs, name);
	CHECK_EQ(mkdir(path, 0700), 0);
}

void sysfs_link(const char *name, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", sysfs, name);
	CHECK_EQ(symlink(target, path), 0);
}

void sysfs_file(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", sysfs, name);
	file = fopen(path, "we");
	CHECK(file);
	CHECK(fputs(content, file) >= 0);
	CHECK_EQ(fclose(file), 0);
}

void sysfs_node(unsigned int minor_number, const char *device)
{
	char name[64], target[128];

	snprintf(name, sizeof(name), "dev/char/226:%u", minor_number);
	sysfs_directory(name);
	snprintf(name, sizeof(name), "dev/char/226:%u/device", minor_number);
	snprintf(target, sizeof(target), "../../../%s", device);
	sysfs_link(name, target);
}
