// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "igt.h"

#define PARAMETERS "/sys/module/dgem/parameters/"

void limits_read(int fd, struct limits *limits)
{
	limits->user_limit = dgem_get_param(fd, DRM_DGEM_PARAM_USER_LIMIT);
	limits->user_used = dgem_get_param(fd, DRM_DGEM_PARAM_USER_USED);
	limits->system_limit = dgem_get_param(fd, DRM_DGEM_PARAM_SYSTEM_LIMIT);
	limits->system_used = dgem_get_param(fd, DRM_DGEM_PARAM_SYSTEM_USED);
	limits->mmap_limit = dgem_get_param(fd, DRM_DGEM_PARAM_MMAP_LIMIT);
	limits->mmap_used = dgem_get_param(fd, DRM_DGEM_PARAM_MMAP_USED);
}

void limits_assert_same(int fd, const struct limits *before)
{
	struct limits now;

	limits_read(fd, &now);
	igt_assert_eq_u64(now.user_limit, before->user_limit);
	igt_assert_eq_u64(now.user_used, before->user_used);
	igt_assert_eq_u64(now.system_limit, before->system_limit);
	igt_assert_eq_u64(now.system_used, before->system_used);
	igt_assert_eq_u64(now.mmap_limit, before->mmap_limit);
	igt_assert_eq_u64(now.mmap_used, before->mmap_used);
}

uint64_t limits_cost_of_bo(uint64_t size)
{
	const uint64_t chunk = 2 << 20;

	return 1024 + 8 * ((size + chunk - 1) / chunk);
}

static struct {
	const char *name;
	unsigned int mib;
} params[] = {
	{ "user_limit_mb", 0 },
	{ "total_limit_mb", 0 },
	{ "system_user_mb", 0 },
	{ "system_limit_mb", 0 },
};

unsigned int limits_param(const char *name)
{
	char path[64], *text;
	unsigned int value;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	text = observe_file(path);
	igt_assert_f(text, "%s: %s\n", path, strerror(errno));
	value = strtoul(text, NULL, 10);
	free(text);
	return value;
}

void limits_set(const char *name, unsigned int mib)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%u", mib);
	igt_assert_eq(observe_write(path, text), 0);
}

void limits_restore(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(params); i++)
		limits_set(params[i].name, params[i].mib);
}

int limits_open(void)
{
	int fd;

	igt_require(geteuid() == 0);
	fd = drm_open_driver(DRIVER_DGEM);
	for (unsigned int i = 0; i < ARRAY_SIZE(params); i++)
		params[i].mib = limits_param(params[i].name);
	user_share_node(fd);
	return fd;
}

void limits_close(int fd)
{
	limits_restore();
	user_unshare_node(fd);
	drm_close_driver(fd);
}

uint64_t limits_assert_refused(int file, const struct drm_dgem_bo_create *create, int err,
			       uint32_t reason)
{
	struct drm_dgem_bo_create args = *create;
	struct limits before;
	uint64_t proposed;

	limits_read(file, &before);
	igt_assert_eq(__dgem_bo_create(file, &args), -err);
	igt_assert_eq_u32(args.reason, reason);
	proposed = args.reason_arg;
	args = *create;
	dgem_assert_refused(file, DRM_IOCTL_DGEM_BO_CREATE, &args, err);
	limits_assert_same(file, &before);
	return proposed;
}

void limits_assert_exact(int file, const struct drm_dgem_bo_create *create, uint32_t reason)
{
	uint64_t proposed = limits_assert_refused(file, create, EDQUOT, reason);
	struct drm_dgem_bo_create args = *create;

	igt_assert_lt_u64(0, proposed);
	args.size = proposed + dgem_page_size();
	igt_assert_eq_u64(limits_assert_refused(file, &args, EDQUOT, reason), proposed);
	args.size = proposed;
	igt_assert_eq(__dgem_bo_create(file, &args), 0);
	igt_assert_eq_u64(args.size, proposed);
	gem_close(file, args.handle);
}
