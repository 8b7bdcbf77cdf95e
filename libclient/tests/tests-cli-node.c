// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../tools/node.h"
#include "harness.h"

/* A directory that looks like /sys, removed by the shell in the end. */
static char sysfs[] = "/tmp/dgem-test-XXXXXX";

void test_teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", sysfs);
	CHECK_EQ(system(command), 0);
}

static void make_directory(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", sysfs, name);
	CHECK_EQ(mkdir(path, 0700), 0);
}

static void add_node(unsigned int minor_number, const char *device)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "dev/char/226:%u", minor_number);
	make_directory(path);
	snprintf(path, sizeof(path), "%s/dev/char/226:%u/device", sysfs, minor_number);
	snprintf(target, sizeof(target), "../../../%s", device);
	CHECK_EQ(symlink(target, path), 0);
}

static void begin(void)
{
	CHECK(mkdtemp(sysfs));
	make_directory("dev");
	make_directory("dev/char");
	make_directory("one");
	make_directory("two");
	add_node(0, "one");
	add_node(128, "one");
	add_node(1, "two");
	add_node(2, "gone");
	add_node(3, "gone");
}

TEST(nodes_of_one_device)
{
	begin();
	CHECK(node_same_device(sysfs, makedev(226, 0), makedev(226, 0)));
	CHECK(node_same_device(sysfs, makedev(226, 0), makedev(226, 128)));
	CHECK(!node_same_device(sysfs, makedev(226, 0), makedev(226, 1)));
	CHECK(!node_same_device(sysfs, makedev(226, 128), makedev(226, 1)));
}

TEST(nodes_that_sysfs_does_not_tell_of)
{
	begin();
	CHECK(!node_same_device(sysfs, makedev(226, 2), makedev(226, 3)));
	CHECK(!node_same_device(sysfs, makedev(226, 4), makedev(226, 5)));
	CHECK(!node_same_device(sysfs, makedev(226, 0), makedev(226, 4)));
	CHECK(node_same_device(sysfs, makedev(226, 4), makedev(226, 4)));
	CHECK(!node_same_device("/nonexistent", makedev(226, 0), makedev(226, 128)));
}

TEST(number_of_a_node)
{
	struct stat status;
	dev_t number = 7;

	begin();
	CHECK_EQ(node_number("/nonexistent", &number), -ENOENT);
	CHECK_EQ(number, 7);
	CHECK_EQ(stat("/dev/null", &status), 0);
	CHECK_EQ(node_number("/dev/null", &number), 0);
	CHECK_EQ(number, status.st_rdev);
}
