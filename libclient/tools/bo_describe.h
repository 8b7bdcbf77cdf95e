/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_BO_DESCRIBE_H
#define DGEM_TOOL_BO_DESCRIBE_H

#include <dgem.h>

#include "bo_line.h"

/* A BO of this process as the driver's table has it. Returns 0 or -errno. */
int bo_describe(struct dgem_bo *bo, struct bo_line *ret_bo);

#endif /* DGEM_TOOL_BO_DESCRIBE_H */
