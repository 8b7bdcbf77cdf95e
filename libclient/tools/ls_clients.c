// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "ls.h"
#include "node.h"
#include "size.h"
#include "text.h"
#include "tool.h"

static void show_json(const struct client *client, struct json *json)
{
	const struct fdinfo *info = &client->info;
	unsigned int i;

	json_open(json, NULL, '{');
	json_number(json, "pid", (uint64_t)client->pid);
	json_string(json, "command", client->command);
	json_number(json, "client", info->client);
	json_string(json, "name", info->name);
	json_open(json, "regions", '[');
	for (i = 0; i < info->num_regions; i++) {
		const struct fdinfo_region *region = &info->regions[i];

		json_open(json, NULL, '{');
		json_string(json, "region", region->name);
		json_number(json, "total", region->total);
		json_number(json, "resident", region->resident);
		json_number(json, "shared", region->shared);
		json_number(json, "purgeable", region->purgeable);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}

static void show_lines(const struct client *client)
{
	char total[SIZE_TEXT], resident[SIZE_TEXT], shared[SIZE_TEXT], purgeable[SIZE_TEXT];
	char command[sizeof(client->command)];
	const struct fdinfo *info = &client->info;
	unsigned int i;

	snprintf(command, sizeof(command), "%s", client->command);
	text_printable(command);
	for (i = 0; i < info->num_regions; i++) {
		const struct fdinfo_region *region = &info->regions[i];

		if (!region->total)
			continue;
		printf("%8ld %-16s %8" PRIu64 " %-12s %10s %10s %10s %10s\n", (long)client->pid,
		       command, info->client, region->name, size_format(region->total, total),
		       size_format(region->resident, resident), size_format(region->shared, shared),
		       size_format(region->purgeable, purgeable));
	}
}

int ls_clients(const char *node, const struct clients *clients, struct json *json)
{
	dev_t number = 0;
	size_t i;
	int ret;

	ret = node ? node_number(node, &number) : 0;
	if (ret)
		return complain(ret, "%s", node);
	if (json)
		json_open(json, "clients", '[');
	else
		printf("%8s %-16s %8s %-12s %10s %10s %10s %10s\n", "PID", "COMMAND", "CLIENT",
		       "HEAP", "TOTAL", "RESIDENT", "SHARED", "PURGEABLE");
	for (i = 0; i < clients->count; i++) {
		if (node && !node_same_device("/sys", clients->list[i].node, number))
			continue;
		if (json)
			show_json(&clients->list[i], json);
		else
			show_lines(&clients->list[i]);
	}
	if (json)
		json_close(json);
	return STATUS_OK;
}
