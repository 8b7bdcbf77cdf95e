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
	fake_deny("/dev/dri/card0", EACCES);
	CHECK_EQ(dgem_device_find(0, &path), -EACCES);
	CHECK(path == UNTOUCHED_PTR);
}

TEST(denied_device_does_not_hide_others)
{
	char *path = UNTOUCHED_PTR;

	fake_add_default();
	fake_deny(FAKE_NODE, EPERM);
	fake_deny("/dev/dri/card0", EPERM);
	fake_add_device("dgem", DRM_BUS_PCI, NULL, NULL, "/dev/dri/renderD129");
	check_find(0, "/dev/dri/renderD129");
	CHECK_EQ(dgem_device_find(1, &path), -ENOENT);
}

/* A GPU that may be opened is left asleep, and one that may not is no reason. */
TEST(other_drivers_are_not_opened)
{
	char *path = UNTOUCHED_PTR;

	fake_add_device("amdgpu", DRM_BUS_PCI, NULL, "/dev/dri/card0", "/dev/dri/renderD128");
	fake_add_device("dgemish", DRM_BUS_PCI, NULL, "/dev/dri/card1", "/dev/dri/renderD129");
	fake_deny("/dev/dri/card0", EACCES);
	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	CHECK(path == UNTOUCHED_PTR);
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", "/dev/dri/card2", NULL);
	check_find(0, "/dev/dri/card2");
	CHECK_EQ(fake_opens("amdgpu"), 0);
	CHECK_EQ(fake_opens("dgemish"), 0);
}

TEST(primary_node_where_the_render_node_is_denied)
{
	fake_add_default();
	fake_deny(FAKE_NODE, EACCES);
	check_find(0, "/dev/dri/card0");
}

TEST(without_sysfs_the_nodes_are_asked)
{
	char *path = UNTOUCHED_PTR;

	fake_remove_sysfs();
	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	fake_add_device("vgem", DRM_BUS_PLATFORM, "vgem", "/dev/dri/card0", "/dev/dri/renderD128");
	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	fake_add_device("dgem", DRM_BUS_PLATFORM, "dgem", "/dev/dri/card2", NULL);
	fake_add_device("dgem", DRM_BUS_PCI, NULL, "/dev/dri/card1", NULL);
	check_find(0, "/dev/dri/card1");
	check_find(1, "/dev/dri/card2");
	CHECK_EQ(dgem_device_find(2, &path), -ENOENT);
	CHECK(path == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_files(), 0);
}

TEST(without_sysfs_an_instance_is_named_once)
{
	char *path = UNTOUCHED_PTR;

	fake_remove_sysfs();
	fake_add_default();
	check_find(0, FAKE_NODE);
	CHECK_EQ(dgem_device_find(1, &path), -ENOENT);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_device_find(0, &path), -ENOMEM);
	CHECK(path == UNTOUCHED_PTR);
}

/* Whose the node is cannot be told, so it is not said to be dgem's. */
TEST(without_sysfs_denied_is_enoent)
{
	char *path = UNTOUCHED_PTR;

	fake_remove_sysfs();
	fake_add_default();
	fake_deny(FAKE_NODE, EACCES);
	fake_deny("/dev/dri/card0", EACCES);
	CHECK_EQ(dgem_device_find(0, &path), -ENOENT);
	CHECK(path == UNTOUCHED_PTR);
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
