/* SPDX-License-Identifier: MIT */
#ifndef IGT_AUX_H
#define IGT_AUX_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))

#define min(a, b)                                      \
	({                                             \
		__typeof__(a) __min_a = (a);           \
		__typeof__(b) __min_b = (b);           \
		__min_a < __min_b ? __min_a : __min_b; \
	})
#define max(a, b)                                      \
	({                                             \
		__typeof__(a) __max_a = (a);           \
		__typeof__(b) __max_b = (b);           \
		__max_a > __max_b ? __max_a : __max_b; \
	})

static inline uint64_t to_user_pointer(const void *ptr)
{
	return (uintptr_t)ptr;
}

static inline void *from_user_pointer(uint64_t u64)
{
	return (void *)(uintptr_t)u64;
}

/*
 * Runs the block in @num_children children, numbered by @child. A child ends
 * at the end of the block, or at a failure, which igt_waitchildren() turns
 * into a failure of the parent; it must not skip. Children that are not
 * waited for when the subtest ends are killed, and the subtest fails.
 */
#define igt_fork(child, num_children)                             \
	for (int child = 0; child < (int)(num_children); child++) \
		for (; __igt_fork(); __igt_child_exit())
bool __igt_fork(void);
__attribute__((noreturn)) void __igt_child_exit(void);
void igt_waitchildren(void);
void igt_waitchildren_timeout(int seconds, const char *reason);

/* Interrupts this process with signals all the time, until stopped. */
void igt_fork_signal_helper(void);
void igt_stop_signal_helper(void);

/* Fails the subtest when it is not reset within @seconds. */
void igt_set_timeout(unsigned int seconds, const char *op);
void igt_reset_timeout(void);

/* The first call with a zeroed @start begins to count. */
uint64_t igt_nsec_elapsed(struct timespec *start);
uint32_t igt_seconds_elapsed(struct timespec *start);
#define igt_until_timeout(timeout)             \
	for (struct timespec __igt_since = {}; \
	     igt_nsec_elapsed(&__igt_since) < (timeout) * 1000000000ull;)

/* Becomes "nobody" for good: call it in a child. */
void igt_drop_root(void);

#endif /* IGT_AUX_H */
