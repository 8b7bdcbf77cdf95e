// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bo_show.h"
#include "json.h"
#include "ls.h"
#include "node.h"
#include "tool.h"

static int by_id_and_pid(const void *a, const void *b)
{
	const struct bo_line *left = a, *right = b;

	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Several files can have handles of one BO; the first process stands for all. */
static size_t drop_repeated(struct bo_line *bos, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (!kept || bos[i].id != bos[kept - 1].id)
			bos[kept++] = bos[i];
	return kept;
}

static void copy_bos(const struct client *client, struct bo_line *to)
{
	const struct fdinfo *info = &client->info;
	size_t i;

	for (i = 0; i < info->num_bos; i++) {
		to[i] = info->bos[i];
		to[i].pid = (uint64_t)client->pid;
		snprintf(to[i].command, sizeof(to[i].command), "%s", client->command);
	}
}

int ls_collect(const char *sysfs, dev_t node, const struct clients *clients,
	       struct bo_line **ret_bos, size_t *ret_count, uint64_t *ret_missing)
{
	uint64_t missing = 0;
	size_t i, count = 0;
	struct bo_line *bos;

	for (i = 0; i < clients->count; i++)
		count += clients->list[i].info.num_bos;
	bos = calloc(count ? count : 1, sizeof(*bos));
	if (!bos)
		return -ENOMEM;

	count = 0;
	for (i = 0; i < clients->count; i++) {
		const struct client *client = &clients->list[i];

		if (!node_same_device(sysfs, client->node, node))
			continue;
		copy_bos(client, bos + count);
		count += client->info.num_bos;
		missing += client->info.more_bos;
	}
	qsort(bos, count, sizeof(*bos), by_id_and_pid);
	*ret_bos = bos;
	*ret_count = drop_repeated(bos, count);
	*ret_missing = missing;
	return 0;
}

int ls_handles(const char *node, const struct clients *clients, struct json *json)
{
	struct bo_line *bos;
	uint64_t missing;
	size_t count, i;
	dev_t number;
	int ret;

	ret = node_number(node, &number);
	if (!ret)
		ret = ls_collect("/sys", number, clients, &bos, &count, &missing);
	if (ret)
		return complain(ret, "%s", node);

	bo_show_start(json, node);
	for (i = 0; i < count; i++)
		bo_show(json, &bos[i]);
	bo_show_end(json, missing);
	free(bos);
	return STATUS_OK;
}
