/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_FDINFO_H__
#define __DGEM_FDINFO_H__

struct drm_file;
struct drm_printer;

void dgem_show_fdinfo(struct drm_printer *p, struct drm_file *file);

#endif
