/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_NODE_H
#define DGEM_TOOL_NODE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether two nodes are of one device, such as its primary and its render node.
 * @sysfs is "/sys"; without it they are if they are the same node.
 */
bool node_same_device(const char *sysfs, dev_t one, dev_t other);

/* The number of a device node. Returns 0 or -errno. */
int node_number(const char *path, dev_t *ret_node);

#endif /* DGEM_TOOL_NODE_H */
