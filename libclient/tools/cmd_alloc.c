// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "bo_describe.h"
#include "bo_show.h"
#include "json.h"
#include "size.h"
#include "tool.h"

#define MAX_HOLD INT32_MAX

static const char help[] =
	"usage: dgem alloc SIZE [OPTION...]\n"
	"Creates a buffer object, shows what it is, and keeps it for a while.\n"
	"\n"
	"  --heap NAME      take its memory from this heap; dgem info shows their names\n"
	"  --populate       have all memory allocated at creation\n"
	"  --touch          write to each page\n"
	"  --align SIZE     begin at an address that is a multiple of this\n"
	"  --boundary SIZE  cross no address that is a multiple of this\n"
	"  --addr-bits N    have addresses that fit into so many bits\n"
	"  --node N         have memory of this NUMA node\n"
	"  --offset SIZE    have the memory so many bytes from the start of its heap\n"
	"  --keep           leave what the memory contains, instead of zeroing it\n"
	"  --label TEXT     label it, with up to 255 characters of printable ASCII\n"
	"  --hold SECONDS   keep it for so many whole seconds\n"
	"  --device NODE    on the device of this node, instead of the default one\n"
	"  --json           write JSON, with sizes in bytes\n"
	"  --help           show this\n"
	"\n"
	"SIZE is in bytes: a decimal number, with or without K, M, G, T, P or E for units\n"
	"of 1024, or a hexadecimal one that begins with 0x.\n";

struct alloc {
	struct dgem_bo_options options;
	const char *path;
	uint64_t size, hold;
	bool touch;
	struct json *json;
	uint32_t reason;
	uint64_t would_work;
};

/* By their numbers; documented in dgem(1), so they stay. */
static const char *const reasons[] = {
	[DRM_DGEM_REASON_SIZE] = "size",
	[DRM_DGEM_REASON_MEMORY] = "memory",
	[DRM_DGEM_REASON_USER_LIMIT] = "user-limit",
	[DRM_DGEM_REASON_MMAP_SPACE] = "mmap-space",
	[DRM_DGEM_REASON_FULL] = "full",
	[DRM_DGEM_REASON_FRAGMENTED] = "fragmented",
	[DRM_DGEM_REASON_ADDR_LIMIT] = "addr-limit",
	[DRM_DGEM_REASON_NODE] = "node",
};

static int refuse(struct dgem_device *dev, const struct alloc *alloc, int error)
{
	const bool known = alloc->reason < sizeof(reasons) / sizeof(reasons[0]);
	char size[SIZE_TEXT];
	char *sentence;
	int status;

	if (dgem_explain_create(dev, alloc->size, &alloc->options, error, &sentence)) {
		status = complain(error, "allocate %s", size_format(alloc->size, size));
	} else {
		status = fail(error, "%s", sentence);
		free(sentence);
	}
	if (alloc->json) {
		json_string(alloc->json, "reason", known ? reasons[alloc->reason] : NULL);
		json_number(alloc->json, "would_work", alloc->would_work);
	}
	return status;
}

/* One byte in each page, so that all of it is resident. */
static int touch(struct dgem_device *dev, struct dgem_bo *bo)
{
	uint64_t page, offset;
	void *ptr;
	int ret;

	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_PAGE_SIZE, 0, &page);
	if (!ret)
		ret = dgem_bo_map(bo, &ptr);
	if (ret)
		return ret;
	for (offset = 0; offset < dgem_bo_size(bo); offset += page)
		((volatile char *)ptr)[offset] = 0;
	dgem_bo_unmap(bo);
	return 0;
}

static int show(struct dgem_bo *bo, const char *node, struct json *json)
{
	char size[SIZE_TEXT], resident[SIZE_TEXT], huge[SIZE_TEXT];
	struct bo_line line;
	int ret;

	ret = bo_describe(bo, &line);
	if (ret)
		return ret;
	if (!json) {
		printf("BO %" PRIu64 ": %" PRIu64 " bytes (%s) in heap %s, %s resident, %s huge\n",
		       line.id, line.size, size_format(line.size, size), line.heap,
		       size_format(line.resident, resident), size_format(line.huge, huge));
		return 0;
	}
	bo_show_start(json, node);
	bo_show(json, &line);
	bo_show_end(json, 0);
	return 0;
}

static int use(struct dgem_device *dev, const char *node, struct alloc *alloc)
{
	struct dgem_bo *bo;
	int ret;

	ret = dgem_bo_create(dev, alloc->size, &alloc->options, &bo);
	if (ret)
		return refuse(dev, alloc, ret);
	ret = alloc->touch ? touch(dev, bo) : 0;
	if (!ret)
		ret = show(bo, node, alloc->json);
	if (!ret && alloc->hold) {
		/* The reader of a pipe gets the line before the time of --hold. */
		if (alloc->json)
			json_close_to(alloc->json, 0);
		fflush(stdout);
		sleep((unsigned int)alloc->hold);
	}
	dgem_bo_unref(bo);
	return ret ? complain(ret, "use the BO") : STATUS_OK;
}

static int run(struct alloc *alloc)
{
	struct dgem_device *dev;
	char *found = NULL;
	int ret, status;

	ret = alloc->path ? 0 : dgem_device_find(0, &found);
	if (!ret)
		ret = dgem_device_open_path(alloc->path ? alloc->path : found, &dev);
	if (ret) {
		free(found);
		return alloc->path ? complain(ret, "%s", alloc->path) : complain_no_device(ret);
	}
	status = use(dev, alloc->path ? alloc->path : found, alloc);
	dgem_device_unref(dev);
	free(found);
	return status;
}

