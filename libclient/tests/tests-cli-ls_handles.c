// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "../tools/ls.h"
#include "harness.h"

/* Without sysfs, a device is one node. */
#define SYSFS "/nonexistent"

static struct bo_line bos[3][2] = {
	{ { .id = 9, .size = 4096, .label = "nine" }, { .id = 5, .size = 8192 } },
	{ { .id = 7 }, { .id = 9, .label = "nine" } },
	{ { .id = 6 }, { .id = 8 } },
};

static struct client list[3] = {
	{ .pid = 20, .command = "camera", .node = 1, .info = { .bos = bos[0], .num_bos = 2 } },
	{ .pid = 30, .command = "viewer", .node = 1, .info = { .bos = bos[1], .num_bos = 2 } },
	{ .pid = 40, .command = "other", .node = 2, .info = { .bos = bos[2], .num_bos = 2 } },
};

static const struct clients clients = { .list = list, .count = 3 };

TEST(each_bo_of_the_device_once)
{
	struct bo_line *got;
	uint64_t missing;
	size_t count;

	CHECK_EQ(ls_collect(SYSFS, 1, &clients, &got, &count, &missing), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(missing, 0);
	CHECK_EQ(got[0].id, 5);
	CHECK_EQ(got[0].size, 8192);
	CHECK_EQ(got[0].pid, 20);
	CHECK_STR(got[0].command, "camera");
	CHECK_EQ(got[1].id, 7);
	CHECK_EQ(got[1].pid, 30);
	CHECK_EQ(got[2].id, 9);
	CHECK_STR(got[2].label, "nine");
	free(got);
}

TEST(bo_of_two_processes_has_the_first)
{
	struct bo_line *got;
	uint64_t missing;
	size_t count;

	list[0].pid = 31;
	CHECK_EQ(ls_collect(SYSFS, 1, &clients, &got, &count, &missing), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(got[2].pid, 30);
	CHECK_STR(got[2].command, "viewer");
	free(got);
}

TEST(bos_that_are_not_told)
{
	struct bo_line *got;
	uint64_t missing;
	size_t count;

	list[0].info.more_bos = 5;
	list[1].info.more_bos = 2;
	list[2].info.more_bos = 100;
	CHECK_EQ(ls_collect(SYSFS, 1, &clients, &got, &count, &missing), 0);
	CHECK_EQ(missing, 7);
	free(got);
}

TEST(device_without_clients)
{
	struct bo_line *got;
	uint64_t missing;
	size_t count;

	CHECK_EQ(ls_collect(SYSFS, 3, &clients, &got, &count, &missing), 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(missing, 0);
	free(got);
}
