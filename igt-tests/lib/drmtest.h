/* SPDX-License-Identifier: MIT */
#ifndef DRMTEST_H
#define DRMTEST_H

/* Which drivers a test takes; bits. */
#define DRIVER_DGEM (1 << 0)
#define DRIVER_VGEM (1 << 1)

/*
 * Open the primary node (or the render node) of the first device with such a
 * driver, going by sysfs; skip when there is none. IGT_DEVICE=drm:NODE names the
 * device to use by any of its nodes. The variant with __ returns -1 instead of
 * skipping.
 */
int __drm_open_driver(int chipset);
int __drm_open_driver_render(int chipset);
int drm_open_driver(int chipset);
int drm_open_driver_render(int chipset);

/* Opens the same node once more: another file, with handles of its own. */
int drm_reopen_driver(int fd);
int drm_close_driver(int fd);

#endif /* DRMTEST_H */
