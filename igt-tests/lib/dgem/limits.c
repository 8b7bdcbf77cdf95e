// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dgem/content.h"
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

/* The kernel's, which may be longer than the program's. */
static uint64_t pointer_size(void)
{
	struct utsname name;

	igt_assert_eq(uname(&name), 0);
	return strstr(name.machine, "64") ? 8 : 4;
}

/*
 * How much of what a BO has is no chunk in one piece. These are huge pages, which not
 * every kernel has that can have them mapped by huge entries, and tells of them.
 */
static uint64_t in_pieces(int file, const struct drm_dgem_bo_info *info)
{
	const uint64_t chunk = dgem_get_param(file, DRM_DGEM_PARAM_CHUNK_SIZE);
	const uint64_t huge = observe_huge_page_size();

	if (dgem_get_param(file, DRM_DGEM_PARAM_HUGE_MAP_SIZE))
		return info->resident - info->huge;
	return huge && huge <= chunk ? info->resident % chunk : info->resident;
}

uint64_t limits_backing_of_bo(int file, uint32_t handle)
{
	const uint64_t chunk = dgem_get_param(file, DRM_DGEM_PARAM_CHUNK_SIZE);
	const uint64_t page = dgem_page_size();
	struct drm_dgem_bo_info info;
	uint64_t whole, listed;

	dgem_bo_info(file, handle, &info);
	whole = info.resident - in_pieces(file, &info);
	listed = (info.resident - whole + chunk - 1) / chunk * chunk;
	listed = min(listed, info.size - whole);
	return info.resident + listed / page * pointer_size() / page * page;
}

uint64_t limits_touch(char *map, uint64_t at, uint64_t size)
{
	while (at < size && !content_touch_write(map + at))
		at += dgem_page_size();
	return at;
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
