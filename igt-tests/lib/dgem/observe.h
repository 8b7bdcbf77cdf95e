/* SPDX-License-Identifier: MIT */
#ifndef DGEM_OBSERVE_H
#define DGEM_OBSERVE_H

/* What the kernel tells about a driver, read from outside of its ioctls. */

#include <stdbool.h>
#include <stdint.h>

/* The whole of a file that the kernel makes up; NULL with errno. Free it. */
char *observe_file(const char *path);

/* The whole of file @name in the debugfs directory of the DRM device behind @fd. */
char *observe_debugfs(int fd, const char *name);

/* Writes @text to @path; 0 or -errno. */
int observe_write(const char *path, const char *text);

/* Bytes (or the bare number) of a key in a DRM file's fdinfo. */
bool observe_fdinfo(int fd, const char *key, uint64_t *value);
uint64_t fdinfo_value(int fd, const char *key);

/* One statistic of dgem_stats; the test fails where it is missing. */
long long observe_stat(int fd, const char *name);

/* dma-bufs of the whole system, by debugfs. */
long observe_dmabufs(void);

/* The reference count of a module, -1 when it is not loaded. */
long observe_module_refs(const char *module);

/* A line of /proc/meminfo, in KiB. */
uint64_t observe_meminfo(const char *key);
bool observe_meminfo_has(const char *key, uint64_t *value);

/*
 * Bytes that are free, with those on the lists of the processors, which MemFree leaves
 * out, and which may be an eighth of RAM after much was freed page by page.
 */
uint64_t observe_free_memory(void);

/*
 * Sum of the lines of /proc/vmstat whose names begin with @prefix. Skips where there are
 * none, so it is called first before anything is made.
 */
uint64_t observe_vmstat(const char *prefix);

/* Bytes of a transparent huge page, 0 where the kernel has none, as with PREEMPT_RT. */
uint64_t observe_huge_page_size(void);

/* What HUGE_MAP_SIZE must be: chunks can be mapped by huge entries, or not at all. */
uint64_t observe_huge_map_size(uint64_t chunk);

/*
 * Whether debuggers can read memory without struct page, which they cannot where the
 * kernel has no ioremap_prot(); the test skips where they cannot.
 */
bool observe_vma_access(void);
void observe_require_vma_access(void);

/* Page faults of this process that needed no I/O. */
long observe_minor_faults(void);

/* The test fails where the kernel's addresses can be read in @text. */
void observe_no_address(const char *text);

#endif
