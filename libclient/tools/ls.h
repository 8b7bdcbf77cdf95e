/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_LS_H
#define DGEM_TOOL_LS_H

#include <stddef.h>

#include "clients.h"

struct json;

/* What ls shows. @json is NULL for tables. They return an exit status. */

/* Every BO of the device of @node, from debugfs. */
int ls_table(const char *node, struct json *json);

/* The BOs that @clients have handles of on the device of @node. */
int ls_handles(const char *node, const struct clients *clients, struct json *json);

/* The totals of @clients on the device of @node, or on all if it is NULL. */
int ls_clients(const char *node, const struct clients *clients, struct json *json);

/*
 * The BOs that @clients have handles of on the device of the node with this
 * number: each once, the one that was made first at the start. @ret_missing is
 * how many more there are that the driver does not tell one by one. Returns
 * -ENOMEM or 0; the array is to be freed by free().
 */
int ls_collect(const char *sysfs, dev_t node, const struct clients *clients,
	       struct bo_line **ret_bos, size_t *ret_count, uint64_t *ret_missing);

#endif /* DGEM_TOOL_LS_H */
