// SPDX-License-Identifier: MIT
/*
 * Shows a picture that lies in a BO: the screen's driver imports the BO and reads it in
 * place. A line on the standard input lowers a black curtain to the middle, and the
 * next one ends.
 */
#include <dgem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "screen.h"

#define WIDTH 640
#define HEIGHT 480
#define STRIDE (4 * WIDTH)
#define SIZE (HEIGHT * STRIDE)

static int load(struct dgem_bo *bo, const char *path, void **ret_map)
{
	FILE *file = fopen(path, "re");
	int ret = dgem_bo_map(bo, ret_map);

	if (!ret && (!file || fread(*ret_map, 1, SIZE, file) != SIZE))
		ret = -EIO;
	if (file)
		fclose(file);
	return ret;
}

/* Whoever draws into what is shown has to say so: many screens show a copy. */
static int lower_curtain(struct screen *screen, struct dgem_bo *bo, void *map)
{
	drmModeClip upper = { 0, 0, WIDTH, HEIGHT / 2 };
	int ret = dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE);

	if (ret)
		return ret;
	memset(map, 0, SIZE / 2);
	ret = dgem_bo_end_access(bo, DGEM_ACCESS_WRITE);
	return ret ?: screen_redraw(screen, upper);
}

int main(int argc, char **argv)
{
	struct dgem_device *dev;
	struct screen screen;
	struct dgem_bo *bo;
	int dmabuf, ret;
	uint32_t fb;
	void *map;

	if (argc != 3)
		return fputs("usage: display /dev/dri/cardN PICTURE\n", stderr), 2;
	ret = dgem_device_open(&dev);
	ret = ret ?: dgem_bo_create(dev, SIZE, NULL, &bo);
	ret = ret ?: load(bo, argv[2], &map);
	ret = ret ?: dgem_bo_export(bo, O_RDWR, &dmabuf);
	ret = ret ?: screen_open(&screen, argv[1], WIDTH, HEIGHT);
	ret = ret ?: screen_import(&screen, dmabuf, STRIDE, &fb);
	ret = ret ?: screen_show(&screen, fb);
	if (!ret && puts("the picture is shown") > 0 && !fflush(stdout) && getchar() > 0)
		ret = lower_curtain(&screen, bo, map);
	if (ret)
		return fprintf(stderr, "display: %s\n", strerror(-ret)), 1;
	puts("the curtain is down");
	fflush(stdout);
	getchar();
	screen_close(&screen);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	return 0;
}
