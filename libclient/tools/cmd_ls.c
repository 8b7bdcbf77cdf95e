// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clients.h"
#include "json.h"
#include "ls.h"
#include "tool.h"

static const char help[] =
	"usage: dgem ls [OPTION...]\n"
	"Shows the buffer objects of this user's processes; all of them for root.\n"
	"\n"
	"  --clients        show what each open file has in total instead\n"
	"  --device NODE    only what is on the device of this node\n"
	"  --json           write JSON, with sizes in bytes\n"
	"  --help           show this\n";

/* @clients is NULL for root, who sees all BOs. */
static int list_device(const char *node, const struct clients *clients, struct json *json)
{
	return clients ? ls_handles(node, clients, json) : ls_table(node, json);
}

/* All devices, in the library's order. */
static int list_devices(const struct clients *clients, struct json *json)
{
	unsigned int index;
	char *path;
	int ret, status;

	for (index = 0;; index++) {
		ret = dgem_device_find(index, &path);
		if (ret == -ENOENT)
			break;
		if (ret)
			return complain_no_device(ret);
		status = list_device(path, clients, json);
		free(path);
		if (status)
			return status;
	}
	return index ? STATUS_OK : complain_no_device(-ENODEV);
}

static int list_bos(const char *node, const struct clients *clients, struct json *json)
{
	if (json)
		json_open(json, "devices", '[');
	return node ? list_device(node, clients, json) : list_devices(clients, json);
}

/* 0 if it is a node of dgem. */
static int check_node(const char *node)
{
	struct dgem_device *dev;
	int ret;

	ret = dgem_device_open_path(node, &dev);
	if (!ret)
		dgem_device_unref(dev);
	return ret;
}

static int list(const char *node, bool by_client, struct json *json)
{
	struct clients clients;
	int ret, status;

	ret = node ? check_node(node) : 0;
	if (ret)
		return complain(ret, "%s", node);
	if (!by_client && !geteuid())
		return list_bos(node, NULL, json);
	ret = clients_scan("/proc", geteuid(), &clients);
	if (ret)
		return complain(ret, "/proc");
	status = by_client ? ls_clients(node, &clients, json) : list_bos(node, &clients, json);
	clients_free(&clients);
	return status;
}

int cmd_ls(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "clients", no_argument, NULL, 'c' },
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct json json = { .file = stdout }, *to = NULL;
	const char *node = NULL;
	bool by_client = false;
	int option, status;

	if (wants_json(argc, argv, options))
		to = &json;
	complain_in(to);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == 'c')
			by_client = true;
		else if (option == 'd')
			node = optarg;
		else if (option == 'h')
			return fputs(help, stdout), STATUS_OK;
		else if (option != 'j')
			return wrong_option(argv);
	}
	if (optind != argc)
		return usage_error(argv, "extra operand '%s'", argv[optind]);

	if (to)
		json_open(to, NULL, '{');
	status = list(node, by_client, to);
	/* Also on failure, so that what is there is JSON. */
	if (to)
		json_close_to(to, 0);
	return status;
}
