/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_SIZE_H
#define DGEM_TOOL_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define SIZE_TEXT 24

/*
 * Reads a number of bytes: a decimal one, with or without a unit K, M, G, T, P
 * or E of 1024, or a hexadecimal one that begins with 0x. Returns 0, -EINVAL for
 * anything else, or -ERANGE.
 */
int size_parse(const char *text, uint64_t *ret_size);

/* Reads a decimal number up to @max. Returns 0, -EINVAL or -ERANGE. */
int number_parse(const char *text, uint64_t max, uint64_t *ret_number);

/* Writes a size for people, such as "1.5 MiB"; exact below 1 KiB. Returns @text. */
char *size_format(uint64_t size, char text[SIZE_TEXT]);

#endif /* DGEM_TOOL_SIZE_H */
