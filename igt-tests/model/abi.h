/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ABI_H
#define MODEL_ABI_H

/*
 * What an ioctl of dgem has to answer to any argument at all, worked out from
 * the uAPI header and the DRM core's rules of copying, without asking the
 * driver; and a machine that compares the two.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm.h>
#include <drm/dgem_drm.h>

#include "dgem/levels.h"
#include "model/matrix.h"

/* The longest argument that fits into the number of an ioctl. */
#define ABI_MAX_SIZE 16383

/** enum abi_role - what a field is for, as its text in the header says */
enum abi_role {
	ABI_ZERO, /* in: must be zero */
	ABI_OUT, /* out: must be zero before */
	ABI_OUT_ZERO, /* out: zero before and after */
	ABI_IGNORED, /* out, and anything before */
	ABI_HANDLE,
	ABI_HEAP,
	ABI_ENUM,
	ABI_INDEX, /* zero, but for constants of the enum that are indexed */
	ABI_FLAGS,
	ABI_SIZE, /* of a new BO: in wanted, out given */
	ABI_CONSTRAINT, /* on the memory of a new BO: zero for none */
	ABI_TIME,
	ABI_POINTER,
	ABI_LEN, /* of what the pointer points at */
	ABI_COUNT, /* of the elements that the pointer points at */
	ABI_STRIDE, /* from one of these to the next */
	ABI_PART, /* of a BO: where it begins, or how long it is, in whole pages */
	ABI_ROOM, /* for elements that the pointer points at */
	ABI_MAP, /* number of a mapping */
};

/** struct abi_value - a constant of an enum */
struct abi_value {
	uint64_t value;
	bool indexed;
};

/** struct abi_field - a member of an argument */
struct abi_field {
	const char *name;
	size_t offset, size;
	enum abi_role role;

	/** @flags: all that are defined, of ABI_FLAGS. */
	uint64_t flags;

	/** @values: all that are defined, of ABI_ENUM. */
	const struct abi_value *values;
	unsigned int num_values;
};

#define ABI_SIZEOF(type, member) sizeof((*(struct type *)0).member)

/** struct abi_ioctl - an ioctl, with all that the header says of it */
struct abi_ioctl {
	const char *name;
	unsigned long request;
	const struct abi_field *fields;
	unsigned int num_fields;
};

/* Made from the header when this is built. */
extern const struct abi_ioctl *const abi_table;
extern const unsigned int abi_table_size;

/* The features and the number of parameters that the header names. */
extern const uint64_t abi_features;
extern const uint32_t abi_num_params;

/* Whether it never succeeds on the default instance, to which no device belongs. */
bool abi_needs_device(const struct abi_ioctl *ioctl);

/** struct abi_region - memory that a pointer of a test may point at */
struct abi_region {
	uint64_t start;
	size_t size;
	bool readable, writable;
};

#define ABI_MAX_REGIONS 16
#define ABI_MAX_HEAPS 8
#define ABI_LABEL "the matrix"

/* What a valid BO_SYNC has; its elements are longer than the header's. */
#define ABI_SYNC_COUNT 2
#define ABI_SYNC_STRIDE 32

/**
 * struct abi_world - what there is for an ioctl to meet
 *
 * One file with one BO, whose label is ABI_LABEL; memory outside of the
 * regions is not there.
 */
struct abi_world {
	uint32_t handle;
	uint64_t max_bo_size;
	uint32_t num_heaps;
	uint64_t create_flags[ABI_MAX_HEAPS], granularity[ABI_MAX_HEAPS];

	/** @swappable: by heap: its memory need not be in RAM, whose size is @ram. */
	bool swappable[ABI_MAX_HEAPS];
	uint64_t ram;

	struct abi_region regions[ABI_MAX_REGIONS];
	unsigned int num_regions;

	/**
	 * @growth, @growth_end: addresses that may be the stack's, which grows
	 * by being touched, in a system call as well.
	 */
	uint64_t growth, growth_end;

	/** @text: printable, with @text_size bytes of it on both sides. */
	char *text;
	size_t text_size;

	/** @text_read_only: printable; @text_end: its last 4 bytes before nothing. */
	char *text_read_only, *text_end;

	/** @ops: elements for BO_SYNC, of ABI_SYNC_STRIDE; @max_ops: how many it takes. */
	char *ops;
	uint32_t max_ops;
};

/* Bytes from @addr on, up to @size, that can be read, or written. */
size_t abi_readable(const struct abi_world *w, uint64_t addr, size_t size);
size_t abi_writable(const struct abi_world *w, uint64_t addr, size_t size);

/** struct abi_answer - what has to come of an ioctl */
struct abi_answer {
	/** @err: -errno, 0 for success. */
	int err;

	/** @done: it had its effect, though the answer may have been lost. */
	bool done;

	/** @arg: the argument afterwards, where @any is not set. */
	unsigned char arg[ABI_MAX_SIZE], any[ABI_MAX_SIZE];
};

/*
 * @request: number of the ioctl with any size and direction; @addr: what is
 * passed; @arg: what is there, ABI_MAX_SIZE bytes.
 */
void abi_predict(const struct abi_world *w, const struct abi_ioctl *ioctl, unsigned long request,
		 uint64_t addr, const unsigned char *arg, struct abi_answer *answer);

/* What BO_SYNC answers to the array of an argument whose fields are good. */
int abi_check_sync(const struct abi_world *w, const struct drm_dgem_bo_sync *args);
bool abi_sync_stride_is_good(uint64_t stride);
void abi_sync_fill(char *ops, size_t size, uint32_t handle);

uint64_t abi_load(const void *arg, const struct abi_field *field);
void abi_store(void *arg, const struct abi_field *field, uint64_t value);
const struct abi_field *abi_find(const struct abi_ioctl *ioctl, enum abi_role role);

/* An argument that succeeds. */
void abi_valid(const struct abi_world *w, const struct abi_ioctl *ioctl, void *arg);

/** struct abi_place - where an argument can be */
struct abi_place {
	const char *name;
	void *addr;

	/** @alias: of the same memory, to write it and look; @size: of that. */
	unsigned char *alias;
	size_t size;
};

enum {
	ABI_NORMAL,
	ABI_NULL,
	ABI_KERNEL,
	ABI_READ_ONLY,
	ABI_PAGE_END,
	ABI_HALF_READ_ONLY,
	ABI_NONE,
	ABI_PLACES
};

/* Makes the regions of @w. All of it stays until the process ends. */
void abi_places_create(struct abi_world *w, struct abi_place places[ABI_PLACES]);

/** struct abi_run - a matrix while it runs */
struct abi_run {
	int fd;
	struct abi_world world;
	struct abi_place places[ABI_PLACES];

	/** @ioctl: asks the driver; a test of the matrix puts itself between. */
	int (*ioctl)(int fd, unsigned long request, void *arg);

	struct matrix matrix;

	struct levels levels;
};

void abi_run_init(struct abi_run *run, int fd);
void abi_run_fini(struct abi_run *run);

/* @arg: as long as @request says. */
void abi_try(struct abi_run *run, const struct abi_ioctl *ioctl, unsigned long request,
	     unsigned int place, const void *arg, const char *what);

/* All tuples of one ioctl. */
void abi_matrix(struct abi_run *run, const struct abi_ioctl *ioctl);

#endif /* MODEL_ABI_H */
