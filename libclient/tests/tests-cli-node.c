// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../tools/node.h"
#include "harness.h"
#include "sysfs.h"

void test_teardown(void)
{
	sysfs_end();
}

static void begin(void)
{
	sysfs_begin();
	sysfs_directory("one");
	sysfs_directory("two");
	sysfs_node(0, "one");
	sysfs_node(128, "one");
	sysfs_node(1, "two");
	sysfs_node(2, "gone");
	sysfs_node(3, "gone");
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
