// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"

/* Such files have no size to ask for: read until they end. */
char *observe_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t room = 0, len = 0;
	char *text = NULL, *more;
	ssize_t got;

	if (fd < 0)
		return NULL;
	do {
		if (room < len + 4096) {
			room = 2 * len + 8192;
			more = realloc(text, room);
			igt_assert(more);
			text = more;
		}
		got = read(fd, text + len, room - len - 1);
		if (got < 0)
			err = errno;
		else
			len += got;
	} while (got > 0);
	close(fd);
	if (err) {
		free(text);
		errno = err;
		return NULL;
	}
	text[len] = 0;
	return text;
}

char *observe_debugfs(int fd, const char *name)
{
	char path[128];
	struct stat st;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/%s", minor(st.st_rdev), name);
	return observe_file(path);
}

int observe_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The number after "key" and blanks at the start of a line, with its unit. */
static bool find_value(const char *text, const char *key, uint64_t *value)
{
	size_t len = strlen(key);
	const char *line = text;

	while (line && *line) {
		char unit[8] = "";
		unsigned long long number;

		if (!strncmp(line, key, len) && strchr(": \t", line[len]) &&
		    sscanf(line + len + strspn(line + len, ":"), " %llu %7s", &number, unit) >= 1) {
			if (!strcmp(unit, "KiB"))
				number <<= 10;
			else if (!strcmp(unit, "MiB"))
				number <<= 20;
			*value = number;
			return true;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return false;
}

bool observe_fdinfo(int fd, const char *key, uint64_t *value)
{
	char path[64], *text;
	bool found;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = observe_file(path);
	igt_assert(text);
	found = find_value(text, key, value);
	free(text);
	return found;
}

uint64_t fdinfo_value(int fd, const char *key)
{
	uint64_t value = 0;

	igt_assert_f(observe_fdinfo(fd, key, &value), "fdinfo has no key %s\n", key);
	return value;
}

long long observe_stat(int fd, const char *name)
{
	struct dgem_counters counters;

	dgem_counters_read(fd, &counters);
	return dgem_counter(&counters, name);
}

/* The last total: each dma-buf has one of its attachments. */
long observe_dmabufs(void)
{
	char *text = observe_file("/sys/kernel/debug/dma_buf/bufinfo"), *total, *next;
	char word[16] = "";
	long objects = -1;

	igt_assert(text);
	for (total = next = text; (next = strstr(next, "\nTotal ")); next++)
		total = next;
	igt_assert(sscanf(total, "\nTotal %ld %15[a-z]", &objects, word) == 2 &&
		   !strcmp(word, "objects"));
	free(text);
	return objects;
}

long observe_module_refs(const char *module)
{
	char path[128], *text;
	long refs;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	text = observe_file(path);
	if (!text)
		return -1;
	refs = strtol(text, NULL, 10);
	free(text);
	return refs;
}

static uint64_t file_value(const char *path, const char *key)
{
	char *text = observe_file(path);
	uint64_t value = 0;

	igt_assert(text);
	igt_assert_f(find_value(text, key, &value), "%s has no %s\n", path, key);
	free(text);
	return value;
}

bool observe_meminfo_has(const char *key, uint64_t *value)
{
	char *text = observe_file("/proc/meminfo");
	bool found;

	igt_assert(text);
	found = find_value(text, key, value);
	free(text);
	return found;
}

uint64_t observe_meminfo(const char *key)
{
	return file_value("/proc/meminfo", key);
}

uint64_t observe_free_memory(void)
{
	char *text = observe_file("/proc/zoneinfo"), *line, *save;
	uint64_t pages = 0, nr;

	igt_assert(text);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, " count: %" SCNu64, &nr) == 1)
			pages += nr;
	free(text);
	return observe_meminfo("MemFree") * 1024 + pages * sysconf(_SC_PAGESIZE);
}

uint64_t observe_vmstat(const char *prefix)
{
	char *text = observe_file("/proc/vmstat"), *line, *save;
	unsigned int lines = 0;
	uint64_t sum = 0;

	igt_assert(text);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		sum += strtoull(strchr(line, ' ') ?: "", NULL, 10);
		lines++;
	}
	free(text);
	igt_require_f(lines, "/proc/vmstat has no %s\n", prefix);
	return sum;
}

uint64_t observe_huge_page_size(void)
{
	char *text = observe_file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	uint64_t size = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	return size;
}

/* Huge entries for memory without struct page exist on these architectures only. */
uint64_t observe_huge_map_size(uint64_t chunk)
{
	uint64_t pmd = observe_huge_page_size();
	struct utsname name;

	igt_assert_eq(uname(&name), 0);
	if (strcmp(name.machine, "x86_64") && strcmp(name.machine, "aarch64"))
		return 0;
	return pmd <= chunk ? pmd : 0;
}

/* That function is built where the core calls .access of a VMA, and only there. */
bool observe_vma_access(void)
{
	char *symbols = observe_file("/proc/kallsyms");
	bool has;

	igt_assert(symbols);
	has = strstr(symbols, " generic_access_phys\n");
	free(symbols);
	return has;
}

void observe_require_vma_access(void)
{
	igt_require_f(observe_vma_access(), "this kernel does not call .access of a VMA\n");
}

long observe_minor_faults(void)
{
	struct rusage usage;

	igt_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt;
}

/* A kernel address is 16 digits that begin with ffff. */
void observe_no_address(const char *text)
{
	for (const char *at = text; (at = strstr(at, "ffff")); at++) {
		int digits = 0;

		while (isxdigit(at[digits]))
			digits++;
		igt_assert_f(digits < 16 || (at > text && isxdigit(at[-1])), "an address: %.16s\n",
			     at);
	}
}
