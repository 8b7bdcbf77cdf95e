// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bo_describe.h"
#include "names.h"

/* The driver's own words, from its table in debugfs. */
static const struct name states[] = {
	{ DRM_DGEM_BO_STATE_RESIDENT_PART, "resident" },
	{ DRM_DGEM_BO_STATE_RESIDENT_ALL, "all" },
	{ DRM_DGEM_BO_STATE_PINNED, "pinned" },
	{ DRM_DGEM_BO_STATE_IMPORTED, "imported" },
	{ DRM_DGEM_BO_STATE_EXPORTED, "exported" },
	{ DRM_DGEM_BO_STATE_PURGED, "purged" },
	{ 0, NULL },
};

static void append_word(void *context, const char *word)
{
	struct bo_line *bo = context;
	size_t length = strlen(bo->state);

	snprintf(bo->state + length, sizeof(bo->state) - length, "%s%s", length ? "," : "", word);
}

static int describe_heap(struct dgem_device *dev, uint32_t heap, struct bo_line *bo)
{
	struct dgem_heap_info info;
	int ret;

	if (heap == DRM_DGEM_HEAP_NONE) {
		strcpy(bo->heap, "-");
		return 0;
	}
	ret = dgem_heap_get_info(dev, heap, &info, sizeof(info));
	if (!ret)
		snprintf(bo->heap, sizeof(bo->heap), "%s", info.name);
	return ret;
}

int bo_describe(struct dgem_bo *bo, struct bo_line *ret_bo)
{
	struct bo_line line = { 0 };
	struct dgem_bo_info info;
	char *label;
	int ret;

	ret = dgem_bo_get_info(bo, &info, sizeof(info));
	if (!ret)
		ret = describe_heap(dgem_bo_device(bo), info.heap, &line);
	if (!ret)
		ret = dgem_bo_get_label(bo, &label);
	if (ret)
		return ret;

	snprintf(line.label, sizeof(line.label), "%s", label);
	free(label);
	line.id = info.id;
	line.size = info.size;
	line.resident = info.resident;
	line.huge = info.huge;
	each_name(states, info.state, append_word, &line);
	if (info.madv == DRM_DGEM_MADV_DONTNEED && !(info.state & DRM_DGEM_BO_STATE_PURGED))
		append_word(&line, "dontneed");
	if (!line.state[0])
		strcpy(line.state, "-");
	line.pid = (uint64_t)getpid();
	prctl(PR_GET_NAME, line.command);
	*ret_bo = line;
	return 0;
}
