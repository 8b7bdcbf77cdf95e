// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "../tools/json.h"
#include "harness.h"

static struct json json;
static char *written;
static size_t length;

static void begin(void)
{
	json.file = open_memstream(&written, &length);
	CHECK(json.file);
}

static void end(const char *expected)
{
	fclose(json.file);
	CHECK_STR(written, expected);
	free(written);
}

TEST(nested_values)
{
	begin();
	json_open(&json, NULL, '{');
	json_number(&json, "a", UINT64_MAX);
	json_signed(&json, "b", -1);
	json_open(&json, "c", '[');
	json_string(&json, NULL, "x");
	json_string(&json, NULL, "y");
	json_close(&json);
	json_close(&json);
	end("{\n\t\"a\": 18446744073709551615,\n\t\"b\": -1,\n\t\"c\": [\n"
	    "\t\t\"x\",\n\t\t\"y\"\n\t]\n}\n");
}

TEST(empty_values)
{
	begin();
	json_open(&json, NULL, '{');
	json_open(&json, "a", '[');
	json_close(&json);
	json_open(&json, "b", '{');
	json_close(&json);
	json_close(&json);
	end("{\n\t\"a\": [],\n\t\"b\": {}\n}\n");
}

TEST(closing_everything)
{
	begin();
	json_open(&json, NULL, '{');
	json_open(&json, "a", '[');
	json_open(&json, NULL, '{');
	json_close_to(&json, 0);
	json_close_to(&json, 0);
	end("{\n\t\"a\": [\n\t\t{}\n\t]\n}\n");
}

TEST(strings_are_escaped)
{
	begin();
	json_string(&json, NULL, "\"\\\n\t\x7f~");
	end("\"\\\"\\\\\\u000a\\u0009\\u007f~\"");
}

TEST(characters_beyond_ascii)
{
	begin();
	json_string(&json, NULL, "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\xa5");
	end("\"\\u00e4 \\u20ac \\ud83c\\udfa5\"");
}

TEST(bytes_that_are_no_text)
{
	begin();
	json_string(&json, NULL, "\xe4 \xc3");
	end("\"\\ufffd \\ufffd\"");
}

TEST(no_string)
{
	begin();
	json_string(&json, NULL, NULL);
	end("null");
}
