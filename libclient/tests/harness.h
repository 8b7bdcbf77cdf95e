/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_HARNESS_H
#define DGEM_TESTS_HARNESS_H

/*
 * Each TEST runs in a process of its own, so that a crash, a sanitizer report
 * or a leak fails that test only. The first failed CHECK ends it.
 */
struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

__attribute__((noreturn, format(printf, 3, 4))) void test_fail(const char *file, int line,
							       const char *format, ...);

/* Ends a test before it has done anything, on a kernel that lacks what it needs. */
__attribute__((noreturn)) void test_skip(const char *reason);

#define TEST(id)                                                     \
	static void id(void);                                        \
	__attribute__((constructor)) static void register_##id(void) \
	{                                                            \
		static struct test test = { #id, id, 0 };            \
		test_register(&test);                                \
	}                                                            \
	static void id(void)

#define CHECK(condition)                                                 \
	do {                                                             \
		if (!(condition))                                        \
			test_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

/* For integers, which it prints. */
#define CHECK_EQ(actual, expected)                                                               \
	do {                                                                                     \
		long long actual_ = (long long)(actual);                                         \
		long long expected_ = (long long)(expected);                                     \
		if (actual_ != expected_)                                                        \
			test_fail(__FILE__, __LINE__, "%s is %lld, expected %s = %lld", #actual, \
				  actual_, #expected, expected_);                                \
	} while (0)

#define CHECK_STR(actual, expected)                                                             \
	do {                                                                                    \
		const char *actual_ = (actual), *expected_ = (expected);                        \
		if (__builtin_strcmp(actual_, expected_))                                       \
			test_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #actual, \
				  actual_, expected_);                                          \
	} while (0)

#define CHECK_BEGINS(text, start) CHECK(!__builtin_strncmp(text, start, __builtin_strlen(start)))

/* Filled into outputs, which failing functions must not touch. */
#define UNTOUCHED_PTR ((void *)0x5a5a5a5a)
#define UNTOUCHED_INT 0x5a5a5a5a

/* Runs after each test in its process; a program may define its own. */
void test_teardown(void);

#endif /* DGEM_TESTS_HARNESS_H */
