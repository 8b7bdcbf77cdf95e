// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bo_line.h"

static size_t line_length(const char *line)
{
	return strcspn(line, "\n");
}

int bo_line_check_header(const char *line)
{
	if (line_length(line) != strlen(BO_LINE_HEADER) ||
	    strncmp(line, BO_LINE_HEADER, strlen(BO_LINE_HEADER)))
		return -EPROTO;
	return 0;
}

/* Each column ends with one blank; the label is what comes after the last. */
static int take_word(const char **line, char *ret_word)
{
	size_t length = strcspn(*line, " \n");

	if (!length || length >= BO_WORD || (*line)[length] != ' ')
		return -EPROTO;
	memcpy(ret_word, *line, length);
	ret_word[length] = '\0';
	*line += length + 1;
	return 0;
}

static int take_number(const char **line, uint64_t *ret_number)
{
	uint64_t number;
	char *end;

	if (!isdigit((unsigned char)**line))
		return -EPROTO;
	errno = 0;
	number = strtoull(*line, &end, 10);
	if (errno || *end != ' ')
		return -EPROTO;
	*line = end + 1;
	*ret_number = number;
	return 0;
}

/* Size, resident, huge, heap and state. */
static int take_middle(const char **text, struct bo_line *bo)
{
	if (take_number(text, &bo->size) || take_number(text, &bo->resident) ||
	    take_number(text, &bo->huge) || take_word(text, bo->heap) || take_word(text, bo->state))
		return -EPROTO;
	return 0;
}

/* "PID:COMMAND", where the command may have colons itself. */
static int take_owner(const char **text, struct bo_line *bo)
{
	char owner[BO_WORD], *end;

	if (take_word(text, owner) || !isdigit((unsigned char)owner[0]))
		return -EPROTO;
	errno = 0;
	bo->pid = strtoull(owner, &end, 10);
	if (errno || *end != ':')
		return -EPROTO;
	strcpy(bo->command, end + 1);
	return 0;
}

static int take_label(const char *text, struct bo_line *bo)
{
	size_t length = line_length(text);

	if (length > DRM_DGEM_LABEL_MAX)
		return -EPROTO;
	memcpy(bo->label, text, length);
	bo->label[length] = '\0';
	return 0;
}

int bo_line_parse(const char *line, struct bo_line *ret_bo)
{
	struct bo_line bo;

	if (take_number(&line, &bo.id) || take_middle(&line, &bo) || take_owner(&line, &bo) ||
	    take_label(line, &bo))
		return -EPROTO;
	*ret_bo = bo;
	return 0;
}

int bo_line_parse_fdinfo(const char *id, const char *value, struct bo_line *ret_bo)
{
	struct bo_line bo = { 0 };
	char *end;

	if (!isdigit((unsigned char)*id))
		return -EPROTO;
	errno = 0;
	bo.id = strtoull(id, &end, 10);
	if (errno || *end || take_middle(&value, &bo) || take_label(value, &bo))
		return -EPROTO;
	*ret_bo = bo;
	return 0;
}
