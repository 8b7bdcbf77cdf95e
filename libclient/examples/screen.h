/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_SCREEN_H
#define DGEM_EXAMPLES_SCREEN_H

#include <stdint.h>

#include <xf86drmMode.h>

/*
 * A screen that shows dma-bufs, by any driver with KMS that can import them. Pixels are
 * XRGB8888, blue first. All return 0 or -errno.
 */

struct screen {
	int fd;
	uint32_t connector, crtc;
	drmModeModeInfo mode;
	uint32_t shown; /* framebuffer */
};

/* Takes the first screen of @node that has this size: /dev/dri/cardN, of no other program. */
int screen_open(struct screen *screen, const char *node, uint32_t width, uint32_t height);
void screen_close(struct screen *screen);

/* Makes a framebuffer of a dma-buf, which the caller may close. */
int screen_import(struct screen *screen, int dmabuf, uint32_t stride, uint32_t *ret_fb);

/* Forgets a framebuffer, which is better not shown. */
void screen_forget(struct screen *screen, uint32_t fb);

/* Shows a framebuffer, also after something was drawn into the one that is shown. */
int screen_show(struct screen *screen, uint32_t fb);

/* After something was drawn into a part of what is shown. */
int screen_redraw(struct screen *screen, drmModeClip part);

#endif /* DGEM_EXAMPLES_SCREEN_H */
