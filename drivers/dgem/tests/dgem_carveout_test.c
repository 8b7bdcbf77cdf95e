// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What the parameter "carveout" takes, and what it refuses. */

#include <linux/limits.h>
#include <linux/sizes.h>

#include <kunit/test.h>

#include "../dgem_carveout.h"

#define NAME_31 "abcdefghijklmnopqrstuvwxyz-0123"

static void dgem_carveout_takes(struct kunit *test)
{
	static const struct {
		const char *text, *name;
		u64 start, size;
		bool preserve;
	} good[] = {
		{ "dsp", "dsp", 0, 0, false },
		{ "dsp:preserve", "dsp", 0, 0, true },
		{ "0", "0", 0, 0, false },
		{ "-", "-", 0, 0, false },
		{ NAME_31, NAME_31, 0, 0, false },
		{ "systems", "systems", 0, 0, false },
		{ "a-1@0x6000000+32M", "a-1", 0x6000000, SZ_32M, false },
		{ "a@96M+0x200000:preserve", "a", 96 * SZ_1M, SZ_2M, true },
		{ "a@0+1", "a", 0, 1, false },
		{ "a@4G+2G", "a", 4ull * SZ_1G, 2ull * SZ_1G, false },
		{ "a@0xfffffffffffffffe+1", "a", U64_MAX - 1, 1, false },
	};
	struct dgem_carveout carveout;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		memset(&carveout, 0xff, sizeof(carveout));
		KUNIT_EXPECT_NULL_MSG(test, dgem_carveout_parse(good[i].text, &carveout), "%s",
				      good[i].text);
		KUNIT_EXPECT_STREQ(test, carveout.name, good[i].name);
		KUNIT_EXPECT_EQ(test, carveout.start, good[i].start);
		KUNIT_EXPECT_EQ(test, carveout.size, good[i].size);
		KUNIT_EXPECT_EQ(test, carveout.preserve, good[i].preserve);
	}
}

static void dgem_carveout_refuses(struct kunit *test)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "a name is" },
		{ ":preserve", "a name is" },
		{ "@0x6000000+32M", "a name is" },
		{ "Dsp", "a name is" },
		{ "d_sp", "a name is" },
		{ "dsp ", "a name is" },
		{ NAME_31 "4", "a name is" },
		{ "system", "there is a heap" },
		{ "pinned:preserve", "there is a heap" },
		{ "contiguous@0x6000000+32M", "there is a heap" },
		{ "a@", "a range is" },
		{ "a@+", "a range is" },
		{ "a@+32M", "a range is" },
		{ "a@32M", "a range is" },
		{ "a@32M+", "a range is" },
		{ "a@32M+x", "a range is" },
		{ "a@x+32M", "a range is" },
		{ "a@-1+32M", "a range is" },
		{ "a@0x+32M", "a range is" },
		{ "a@32M-32M", "a range is" },
		{ "a@32M$0x6000000", "a range is" },
		{ "a@32M+0", "a range is" },
		{ "a@0xffffffffffffffff+1", "a range is" },
		{ "a@2M+0xfffffffffff00000", "a range is" },
		{ "a:", "nothing but" },
		{ "a:preserved", "nothing but" },
		{ "a:reserve", "nothing but" },
		{ "a@32M+32M:", "nothing but" },
		{ "a@32M+32Mb", "nothing but" },
		{ "a@32M+32M+32M", "nothing but" },
		{ "a@32M+32M:preserve:preserve", "nothing but" },
	};
	struct dgem_carveout carveout;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *why = dgem_carveout_parse(bad[i].text, &carveout);

		KUNIT_EXPECT_NOT_NULL_MSG(test, why, "%s", bad[i].text);
		if (why)
			KUNIT_EXPECT_TRUE_MSG(test, strstarts(why, bad[i].why), "%s: %s",
					      bad[i].text, why);
	}
}

static struct kunit_case dgem_carveout_cases[] = {
	KUNIT_CASE(dgem_carveout_takes),
	KUNIT_CASE(dgem_carveout_refuses),
	{}
};

static struct kunit_suite dgem_carveout_suite = {
	.name = "dgem_carveout",
	.test_cases = dgem_carveout_cases,
};

kunit_test_suite(dgem_carveout_suite);
