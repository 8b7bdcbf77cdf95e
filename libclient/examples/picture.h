/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_PICTURE_H
#define DGEM_EXAMPLES_PICTURE_H

#include <stdint.h>

/* Writes a picture of 24-bit RGB. Returns 0 or -errno; leaves no half a file. */
int picture_save(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height,
		 uint32_t stride);

#endif /* DGEM_EXAMPLES_PICTURE_H */
