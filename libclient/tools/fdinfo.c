// SPDX-License-Identifier: MIT
/*
 * The keys are those of the kernel's Documentation/gpu/drm-usage-stats.rst, and
 * dgem's own, which begin with the driver's name.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdinfo.h"

#define MAX_KEY 64
#define MAX_VALUE 512

static const struct {
	const char *prefix;
	size_t offset;
} sizes[] = {
	{ "drm-total-", offsetof(struct fdinfo_region, total) },
	{ "drm-shared-", offsetof(struct fdinfo_region, shared) },
	{ "drm-resident-", offsetof(struct fdinfo_region, resident) },
	{ "drm-purgeable-", offsetof(struct fdinfo_region, purgeable) },
};

/* "KEY:<blanks>VALUE<newline>"; moves @text to the next line. */
static bool next_line(const char **text, char key[MAX_KEY], char value[MAX_VALUE])
{
	const char *line = *text, *colon, *start;
	size_t length = strcspn(line, "\n");

	*text = line + length + (line[length] == '\n');
	key[0] = '\0';
	value[0] = '\0';
	if (!*line)
		return false;
	colon = memchr(line, ':', length);
	if (!colon || colon - line >= MAX_KEY)
		return true;
	start = colon + 1;
	while (start < line + length && isblank((unsigned char)*start))
		start++;
	length = (size_t)(line + length - start);
	if (length >= MAX_VALUE)
		return true;
	memcpy(key, line, (size_t)(colon - line));
	key[colon - line] = '\0';
	memcpy(value, start, length);
	value[length] = '\0';
	return true;
}

static int parse_number(const char *value, const char **ret_rest, uint64_t *ret_number)
{
	uint64_t number;
	char *end;

	if (!isdigit((unsigned char)*value))
		return -EPROTO;
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno)
		return -EPROTO;
	*ret_rest = end;
	*ret_number = number;
	return 0;
}

static int parse_bytes(const char *value, uint64_t *ret_bytes)
{
	const char *unit;
	uint64_t number;
	unsigned int shift;

	if (parse_number(value, &unit, &number))
		return -EPROTO;
	if (!*unit)
		shift = 0;
	else if (!strcmp(unit, " KiB"))
		shift = 10;
	else if (!strcmp(unit, " MiB"))
		shift = 20;
	else
		return -EPROTO;
	if (number > UINT64_MAX >> shift)
		return -EPROTO;
	*ret_bytes = number << shift;
	return 0;
}

static struct fdinfo_region *region(struct fdinfo *info, const char *name)
{
	unsigned int i;

	for (i = 0; i < info->num_regions; i++)
		if (!strcmp(info->regions[i].name, name))
			return &info->regions[i];
	if (i == FDINFO_REGIONS || strlen(name) >= FDINFO_REGION_NAME)
		return NULL;
	strcpy(info->regions[i].name, name);
	info->num_regions++;
	return &info->regions[i];
}

static int take_size(struct fdinfo *info, const char *key, const char *value)
{
	struct fdinfo_region *into;
	size_t i, length;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		length = strlen(sizes[i].prefix);
		if (strncmp(key, sizes[i].prefix, length))
			continue;
		into = region(info, key + length);
		if (!into)
			return -EPROTO;
		return parse_bytes(value, (uint64_t *)((char *)into + sizes[i].offset));
	}
	return 0;
}

/* The room is always the power of two that the number needs. */
static int add_bo(struct fdinfo *info, const struct bo_line *bo)
{
	size_t count = info->num_bos;
	struct bo_line *bos;

	if (!(count & (count - 1))) {
		bos = realloc(info->bos, (count ? 2 * count : 1) * sizeof(*bos));
		if (!bos)
			return -ENOMEM;
		info->bos = bos;
	}
	info->bos[info->num_bos++] = *bo;
	return 0;
}

static int take_bo(struct fdinfo *info, const char *id, const char *value)
{
	struct bo_line bo;
	int ret;

	ret = bo_line_parse_fdinfo(id, value, &bo);
	return ret ? ret : add_bo(info, &bo);
}

static int take_line(struct fdinfo *info, const char *key, const char *value)
{
	static const char bo[] = "dgem-bo-";
	const char *rest;

	if (!strcmp(key, "drm-client-id"))
		return parse_number(value, &rest, &info->client);
	if (!strcmp(key, "drm-client-name")) {
		snprintf(info->name, sizeof(info->name), "%.*s", (int)sizeof(info->name) - 1,
			 value);
		return 0;
	}
	if (!strcmp(key, "dgem-more-bos"))
		return parse_number(value, &rest, &info->more_bos);
	if (!strncmp(key, bo, strlen(bo)))
		return take_bo(info, key + strlen(bo), value);
	return take_size(info, key, value);
}

int fdinfo_parse(const char *text, struct fdinfo *ret_info)
{
	char key[MAX_KEY], value[MAX_VALUE];
	bool ours = false, has_client = false;
	struct fdinfo info = { 0 };
	int ret = 0;

	while (!ret && next_line(&text, key, value)) {
		if (!strcmp(key, "drm-driver")) {
			ours = !strcmp(value, "dgem");
			if (!ours)
				break;
			continue;
		}
		has_client |= !strcmp(key, "drm-client-id");
		ret = take_line(&info, key, value);
	}
	if (!ours)
		ret = -ENODEV;
	else if (!ret && !has_client)
		ret = -EPROTO;
	if (ret) {
		fdinfo_free(&info);
		return ret;
	}
	*ret_info = info;
	return 0;
}

void fdinfo_free(struct fdinfo *info)
{
	free(info->bos);
}
