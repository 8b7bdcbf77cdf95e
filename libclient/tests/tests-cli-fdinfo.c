// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../tools/fdinfo.h"
#include "harness.h"

#define START "pos:\t0\nflags:\t02100002\ndrm-driver:\tdgem\ndrm-client-id:\t17\n"

TEST(regions_and_units)
{
	struct fdinfo info;

	CHECK_EQ(fdinfo_parse(START "drm-total-system:\t2 MiB\n"
				    "drm-shared-system:\t4 KiB\n"
				    "drm-resident-system:\t513\n"
				    "drm-purgeable-system:\t512\n"
				    "drm-total-imported:\t0\n"
				    "drm-shared-imported:\t0",
			      &info),
		 0);
	CHECK_EQ(info.client, 17);
	CHECK_STR(info.name, "");
	CHECK_EQ(info.num_regions, 2);
	CHECK_STR(info.regions[0].name, "system");
	CHECK_EQ(info.regions[0].total, 2 << 20);
	CHECK_EQ(info.regions[0].shared, 4096);
	CHECK_EQ(info.regions[0].resident, 513);
	CHECK_EQ(info.regions[0].purgeable, 512);
	CHECK_STR(info.regions[1].name, "imported");
	CHECK_EQ(info.regions[1].total, 0);
}

TEST(a_file_without_bos)
{
	struct fdinfo info;

	CHECK_EQ(fdinfo_parse(START, &info), 0);
	CHECK_EQ(info.num_regions, 0);
}

TEST(name_of_the_client)
{
	struct fdinfo info;

	CHECK_EQ(fdinfo_parse(START "drm-client-name:\ta camera\n", &info), 0);
	CHECK_STR(info.name, "a camera");
}

TEST(other_keys_are_passed_over)
{
	struct fdinfo info;

	CHECK_EQ(fdinfo_parse(START "drm-engine-x:\t1 ns\ndrm-active-system:\tnonsense\n"
				    "a line without a colon\n\n:\n"
				    "drm-total-system:\t8\n",
			      &info),
		 0);
	CHECK_EQ(info.num_regions, 1);
	CHECK_EQ(info.regions[0].total, 8);
}

TEST(other_files)
{
	struct fdinfo info;

	CHECK_EQ(fdinfo_parse("", &info), -ENODEV);
	CHECK_EQ(fdinfo_parse("pos:\t0\nflags:\t02\n", &info), -ENODEV);
	CHECK_EQ(fdinfo_parse("drm-driver:\tvgem\ndrm-client-id:\t1\n", &info), -ENODEV);
	CHECK_EQ(fdinfo_parse("drm-driver:\tdgem2\ndrm-client-id:\t1\n", &info), -ENODEV);
}

TEST(what_cannot_be_understood)
{
	static const char *const bad[] = {
		"drm-driver:\tdgem\n",
		"drm-driver:\tdgem\ndrm-client-id:\tx\n",
		START "drm-total-system:\t1 GiB\n",
		START "drm-total-system:\t-1\n",
		START "drm-total-system:\t\n",
		START "drm-total-system:\t99999999999999999999\n",
		START "drm-total-system:\t18446744073709551615 KiB\n",
		START "dgem-more-bos:\tx\n",
		START "dgem-bo-1:\t4096 0 0 system - \ndgem-bo-2:\t4096\n",
		START "dgem-bo-x:\t4096 0 0 system - \n",
		START "drm-total-a-name-that-is-longer-than-32-bytes-and-then-some:\t1\n",
	};
	unsigned char before[sizeof(struct fdinfo)];
	union {
		struct fdinfo info;
		unsigned char bytes[sizeof(struct fdinfo)];
	} got;
	size_t i;

	memset(before, 0x5a, sizeof(before));
	memcpy(got.bytes, before, sizeof(before));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(fdinfo_parse(bad[i], &got.info), -EPROTO);
	CHECK(!memcmp(got.bytes, before, sizeof(before)));
}

TEST(more_regions_than_fit)
{
	char text[4096] = START;
	struct fdinfo info;
	int i;

	for (i = 0; i < FDINFO_REGIONS; i++)
		sprintf(text + strlen(text), "drm-total-r%d:\t%d\n", i, i);
	CHECK_EQ(fdinfo_parse(text, &info), 0);
	CHECK_EQ(info.num_regions, FDINFO_REGIONS);
	CHECK_EQ(info.regions[FDINFO_REGIONS - 1].total, FDINFO_REGIONS - 1);
	strcat(text, "drm-total-one-more:\t1\n");
	CHECK_EQ(fdinfo_parse(text, &info), -EPROTO);
}

TEST(lines_longer_than_any_of_ours)
{
	char text[1024] = START "x:";
	struct fdinfo info;
	size_t length = strlen(text);

	memset(text + length, 'y', 600);
	strcpy(text + length + 600, "\ndrm-total-system:\t1\n");
	CHECK_EQ(fdinfo_parse(text, &info), 0);
	CHECK_EQ(info.regions[0].total, 1);
}

TEST(bos)
{
	char text[8192] = START;
	struct fdinfo info;
	int i;

	CHECK_EQ(fdinfo_parse(text, &info), 0);
	CHECK_EQ(info.num_bos, 0);
	CHECK_EQ(info.more_bos, 0);
	fdinfo_free(&info);

	for (i = 1; i <= 100; i++)
		sprintf(text + strlen(text), "dgem-bo-%d:\t%d 0 0 system - number %d\n", i,
			i * 4096, i);
	strcat(text, "dgem-more-bos:\t5\n");
	CHECK_EQ(fdinfo_parse(text, &info), 0);
	CHECK_EQ(info.num_bos, 100);
	CHECK_EQ(info.more_bos, 5);
	CHECK_EQ(info.bos[99].id, 100);
	CHECK_EQ(info.bos[99].size, 100 * 4096);
	CHECK_STR(info.bos[99].label, "number 100");
	fdinfo_free(&info);
}

TEST(longest_label)
{
	char text[1024] = START "dgem-bo-1:\t18446744073709551615 18446744073709551615"
				" 18446744073709551615 a-heap-with-a-name-of-31-letters"
				" resident,all,pinned,imported,exported ";
	size_t length = strlen(text);
	struct fdinfo info;

	memset(text + length, 'y', DRM_DGEM_LABEL_MAX);
	strcpy(text + length + DRM_DGEM_LABEL_MAX, "\n");
	CHECK_EQ(fdinfo_parse(text, &info), 0);
	CHECK_EQ(info.num_bos, 1);
	CHECK_EQ(strlen(info.bos[0].label), DRM_DGEM_LABEL_MAX);
	fdinfo_free(&info);
}
