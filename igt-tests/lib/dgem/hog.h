/* SPDX-License-Identifier: MIT */
#ifndef DGEM_HOG_H
#define DGEM_HOG_H

/* Processes that want all memory, and those beside them that need some. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Until who asks for too much has to be refused, or to have more than before. */
#define HOG_REFUSED_S 30

/* Until processes have the memory that a test begins with, be the machine slow. */
#define HOG_READY_S 240

/** struct hog_stage - what the processes of a test tell each other */
struct hog_stage {
	/** @ready: processes that have what they need; @refused: hogs that got no more. */
	atomic_int ready, refused;

	/** @take: the neighbour is to take more; @stop: all are to end. */
	atomic_int take, stop;
};

/** struct hog - who asks for memory, and how */
struct hog {
	uint32_t heap;
	bool root;

	/** @flags: POPULATE, or 0 to touch. */
	uint64_t flags;

	/** @unmap: keeps BOs, but not their mappings. */
	bool unmap;
};

/* In shared memory, all zero; hog_stage_init() makes it so once more. */
extern struct hog_stage *hog_stage;
void hog_stage_init(void);

/* Waits until one of the stage's counts is so high; false when it takes too long. */
bool hog_wait(atomic_int *count, int wanted, unsigned int seconds);

/*
 * Waits until so many hogs are refused: on a slow machine as long as what BOs have grows.
 * False when they neither get anything nor are refused.
 */
bool hog_wait_refused(int fd, int wanted);

/* Bytes of RAM, and of what BOs can have of it (no CMA area) without swapping. */
uint64_t hog_ram(void);
uint64_t hog_available(void);

/* The part of it for heap "contiguous", which uses no high memory. */
uint64_t hog_contiguous(void);

/* Anonymous memory, each page of which is written, and then compared. */
char *hog_take(uint64_t size);
void hog_check(const char *mem, uint64_t size);

/* MAP_FAILED at the limit of offsets, or where the process has no room. */
char *hog_map(int file, uint32_t handle, uint64_t size);

/*
 * For children: asks until there is nothing more to be had, as USER_A or as root,
 * and keeps it until the stage's end.
 */
void hog_run(int fd, const struct hog *h);

/*
 * Runs it beside a process that works on its memory and one that takes a quarter of
 * what is available before, and a quarter of what is left. It has to be refused in
 * time, and nobody may be killed.
 */
void hog_attack(int fd, const struct hog *h);

#endif
