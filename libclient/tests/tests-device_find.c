// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <stdlib.h>
#include <xf86drm.h>

#include "fake.h"
#include "harness.h"

static void check_find(unsigned int index, const char *expected)
{
	char *path;

	CHECK_EQ(dgem_device_find(index, &path), 0);
	CHECK_STR(path, expected);
	free(path);
}

TEST(render_node_is_preferred)
{
	fake_add_default();
	check_find(0, FAKE_NODE);
}

TEST(primary_node_without_render_node)
{
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", "/dev/dri/card3", NULL);
	check_find(0, "/dev/dri/card3");
}

TEST(device_without_nodes_is_passed_over)
{
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", NULL, NULL);
	fake_add_device("dgem", DRM_BUS_PCI, NULL, NULL, "/dev/dri/renderD129");
	check_find(0, "/dev/dri/renderD129");
}

TEST(other_drivers_are_passed_over)
{
	fake_add_device("vgem", DRM_BUS_PLATFORM, "vgem", "/dev/dri/card0", "/dev/dri/renderD128");
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", "/dev/dri/card1", "/dev/dri/renderD129");
	check_find(0, "/dev/dri/renderD129");
}

TEST(default_instance_comes_first_then_minors)
{
	char *path = UNTOUCHED_PTR;

	fake_add_device("dgem", DRM_BUS_PCI, NULL, "/dev/dri/card2", "/dev/dri/renderD1000");
	fake_add_device("dgem", DRM_BUS_PLATFORM, "/soc/dgem@0", NULL, "/dev/dri/renderD130");
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", NULL, "/dev/dri/renderD1001");
	fake_add_device("dgem", DRM_BUS_PCI, NULL, NULL, "/dev/dri/renderD129");
	check_find(0, "/dev/dri/renderD1001");
	check_find(1, "/dev/dri/renderD129");
	check_find(2, "/dev/dri/renderD130");
	check_find(3, "/dev/dri/renderD1000");
	CHECK_EQ(dgem_device_find(4, &path), -ENOENT);
	CHECK(path == UNTOUCHED_PTR);
}

TEST(no_device_is_enoent)
{
	char *path = UNTOUCHED_PTR;

	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	fake_add_device("vgem", DRM_BUS_PLATFORM, "vgem", "/dev/dri/card0", NULL);
	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	CHECK(path == UNTOUCHED_PTR);
}

TEST(denied_device_is_eacces)
{
	char *path = UNTOUCHED_PTR;

	fake_add_default();
	fake_deny(FAKE_NODE, EACCES);
	CHECK_EQ(dgem_device_find(0, &path), -EACCES);
	CHECK(path == UNTOUCHED_PTR);
}

TEST(denied_device_does_not_hide_others)
{
	char *path = UNTOUCHED_PTR;

	fake_add_default();
	fake_deny(FAKE_NODE, EACCES);
	fake_add_device("dgem", DRM_BUS_PCI, NULL, NULL, "/dev/dri/renderD129");
	check_find(0, "/dev/dri/renderD129");
	CHECK_EQ(dgem_device_find(1, &path), -ENOENT);
}

TEST(enumeration_error_is_reported)
{
	char *path = UNTOUCHED_PTR;

	fake_add_default();
	fake_fail(FAKE_GET_DEVICES, 1, ENOMEM);
	CHECK_EQ(dgem_device_find(0, &path), -ENOMEM);
	CHECK(path == UNTOUCHED_PTR);
}

TEST(out_of_memory_for_the_path)
{
	char *path = UNTOUCHED_PTR;

	fake_add_default();
	fake_fail_alloc(1);
	CHECK_EQ(dgem_device_find(0, &path), -ENOMEM);
	CHECK(path == UNTOUCHED_PTR);
}
