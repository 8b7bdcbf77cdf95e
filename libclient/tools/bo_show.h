/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_BO_SHOW_H
#define DGEM_TOOL_BO_SHOW_H

#include "bo_line.h"

struct json;

/*
 * A list of BOs as alloc and ls write it: in JSON, an element of "devices" with
 * the members "node", "bos" and "missing"; otherwise a table, and a line for the
 * BOs that are missing from it, if there are.
 */
void bo_show_start(struct json *json, const char *node);
void bo_show(struct json *json, const struct bo_line *bo);
void bo_show_end(struct json *json, uint64_t missing);

#endif /* DGEM_TOOL_BO_SHOW_H */
