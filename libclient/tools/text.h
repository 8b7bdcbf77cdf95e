/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_TEXT_H
#define DGEM_TOOL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Text of others, such as the name of a process, which may be any bytes: a
 * process can name itself so, and the kernel cuts names in the middle of a
 * character.
 */

#define TEXT_REPLACEMENT 0xfffd

/*
 * Takes a character of UTF-8 from @text, which does not end there. Returns its
 * bytes; of what is none, it takes one byte as TEXT_REPLACEMENT.
 */
size_t text_decode(const char *text, uint32_t *ret_code);

/*
 * Makes text fit for a terminal: a "?" in place of each byte of what is not
 * UTF-8 or controls the terminal. Returns @text.
 */
char *text_printable(char *text);

#endif /* DGEM_TOOL_TEXT_H */
