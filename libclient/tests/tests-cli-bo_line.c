// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../tools/bo_line.h"
#include "harness.h"

TEST(header)
{
	CHECK_EQ(bo_line_check_header("id size resident huge heap state owner label\n"), 0);
	CHECK_EQ(bo_line_check_header("id size resident huge heap state owner label"), 0);
	CHECK_EQ(bo_line_check_header("id size resident huge heap state owner label more"),
		 -EPROTO);
	CHECK_EQ(bo_line_check_header("id size resident huge heap state owner"), -EPROTO);
	CHECK_EQ(bo_line_check_header(""), -EPROTO);
}

TEST(line_with_a_label)
{
	struct bo_line bo;

	CHECK_EQ(bo_line_parse(
			 "7 692224 8192 4096 system all,exported 42:camera a label, with blanks\n",
			 &bo),
		 0);
	CHECK_EQ(bo.id, 7);
	CHECK_EQ(bo.size, 692224);
	CHECK_EQ(bo.resident, 8192);
	CHECK_EQ(bo.huge, 4096);
	CHECK_STR(bo.heap, "system");
	CHECK_STR(bo.state, "all,exported");
	CHECK_EQ(bo.pid, 42);
	CHECK_STR(bo.command, "camera");
	CHECK_STR(bo.label, "a label, with blanks");
}

TEST(line_without_a_label)
{
	struct bo_line bo;

	CHECK_EQ(bo_line_parse("18446744073709551615 4096 0 0 - - 1:x:y \n", &bo), 0);
	CHECK_EQ(bo.id, UINT64_MAX);
	CHECK_STR(bo.heap, "-");
	CHECK_STR(bo.command, "x:y");
	CHECK_STR(bo.label, "");
}

TEST(label_keeps_its_blanks)
{
	struct bo_line bo;

	CHECK_EQ(bo_line_parse("1 4096 0 0 - - 1:x   two before, two after  \n", &bo), 0);
	CHECK_STR(bo.label, "  two before, two after  ");
}

TEST(longest_label)
{
	char line[512] = "1 4096 0 0 - - 1:x ";
	struct bo_line bo;
	size_t start = strlen(line);

	memset(line + start, 'y', DRM_DGEM_LABEL_MAX);
	CHECK_EQ(bo_line_parse(line, &bo), 0);
	CHECK_EQ(strlen(bo.label), DRM_DGEM_LABEL_MAX);
	line[start + DRM_DGEM_LABEL_MAX] = 'y';
	CHECK_EQ(bo_line_parse(line, &bo), -EPROTO);
}

TEST(what_is_no_line)
{
	static const char *const bad[] = {
		"",
		"\n",
		"x 4096 0 0 - - 1:x label",
		"-1 4096 0 0 - - 1:x label",
		"1 4096x 0 0 - - 1:x label",
		"1  4096 0 0 - - 1:x label",
		"18446744073709551616 4096 0 0 - - 1:x label",
		"1 4096 0 0 - - 1:x",
		"1 4096 0 0 - - :x label",
		"1 4096 0 0 - - x:1 label",
		"1 4096 0 0 - - 1 label",
		"1 4096 0 0 - -",
		"1 4096 0 0",
		"1 4096 0",
		"1 4096 0 0 0123456789012345678901234567890123456789012345678901234567890123 - 1:x ",
	};
	struct bo_line bo, before;
	size_t i;

	memset(&bo, 0x5a, sizeof(bo));
	before = bo;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(bo_line_parse(bad[i], &bo), -EPROTO);
	CHECK(!memcmp(&bo, &before, sizeof(bo)));
}

TEST(line_of_fdinfo)
{
	struct bo_line bo;

	CHECK_EQ(bo_line_parse_fdinfo("7", "692224 8192 4096 system all,exported two  words", &bo),
		 0);
	CHECK_EQ(bo.id, 7);
	CHECK_EQ(bo.size, 692224);
	CHECK_EQ(bo.resident, 8192);
	CHECK_EQ(bo.huge, 4096);
	CHECK_STR(bo.heap, "system");
	CHECK_STR(bo.state, "all,exported");
	CHECK_STR(bo.label, "two  words");
	CHECK_EQ(bo.pid, 0);
	CHECK_STR(bo.command, "");
	CHECK_EQ(bo_line_parse_fdinfo("8", "4096 0 0 - imported ", &bo), 0);
	CHECK_STR(bo.label, "");
}

TEST(what_is_no_line_of_fdinfo)
{
	static const char good[] = "4096 0 0 system - label";
	struct bo_line bo, before;

	memset(&bo, 0x5a, sizeof(bo));
	before = bo;
	CHECK_EQ(bo_line_parse_fdinfo("", good, &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("x", good, &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("1x", good, &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("-1", good, &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("18446744073709551616", good, &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("1", "", &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("1", "4096 0 0 system", &bo), -EPROTO);
	CHECK_EQ(bo_line_parse_fdinfo("1", "4096 0 0 system -", &bo), -EPROTO);
	CHECK(!memcmp(&bo, &before, sizeof(bo)));
}
