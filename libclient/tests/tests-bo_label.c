// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void check_label(struct dgem_bo *bo, const char *expected)
{
	char *label;

	CHECK_EQ(dgem_bo_get_label(bo, &label), 0);
	CHECK_STR(label, expected);
	free(label);
}

TEST(set_get_and_remove)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	check_label(bo, "");
	CHECK_EQ(dgem_bo_set_label(bo, "a label with blanks"), 0);
	check_label(bo, "a label with blanks");
	CHECK_EQ(dgem_bo_set_label(bo, ""), 0);
	check_label(bo, "");
	CHECK_EQ(dgem_bo_set_label(bo, "again"), 0);
	CHECK_EQ(dgem_bo_set_label(bo, NULL), 0);
	check_label(bo, "");
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(longest_label_fits)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	char text[DRM_DGEM_LABEL_MAX + 2];

	memset(text, 'x', sizeof(text));
	text[DRM_DGEM_LABEL_MAX] = '\0';
	CHECK_EQ(dgem_bo_set_label(bo, text), 0);
	check_label(bo, text);
	text[DRM_DGEM_LABEL_MAX] = 'x';
	text[DRM_DGEM_LABEL_MAX + 1] = '\0';
	CHECK_EQ(dgem_bo_set_label(bo, text), -EINVAL);
	/* Its length was not cut to fit into the ioctl. */
	CHECK_EQ(fake_calls(FAKE_SET_LABEL), 1);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(imported_bo_has_no_label)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo;

	CHECK_EQ(dgem_bo_import(dev, fd, &bo), 0);
	CHECK_EQ(dgem_bo_set_label(bo, "mine"), -EOPNOTSUPP);
	dgem_bo_unref(bo);
	fake_close_dmabuf(fd);
	dgem_device_unref(dev);
}

TEST(errors_leave_the_output)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	char *label = UNTOUCHED_PTR;

	fake_fail(FAKE_GET_LABEL, 1, ENODEV);
	CHECK_EQ(dgem_bo_get_label(bo, &label), -ENODEV);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_bo_get_label(bo, &label), -ENOMEM);
	CHECK(label == UNTOUCHED_PTR);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
