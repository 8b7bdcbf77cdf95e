// SPDX-License-Identifier: MIT
#include <inttypes.h>

#include "json.h"

static void quoted(FILE *file, const char *text)
{
	putc('"', file);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			/* Bytes that are no ASCII mean themselves in Latin-1. */
			fprintf(file, "\\u%04x", c);
		else
			putc(c, file);
	}
	putc('"', file);
}

static void start_value(struct json *json, const char *name)
{
	unsigned int i;

	if (json->later)
		putc(',', json->file);
	if (json->depth)
		putc('\n', json->file);
	for (i = 0; i < json->depth; i++)
		putc('\t', json->file);
	if (name) {
		quoted(json->file, name);
		fputs(": ", json->file);
	}
	json->later = true;
}

void json_open(struct json *json, const char *name, char bracket)
{
	start_value(json, name);
	putc(bracket, json->file);
	json->open[json->depth++] = bracket;
	json->later = false;
}

void json_close(struct json *json)
{
	unsigned int i;

	json->depth--;
	if (json->later) {
		putc('\n', json->file);
		for (i = 0; i < json->depth; i++)
			putc('\t', json->file);
	}
	putc(json->open[json->depth] == '{' ? '}' : ']', json->file);
	json->later = true;
	if (!json->depth)
		putc('\n', json->file);
}

void json_close_to(struct json *json, unsigned int depth)
{
	while (json->depth > depth)
		json_close(json);
}

void json_string(struct json *json, const char *name, const char *value)
{
	start_value(json, name);
	quoted(json->file, value);
}

void json_number(struct json *json, const char *name, uint64_t value)
{
	start_value(json, name);
	fprintf(json->file, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *name, int64_t value)
{
	start_value(json, name);
	fprintf(json->file, "%" PRId64, value);
}
