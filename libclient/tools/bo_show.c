// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bo_show.h"
#include "json.h"
#include "size.h"
#include "text.h"

void bo_show_start(struct json *json, const char *node)
{
	if (!json) {
		printf("%s\n%12s %10s %10s %-12s %-22s %-18s %s\n", node, "ID", "SIZE", "RESIDENT",
		       "HEAP", "STATE", "OWNER", "LABEL");
		return;
	}
	json_open(json, NULL, '{');
	json_string(json, "node", node);
	json_open(json, "bos", '[');
}

void bo_show_end(struct json *json, uint64_t missing)
{
	if (json) {
		json_close(json);
		json_number(json, "missing", missing);
		json_close(json);
	} else if (missing) {
		printf("and %" PRIu64 " more, which only root can see\n", missing);
	}
}

static void show_state(struct json *json, const char *state)
{
	char words[BO_WORD], *word, *save;

	strcpy(words, strcmp(state, "-") ? state : "");
	json_open(json, "state", '[');
	for (word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save))
		json_string(json, NULL, word);
	json_close(json);
}

static void show_json(struct json *json, const struct bo_line *bo)
{
	json_open(json, NULL, '{');
	json_number(json, "id", bo->id);
	json_number(json, "size", bo->size);
	json_number(json, "resident", bo->resident);
	json_number(json, "huge", bo->huge);
	json_string(json, "heap", strcmp(bo->heap, "-") ? bo->heap : NULL);
	show_state(json, bo->state);
	json_open(json, "owner", '{');
	json_number(json, "pid", bo->pid);
	json_string(json, "command", bo->command);
	json_close(json);
	json_string(json, "label", bo->label);
	json_close(json);
}

void bo_show(struct json *json, const struct bo_line *bo)
{
	char size[SIZE_TEXT], resident[SIZE_TEXT], owner[BO_WORD + 24];

	if (json) {
		show_json(json, bo);
		return;
	}
	snprintf(owner, sizeof(owner), "%" PRIu64 ":%s", bo->pid, bo->command);
	printf("%12" PRIu64 " %10s %10s %-12s %-22s %-18s %s\n", bo->id,
	       size_format(bo->size, size), size_format(bo->resident, resident), bo->heap,
	       bo->state, text_printable(owner), bo->label);
}
