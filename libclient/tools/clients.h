/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_CLIENTS_H
#define DGEM_TOOL_CLIENTS_H

#include <stddef.h>
#include <sys/types.h>

#include "fdinfo.h"

/* An open dgem file and the first process that has it. */
struct client {
	pid_t pid;
	char command[32];
	dev_t node; /* that was opened, 0 if that cannot be told */
	struct fdinfo info;
};

struct clients {
	struct client *list;
	size_t count, room;
};

/*
 * Looks through the processes under @proc, which is "/proc", that belong to
 * @uid, or through all if @uid is 0. A file that several descriptors or
 * processes share is listed once. What cannot be read is passed over. Returns 0
 * or -errno; the list is to be freed by clients_free().
 */
int clients_scan(const char *proc, uid_t uid, struct clients *ret_clients);
void clients_free(struct clients *clients);

#endif /* DGEM_TOOL_CLIENTS_H */
