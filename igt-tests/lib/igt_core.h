/* SPDX-License-Identifier: MIT */
#ifndef IGT_CORE_H
#define IGT_CORE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#define IGT_EXIT_SUCCESS 0
#define IGT_EXIT_SKIP 77
#define IGT_EXIT_INVALID 79
#define IGT_EXIT_FAILURE 98
#define IGT_EXIT_ABORT 112

#define igt_tokencat2(x, y) x##y
#define igt_tokencat(x, y) igt_tokencat2(x, y)

/*
 * A test program is one function. With subtests:
 *
 *	int igt_main()
 *	{
 *		int fd;
 *
 *		igt_fixture()
 *			fd = drm_open_driver(DRIVER_DGEM);
 *
 *		igt_describe("What is held to be true.");
 *		igt_subtest("name")
 *			check(fd);
 *	}
 *
 * Whatever needs the device is inside a fixture or a subtest, because
 * --list-subtests runs the function with all of them left out. A local
 * variable that a block changes is safe to read in a later block only if the
 * block ran to its end.
 */
#define igt_main()                                              \
	main(int argc, char **argv)                             \
	{                                                       \
		return igt_run_main(argc, argv, igt_main_body); \
	}                                                       \
	void igt_main_body(void)

void igt_main_body(void);
int igt_run_main(int argc, char **argv, void (*body)(void));

/* What the program is for; at file scope, once. */
#define IGT_TEST_DESCRIPTION(str)              \
	const char *igt_test_description(void) \
	{                                      \
		return str;                    \
	}
const char *igt_test_description(void);

extern sigjmp_buf igt_block_jmpbuf;
extern sigjmp_buf igt_dynamic_jmpbuf;

/*
 * A block that runs once, or not at all if begin() says so; a failure or a
 * skip anywhere below it jumps back to sigsetjmp() and so leaves the block
 * without end().
 */
#define __igt_block(begin, jmpbuf, end)                                                        \
	for (volatile int igt_tokencat(__igt_once, __LINE__) = 0;                              \
	     igt_tokencat(__igt_once, __LINE__) < 1 && (begin) && (sigsetjmp(jmpbuf, 1) == 0); \
	     igt_tokencat(__igt_once, __LINE__)++, (end))

/*
 * Code that needs the device but is no test: opening it, checking what it can
 * do, cleaning up. A skip or a failure in a fixture skips or fails all later
 * subtests of the group.
 */
#define igt_fixture() __igt_block(__igt_fixture_begin(), igt_block_jmpbuf, __igt_fixture_end())

#define igt_subtest(name) \
	__igt_block(__igt_subtest_begin(false, "%s", name), igt_block_jmpbuf, __igt_subtest_end())
#define igt_subtest_f(...) \
	__igt_block(__igt_subtest_begin(false, __VA_ARGS__), igt_block_jmpbuf, __igt_subtest_end())

/* A subtest made of parts that are known only once the device is open. */
#define igt_subtest_with_dynamic(name) \
	__igt_block(__igt_subtest_begin(true, "%s", name), igt_block_jmpbuf, __igt_subtest_end())
#define igt_dynamic(name) \
	__igt_block(__igt_dynamic_begin("%s", name), igt_dynamic_jmpbuf, __igt_dynamic_end())
#define igt_dynamic_f(...) \
	__igt_block(__igt_dynamic_begin(__VA_ARGS__), igt_dynamic_jmpbuf, __igt_dynamic_end())

/* What a fixture of the group skips or fails ends with the group. */
#define igt_subtest_group()                                                                    \
	for (int igt_tokencat(__igt_once, __LINE__) = 0, igt_tokencat(__igt_saved, __LINE__) = \
								 __igt_group_begin();          \
	     igt_tokencat(__igt_once, __LINE__) < 1; igt_tokencat(__igt_once, __LINE__)++,     \
					  __igt_group_end(igt_tokencat(__igt_saved, __LINE__)))

