/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_PICTURE_H
#define DGEM_EXAMPLES_PICTURE_H

#include <stdint.h>

/*
 * Writes a picture whose pixels have 3 bytes, red first, as PNG, and one of 4 bytes as it
 * lies in memory. Returns 0 or -errno; leaves no half a file.
 */
int picture_save(const char *path, const uint8_t *pixels, uint32_t bytes, uint32_t width,
		 uint32_t height, uint32_t stride);

#endif /* DGEM_EXAMPLES_PICTURE_H */
