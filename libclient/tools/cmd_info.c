// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "info_bus.h"
#include "json.h"
#include "names.h"
#include "size.h"
#include "tool.h"

static const char *const dma_policies[] = { "off", "rawio", "any", NULL };
static const char *const dma_translations[] = { "no", "lazily", "strictly", NULL };

static const struct param {
	uint32_t param;
	const char *name;
	enum { BYTES, LIMIT /* 0 stands for none */, COUNT, CHOICE } kind;
	const char *const *choices; /* by value, up to NULL */
} params[] = {
	{ DRM_DGEM_PARAM_MAX_BO_SIZE, "max_bo_size", BYTES, NULL },
	{ DRM_DGEM_PARAM_PAGE_SIZE, "page_size", BYTES, NULL },
	{ DRM_DGEM_PARAM_CHUNK_SIZE, "chunk_size", BYTES, NULL },
	{ DRM_DGEM_PARAM_HUGE_MAP_SIZE, "huge_map_size", BYTES, NULL },
	{ DRM_DGEM_PARAM_USER_LIMIT, "user_limit", LIMIT, NULL },
	{ DRM_DGEM_PARAM_USER_USED, "user_used", BYTES, NULL },
	{ DRM_DGEM_PARAM_SYSTEM_LIMIT, "system_limit", LIMIT, NULL },
	{ DRM_DGEM_PARAM_SYSTEM_USED, "system_used", BYTES, NULL },
	{ DRM_DGEM_PARAM_MMAP_LIMIT, "mmap_limit", LIMIT, NULL },
	{ DRM_DGEM_PARAM_MMAP_USED, "mmap_used", BYTES, NULL },
	{ DRM_DGEM_PARAM_SYNC_MAX_OPS, "sync_max_ops", COUNT, NULL },
	{ DRM_DGEM_PARAM_DMA_POLICY, "dma_policy", CHOICE, dma_policies },
	{ DRM_DGEM_PARAM_DMA_TRANSLATED, "dma_translated", CHOICE, dma_translations },
};
#define NUM_PARAMS (sizeof(params) / sizeof(params[0]))

static const struct name features[] = {
	{ 1ull << DRM_DGEM_FEATURE_BO_WAIT, "bo-wait" },
	{ 1ull << DRM_DGEM_FEATURE_BO_LABEL, "bo-label" },
	{ 1ull << DRM_DGEM_FEATURE_DYNAMIC_EXPORT, "dynamic-export" },
	{ 1ull << DRM_DGEM_FEATURE_LIMITS, "limits" },
	{ 1ull << DRM_DGEM_FEATURE_BO_MADVISE, "bo-madvise" },
	{ 1ull << DRM_DGEM_FEATURE_CONSTRAINTS, "constraints" },
	{ 1ull << DRM_DGEM_FEATURE_DIRECT_IO, "direct-io" },
	{ 1ull << DRM_DGEM_FEATURE_BO_SYNC, "bo-sync" },
	{ 1ull << DRM_DGEM_FEATURE_MAP_DMA, "map-dma" },
	{ 1ull << DRM_DGEM_FEATURE_DEVICE_MEMORY, "device-memory" },
	{ 0, NULL },
};
static const struct name caps[] = {
	{ DRM_DGEM_HEAP_CAP_SWAPPABLE, "swappable" },
	{ DRM_DGEM_HEAP_CAP_CHARGED, "charged" },
	{ DRM_DGEM_HEAP_CAP_PURGEABLE, "purgeable" },
	{ DRM_DGEM_HEAP_CAP_CONTIGUOUS, "contiguous" },
	{ DRM_DGEM_HEAP_CAP_PRESERVE, "preserve" },
	{ DRM_DGEM_HEAP_CAP_PRIVILEGED, "privileged" },
	{ 0, NULL },
};
static const struct name create_flags[] = {
	{ DRM_DGEM_BO_POPULATE, "populate" },
	{ DRM_DGEM_BO_WITH_MMAP_OFFSET, "with-mmap-offset" },
	{ DRM_DGEM_BO_FIXED, "fixed" },
	{ DRM_DGEM_BO_KEEP_CONTENTS, "keep-contents" },
	{ DRM_DGEM_BO_NUMA, "numa" },
	{ DRM_DGEM_BO_DIRECT_IO, "direct-io" },
	{ 0, NULL },
};

static void put_text(void *context, const char *text)
{
	(void)context;
	printf(" %s", text);
}

static void put_json(void *context, const char *text)
{
	json_string(context, NULL, text);
}

static void json_names(struct json *json, const char *name, const struct name *names, uint64_t bits)
{
	json_open(json, name, '[');
	each_name(names, bits, put_json, json);
	json_close(json);
}

static void json_heap(struct json *json, const struct dgem_heap_info *heap)
{
	json_open(json, NULL, '{');
	json_number(json, "heap", heap->heap);
	json_string(json, "name", heap->name);
	json_number(json, "kind", heap->kind);
	json_names(json, "caps", caps, heap->caps);
	json_names(json, "create_flags", create_flags, heap->create_flags);
	json_number(json, "size", heap->size);
	json_number(json, "used", heap->used);
	json_number(json, "largest_free", heap->largest_free);
	json_number(json, "max_bo_size", heap->max_bo_size);
	json_number(json, "granularity", heap->granularity);
	json_number(json, "addr_bits", heap->addr_bits);
	json_signed(json, "numa_node", heap->numa_node);
	json_close(json);
}

