// SPDX-License-Identifier: MIT
#include <errno.h>
#include <png.h>
#include <string.h>
#include <unistd.h>

#include "picture.h"

int picture_save(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height,
		 uint32_t stride)
{
	png_image image;

	memset(&image, 0, sizeof(image));
	image.version = PNG_IMAGE_VERSION;
	image.width = width;
	image.height = height;
	image.format = PNG_FORMAT_RGB;
	if (png_image_write_to_file(&image, path, 0, rgb, (png_int_32)stride, NULL))
		return 0;
	unlink(path);
	return -EIO;
}
