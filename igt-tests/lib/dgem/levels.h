/* SPDX-License-Identifier: MIT */
#ifndef DGEM_LEVELS_H
#define DGEM_LEVELS_H

/*
 * How much there is of what a test has to leave as it was. The driver's levels
 * come from debugfs, which root reads, and are those of the whole device:
 * nothing else may use it meanwhile. Other users see only their own files.
 */

#include <stdbool.h>

/** enum level - what is counted, by where it is read */
enum level {
	/* dgem_stats */
	LEVEL_BOS,
	LEVEL_RESIDENT_PAGES,
	LEVEL_IMPORTER_PINNED_PAGES,
	LEVEL_EXPORTED,
	LEVEL_IMPORTED,
	LEVEL_MMAPS,
	LEVEL_ATTACHMENTS,
	LEVELS_DRIVER,
	/* the process: the descriptor that the next file gets, also one lost by
	 * the kernel, and the number of those that are open
	 */
	LEVEL_NEXT_FILE = LEVELS_DRIVER,
	LEVEL_OPEN_FILES,
	/* the system: root only */
	LEVEL_DMABUFS,
	LEVEL_MODULE_REFS,
	LEVELS
};

extern const char *const level_names[LEVELS];

/** struct levels - where they are read */
struct levels {
	/** @stats: dgem_stats of a device; -1 for none, and for others than root. */
	int stats;

	/** @files: count open files; @system: count dma-bufs, references to the module. */
	bool files, system;

	/** @may_evict: the kernel may have evicted pages meanwhile. */
	bool may_evict;
};

/** struct level_values - what was read; 0 for what is not */
struct level_values {
	long value[LEVELS];
};

/* Of the device of a DRM file, -1 for none; callers set what else they want. */
void levels_open(struct levels *l, int fd);
void levels_close(struct levels *l);
void levels_read(const struct levels *l, struct level_values *v);

/*
 * The first of which there is not as much as before. Of @more, -1 for none,
 * there has to be one more; a new BO may bring its memory. -1 if all is right.
 */
int levels_differ(const struct levels *l, const struct level_values *before,
		  const struct level_values *now, int more);

/* Reads and fails if there is not as much as before. */
void levels_assert_same(const struct levels *l, const struct level_values *before);

/*
 * Waits until there is as much as before, for the kernel's workers release some
 * of it after a process has ended; fails after SETTLE_MS.
 */
void levels_assert_settle(const struct levels *l, const struct level_values *before);

#endif /* DGEM_LEVELS_H */