bool __igt_fixture_begin(void);
void __igt_fixture_end(void);
bool __igt_subtest_begin(bool dynamic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void __igt_subtest_end(void);
bool __igt_dynamic_begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void __igt_dynamic_end(void);
int __igt_group_begin(void);
void __igt_group_end(int saved);

/* Describes the subtest or group that follows; shown by --describe. */
void igt_describe_f(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define igt_describe(str) igt_describe_f("%s", str)

/* True while subtests are only being listed. */
bool igt_only_list_subtests(void);

/* Name of the program, as igt_runner knows it. */
const char *igt_test_name(void);

/* Log. Anything at igt_warn() or above on a passing subtest makes it "warn". */
enum igt_log_level { IGT_LOG_DEBUG, IGT_LOG_INFO, IGT_LOG_WARN, IGT_LOG_CRITICAL };
void igt_log(enum igt_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define igt_debug(...) igt_log(IGT_LOG_DEBUG, __VA_ARGS__)
#define igt_info(...) igt_log(IGT_LOG_INFO, __VA_ARGS__)
#define igt_warn(...) igt_log(IGT_LOG_WARN, __VA_ARGS__)
#define igt_critical(...) igt_log(IGT_LOG_CRITICAL, __VA_ARGS__)
#define igt_warn_on(cond) igt_warn_on_f(cond, "%s", "")
#define igt_warn_on_f(cond, ...)                                                               \
	do {                                                                                   \
		if (cond) {                                                                    \
			igt_warn("Warning on condition %s in %s, at %s:%d\n", #cond, __func__, \
				 __FILE__, __LINE__);                                          \
			igt_warn(__VA_ARGS__);                                                 \
		}                                                                              \
	} while (0)

/* Ends the subtest, dynamic subtest, fixture, child or thread that calls it. */
void igt_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void igt_fail(int exitcode) __attribute__((noreturn));
void __igt_skip_check(const char *file, int line, const char *func, const char *check,
		      const char *fmt, ...) __attribute__((format(printf, 5, 6), noreturn));
void __igt_fail_assert(const char *file, int line, const char *func, const char *assertion,
		       const char *fmt, ...) __attribute__((format(printf, 5, 6), noreturn));

#define __igt_assert_at(check, ...) \
	__igt_fail_assert(__FILE__, __LINE__, __func__, check, __VA_ARGS__)

#define igt_assert(expr)                                  \
	do {                                              \
		if (!(expr))                              \
			__igt_assert_at(#expr, "%s", ""); \
	} while (0)
#define igt_assert_f(expr, ...)                              \
	do {                                                 \
		if (!(expr))                                 \
			__igt_assert_at(#expr, __VA_ARGS__); \
	} while (0)
#define igt_fail_on(expr) igt_fail_on_f(expr, "%s", "")
#define igt_fail_on_f(expr, ...)                                      \
	do {                                                          \
		if (expr)                                             \
			__igt_assert_at("!(" #expr ")", __VA_ARGS__); \
	} while (0)

#define igt_assert_cmp(type, format, a, op, b)                                              \
	do {                                                                                \
		type __igt_a = (a), __igt_b = (b);                                          \
		if (!(__igt_a op __igt_b))                                                  \
			__igt_assert_at(#a " " #op " " #b,                                  \
					"error: " format " !" #op " " format "\n", __igt_a, \
					__igt_b);                                           \
	} while (0)

#define igt_assert_eq(a, b) igt_assert_cmp(long long, "%lld", a, ==, b)
#define igt_assert_neq(a, b) igt_assert_cmp(long long, "%lld", a, !=, b)
#define igt_assert_lt(a, b) igt_assert_cmp(long long, "%lld", a, <, b)
#define igt_assert_lte(a, b) igt_assert_cmp(long long, "%lld", a, <=, b)
#define igt_assert_eq_u32(a, b) igt_assert_cmp(uint32_t, "%#x", a, ==, b)
#define igt_assert_neq_u32(a, b) igt_assert_cmp(uint32_t, "%#x", a, !=, b)
#define igt_assert_lt_u32(a, b) igt_assert_cmp(uint32_t, "%#x", a, <, b)
#define igt_assert_lte_u32(a, b) igt_assert_cmp(uint32_t, "%#x", a, <=, b)
#define igt_assert_eq_u64(a, b) igt_assert_cmp(unsigned long long, "%#llx", a, ==, b)
#define igt_assert_neq_u64(a, b) igt_assert_cmp(unsigned long long, "%#llx", a, !=, b)
#define igt_assert_lt_u64(a, b) igt_assert_cmp(unsigned long long, "%#llx", a, <, b)
#define igt_assert_lte_u64(a, b) igt_assert_cmp(unsigned long long, "%#llx", a, <=, b)
#define igt_assert_eq_s64(a, b) igt_assert_cmp(long long, "%lld", a, ==, b)
#define igt_assert_fd(fd) igt_assert_lte(0, fd)

#define igt_require(expr)                                                                \
	do {                                                                             \
		if (!(expr))                                                             \
			__igt_skip_check(__FILE__, __LINE__, __func__, #expr, "%s", ""); \
	} while (0)
#define igt_require_f(expr, ...)                                                            \
	do {                                                                                \
		if (!(expr))                                                                \
			__igt_skip_check(__FILE__, __LINE__, __func__, #expr, __VA_ARGS__); \
	} while (0)
#define igt_skip_on(expr) igt_skip_on_f(expr, "%s", "")
#define igt_skip_on_f(expr, ...)                                                       \
	do {                                                                           \
		if (expr)                                                              \
			__igt_skip_check(__FILE__, __LINE__, __func__, "!(" #expr ")", \
					 __VA_ARGS__);                                 \
	} while (0)

#endif /* IGT_CORE_H */