static int run_in_json(struct alloc *alloc)
{
	int status;

	json_open(alloc->json, NULL, '{');
	json_open(alloc->json, "devices", '[');
	status = run(alloc);
	json_close_to(alloc->json, 0);
	return status;
}

static int parse_size(char **argv, const char *text, uint64_t *ret_size)
{
	switch (size_parse(text, ret_size)) {
	case 0:
		return STATUS_OK;
	case -ERANGE:
		return usage_error(argv, "'%s' is too large: a size is less than 16E", text);
	default:
		return usage_error(argv,
				   "'%s' is not a size, which is in bytes: a decimal number, with"
				   " or without K, M, G, T, P or E for units of 1024, or a"
				   " hexadecimal one that begins with 0x",
				   text);
	}
}

static int parse_hold(char **argv, const char *text, uint64_t *ret_hold)
{
	if (!number_parse(text, MAX_HOLD, ret_hold))
		return STATUS_OK;
	return usage_error(argv, "--hold takes whole seconds, from 0 to %d, not '%s'", MAX_HOLD,
			   text);
}

static int parse_addr_bits(char **argv, const char *text, uint32_t *ret_bits)
{
	uint64_t bits;

	if (number_parse(text, 64, &bits) || bits < 12)
		return usage_error(argv, "--addr-bits takes a number from 12 to 64, not '%s'",
				   text);
	*ret_bits = (uint32_t)bits;
	return STATUS_OK;
}

static int parse_node(char **argv, const char *text, int32_t *ret_node)
{
	uint64_t node;

	if (number_parse(text, INT32_MAX, &node))
		return usage_error(argv, "--node takes the number of a node, not '%s'", text);
	*ret_node = (int32_t)node;
	return STATUS_OK;
}

static int parse_label(char **argv, const char *text, const char **ret_label)
{
	const char *at;

	for (at = text; *at >= ' ' && *at <= '~'; at++)
		;
	if (*at)
		return usage_error(argv, "--label takes printable ASCII only, not '%s'", text);
	if (at - text > DRM_DGEM_LABEL_MAX)
		return usage_error(argv, "--label takes up to %d characters, not %zu",
				   DRM_DGEM_LABEL_MAX, (size_t)(at - text));
	*ret_label = text;
	return STATUS_OK;
}

/* The options that say where the memory has to lie, or another. */
static int parse_constraint(struct dgem_bo_options *options, int option, char **argv)
{
	switch (option) {
	case 'a':
		return parse_size(argv, optarg, &options->align);
	case 'b':
		return parse_size(argv, optarg, &options->boundary);
	case 'A':
		return parse_addr_bits(argv, optarg, &options->addr_bits);
	case 'n':
		options->flags |= DRM_DGEM_BO_NUMA;
		return parse_node(argv, optarg, &options->numa_node);
	case 'o':
		options->flags |= DRM_DGEM_BO_FIXED;
		return parse_size(argv, optarg, &options->heap_offset);
	case 'k':
		options->flags |= DRM_DGEM_BO_KEEP_CONTENTS;
		return STATUS_OK;
	default:
		return wrong_option(argv);
	}
}

static int parse_option(struct alloc *alloc, int option, char **argv)
{
	switch (option) {
	case 'H':
		alloc->options.heap_name = optarg;
		return STATUS_OK;
	case 'p':
		alloc->options.flags |= DRM_DGEM_BO_POPULATE;
		return STATUS_OK;
	case 't':
		alloc->touch = true;
		return STATUS_OK;
	case 'l':
		return parse_label(argv, optarg, &alloc->options.label);
	case 's':
		return parse_hold(argv, optarg, &alloc->hold);
	case 'd':
		alloc->path = optarg;
		return STATUS_OK;
	case 'j':
		return STATUS_OK;
	default:
		return parse_constraint(&alloc->options, option, argv);
	}
}

int cmd_alloc(int argc, char **argv)
{
	static const struct option options[] = {
		{ "heap", required_argument, NULL, 'H' },
		{ "populate", no_argument, NULL, 'p' },
		{ "touch", no_argument, NULL, 't' },
		{ "align", required_argument, NULL, 'a' },
		{ "boundary", required_argument, NULL, 'b' },
		{ "addr-bits", required_argument, NULL, 'A' },
		{ "node", required_argument, NULL, 'n' },
		{ "offset", required_argument, NULL, 'o' },
		{ "keep", no_argument, NULL, 'k' },
		{ "label", required_argument, NULL, 'l' },
		{ "hold", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct alloc alloc = { .options = DGEM_BO_OPTIONS_INIT };
	struct json json = { .file = stdout };
	int option, status;

	alloc.options.reason = &alloc.reason;
	alloc.options.reason_arg = &alloc.would_work;
	if (wants_json(argc, argv, options))
		alloc.json = &json;
	complain_in(alloc.json);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == 'h')
			return fputs(help, stdout), STATUS_OK;
		status = parse_option(&alloc, option, argv);
		if (status)
			return status;
	}
	if (optind != argc - 1)
		return usage_error(argv, "exactly one SIZE is expected");
	status = parse_size(argv, argv[optind], &alloc.size);
	if (status)
		return status;
	return alloc.json ? run_in_json(&alloc) : run(&alloc);
}
