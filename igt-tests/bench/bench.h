/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the benchmark share: subjects (kinds of buffers), jobs
 * (what is done with them), and the repetition of a figure until it is steady.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dgem.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

struct buf {
	size_t size;
	char *map;
	uint32_t handle;
	uint64_t offset; /* of the mapping in @drm, if created to be mapped */
	int fd; /* of the buffer itself, where it has one */
	int drm; /* the DRM file that owns @handle */
	struct dgem_pool_object object; /* of a pool */
};

/*
 * A kind of buffer. Functions return 0 or -errno. An absent function means
 * that this kind cannot do it; @touch writes one byte to each page and is
 * absent where a store through the mapping does.
 */
struct subject {
	const char *name;
	const char *heap; /* of dgem, for what libdgem does with it */
	bool whole; /* all memory of a buffer is there when it is created */
	bool direct; /* only for what DRM_DGEM_BO_DIRECT_IO makes dearer */
	int (*open)(int *drm);
	/* @map: the buffer will be mapped, if the subject wants to know */
	int (*create)(struct buf *buf, size_t size, bool map);
	int (*map)(struct buf *buf);
	int (*touch)(struct buf *buf);
	int (*unmap)(struct buf *buf);
	int (*destroy)(struct buf *buf);
	int (*export)(const struct buf *buf);
	int (*resident)(const struct buf *buf, uint64_t *bytes);
	/* Whether the contents are needed; fails if they are gone. */
	int (*advise)(const struct buf *buf, bool needed);
	/* Copies the whole buffer in or out without a mapping. */
	int (*write)(struct buf *buf, const char *from);
	int (*read)(struct buf *buf, char *to);
	/* Of small objects, which have none of the functions above but @open. */
	int (*take)(struct buf *buf, size_t size, bool zero);
	int (*give)(struct buf *buf);
};

extern const struct subject subject_dgem_system, subject_dgem_pinned, subject_dgem_contiguous;
extern const struct subject subject_dgem_carveout;
extern const struct subject subject_dgem_system_direct, subject_dgem_pinned_direct;
extern const struct subject subject_vgem, subject_udmabuf, subject_dma_heap;
extern const struct subject subject_memfd, subject_memfd_rw, subject_anon;
extern const struct subject subject_pool, subject_malloc;
extern const struct subject subject_floor_system, subject_floor_pinned;

/* Every subject; ends with NULL. */
extern const struct subject *const subjects[];

int buf_mmap(struct buf *buf, int fd, uint64_t offset);
int buf_munmap(struct buf *buf);
int buf_touch(const struct subject *subject, struct buf *buf);
int buf_close_fd(struct buf *buf);
void buf_make(const struct subject *subject, struct buf *buf, int drm, size_t size);
void buf_drop(const struct subject *subject, struct buf *buf);

/* drm.c */
int drm_open(const char *driver, bool render, int *fd);
int drm_call(int fd, unsigned long request, void *arg);
int drm_gem_close(struct buf *buf);
int drm_export(const struct buf *buf);
int drm_import(int drm, int dmabuf, uint32_t *handle);

/* measure.c */

/* Nanoseconds since boot; under -icount, instructions since boot. */
uint64_t now(void);
bool counting(void);
void check_counting(void);

/*
 * Takes one sample of up to MEASURE_MAX figures at once, each already divided
 * by the number of repetitions.
 */
#define MEASURE_MAX 4
typedef void (*sample_fn)(void *ctx, double *figures);

struct figure {
	const char *metric;
	const char *unit;
	/* One part of another figure: its own spread is only reported. */
	bool part;
};

/* Repeats until two runs agree, and reports each figure. */
void measure(const char *subject, const struct figure *figures, unsigned int n, sample_fn sample,
	     void *ctx);
void report(const char *metric, const char *subject, double value, const char *unit, double spread);
/* Of two values, as a part of their mean. */
double difference(double a, double b);
/* How often to repeat something that took @cost, to get a sample worth having. */
unsigned int repetitions(uint64_t cost);

/* Ends the benchmark with a message if @err is not 0. */
void must(int err, const char *subject, const char *what);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* jobs: each for one subject, whose @drm file (or -1) is open */
void job_lifecycle(const struct subject *subject, int drm);
void job_create(const struct subject *subject, int drm);
void job_alive(const struct subject *subject, int drm);
void job_touch(const struct subject *subject, int drm);
void job_copy(const struct subject *subject, int drm);
void job_attach(const struct subject *subject, int drm);
void job_madvise(const struct subject *subject, int drm);
void job_sync(const struct subject *subject, int drm);
void job_dma(const struct subject *subject, int drm);
void job_share(const struct subject *subject, int drm);
void job_memory(const struct subject *subject, int drm);
void job_threads(const struct subject *subject, int drm);
void job_evict(const struct subject *subject, int drm);
void job_cache(const struct subject *subject, int drm);
void job_small(const struct subject *subject, int drm);
void job_small_threads(const struct subject *subject, int drm);

/* job-small.c: takes a small object, writes to it, and gives it back */
int small_use(const struct subject *subject, size_t size, bool zero);

/* init.c: for jobs that start as root: be the user that the others are, and root again */
void user_enter(void);
void user_leave(void);

#endif
