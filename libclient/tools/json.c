// SPDX-License-Identifier: MIT
#include <inttypes.h>

#include "json.h"
#include "text.h"

/* JSON is ASCII here, whatever the locale; beyond 16 bits there are pairs. */
static void put_code(FILE *file, uint32_t code)
{
	if (code == '"' || code == '\\')
		fprintf(file, "\\%c", (char)code);
	else if (code >= 0x20 && code < 0x7f)
		putc((int)code, file);
	else if (code < 0x10000)
		fprintf(file, "\\u%04" PRIx32, code);
	else
		fprintf(file, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (code >> 10),
			0xdc00 + (code & 0x3ff));
}

static void quoted(FILE *file, const char *text)
{
	uint32_t code;

	putc('"', file);
	while (*text) {
		text += text_decode(text, &code);
		put_code(file, code);
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
	if (value)
		quoted(json->file, value);
	else
		fputs("null", json->file);
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
