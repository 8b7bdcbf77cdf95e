/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_JSON_H
#define DGEM_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8

/*
 * A writer of JSON that puts commas and quotes where they belong. Names are
 * NULL inside arrays. The outermost value is opened without a name.
 */
struct json {
	FILE *file;
	char open[JSON_DEPTH]; /* brackets that are to be closed */
	unsigned int depth;
	bool later; /* something stands before, at this depth */
};

void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json);

/* Closes what is open down to this depth. */
void json_close_to(struct json *json, unsigned int depth);

/* A @value of NULL is null. What of it is not UTF-8 becomes U+FFFD. */
void json_string(struct json *json, const char *name, const char *value);
void json_number(struct json *json, const char *name, uint64_t value);
void json_signed(struct json *json, const char *name, int64_t value);

#endif /* DGEM_TOOL_JSON_H */
