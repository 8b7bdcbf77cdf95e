/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_BO_LINE_H
#define DGEM_TOOL_BO_LINE_H

#include <stdint.h>

#include <drm/dgem_drm.h>

#define BO_WORD 64

/* A BO as a line of debugfs' dgem_bos tells of it, which is what dgem shows. */
struct bo_line {
	uint64_t id, size, resident, huge;
	char heap[BO_WORD]; /* "-" if imported */
	char state[BO_WORD]; /* words with commas between, or "-" */
	uint64_t pid; /* the owner */
	char command[BO_WORD];
	char label[DRM_DGEM_LABEL_MAX + 1];
};

/* The first line: the names of the columns. */
#define BO_LINE_HEADER "id size resident huge heap state owner label"

/* -EPROTO unless it is the header of a table that this program understands. */
int bo_line_check_header(const char *line);

/* Parses a line, with or without its newline. -EPROTO if it is not one of a BO. */
int bo_line_parse(const char *line, struct bo_line *ret_bo);

/*
 * Parses fdinfo's "dgem-bo-ID: VALUE". The key has the BO's number; there is no
 * owner, so its pid becomes 0 and its command "".
 */
int bo_line_parse_fdinfo(const char *id, const char *value, struct bo_line *ret_bo);

#endif /* DGEM_TOOL_BO_LINE_H */
