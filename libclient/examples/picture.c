// SPDX-License-Identifier: MIT
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "picture.h"

static int save_png(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height,
		    uint32_t stride)
{
	png_image image;

	memset(&image, 0, sizeof(image));
	image.version = PNG_IMAGE_VERSION;
	image.width = width;
	image.height = height;
	image.format = PNG_FORMAT_RGB;
	return png_image_write_to_file(&image, path, 0, rgb, (png_int_32)stride, NULL) ? 0 : -EIO;
}

static int save_raw(const char *path, const uint8_t *pixels, size_t size)
{
	FILE *file = fopen(path, "we");
	size_t written = file ? fwrite(pixels, 1, size, file) : 0;

	return !file || fclose(file) || written != size ? -EIO : 0;
}

int picture_save(const char *path, const uint8_t *pixels, uint32_t bytes, uint32_t width,
		 uint32_t height, uint32_t stride)
{
	int ret;

	if (bytes == 3)
		ret = save_png(path, pixels, width, height, stride);
	else
		ret = save_raw(path, pixels, (size_t)stride * height);
	if (ret)
		unlink(path);
	return ret;
}
