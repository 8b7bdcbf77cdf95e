// SPDX-License-Identifier: MIT
#include <drm/dgem_drm.h>
#include <errno.h>
#include <string.h>

#include "../tools/tool.h"
#include "command.h"
#include "fake.h"
#include "harness.h"

static struct outcome got;

TEST(device_for_people)
{
	fake_add_default();
	run_command(&got, cmd_info, NULL);
	CHECK_EQ(got.status, 0);
	CHECK_STR(got.err, "");
	CHECK_BEGINS(got.out, FAKE_NODE "\n  max_bo_size: ");
	CHECK(strstr(got.out,
		     "\n  heap 0 system: 12 B used of 11 B, in steps of 4 KiB; charged\n"));
	CHECK(strstr(got.out, "\n  heap 1 pinned: "));
}

TEST(limits_for_people)
{
	fake_add_default();
	run_command(&got, cmd_info, NULL);
	CHECK_EQ(got.status, 0);
	CHECK(strstr(got.out, "\n  user_limit: 1073741824 (1 GiB)\n"
			      "  user_used: 5242880 (5 MiB)\n"
			      "  system_limit: 3221225472 (3 GiB)\n"
			      "  system_used: 4096 (4 KiB)\n"
			      "  mmap_limit: 2199023255552 (2 TiB)\n"
			      "  mmap_used: 0 (0 B)\n"));
}

/* A number of something is no size. */
TEST(counts_for_people)
{
	fake_add_default();
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  sync_max_ops: 256\n"));
	run_command(&got, cmd_info, "--json", NULL);
	CHECK(strstr(got.out, "\"sync_max_ops\": 256,\n"));
}

/* A limit of 0 is none; a use of 0 is one. */
TEST(without_limits)
{
	static const uint32_t limits[] = {
		DRM_DGEM_PARAM_USER_LIMIT,
		DRM_DGEM_PARAM_SYSTEM_LIMIT,
		DRM_DGEM_PARAM_MMAP_LIMIT,
	};

	fake_add_default();
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		fake_set_param(limits[i], 0);
	run_command(&got, cmd_info, NULL);
	CHECK_EQ(got.status, 0);
	CHECK(strstr(got.out, "\n  user_limit: none, or this user is exempt\n"));
	CHECK(strstr(got.out, "\n  system_limit: none, or this user is exempt\n"));
	CHECK(strstr(got.out, "\n  mmap_limit: none, or this user is exempt\n"
			      "  mmap_used: 0 (0 B)\n"));

	run_command(&got, cmd_info, "--json", NULL);
	CHECK(strstr(got.out, "\"user_limit\": 0,\n"));
	CHECK(strstr(got.out, "\"user_used\": 5242880,\n"));
}

TEST(feature_by_name)
{
	fake_add_default();
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_LIMITS);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: limits\n"));
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_CONSTRAINTS);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: constraints\n"));
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_DIRECT_IO);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: direct-io\n"));
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_BO_SYNC);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: bo-sync\n"));
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_MAP_DMA);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: map-dma\n"));
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_DEVICE_MEMORY);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  features: device-memory\n"));
}

TEST(device_that_a_program_drives)
{
	fake_add_default();
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  dma_policy: rawio\n  dma_translated: lazily\n"));
	fake_set_param(DRM_DGEM_PARAM_DMA_POLICY, DRM_DGEM_DMA_POLICY_OFF);
	fake_set_param(DRM_DGEM_PARAM_DMA_TRANSLATED, DRM_DGEM_DMA_STRICT);
	run_command(&got, cmd_info, "--json", NULL);
	CHECK(strstr(got.out, "\"dma_policy\": \"off\",\n"));
	CHECK(strstr(got.out, "\"dma_translated\": \"strictly\",\n"));
	fake_set_param(DRM_DGEM_PARAM_DMA_POLICY, 7);
	run_command(&got, cmd_info, NULL);
	CHECK(strstr(got.out, "\n  dma_policy: unknown\n"));
}

/* As the driver of an older kernel: one parameter is not shown, all else is. */
TEST(parameter_that_the_driver_lacks)
{
	fake_add_default();
	fake_fail(FAKE_GET_PARAM, 1, EINVAL);
	run_command(&got, cmd_info, NULL);
	CHECK_EQ(got.status, 0);
	CHECK_STR(got.err, "");
	CHECK_BEGINS(got.out, FAKE_NODE "\n  page_size: 4096 (4 KiB)\n");
	CHECK(strstr(got.out, "\n  heap 1 pinned: "));

	fake_fail(FAKE_GET_PARAM, 4, EINVAL);
	run_command(&got, cmd_info, "--json", NULL);
	CHECK_EQ(got.status, 0);
	CHECK(strstr(got.out, "\"chunk_size\": "));
	CHECK(!strstr(got.out, "huge_map_size"));
	CHECK(strstr(got.out, "\"features\": "));
	CHECK(!strstr(got.out, "error"));
}

TEST(parameter_that_cannot_be_read)
{
	fake_add_default();
	fake_fail(FAKE_GET_PARAM, 1, EIO);
	run_command(&got, cmd_info, NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK_STR(got.err, "dgem: " FAKE_NODE ": Input/output error\n");
}

TEST(help)
{
	run_command(&got, cmd_info, "--help", NULL);
	CHECK_EQ(got.status, 0);
	CHECK_BEGINS(got.out, "usage: dgem info ");
}

TEST(wrong_usage)
{
	run_command(&got, cmd_info, "--frob", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.err, "dgem command: unrecognized option '--frob'\n");
	CHECK_STR(got.out, "");
	run_command(&got, cmd_info, "x", NULL);
	CHECK_EQ(got.status, STATUS_USAGE);
	CHECK_STR(got.err, "dgem command: extra operand 'x'; see dgem command --help\n");
}

/* What was written before it failed is closed. */
TEST(failure_in_the_middle_is_json)
{
	static const char end[] = "\t\t}\n\t],\n\t\"error\": {\n\t\t\"status\": 1,\n"
				  "\t\t\"errno\": 5,\n"
				  "\t\t\"message\": \"" FAKE_NODE ": Input/output error\"\n"
				  "\t}\n}\n";

	fake_add_default();
	fake_fail(FAKE_HEAP_INFO, 1, EIO);
	run_command(&got, cmd_info, "--json", NULL);
	CHECK_EQ(got.status, STATUS_FAILED);
	CHECK_BEGINS(got.out, "{\n\t\"devices\": [\n\t\t{\n\t\t\t\"node\": \"");
	CHECK(strlen(got.out) > strlen(end));
	CHECK_STR(got.out + strlen(got.out) - strlen(end), end);
}
