// SPDX-License-Identifier: MIT
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "screen.h"

/* A connector with a mode of this size, and the first CRTC that can feed it. */
static int try_connector(struct screen *screen, const drmModeRes *res,
			 const drmModeConnector *connector, uint32_t width, uint32_t height)
{
	drmModeEncoder *encoder;
	int i, crtc = -1;

	for (i = 0; i < connector->count_modes; i++)
		if (connector->modes[i].hdisplay == width && connector->modes[i].vdisplay == height)
			break;
	if (i == connector->count_modes || !connector->count_encoders)
		return -ENOENT;
	encoder = drmModeGetEncoder(screen->fd, connector->encoders[0]);
	if (encoder)
		crtc = __builtin_ffs((int)encoder->possible_crtcs) - 1;
	drmModeFreeEncoder(encoder);
	if (crtc < 0 || crtc >= res->count_crtcs)
		return -ENOENT;
	screen->connector = connector->connector_id;
	screen->crtc = res->crtcs[crtc];
	screen->mode = connector->modes[i];
	return 0;
}

int screen_open(struct screen *screen, const char *node, uint32_t width, uint32_t height)
{
	drmModeRes *res;
	int i, ret = -ENOENT;

	memset(screen, 0, sizeof(*screen));
	screen->fd = open(node, O_RDWR | O_CLOEXEC);
	if (screen->fd < 0)
		return -errno;
	res = drmModeGetResources(screen->fd);
	for (i = 0; res && ret && i < res->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(screen->fd, res->connectors[i]);

		if (connector)
			ret = try_connector(screen, res, connector, width, height);
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(res);
	if (ret)
		close(screen->fd);
	return ret;
}

void screen_close(struct screen *screen)
{
	/* Framebuffers go with the file. */
	close(screen->fd);
}

int screen_import(struct screen *screen, int dmabuf, uint32_t stride, uint32_t *ret_fb)
{
	uint32_t handles[4] = { 0 }, strides[4] = { stride }, offsets[4] = { 0 };
	int ret = drmPrimeFDToHandle(screen->fd, dmabuf, &handles[0]);

	if (ret)
		return -errno;
	ret = drmModeAddFB2(screen->fd, screen->mode.hdisplay, screen->mode.vdisplay,
			    DRM_FORMAT_XRGB8888, handles, strides, offsets, ret_fb, 0);
	/* The framebuffer keeps what it needs. */
	drmCloseBufferHandle(screen->fd, handles[0]);
	return ret;
}

void screen_forget(struct screen *screen, uint32_t fb)
{
	if (screen->shown == fb)
		screen->shown = 0;
	drmModeRmFB(screen->fd, fb);
}

int screen_show(struct screen *screen, uint32_t fb)
{
	drmModeClip all = { 0, 0, screen->mode.hdisplay, screen->mode.vdisplay };
	int ret;

	if (fb == screen->shown)
		return screen_redraw(screen, all);
	ret = drmModeSetCrtc(screen->fd, screen->crtc, fb, 0, 0, &screen->connector, 1,
			     &screen->mode);
	if (!ret)
		screen->shown = fb;
	return ret;
}

int screen_redraw(struct screen *screen, drmModeClip part)
{
	return drmModeDirtyFB(screen->fd, screen->shown, &part, 1);
}
