// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bo_line.h"
#include "clients.h"
#include "json.h"
#include "size.h"
#include "tool.h"

static void show_bo(const struct bo_line *bo, struct json *json)
{
	char size[SIZE_TEXT], resident[SIZE_TEXT], owner[BO_WORD + 24];

	snprintf(owner, sizeof(owner), "%" PRIu64 ":%s", bo->pid, bo->command);
	if (!json) {
		printf("%12" PRIu64 " %10s %10s %-12s %-22s %-18s %s\n", bo->id,
		       size_format(bo->size, size), size_format(bo->resident, resident), bo->heap,
		       bo->state, owner, bo->label);
		return;
	}
	json_open(json, NULL, '{');
	json_number(json, "id", bo->id);
	json_number(json, "size", bo->size);
	json_number(json, "resident", bo->resident);
	json_string(json, "heap", bo->heap);
	json_string(json, "state", bo->state);
	json_string(json, "owner", owner);
	json_string(json, "label", bo->label);
	json_close(json);
}

static int show_table(FILE *file, struct json *json)
{
	struct bo_line bo;
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	if (getline(&line, &room, file) < 0 || bo_line_check_header(line))
		ret = -EPROTO;
	while (!ret && getline(&line, &room, file) >= 0) {
		ret = bo_line_parse(line, &bo);
		if (!ret)
			show_bo(&bo, json);
	}
	free(line);
	return ret;
}

/* debugfs has a directory for each device node, by its minor number. */
static FILE *open_table(const char *node)
{
	struct stat status;
	char path[64];

	if (stat(node, &status))
		return NULL;
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_bos", minor(status.st_rdev));
	return fopen(path, "re");
}

static int list_device(const char *node, struct json *json)
{
	FILE *file = open_table(node);
	int ret;

	if (!file)
		return -errno;
	if (json) {
		json_open(json, NULL, '{');
		json_string(json, "node", node);
		json_open(json, "bos", '[');
	} else {
		printf("%s\n%12s %10s %10s %-12s %-22s %-18s %s\n", node, "ID", "SIZE", "RESIDENT",
		       "HEAP", "STATE", "OWNER", "LABEL");
	}
	ret = show_table(file, json);
	fclose(file);
	if (json) {
		json_close(json);
		json_close(json);
	}
	return ret;
}

static int list_devices(struct json *json)
{
	unsigned int index;
	char *path;
	int ret;

	if (json)
		json_open(json, "devices", '[');
	for (index = 0;; index++) {
		ret = dgem_device_find(index, &path);
		if (ret == -ENOENT)
			break;
		if (ret)
			return complain_no_device(ret);
		ret = list_device(path, json);
		if (ret)
			complain(ret, "table of BOs of %s in debugfs", path);
		free(path);
		if (ret)
			return ret == -EACCES ? STATUS_DENIED : STATUS_FAILED;
	}
	return index ? STATUS_OK : complain_no_device(-ENODEV);
}

static void show_client(const struct client *client, struct json *json)
{
	char total[SIZE_TEXT], resident[SIZE_TEXT], shared[SIZE_TEXT];
	const struct fdinfo *info = &client->info;
	unsigned int i;

	if (json) {
		json_open(json, NULL, '{');
		json_number(json, "pid", (uint64_t)client->pid);
		json_string(json, "command", client->command);
		json_number(json, "client", info->client);
		json_string(json, "name", info->name);
		json_open(json, "regions", '[');
	}
	for (i = 0; i < info->num_regions; i++) {
		const struct fdinfo_region *region = &info->regions[i];

		if (json) {
			json_open(json, NULL, '{');
			json_string(json, "region", region->name);
			json_number(json, "total", region->total);
			json_number(json, "resident", region->resident);
			json_number(json, "shared", region->shared);
			json_close(json);
		} else if (region->total) {
			printf("%8ld %-16s %8" PRIu64 " %-12s %10s %10s %10s\n", (long)client->pid,
			       client->command, info->client, region->name,
			       size_format(region->total, total),
			       size_format(region->resident, resident),
			       size_format(region->shared, shared));
		}
	}
	if (json) {
		json_close(json);
		json_close(json);
	}
}

static int list_clients(struct json *json)
{
	struct clients clients;
	size_t i;
	int ret;

	ret = clients_scan("/proc", getuid(), &clients);
	if (ret)
		return complain(ret, "/proc");
	if (json)
		json_open(json, "clients", '[');
	else
		printf("%8s %-16s %8s %-12s %10s %10s %10s\n", "PID", "COMMAND", "CLIENT", "HEAP",
		       "TOTAL", "RESIDENT", "SHARED");
	for (i = 0; i < clients.count; i++)
		show_client(&clients.list[i], json);
	clients_free(&clients);
	return STATUS_OK;
}

int cmd_ls(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "clients", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct json json = { .file = stdout }, *to = NULL;
	bool by_client = geteuid() != 0;
	int option, status;

	while ((option = getopt_long(argc, argv, "jch", options, NULL)) >= 0) {
		if (option == 'j')
			to = &json;
		else if (option == 'c')
			by_client = true;
		else if (option == 'h')
			return print_help(), STATUS_OK;
		else
			return usage_error("ls: wrong option");
	}
	if (optind != argc)
		return usage_error("ls: '%s' is too much", argv[optind]);

	if (to)
		json_open(to, NULL, '{');
	status = by_client ? list_clients(to) : list_devices(to);
	/* Also on failure, so that what is there is JSON. */
	if (to)
		json_close_to(to, 0);
	return status;
}
