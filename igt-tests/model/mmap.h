/* SPDX-License-Identifier: MIT */
#ifndef MODEL_MMAP_H
#define MODEL_MMAP_H

/*
 * What mmap() of a BO has to answer to any protection, flags and range, worked
 * out from the rules of kernel core, uAPI header and libc, without asking; and
 * a machine that compares the two, and what is mapped with a shadow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dgem/levels.h"
#include "dgem/map_shapes.h"
#include "model/matrix.h"

/** enum map_how - which ioctl makes a BO */
enum map_how { MAP_CREATE, MAP_DUMB, MAP_PRIME };

/** struct map_kind - a kind of BO */
struct map_kind {
	char name[64];
	enum map_how how;

	/** @heap, @flags: of MAP_CREATE. */
	uint32_t heap;
	uint64_t flags;
};

#define MAP_MAX_KINDS 64

/** enum map_way - the file that is mapped */
enum map_way {
	MAP_DRM,
	MAP_DRM_READ_ONLY,
	MAP_DMABUF,
	MAP_DMABUF_READ_ONLY,
	/* a DRM file that has no handle to the BO */
	MAP_STRANGER,
	MAP_WAYS
};

extern const char *const map_way_names[MAP_WAYS];

/** struct map_target - a BO and a file to map it by */
struct map_target {
	const struct map_kind *kind;
	enum map_way way;
	uint64_t size;

	/** @bo: its DRM file is writable; @dmabuf: of @bo. */
	struct peer_bo *bo;

	/** @file: the one that is mapped; @base: where the BO begins in it. */
	int file;
	uint64_t base;

	/** @witness: the whole BO, by another mapping. */
	char *witness;
};

/** struct map_call - arguments of mmap(), and what the two words are called */
struct map_call {
	size_t length;
	int prot, flags;
	uint64_t offset;
	const char *range, *type;
};

/** struct map_world - what the core's answers depend on, besides the call */
struct map_world {
	/** @bound_drm, @bound_dmabuf: where the core says that files end. */
	uint64_t bound_drm, bound_dmabuf;

	/** @noexec_drm, @noexec_dmabuf: the file's mount forbids execution. */
	bool noexec_drm, noexec_dmabuf;
};

void map_world_learn(struct map_world *w, int fd);

/* 0 or -errno. */
int map_predict(const struct map_world *w, const struct map_target *t, const struct map_call *call);

/* Which signal a touch must give; what mprotect() of what is mapped must say. */
int map_predict_read(int prot);
int map_predict_write(int prot);
int map_predict_mprotect(const struct map_target *t, int prot);
bool map_way_is_writable(enum map_way way);

/*
 * Lengths of which the first always has a place in an address space, the other never.
 * ARMv7 flushes what was mapped page by page, which takes long where it is emulated.
 */
#define MAP_GIANT (sizeof(long) == 8 ? 1ull << 40 : 1ull << 26)
#define MAP_NO_PLACE (sizeof(long) == 8 ? 1ull << 57 : 0xfffff000ull)

/** struct map_run - a matrix while it runs */
struct map_run {
	int fd;
	struct matrix matrix;
	struct map_world world;
	struct map_kind kinds[MAP_MAX_KINDS];
	unsigned int num_kinds;

	/** @mmap: a test of the matrix puts itself between. */
	void *(*mmap)(const struct map_target *t, const struct map_call *call);

	struct levels levels;

	/** @before: levels before a call, which is after the one before. */
	struct level_values before;
};

void map_run_init(struct map_run *run, int fd);
void map_run_fini(struct map_run *run);

void *map_call_kernel(const struct map_target *t, const struct map_call *call);
void map_try(struct map_run *run, struct map_target *t, const struct map_call *call);

/* All tuples of one way. */
void map_matrix(struct map_run *run, enum map_way way);
/* All tuples of one shape: each kind of BO, by DRM file and by dma-buf. */
void map_shape_matrix(struct map_run *run, const struct map_shape *shape);

unsigned int map_kinds_find(int fd, struct map_kind kinds[MAP_MAX_KINDS]);

/* @read_only: its dma-buf, if it has one from the start. */
struct peer_bo *map_kind_create(int fd, const struct map_kind *kind, uint64_t size, bool read_only);
void map_kind_free(struct peer_bo *bo, const struct map_kind *kind);

void map_target_init(struct map_target *t, int fd, const struct map_kind *kind, uint64_t size,
		     enum map_way way);
void map_target_fini(struct map_target *t);

#endif /* MODEL_MMAP_H */