static void print_heap(const struct dgem_heap_info *heap)
{
	char used[SIZE_TEXT], size[SIZE_TEXT], grain[SIZE_TEXT];

	printf("  heap %" PRIu32 " %s: %s used of %s, in steps of %s;", heap->heap, heap->name,
	       size_format(heap->used, used),
	       heap->size ? size_format(heap->size, size) : "the system's memory",
	       size_format(heap->granularity, grain));
	each_name(caps, heap->caps, put_text, NULL);
	if (heap->addr_bits < 64)
		printf(", addresses of %" PRIu32 " bits", heap->addr_bits);
	if (heap->numa_node >= 0)
		printf(", node %" PRId32, heap->numa_node);
	putchar('\n');
}

static int show_heaps(struct dgem_device *dev, struct json *json)
{
	struct dgem_heap_info heap;
	uint64_t count, i;
	int ret;

	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_NUM_HEAPS, 0, &count);
	if (ret)
		return ret;
	if (json)
		json_open(json, "heaps", '[');
	for (i = 0; i < count; i++) {
		ret = dgem_heap_get_info(dev, (uint32_t)i, &heap, sizeof(heap));
		if (ret)
			return ret;
		if (json)
			json_heap(json, &heap);
		else
			print_heap(&heap);
	}
	if (json)
		json_close(json);
	return 0;
}

/* A later driver may have more of them. */
static const char *choice(const char *const *choices, uint64_t value)
{
	while (value && *choices) {
		choices++;
		value--;
	}
	return *choices ? *choices : "unknown";
}

static void print_param(const struct param *param, uint64_t value)
{
	char text[SIZE_TEXT];

	printf("  %s: ", param->name);
	if (param->kind == CHOICE)
		puts(choice(param->choices, value));
	else if (param->kind == COUNT)
		printf("%" PRIu64 "\n", value);
	else if (param->kind == LIMIT && !value)
		puts("none, or this user is exempt");
	else
		printf("%" PRIu64 " (%s)\n", value, size_format(value, text));
}

static void json_param(struct json *json, const struct param *param, uint64_t value)
{
	if (param->kind == CHOICE)
		json_string(json, param->name, choice(param->choices, value));
	else
		json_number(json, param->name, value);
}

static int show_params(struct dgem_device *dev, struct json *json)
{
	uint64_t value;
	size_t i;
	int ret;

	for (i = 0; i < NUM_PARAMS; i++) {
		ret = dgem_device_get_param(dev, params[i].param, 0, &value);
		if (ret == -EINVAL) /* A driver that is older than this command. */
			continue;
		if (ret)
			return ret;
		if (json)
			json_param(json, &params[i], value);
		else
			print_param(&params[i], value);
	}
	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_FEATURES, 0, &value);
	if (ret)
		return ret;
	if (json) {
		json_names(json, "features", features, value);
	} else {
		printf("  features:");
		each_name(features, value, put_text, NULL);
		putchar('\n');
	}
	return 0;
}

static int show_device(const char *path, struct json *json)
{
	struct dgem_device *dev;
	int ret;

	ret = dgem_device_open_path(path, &dev);
	if (ret)
		return ret;
	if (json) {
		json_open(json, NULL, '{');
		json_string(json, "node", path);
	} else {
		printf("%s\n", path);
	}
	ret = show_params(dev, json);
	if (!ret)
		ret = info_bus(dev, path, json);
	if (!ret)
		ret = show_heaps(dev, json);
	if (json)
		json_close(json);
	dgem_device_unref(dev);
	return ret;
}

static int show(const char *path, struct json *json)
{
	int ret = show_device(path, json);

	return ret ? complain(ret, "%s", path) : STATUS_OK;
}

/* All devices, in the library's order. */
static int show_devices(struct json *json)
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
		status = show(path, json);
		free(path);
		if (status)
			return status;
	}
	return index ? STATUS_OK : complain_no_device(-ENODEV);
}

static const char help[] =
	"usage: dgem info [OPTION...]\n"
	"Shows devices, their parameters and their heaps.\n"
	"\n"
	"  --device NODE    only the device of this node, such as /dev/dri/card0\n"
	"  --json           write JSON, with sizes in bytes\n"
	"  --help           show this\n";

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct json json = { .file = stdout }, *to = NULL;
	const char *path = NULL;
	int option, status;

	if (wants_json(argc, argv, options))
		to = &json;
	complain_in(to);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == 'd')
			path = optarg;
		else if (option == 'h')
			return fputs(help, stdout), STATUS_OK;
		else if (option != 'j')
			return wrong_option(argv);
	}
	if (optind != argc)
		return usage_error(argv, "extra operand '%s'", argv[optind]);

	if (to) {
		json_open(to, NULL, '{');
		json_open(to, "devices", '[');
	}
	status = path ? show(path, to) : show_devices(to);
	/* Also on failure, so that what is there is JSON. */
	if (to)
		json_close_to(to, 0);
	return status;
}
