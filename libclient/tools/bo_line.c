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

int bo_line_parse(const char *line, struct bo_line *ret_bo)
{
	struct bo_line bo;
	size_t length;

	if (take_number(&line, &bo.id) || take_number(&line, &bo.size) ||
	    take_number(&line, &bo.resident) || take_number(&line, &bo.huge) ||
	    take_word(&line, bo.heap) || take_word(&line, bo.state) || take_word(&line, bo.owner))
		return -EPROTO;
	length = line_length(line);
	if (length > DRM_DGEM_LABEL_MAX)
		return -EPROTO;
	memcpy(bo.label, line, length);
	bo.label[length] = '\0';
	*ret_bo = bo;
	return 0;
}
