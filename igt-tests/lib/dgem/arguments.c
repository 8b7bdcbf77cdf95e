// SPDX-License-Identifier: MIT
/*
 * What holds for each ioctl alike. The DRM core copies the argument in and
 * out: a shorter one reads as if it went on with zeros, of a longer one the
 * tail is neither read nor written.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dgem/dgem.h"
#include "igt.h"

#define TAIL 64

static unsigned long with_size(unsigned long request, size_t size)
{
	return _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), size);
}

static void assert_fault(int fd, unsigned long request, void *arg)
{
	struct dgem_counters counters;

	dgem_counters_read(fd, &counters);
	igt_assert_eq(__dgem_ioctl(fd, request, arg), -EFAULT);
	dgem_counters_assert_same(fd, &counters);
}

/* A page of memory with one behind it that is not there. */
static char *map_before_hole(void)
{
	const size_t page = dgem_page_size();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	igt_assert(map != MAP_FAILED);
	igt_assert_eq(munmap(map + page, page), 0);
	return map;
}

static void test_unmapped_tail(const struct dgem_abi *abi)
{
	const size_t page = dgem_page_size();
	char *map = map_before_hole();
	char arg[256] = {};

	abi->valid(*abi->fd, arg);
	memcpy(map + page - 8, arg, 8);
	assert_fault(*abi->fd, abi->request, map + page - 8);
	dgem_unmap(map, page);
}

/*
 * The result cannot be written back. What was done cannot be undone by then, and is
 * counted; so this runs in a file of its own, whose end frees what it made:
 * the subtest compares levels.
 */
static void test_read_only(const struct dgem_abi *abi)
{
	const size_t page = dgem_page_size();
	char *map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = drm_reopen_driver(*abi->fd);

	igt_assert(map != MAP_FAILED);
	abi->valid(fd, map);
	igt_assert_eq(mprotect(map, page, PROT_READ), 0);
	igt_assert_eq(__dgem_ioctl(fd, abi->request, map), -EFAULT);
	drm_close_driver(fd);
	dgem_unmap(map, page);
}

static void test_longer(const struct dgem_abi *abi, char fill)
{
	const size_t size = _IOC_SIZE(abi->request);
	int fd = drm_reopen_driver(*abi->fd);
	char arg[256 + TAIL] = {}, tail[TAIL];

	abi->valid(fd, arg);
	memset(tail, fill, sizeof(tail));
	memcpy(arg + size, tail, sizeof(tail));
	igt_assert_eq(__dgem_ioctl(fd, with_size(abi->request, size + TAIL / 2), arg), 0);
	igt_assert(!memcmp(arg + size, tail, sizeof(tail)));
	drm_close_driver(fd);
}

/* Only what was passed is written back, also when more was read as zeros. */
static void test_shorter(const struct dgem_abi *abi)
{
	const size_t size = _IOC_SIZE(abi->request);
	unsigned int sizes = 0;

	for (size_t len = abi->min_size; len < size; len += 4, sizes++) {
		int fd = drm_reopen_driver(*abi->fd);
		char arg[256] = {}, rest[256];

		abi->valid(fd, arg);
		memset(arg + len, 0xa5, sizeof(arg) - len);
		memcpy(rest, arg, sizeof(rest));
		igt_assert_eq(__dgem_ioctl(fd, with_size(abi->request, len), arg), 0);
		igt_assert(!memcmp(arg + len, rest + len, sizeof(arg) - len));
		drm_close_driver(fd);
	}
	igt_assert_lt(0, sizes);
}

static void test_empty(const struct dgem_abi *abi)
{
	int fd = drm_reopen_driver(*abi->fd);

	igt_assert_eq(__dgem_ioctl(fd, with_size(abi->request, 0), NULL), -abi->zero_err);
	drm_close_driver(fd);
}

/* Only the direction that the number names is copied. */
static void test_input_only(const struct dgem_abi *abi)
{
	int fd = drm_reopen_driver(*abi->fd);
	char arg[256] = {}, before[256];

	abi->valid(fd, arg);
	memcpy(before, arg, sizeof(before));
	igt_assert_eq(__dgem_ioctl(fd, abi->request & ~_IOC(_IOC_READ, 0, 0, 0), arg), 0);
	igt_assert(!memcmp(arg, before, sizeof(before)));
	drm_close_driver(fd);
}

static void test_output_only(const struct dgem_abi *abi)
{
	int fd = drm_reopen_driver(*abi->fd);
	char arg[256];

	memset(arg, 0xa5, sizeof(arg));
	igt_assert_eq(__dgem_ioctl(fd, abi->request & ~_IOC(_IOC_WRITE, 0, 0, 0), arg),
		      -abi->zero_err);
	drm_close_driver(fd);
}

