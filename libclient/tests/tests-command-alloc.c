// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <drm/dgem_drm.h>

#include "../tools/tool.h"
#include "command.h"
#include "fake.h"
#include "harness.h"

static struct outcome got;

/* What is wrong, in one line and without JSON. */
static void check_refused(int status, const char *message)
{
	CHECK_EQ(got.status, status);
	CHECK_STR(got.out, "");
	CHECK_STR(got.err, message);
}

TEST(bo_for_people)
{
	fake_add_default();
	run_command(&got, cmd_alloc, "1M", "--heap", "pinned", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_STR(got.err, "");
	CHECK_STR(got.out, "BO 1: 1048576 bytes (1 MiB) in heap pinned, 8 KiB resident,"
			   " 4 KiB huge\n");
}

TEST(bo_in_json)
{
	char expected[1024];

	fake_add_default();
	run_command(&got, cmd_alloc, "--json", "0x2000", "--label", "a \"label\"", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_STR(got.err, "");
	snprintf(expected, sizeof(expected),
		 "{\n\t\"devices\": [\n\t\t{\n\t\t\t\"node\": \"" FAKE_NODE "\",\n"
		 "\t\t\t\"bos\": [\n\t\t\t\t{\n"
		 "\t\t\t\t\t\"id\": 1,\n\t\t\t\t\t\"size\": 8192,\n"
		 "\t\t\t\t\t\"resident\": 8192,\n\t\t\t\t\t\"huge\": 4096,\n"
		 "\t\t\t\t\t\"heap\": \"system\",\n"
		 "\t\t\t\t\t\"state\": [\n\t\t\t\t\t\t\"resident\"\n\t\t\t\t\t],\n"
		 "\t\t\t\t\t\"owner\": {\n\t\t\t\t\t\t\"pid\": %d,\n"
		 "\t\t\t\t\t\t\"command\": \"tests-command-a\"\n\t\t\t\t\t},\n"
		 "\t\t\t\t\t\"label\": \"a \\\"label\\\"\"\n\t\t\t\t}\n\t\t\t],\n"
		 "\t\t\t\"missing\": 0\n\t\t}\n\t]\n}\n",
		 getpid());
	CHECK_STR(got.out, expected);
}

TEST(size_of_nothing)
{
	fake_add_default();
	run_command(&got, cmd_alloc, "0", NULL);
	check_refused(STATUS_FAILED, "dgem: a BO has a size of 1 byte at least\n");
	run_command(&got, cmd_alloc, "0", "--json", NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK_STR(got.out, "{\n\t\"devices\": [],\n\t\"error\": {\n\t\t\"status\": 1,\n"
			   "\t\t\"errno\": 22,\n"
			   "\t\t\"message\": \"a BO has a size of 1 byte at least\",\n"
			   "\t\t\"reason\": null,\n\t\t\"would_work\": 0\n\t}\n}\n");
}

TEST(reason_of_the_driver)
{
	fake_add_default();
	fake_set_reason(DRM_DGEM_REASON_SIZE, 1 << 20);
	run_command(&got, cmd_alloc, "2T", NULL);
	check_refused(STATUS_FAILED, "dgem: a BO of the heap 'system' cannot have 2 TiB;"
				     " 1 MiB would have worked\n");
	run_command(&got, cmd_alloc, "2T", "--json", NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK_STR(got.out, "{\n\t\"devices\": [],\n\t\"error\": {\n\t\t\"status\": 1,\n"
			   "\t\t\"errno\": 22,\n"
			   "\t\t\"message\": \"a BO of the heap 'system' cannot have 2 TiB;"
			   " 1 MiB would have worked\",\n"
			   "\t\t\"reason\": \"size\",\n\t\t\"would_work\": 1048576\n\t}\n}\n");
}

TEST(reasons_of_limits)
{
	fake_add_default();
	fake_fail(FAKE_BO_CREATE, 1, EDQUOT);
	fake_set_reason(DRM_DGEM_REASON_USER_LIMIT, 1 << 20);
	run_command(&got, cmd_alloc, "1G", NULL);
	check_refused(STATUS_FAILED,
		      "dgem: 1 GiB in the heap 'system' is more than the user's limit leaves of"
		      " memory that cannot be swapped out; 1 MiB would have worked\n");

	fake_fail(FAKE_BO_CREATE, 1, ENOSPC);
	fake_set_reason(DRM_DGEM_REASON_MMAP_SPACE, 0);
	run_command(&got, cmd_alloc, "1G", "--json", NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK(strstr(got.out, "\"reason\": \"mmap-space\",\n\t\t\"would_work\": 0\n"));
}

TEST(reason_that_is_not_known)
{
	fake_add_default();
	fake_set_reason(1000, 0);
	run_command(&got, cmd_alloc, "2T", "--json", NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK(strstr(got.out, "\"reason\": null,\n\t\t\"would_work\": 0\n"));
}

/* Each has a name of its own in JSON. */
TEST(reasons_of_places)
{
	static const char *const names[] = { "full", "fragmented", "addr-limit", "node" };
	char expected[64];
	uint32_t i;

	fake_add_default();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fake_fail(FAKE_BO_CREATE, 1, ENOSPC);
		fake_set_reason(DRM_DGEM_REASON_FULL + i, 4096);
		run_command(&got, cmd_alloc, "1M", "--json", NULL);
		CHECK_EQ(got.status, STATUS_FAILED);
		snprintf(expected, sizeof(expected),
			 "\"reason\": \"%s\",\n\t\t\"would_work\": 4096\n", names[i]);
		CHECK(strstr(got.out, expected));
	}
}

TEST(sentence_that_cannot_be_made)
{
	fake_add_default();
	fake_fail(FAKE_BO_CREATE, 1, ENOMEM);
	/* After the path, the device, its table and the BO. */
	fake_fail_alloc(5);
	run_command(&got, cmd_alloc, "1M", NULL);
	check_refused(STATUS_FAILED, "dgem: allocate 1 MiB: Cannot allocate memory\n");
}

TEST(heap_that_is_not_there)
{
	fake_add_default();
	run_command(&got, cmd_alloc, "1", "--heap", "nosuch", NULL);
	check_refused(STATUS_FAILED,
		      "dgem: there is no heap 'nosuch'; there are: system, pinned\n");
}

TEST(constraints_are_passed)
{
	const struct drm_dgem_bo_create *args = fake_last(FAKE_BO_CREATE);

	fake_add_default();
	run_command(&got, cmd_alloc, "1M", "--align", "2M", "--boundary", "4G", "--addr-bits", "36",
		    "--node", "1", "--offset", "0x10000", "--keep", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_EQ(args->align, 2 << 20);
	CHECK_EQ(args->boundary, 4ull << 30);
	CHECK_EQ(args->addr_bits, 36);
	CHECK_EQ(args->numa_node, 1);
	CHECK_EQ(args->heap_offset, 0x10000);
	CHECK_EQ(args->flags, DRM_DGEM_BO_NUMA | DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS);
	/* The first places: of the heap, and of the nodes. */
	run_command(&got, cmd_alloc, "1M", "--offset", "0", "--node", "0", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_EQ(args->flags, DRM_DGEM_BO_NUMA | DRM_DGEM_BO_FIXED);
}

TEST(constraints_that_are_none)
{
	static const char *const bits[] = { "11", "65", "1K", "", "-1" };
	static const char *const nodes[] = { "2147483648", "x", "", "-1" };
	char expected[256];
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		snprintf(expected, sizeof(expected),
			 "dgem command: --addr-bits takes a number from 12 to 64, not '%s';"
			 " see dgem command --help\n",
			 bits[i]);
		run_command(&got, cmd_alloc, "1", "--addr-bits", bits[i], NULL);
		check_refused(STATUS_USAGE, expected);
	}
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(expected, sizeof(expected),
			 "dgem command: --node takes the number of a node, not '%s';"
			 " see dgem command --help\n",
			 nodes[i]);
		run_command(&got, cmd_alloc, "1", "--node", nodes[i], NULL);
		check_refused(STATUS_USAGE, expected);
	}
	run_command(&got, cmd_alloc, "1", "--offset", "16E", NULL);
	check_refused(STATUS_USAGE, "dgem command: '16E' is too large: a size is less than 16E;"
				    " see dgem command --help\n");
	run_command(&got, cmd_alloc, "1", "--align", "2MB", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_BEGINS(got.err, "dgem command: '2MB' is not a size");
}

TEST(what_is_no_size)
{
	static const char sentence[] =
		" is not a size, which is in bytes: a decimal number, with or without K, M, G, T,"
		" P or E for units of 1024, or a hexadecimal one that begins with 0x;"
		" see dgem command --help\n";
	char expected[512];

	snprintf(expected, sizeof(expected), "dgem command: '1X'%s", sentence);
	run_command(&got, cmd_alloc, "1X", NULL);
	check_refused(STATUS_USAGE, expected);
	run_command(&got, cmd_alloc, "16E", NULL);
	check_refused(STATUS_USAGE, "dgem command: '16E' is too large: a size is less than 16E;"
				    " see dgem command --help\n");
	run_command(&got, cmd_alloc, "16E", "--json", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.out, "{\n\t\"error\": {\n\t\t\"status\": 2,\n\t\t\"errno\": 0,\n"
			   "\t\t\"message\": \"'16E' is too large: a size is less than 16E\"\n"
			   "\t}\n}\n");
	run_command(&got, cmd_alloc, NULL);
	check_refused(STATUS_USAGE,
		      "dgem command: exactly one SIZE is expected; see dgem command --help\n");
}

TEST(time_that_cannot_be_held)
{
	static const char *const bad[] = { "1.5", "1K", "x", "-1", "0x1", "", "2147483648" };
	char expected[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(expected, sizeof(expected),
			 "dgem command: --hold takes whole seconds, from 0 to 2147483647,"
			 " not '%s'; see dgem command --help\n",
			 bad[i]);
		run_command(&got, cmd_alloc, "1", "--hold", bad[i], NULL);
		check_refused(STATUS_USAGE, expected);
	}
}

TEST(label_that_is_not_taken)
{
	char label[DRM_DGEM_LABEL_MAX + 2];

	fake_add_default();
	run_command(&got, cmd_alloc, "1", "--label", "K\xc3\xa4mera", NULL);
	check_refused(STATUS_USAGE,
		      "dgem command: --label takes printable ASCII only, not 'K\xc3\xa4mera';"
		      " see dgem command --help\n");
	memset(label, 'x', sizeof(label));
	label[DRM_DGEM_LABEL_MAX + 1] = '\0';
	run_command(&got, cmd_alloc, "1", "--label", label, NULL);
	check_refused(STATUS_USAGE, "dgem command: --label takes up to 255 characters, not 256;"
				    " see dgem command --help\n");
	label[DRM_DGEM_LABEL_MAX] = '\0';
	run_command(&got, cmd_alloc, "1", "--label", label, NULL);
	CHECK_EQ(got.status, 0);
}

/* getopt's line and no other. */
TEST(wrong_options)
{
	run_command(&got, cmd_alloc, "1", "--frob", NULL);
	check_refused(STATUS_USAGE, "dgem command: unrecognized option '--frob'\n");
	run_command(&got, cmd_alloc, "1", "--heap", NULL);
	check_refused(STATUS_USAGE, "dgem command: option '--heap' requires an argument\n");
	run_command(&got, cmd_alloc, "--frob", "1", "--json", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.err, "dgem command: unrecognized option '--frob'\n");
	CHECK_STR(got.out, "{\n\t\"error\": {\n\t\t\"status\": 2,\n\t\t\"errno\": 0,\n"
			   "\t\t\"message\": \"wrong option; see dgem command --help\"\n"
			   "\t}\n}\n");
}

TEST(device_that_is_none)
{
	fake_add_device("vgem", 0, NULL, "/dev/dri/card1", NULL);
	run_command(&got, cmd_alloc, "1", "--device", "/dev/dri/card1", NULL);
	check_refused(STATUS_NO_DEVICE, "dgem: /dev/dri/card1: No such device\n");
	run_command(&got, cmd_alloc, "1", "--json", NULL);
	CHECK_EQ(got.status, STATUS_NO_DEVICE);
	CHECK(strstr(got.out, "\"devices\": [],\n\t\"error\": {\n\t\t\"status\": 3,\n"));
}

TEST(memory_is_touched)
{
	fake_add_default();
	run_command(&got, cmd_alloc, "1M", "--touch", NULL);
	CHECK_EQ(got.status, 0);
	CHECK(fake_calls(FAKE_MMAP) > 0);
}

TEST(failure_with_the_bo)
{
	fake_add_default();
	fake_fail(FAKE_BO_INFO, 1, ENOMEM);
	run_command(&got, cmd_alloc, "1M", NULL);
	check_refused(STATUS_FAILED, "dgem: use the BO: Cannot allocate memory\n");
}

TEST(help)
{
	run_command(&got, cmd_alloc, "--help", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_BEGINS(got.out, "usage: dgem alloc SIZE ");
	CHECK(strstr(got.out, "\n  --hold SECONDS "));
}
