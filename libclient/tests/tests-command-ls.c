// SPDX-License-Identifier: MIT
#include <string.h>

#include "../tools/json.h"
#include "../tools/ls.h"
#include "../tools/tool.h"
#include "command.h"
#include "fake.h"
#include "harness.h"

static struct outcome got;

TEST(help)
{
	run_command(&got, cmd_ls, "--help", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_BEGINS(got.out, "usage: dgem ls ");
	CHECK(strstr(got.out, "\n  --device NODE "));
}

TEST(wrong_usage)
{
	run_command(&got, cmd_ls, "--frob", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.err, "dgem command: unrecognized option '--frob'\n");
	CHECK_STR(got.out, "");
	run_command(&got, cmd_ls, "x", "--json", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.err, "dgem command: extra operand 'x'; see dgem command --help\n");
	CHECK_STR(got.out, "{\n\t\"error\": {\n\t\t\"status\": 2,\n\t\t\"errno\": 0,\n"
			   "\t\t\"message\": \"extra operand 'x'\"\n\t}\n}\n");
}

TEST(device_of_another_driver)
{
	fake_add_device("vgem", 0, NULL, "/dev/dri/card1", NULL);
	run_command(&got, cmd_ls, "--device", "/dev/dri/card1", NULL);
	CHECK_EQ(got.status, STATUS_NO_DEVICE);
	CHECK_STR(got.out, "");
	CHECK_STR(got.err, "dgem: /dev/dri/card1: No such device\n");
}

TEST(no_device)
{
	run_command(&got, cmd_ls, "--json", NULL);
	CHECK_EQ(got.status, STATUS_NO_DEVICE);
	CHECK_BEGINS(got.out, "{\n\t\"devices\": [],\n\t\"error\": {\n\t\t\"status\": 3,\n");
}

/* Two clients, of which one has a name that would clear the terminal. */
static struct client list[2] = {
	{ .pid = 20,
	  .command = "\x1b[2J",
	  .node = 1,
	  .info = { .client = 3,
		    .num_regions = 1,
		    .regions = { { .name = "system", .total = 8192, .resident = 4096 } } } },
	{ .pid = 30, .command = "none", .node = 2 },
};
static const struct clients clients = { .list = list, .count = 2 };

static int show_clients(int argc, char **argv)
{
	struct json json = { .file = stdout };

	(void)argv;
	if (argc == 1)
		return ls_clients(NULL, &clients, NULL);
	json_open(&json, NULL, '{');
	ls_clients(NULL, &clients, &json);
	json_close(&json);
	return 0;
}

TEST(clients_for_people)
{
	run_command(&got, show_clients, NULL);
	CHECK_STR(got.out, "     PID COMMAND            CLIENT HEAP              TOTAL   RESIDENT"
			   "     SHARED  PURGEABLE\n"
			   "      20 ?[2J                    3 system            8 KiB      4 KiB"
			   "        0 B        0 B\n");
}

TEST(clients_in_json)
{
	run_command(&got, show_clients, "json", NULL);
	CHECK(strstr(got.out, "\"command\": \"\\u001b[2J\",\n\t\t\t\"client\": 3,\n"));
	CHECK(strstr(got.out, "\"region\": \"system\",\n\t\t\t\t\t\"total\": 8192,\n"));
	CHECK(strstr(got.out, "\"command\": \"none\","));
}