static void argument_subtests(const struct dgem_abi *abi)
{
	const char *prefix = abi->prefix ?: "";

	igt_describe("An argument at NULL or in the kernel's half gives EFAULT.");
	dgem_subtest_f(*abi->fd, "%sarg-bad-pointer", prefix) {
		assert_fault(*abi->fd, abi->request, NULL);
		assert_fault(*abi->fd, abi->request, (void *)-4096L);
		assert_fault(*abi->fd, abi->request, (void *)(~0UL >> 1));
	}

	igt_describe("An argument that ends in unmapped memory gives EFAULT.");
	dgem_subtest_f(*abi->fd, "%sarg-unmapped-tail", prefix)
		test_unmapped_tail(abi);

	igt_describe("An argument that cannot be written gives EFAULT and leaks nothing.");
	dgem_subtest_f(*abi->fd, "%sarg-read-only", prefix)
		test_read_only(abi);

	igt_describe("A longer argument with a tail of zeros works, the tail stays as it is.");
	dgem_subtest_f(*abi->fd, "%sarg-longer-zero", prefix)
		test_longer(abi, 0);

	igt_describe("A longer argument works whatever its tail holds, which stays as it is.");
	dgem_subtest_f(*abi->fd, "%sarg-longer-nonzero", prefix)
		test_longer(abi, 0x5a);

	igt_describe("An argument of length 0 reads as zeros.");
	dgem_subtest_f(*abi->fd, "%sarg-empty", prefix)
		test_empty(abi);

	igt_describe("A number without the direction of results works and writes nothing.");
	dgem_subtest_f(*abi->fd, "%sarg-input-only", prefix)
		test_input_only(abi);

	igt_describe("A number without the direction of input reads as zeros.");
	dgem_subtest_f(*abi->fd, "%sarg-output-only", prefix)
		test_output_only(abi);

	if (abi->min_size >= _IOC_SIZE(abi->request))
		return;
	igt_describe("A shorter argument reads as if it went on with zeros.");
	dgem_subtest_f(*abi->fd, "%sarg-shorter", prefix)
		test_shorter(abi);
}

static void nonzero_subtests(const struct dgem_abi *abi)
{
	const struct dgem_field *end = abi->zero_fields + abi->num_zero_fields;

	for (const struct dgem_field *field = abi->zero_fields; field < end; field++) {
		igt_describe("A field that must be zero on input gives EINVAL when it is not.");
		dgem_subtest_f(*abi->fd, "%snonzero-%s", abi->prefix ?: "", field->name) {
			char arg[256] = {};

			abi->valid(*abi->fd, arg);
			dgem_assert_refused_nonzero(*abi->fd, abi->request, arg, field);
		}
	}
}

static void assert_no_handle(const struct dgem_abi *abi, uint32_t handle)
{
	char arg[256] = {};

	abi->valid(*abi->fd, arg);
	memcpy(arg + abi->handle_offset, &handle, sizeof(handle));
	dgem_assert_refused(*abi->fd, abi->request, arg, ENOENT);
}

static uint32_t valid_handle(const struct dgem_abi *abi)
{
	char arg[256] = {};
	uint32_t handle;

	abi->valid(*abi->fd, arg);
	memcpy(&handle, arg + abi->handle_offset, sizeof(handle));
	return handle;
}

static void handle_subtests(const struct dgem_abi *abi)
{
	const char *prefix = abi->prefix ?: "";

	igt_describe("Handle 0 gives ENOENT.");
	dgem_subtest_f(*abi->fd, "%shandle-zero", prefix)
		assert_no_handle(abi, 0);

	igt_describe("Numbers that were never a handle give ENOENT.");
	dgem_subtest_f(*abi->fd, "%shandle-unknown", prefix) {
		uint32_t handle = valid_handle(abi);

		assert_no_handle(abi, handle + 1000);
		assert_no_handle(abi, 0xdeadbeef);
		assert_no_handle(abi, UINT32_MAX);
		assert_no_handle(abi, INT32_MAX);
		assert_no_handle(abi, 1u << 31);
	}

	igt_describe("A valid handle with one of its high bits set gives ENOENT.");
	dgem_subtest_f(*abi->fd, "%shandle-high-bits", prefix) {
		uint32_t handle = valid_handle(abi);

		for (int bit = 16; bit < 32; bit++)
			assert_no_handle(abi, handle | (1u << bit));
	}

	igt_describe("A handle that was closed gives ENOENT.");
	dgem_subtest_f(*abi->fd, "%shandle-closed", prefix) {
		uint32_t handle = dgem_bo_create(*abi->fd, 4096);

		gem_close(*abi->fd, handle);
		assert_no_handle(abi, handle);
	}

	igt_describe("A handle of another file gives ENOENT.");
	dgem_subtest_f(*abi->fd, "%shandle-of-other-file", prefix) {
		int other = drm_reopen_driver(*abi->fd);
		uint32_t handle = 0;

		/* handles are small numbers: take one that this file lacks */
		for (int i = 0; i < 64; i++)
			handle = dgem_bo_create(other, 4096);
		assert_no_handle(abi, handle);
		drm_close_driver(other);
	}

	igt_describe("An unknown flag is EINVAL before the handle is looked at.");
	dgem_subtest_f(*abi->fd, "%shandle-after-flags", prefix) {
		const uint32_t none = 0, flag = 1u << 31;
		char arg[256] = {};

		abi->valid(*abi->fd, arg);
		memcpy(arg + abi->handle_offset, &none, sizeof(none));
		memcpy(arg + abi->flags_offset, &flag, sizeof(flag));
		dgem_assert_refused(*abi->fd, abi->request, arg, EINVAL);
	}
}

void dgem_abi_subtests(const struct dgem_abi *abi)
{
	nonzero_subtests(abi);
	if (abi->bo)
		handle_subtests(abi);
	argument_subtests(abi);
}

void dgem_abi_tests_run(const struct dgem_abi *abi, const struct dgem_test *tests,
			unsigned int count)
{
	igt_fixture() {
		*abi->fd = drm_open_driver(DRIVER_DGEM);
		if (abi->bo)
			*abi->bo = dgem_bo_create(*abi->fd, 4096);
	}

	for (const struct dgem_test *test = tests; test < tests + count; test++) {
		igt_describe(test->what);
		dgem_subtest(*abi->fd, test->name)
			test->run();
	}
	dgem_abi_subtests(abi);

	igt_fixture() {
		if (abi->bo)
			gem_close(*abi->fd, *abi->bo);
		drm_close_driver(*abi->fd);
	}
}
