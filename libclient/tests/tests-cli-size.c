// SPDX-License-Identifier: MIT
#include <errno.h>

#include "../tools/size.h"
#include "harness.h"

static void check_parse(const char *text, uint64_t expected)
{
	uint64_t size;

	CHECK_EQ(size_parse(text, &size), 0);
	CHECK_EQ(size, expected);
}

static void check_refused(const char *text, int error)
{
	uint64_t size = UNTOUCHED_INT;

	CHECK_EQ(size_parse(text, &size), -error);
	CHECK_EQ(size, UNTOUCHED_INT);
}

TEST(sizes_with_and_without_unit)
{
	check_parse("0", 0);
	check_parse("4097", 4097);
	check_parse("1k", 1024);
	check_parse("3M", 3 << 20);
	check_parse("2G", 2ull << 30);
	check_parse("1T", 1ull << 40);
	check_parse("18446744073709551615", UINT64_MAX);
	check_parse("16777215T", 16777215ull << 40);
	check_parse("2p", 2ull << 50);
	check_parse("15E", 15ull << 60);
	check_parse("010", 10);
}

TEST(hexadecimal_sizes)
{
	check_parse("0x100000", 1 << 20);
	check_parse("0X1e", 0x1e);
	check_parse("0xFFFFFFFFffffffff", UINT64_MAX);
	check_refused("0x", EINVAL);
	check_refused("0x-1", EINVAL);
	check_refused("0x 1", EINVAL);
	check_refused("0x0x1", EINVAL);
	check_refused("0x1K", EINVAL);
	check_refused("0xg", EINVAL);
	check_refused("00x1", EINVAL);
	check_refused("0x10000000000000000", ERANGE);
}

TEST(what_is_no_size)
{
	check_refused("", EINVAL);
	check_refused("-1", EINVAL);
	check_refused("+1", EINVAL);
	check_refused(" 1", EINVAL);
	check_refused("M", EINVAL);
	check_refused("1X", EINVAL);
	check_refused("1MB", EINVAL);
	check_refused("1 M", EINVAL);
	check_refused("10h", EINVAL);
	check_refused("1.5M", EINVAL);
	check_refused("18446744073709551616", ERANGE);
	check_refused("16777216T", ERANGE);
	check_refused("16E", ERANGE);
}

TEST(numbers)
{
	uint64_t number = 7;

	CHECK_EQ(number_parse("1K", 10, &number), -EINVAL);
	CHECK_EQ(number_parse("1.5", 10, &number), -EINVAL);
	CHECK_EQ(number_parse("0x1", 10, &number), -EINVAL);
	CHECK_EQ(number_parse("-1", 10, &number), -EINVAL);
	CHECK_EQ(number_parse("", 10, &number), -EINVAL);
	CHECK_EQ(number_parse("11", 10, &number), -ERANGE);
	CHECK_EQ(number_parse("18446744073709551616", UINT64_MAX, &number), -ERANGE);
	CHECK_EQ(number, 7);
	CHECK_EQ(number_parse("10", 10, &number), 0);
	CHECK_EQ(number, 10);
}

static void check_format(uint64_t size, const char *expected)
{
	char text[SIZE_TEXT];

	CHECK_STR(size_format(size, text), expected);
}

TEST(sizes_for_people)
{
	check_format(0, "0 B");
	check_format(1023, "1023 B");
	check_format(1024, "1 KiB");
	check_format(1536, "1.5 KiB");
	check_format(2 << 20, "2 MiB");
	check_format(UINT64_MAX, "16.0 EiB");
	check_format(1ull << 63, "8 EiB");
}
