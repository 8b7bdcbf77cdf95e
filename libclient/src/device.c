// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

/* Takes over @fd on success. */
static int device_new(int fd, struct dgem_device **ret_dev)
{
	struct dgem_device *dev;
	char name[sizeof(DGEM_DRIVER_NAME) + 1];
	int ret;

	ret = sys_driver_name(fd, name, sizeof(name));
	if (ret)
		return ret;
	if (strcmp(name, DGEM_DRIVER_NAME))
		return -ENODEV;

	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	ret = bo_table_init(&dev->bos);
	if (ret)
		goto err_free;
	ret = -pthread_mutex_init(&dev->lock, NULL);
	if (ret)
		goto err_table;

	dev->fd = fd;
	atomic_init(&dev->refs, 1);
	*ret_dev = dev;
	return 0;

err_table:
	bo_table_fini(&dev->bos);
err_free:
	free(dev);
	return ret;
}

static int device_take_fd(int fd, struct dgem_device **ret_dev)
{
	int ret;

	if (fd < 0)
		return fd;
	ret = device_new(fd, ret_dev);
	if (ret)
		sys_close(fd);
	return ret;
}

DGEM_API int dgem_device_open_path(const char *path, struct dgem_device **ret_dev)
{
	return device_take_fd(sys_open(path), ret_dev);
}

DGEM_API int dgem_device_open_fd(int fd, struct dgem_device **ret_dev)
{
	return device_take_fd(sys_dup(fd), ret_dev);
}

DGEM_API int dgem_device_open(struct dgem_device **ret_dev)
{
	char *path;
	int ret;

	ret = dgem_device_find(0, &path);
	if (ret)
		return ret == -ENOENT ? -ENODEV : ret;
	ret = dgem_device_open_path(path, ret_dev);
	free(path);
	return ret;
}

DGEM_API struct dgem_device *dgem_device_ref(struct dgem_device *dev)
{
	atomic_fetch_add_explicit(&dev->refs, 1, memory_order_relaxed);
	return dev;
}

DGEM_API void dgem_device_unref(struct dgem_device *dev)
{
	if (!dev || atomic_fetch_sub_explicit(&dev->refs, 1, memory_order_acq_rel) != 1)
		return;
	/* Each BO has a reference to its device, so the table is empty. */
	bo_table_fini(&dev->bos);
	pthread_mutex_destroy(&dev->lock);
	sys_close(dev->fd);
	free(dev);
}

DGEM_API int dgem_device_fd(const struct dgem_device *dev)
{
	return dev->fd;
}

DGEM_API int dgem_device_get_param(struct dgem_device *dev, uint32_t param, uint32_t index,
				   uint64_t *ret_value)
{
	struct drm_dgem_get_param args = { .param = param, .index = index };
	int ret;

	ret = sys_ioctl(dev->fd, DRM_IOCTL_DGEM_GET_PARAM, &args);
	if (!ret)
		*ret_value = args.value;
	return ret;
}

DGEM_API int dgem_device_has_feature(struct dgem_device *dev, unsigned int feature)
{
	uint64_t word;
	int ret;

	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_FEATURES, feature / 64, &word);
	return ret ? ret : (int)(word >> (feature % 64) & 1);
}
