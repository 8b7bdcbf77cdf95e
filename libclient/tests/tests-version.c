// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <stdio.h>

#include "harness.h"

TEST(text_is_made_of_the_numbers)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", DGEM_VERSION_MAJOR, DGEM_VERSION_MINOR,
		 DGEM_VERSION_PATCH);
	CHECK_STR(DGEM_VERSION, text);
	CHECK_STR(dgem_version(), text);
}

TEST(comparison_goes_by_the_first_number_that_differs)
{
	const int major = DGEM_VERSION_MAJOR, minor = DGEM_VERSION_MINOR;
	const int patch = DGEM_VERSION_PATCH;

	CHECK(DGEM_CHECK_VERSION(major, minor, patch));
	CHECK(DGEM_CHECK_VERSION(major - 1, minor + 1, patch + 1));
	CHECK(DGEM_CHECK_VERSION(major, minor - 1, patch + 1));
	CHECK(DGEM_CHECK_VERSION(major, minor, patch - 1));
	CHECK(!DGEM_CHECK_VERSION(major, minor, patch + 1));
	CHECK(!DGEM_CHECK_VERSION(major, minor + 1, 0));
	CHECK(!DGEM_CHECK_VERSION(major + 1, 0, 0));
}
