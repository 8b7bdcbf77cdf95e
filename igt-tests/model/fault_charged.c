// SPDX-License-Identifier: MIT
/* Operations of the fault sweep that are charged to an account. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/limits.h"
#include "igt.h"
#include "model/fault_ops.h"

#define SIZE (64u << 10)
#define CHUNK (2u << 20)

/* Without it, what root opens and imports has an account, like any user's. */
void fault_set_exempt(bool exempt)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const uint32_t bit = CAP_TO_MASK(CAP_SYS_RESOURCE);

	igt_assert_eq(syscall(SYS_capget, &header, data), 0);
	if (exempt)
		data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective |= bit;
	else
		data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective &= ~bit;
	igt_assert_eq(syscall(SYS_capset, &header, data), 0);
}

/* Of a file with an account, which the run itself does not make. */
void fault_prepare_charged(struct fault_run *run)
{
	int fd;

	fault_set_exempt(false);
	fd = drm_reopen_driver(run->fd);
	fault_set_exempt(true);
	close(run->fd);
	run->fd = fd;
}

static unsigned int system_user_mb;

/* Of a page whose chunk is more than the limit leaves, without swap. */
void fault_prepare_touch_page(struct fault_run *run)
{
	fault_prepare_charged(run);
	system_user_mb = limits_param("system_user_mb");
	limits_set("system_user_mb", 1);
	run->size = CHUNK;
	run->handle = dgem_bo_create(run->fd, CHUNK);
	run->map = dgem_bo_map(run->fd, run->handle, CHUNK);
}

/* Of a folio that shmem could not split for lack of memory more than the page may come. */
void fault_undo_touch_page(struct fault_run *run)
{
	struct drm_dgem_bo_info info;

	limits_set("system_user_mb", system_user_mb);
	dgem_bo_info(run->fd, run->handle, &info);
	igt_assert_lt_u64(info.resident, CHUNK);
}

int fault_run_create_charged(struct fault_run *run)
{
	struct drm_dgem_bo_create args = {
		.size = SIZE,
		.flags = DRM_DGEM_BO_POPULATE | DRM_DGEM_BO_WITH_MMAP_OFFSET,
	};
	int ret = ioctl(run->fd, DRM_IOCTL_DGEM_BO_CREATE, &args) ? -errno : 0;

	/* EFAULT loses the answer: if there is a BO, its handle is the first of the file */
	run->handle = ret == -EFAULT ? 1 : args.handle;
	return ret;
}

/* A BO that is gone, or that did not come to be, has given back all charges. */
void fault_undo_create_charged(struct fault_run *run)
{
	struct drm_gem_close args = { .handle = run->handle };

	if (args.handle && ioctl(run->fd, DRM_IOCTL_GEM_CLOSE, &args))
		igt_assert_eq(errno, EINVAL);
	igt_assert_eq_u64(dgem_get_param(run->fd, DRM_DGEM_PARAM_USER_USED), 0);
	igt_assert_eq_u64(dgem_get_param(run->fd, DRM_DGEM_PARAM_SYSTEM_USED), 0);
	igt_assert_eq_u64(dgem_get_param(run->fd, DRM_DGEM_PARAM_MMAP_USED), 0);
}
