// SPDX-License-Identifier: MIT
#include "fake.h"
#include "harness.h"

/* Whatever a test did, the library must have given everything back. */
void test_teardown(void)
{
	CHECK_EQ(fake_mapped(), 0);
	CHECK_EQ(fake_open_handles(), 0);
	CHECK_EQ(fake_open_files(), 0);
}
