// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

DGEM_API int dgem_bo_set_label(struct dgem_bo *bo, const char *label)
{
	size_t len = label ? strlen(label) : 0;
	struct drm_dgem_bo_label args = { .handle = bo->handle };
	int ret;

	/* The length must not wrap on its way into the ioctl. */
	if (len > DRM_DGEM_LABEL_MAX)
		return -EINVAL;
	args.len = (uint32_t)len;
	args.text = (uintptr_t)label;
	ret = sys_ioctl(bo->dev->fd, DRM_IOCTL_DGEM_BO_SET_LABEL, &args);
	if (!ret)
		atomic_store_explicit(&bo->labelled, len > 0, memory_order_relaxed);
	return ret;
}

DGEM_API int dgem_bo_get_label(struct dgem_bo *bo, char **ret_label)
{
	char text[DRM_DGEM_LABEL_MAX + 1];
	struct drm_dgem_bo_label args = {
		.handle = bo->handle,
		.len = DRM_DGEM_LABEL_MAX,
		.text = (uintptr_t)text,
	};
	char *label;
	int ret;

	ret = sys_ioctl(bo->dev->fd, DRM_IOCTL_DGEM_BO_GET_LABEL, &args);
	if (ret)
		return ret;
	if (args.len > DRM_DGEM_LABEL_MAX)
		return -EOVERFLOW;
	label = strndup(text, args.len);
	if (!label)
		return -ENOMEM;
	*ret_label = label;
	return 0;
}
