// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <unistd.h>

#include "json.h"
#include "size.h"
#include "tool.h"

struct alloc {
	struct dgem_bo_options options;
	const char *path;
	uint64_t size, hold;
	bool touch, json;
	uint32_t reason;
	uint64_t would_work;
};

static const char *reason_text(uint32_t reason)
{
	switch (reason) {
	case DRM_DGEM_REASON_SIZE:
		return "too large for this heap";
	case DRM_DGEM_REASON_MEMORY:
		return "not enough memory";
	default:
		return NULL;
	}
}

static int refuse(const struct alloc *alloc, int error)
{
	const char *why = reason_text(alloc->reason);
	char text[SIZE_TEXT];
	int status;

	if (error == -ENOENT)
		return complain(error, "heap %s", alloc->options.heap_name);
	status = complain(error, "allocate %s", size_format(alloc->size, text));
	if (why)
		fprintf(stderr, "dgem: reason: %s\n", why);
	if (alloc->would_work)
		fprintf(stderr, "dgem: %" PRIu64 " bytes (%s) would have worked\n",
			alloc->would_work, size_format(alloc->would_work, text));
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

static int show(struct dgem_device *dev, struct dgem_bo *bo, bool as_json)
{
	struct json json = { .file = stdout };
	char size[SIZE_TEXT], resident[SIZE_TEXT], huge[SIZE_TEXT];
	struct dgem_heap_info heap;
	struct dgem_bo_info info;
	int ret;

	ret = dgem_bo_get_info(bo, &info, sizeof(info));
	if (!ret)
		ret = dgem_heap_get_info(dev, info.heap, &heap, sizeof(heap));
	if (ret)
		return ret;
	if (!as_json) {
		printf("BO %" PRIu64 ": %" PRIu64 " bytes (%s) in heap %s, %s resident, %s huge\n",
		       info.id, info.size, size_format(info.size, size), heap.name,
		       size_format(info.resident, resident), size_format(info.huge, huge));
		return 0;
	}
	json_open(&json, NULL, '{');
	json_number(&json, "id", info.id);
	json_number(&json, "size", info.size);
	json_string(&json, "heap", heap.name);
	json_number(&json, "resident", info.resident);
	json_number(&json, "huge", info.huge);
	json_number(&json, "state", info.state);
	json_close(&json);
	return 0;
}

static int run(struct alloc *alloc)
{
	struct dgem_device *dev;
	struct dgem_bo *bo;
	int ret, status = STATUS_OK;

	ret = alloc->path ? dgem_device_open_path(alloc->path, &dev) : dgem_device_open(&dev);
	if (ret)
		return alloc->path ? complain(ret, "%s", alloc->path) : complain_no_device(ret);
	ret = dgem_bo_create(dev, alloc->size, &alloc->options, &bo);
	if (ret) {
		status = refuse(alloc, ret);
		goto out_device;
	}
	ret = alloc->touch ? touch(dev, bo) : 0;
	if (!ret)
		ret = show(dev, bo, alloc->json);
	if (ret)
		status = complain(ret, "use the BO");
	if (!ret && alloc->hold) {
		/* Whoever waits for the line must not wait for the end. */
		fflush(stdout);
		sleep((unsigned int)alloc->hold);
	}
	dgem_bo_unref(bo);
out_device:
	dgem_device_unref(dev);
	return status;
}

static int parse_option(struct alloc *alloc, int option)
{
	switch (option) {
	case 'H':
		alloc->options.heap_name = optarg;
		return 0;
	case 'p':
		alloc->options.flags |= DRM_DGEM_BO_POPULATE;
		return 0;
	case 't':
		alloc->touch = true;
		return 0;
	case 'l':
		alloc->options.label = optarg;
		return 0;
	case 's':
		return size_parse(optarg, &alloc->hold) || alloc->hold > INT32_MAX;
	case 'j':
		alloc->json = true;
		return 0;
	case 'd':
		alloc->path = optarg;
		return 0;
	default:
		return 1;
	}
}

int cmd_alloc(int argc, char **argv)
{
	static const struct option options[] = {
		{ "heap", required_argument, NULL, 'H' },
		{ "populate", no_argument, NULL, 'p' },
		{ "touch", no_argument, NULL, 't' },
		{ "label", required_argument, NULL, 'l' },
		{ "hold", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct alloc alloc = { .options = DGEM_BO_OPTIONS_INIT };
	int option;

	alloc.options.reason = &alloc.reason;
	alloc.options.reason_arg = &alloc.would_work;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help(), STATUS_OK;
		if (parse_option(&alloc, option))
			return usage_error("alloc: wrong option");
	}
	if (optind != argc - 1)
		return usage_error("alloc: exactly one SIZE is wanted");
	if (size_parse(argv[optind], &alloc.size))
		return usage_error("alloc: '%s' is not a size", argv[optind]);
	return run(&alloc);
}
