// SPDX-License-Identifier: MIT
/* Advice in the fault sweep: the first on a BO allocates. */
#include <errno.h>
#include <sys/ioctl.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/fault_ops.h"

void fault_prepare_madvise(struct fault_run *run)
{
	run->handle = dgem_bo_create_in(run->fd, 64 << 10, 0, DRM_DGEM_BO_POPULATE);
}

int fault_run_madvise(struct fault_run *run)
{
	struct drm_dgem_bo_madvise args = {
		.handle = run->handle,
		.madv = DRM_DGEM_MADV_DONTNEED,
	};

	if (ioctl(run->fd, DRM_IOCTL_DGEM_BO_MADVISE, &args))
		return -errno;
	return args.retained == 1 ? 0 : -EILSEQ;
}
