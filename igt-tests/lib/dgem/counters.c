// SPDX-License-Identifier: MIT
/* What the driver counts, before and after. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

/* How often something happened. Others, like faults, happen at any time. */
static const char *const events[] = {
	"attaches", "maps", "remaps", "vmaps", "cpu_accesses",
};

static void read_levels(int fd, struct level_values *values)
{
	struct levels l;

	levels_open(&l, fd);
	l.files = true;
	levels_read(&l, values);
	levels_close(&l);
}

static void assert_same_levels(int fd, const struct level_values *before)
{
	struct levels l;

	levels_open(&l, fd);
	l.files = true;
	l.may_evict = true;
	levels_assert_same(&l, before);
	levels_close(&l);
}

void dgem_counters_read(int fd, struct dgem_counters *counters)
{
	char *text, *line, *save;

	memset(counters, 0, sizeof(*counters));
	read_levels(fd, &counters->levels);
	if (geteuid())
		return;
	text = observe_debugfs(fd, "dgem_stats");
	igt_assert(text);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		igt_assert(value);
		igt_assert_lt(counters->num_stats, DGEM_MAX_STATS);
		*value++ = '\0';
		snprintf(counters->stats[counters->num_stats].name, sizeof(counters->stats[0].name),
			 "%s", line);
		counters->stats[counters->num_stats++].value = atoll(value);
	}
	free(text);
	igt_assert_lt(0, counters->num_stats);
}

static const long long *find(const struct dgem_counters *counters, const char *name)
{
	for (unsigned int i = 0; i < counters->num_stats; i++)
		if (!strcmp(counters->stats[i].name, name))
			return &counters->stats[i].value;
	return NULL;
}

long long dgem_counter(const struct dgem_counters *counters, const char *name)
{
	const long long *value = find(counters, name);

	igt_assert_f(value, "dgem_stats has no \"%s\".\n", name);
	return *value;
}

void dgem_counters_assert_same(int fd, const struct dgem_counters *before)
{
	struct dgem_counters now;

	assert_same_levels(fd, &before->levels);
	if (!before->num_stats)
		return;
	dgem_counters_read(fd, &now);
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		igt_assert_f(dgem_counter(&now, events[i]) == dgem_counter(before, events[i]),
			     "%s: %lld, was %lld\n", events[i], dgem_counter(&now, events[i]),
			     dgem_counter(before, events[i]));
}

struct level_values *dgem_levels_begin(int fd)
{
	static struct level_values before;

	read_levels(fd, &before);
	return &before;
}

struct level_values *dgem_levels_end(int fd, const struct level_values *before)
{
	assert_same_levels(fd, before);
	return NULL;
}
