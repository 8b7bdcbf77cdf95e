// SPDX-License-Identifier: MIT
/* BO_SYNC: what it takes and refuses. What it does is in dgem_sync_use. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("BO_SYNC checks all of its elements before it does the first.");

#define READ DRM_DGEM_SYNC_READ
#define WRITE DRM_DGEM_SYNC_WRITE
#define END DRM_DGEM_SYNC_END
#define SIZE 65536

static int fd = -1;
static uint32_t bo;

static struct drm_dgem_sync_op good_op(void)
{
	return (struct drm_dgem_sync_op){ .handle = bo, .flags = READ, .size = SIZE };
}

static void valid(int file, void *arg)
{
	static struct drm_dgem_sync_op op;

	op = good_op();
	if (file != fd)
		op.handle = dgem_bo_create(file, SIZE);
	*(struct drm_dgem_bo_sync *)arg = (struct drm_dgem_bo_sync){
		.ops = to_user_pointer(&op),
		.count = 1,
		.stride = sizeof(op),
	};
}

static void refused(const void *ops, uint32_t count, uint32_t stride, int err)
{
	struct drm_dgem_bo_sync args = {
		.ops = to_user_pointer(ops),
		.count = count,
		.stride = stride,
	};

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_SYNC, &args, err);
}

/* Behind one that is good, which then is not done. */
static void refused_op(const struct drm_dgem_sync_op *op, int err)
{
	const struct drm_dgem_sync_op ops[] = { good_op(), *op };

	refused(op, 1, sizeof(*op), err);
	refused(ops, 2, sizeof(*op), err);
}

static void test_count(void)
{
	const uint32_t most = dgem_get_param(fd, DRM_DGEM_PARAM_SYNC_MAX_OPS);
	const uint32_t counts[] = { 0, most + 1, 2 * most, 1u << 16, 1u << 31, UINT32_MAX };
	const struct drm_dgem_sync_op op = good_op();

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		refused(&op, counts[i], sizeof(op), EINVAL);
		refused(NULL, counts[i], sizeof(op), EINVAL);
	}
}

static void test_stride(void)
{
	static const uint32_t strides[] = {
		0, 1, 8, 16, 23, 25, 28, 31, 33, 4095, 4097, 4104, 8192, 1u << 31, UINT32_MAX - 7,
	};
	const struct drm_dgem_sync_op op = good_op();

	for (unsigned int i = 0; i < ARRAY_SIZE(strides); i++) {
		refused(&op, 1, strides[i], EINVAL);
		refused(NULL, 1, strides[i], EINVAL);
	}
}

static void test_op_flags(void)
{
	struct drm_dgem_sync_op op = good_op();

	op.flags = 0;
	refused_op(&op, EINVAL);
	op.flags = END;
	refused_op(&op, EINVAL);
	for (int bit = 3; bit < 32; bit++) {
		op.flags = READ | 1u << bit;
		refused_op(&op, EINVAL);
	}
}

static void test_range(void)
{
	static const struct {
		uint64_t offset, size;
	} ranges[] = {
		{ 0, 0 },
		{ 4096, 0 },
		{ 0, SIZE + 1 },
		{ 1, SIZE },
		{ SIZE - 1, 2 },
		{ SIZE, 1 },
		{ SIZE, 0 },
		{ UINT32_MAX, 1 },
		{ 0, 1ULL << 32 },
		{ 1ULL << 32, 4096 },
		{ 4096, UINT64_MAX - 4095 },
		{ 4096, UINT64_MAX - 4094 },
		{ UINT64_MAX, 1 },
		{ UINT64_MAX, UINT64_MAX },
		{ 1ULL << 63, 1ULL << 63 },
	};
	struct drm_dgem_sync_op op = good_op();

	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++) {
		op.offset = ranges[i].offset;
		op.size = ranges[i].size;
		refused_op(&op, EINVAL);
	}
}

/* Any alignment is good, and so is the last byte. */
static void test_edges(void)
{
	static const uint64_t ends[] = { 0, 1, 63, 64, 4095, 4096, 4097, SIZE - 1, SIZE };
	static const uint32_t flags[] = { READ, WRITE, READ | WRITE };

	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++)
		for (unsigned int j = i + 1; j < ARRAY_SIZE(ends); j++)
			for (unsigned int k = 0; k < ARRAY_SIZE(flags); k++) {
				const uint64_t size = ends[j] - ends[i];

				dgem_bo_sync(fd, bo, flags[k], ends[i], size);
				dgem_bo_sync(fd, bo, flags[k] | END, ends[i], size);
			}
}

static void test_handles(void)
{
	uint32_t closed = dgem_bo_create(fd, SIZE);
	const uint32_t handles[] = {
		0, bo + 1000, bo | 1u << 16, bo | 1u << 31, UINT32_MAX, closed
	};
	struct drm_dgem_sync_op op = good_op();

	gem_close(fd, closed);
	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++) {
		op.handle = handles[i];
		refused_op(&op, ENOENT);
	}
}

static void test_other_file(void)
{
	struct drm_dgem_sync_op op = good_op();
	int other = drm_reopen_driver(fd);

	/* handles are small numbers: one that this file lacks */
	for (int i = 0; i < 64; i++)
		op.handle = dgem_bo_create(other, SIZE);
	refused_op(&op, ENOENT);
	drm_close_driver(other);
}

/* What is malformed anywhere comes before what is not there. */
static void test_order(void)
{
	struct drm_dgem_sync_op ops[] = { good_op(), good_op() };

	ops[0].handle = 0;
	refused(ops, 2, sizeof(*ops), ENOENT);
	ops[1].flags = END;
	refused(ops, 2, sizeof(*ops), EINVAL);
	ops[1].flags = READ;
	ops[1].size = UINT64_MAX;
	ops[1].offset = 1;
	refused(ops, 2, sizeof(*ops), EINVAL);
	/* to be outside, one has to know of which BO */
	ops[1].offset = 0;
	refused(ops, 2, sizeof(*ops), ENOENT);
}

static void test_tail(void)
{
	union {
		struct drm_dgem_sync_op op;
		char bytes[4096];
	} element[2];

	for (uint32_t stride = 32; stride <= 4096; stride *= 2) {
		memset(element, 0, sizeof(element));
		element[0].op = good_op();
		refused(element, 2, stride, EINVAL); /* the second is zero */
		memcpy((char *)element + stride, &element[0].op, sizeof(element[0].op));
		for (uint32_t at = sizeof(element[0].op); at < stride; at += stride > 64 ? 61 : 1) {
			((char *)element)[stride + at] = 1;
			refused(element, 2, stride, E2BIG);
			((char *)element)[stride + at] = 0;
		}
	}
}

/* The array ends in memory that is not there, with one element, a part, or its tail. */
static void test_pointer(void)
{
	const size_t page = dgem_page_size();
	const struct drm_dgem_sync_op op = good_op();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	igt_assert(map != MAP_FAILED);
	igt_assert_eq(munmap(map + page, page), 0);
	memcpy(map + page - sizeof(op), &op, sizeof(op));
	refused(map + page - sizeof(op), 2, sizeof(op), EFAULT);
	refused(map + page - sizeof(op), 1, sizeof(op) + 8, EFAULT);
	refused(map + page - 8, 1, sizeof(op), EFAULT);
	refused(map + page, 1, sizeof(op), EFAULT);
	refused(NULL, 1, sizeof(op), EFAULT);
	refused((void *)-4096L, 1, sizeof(op), EFAULT);
	igt_assert_eq(__dgem_bo_sync(fd, (void *)(map + page - sizeof(op)), 1), 0);
	dgem_unmap(map, page);
}

/* Each element is done, however long it is. */
static void test_counted(void)
{
	static const uint32_t counts[] = { 1, 2, 255, 256 }, strides[] = { 24, 32, 104, 4096 };
	static char array[256 * 4096];
	struct drm_dgem_bo_sync args = { .ops = to_user_pointer(array) };
	const struct drm_dgem_sync_op op = good_op();

	igt_assert_eq_u64(dgem_get_param(fd, DRM_DGEM_PARAM_SYNC_MAX_OPS), 256);
	for (unsigned int i = 0; i < ARRAY_SIZE(strides); i++) {
		memset(array, 0, sizeof(array));
		for (size_t j = 0; j < 256; j++)
			memcpy(array + j * strides[i], &op, sizeof(op));
		for (unsigned int j = 0; j < ARRAY_SIZE(counts); j++) {
			const long long before = observe_stat(fd, "cpu_accesses");

			args.count = counts[j];
			args.stride = strides[i];
			igt_assert_eq(__dgem_ioctl(fd, DRM_IOCTL_DGEM_BO_SYNC, &args), 0);
			igt_assert_eq(observe_stat(fd, "cpu_accesses"), before + counts[j]);
		}
	}
}

/* One bit is wrong somewhere, or none, in arrays of any size and stride. */
static void test_fuzz(void)
{
	uint64_t rng = content_seed();
	int results[4] = {}, file = drm_reopen_driver(fd);
	struct abi_run run;

	igt_info("seed %#llx\n", (unsigned long long)rng);
	abi_run_init(&run, file);
	for (int i = 0; i < 5000; i++) {
		const uint32_t stride = ABI_SYNC_STRIDE << content_random(&rng, 3);
		const struct drm_dgem_bo_sync args = {
			.ops = to_user_pointer(run.world.ops + content_random(&rng, 2) * stride),
			.count = 1 + content_random(&rng, i % 8 ? 4 : 256),
			.stride = stride,
		};
		const uint64_t size = (uint64_t)args.count * stride;
		char *byte = from_user_pointer(args.ops + content_random(&rng, size));
		const char was = *byte;
		struct drm_dgem_bo_sync copy = args;
		int expected;

		*byte ^= content_random(&rng, 2) << content_random(&rng, 8);
		expected = abi_check_sync(&run.world, &args);
		igt_assert_eq(__dgem_ioctl(file, DRM_IOCTL_DGEM_BO_SYNC, &copy), expected);
		igt_assert(!memcmp(&copy, &args, sizeof(args)));
		results[expected == -ENOENT ? 0 : expected == -E2BIG ? 1 : expected ? 2 : 3]++;
		*byte = was;
	}
	abi_run_fini(&run);
	drm_close_driver(file);
	igt_info("ENOENT %d, E2BIG %d, EINVAL %d, success %d\n", results[0], results[1], results[2],
		 results[3]);
	for (unsigned int i = 0; i < ARRAY_SIZE(results); i++)
		igt_assert_lt(25, results[i]);
}

static const struct dgem_test tests[] = {
	{ "count", "No elements, and more than there may be, give EINVAL.", test_count },
	{ "stride", "An element that is too short, too long or not aligned gives EINVAL.",
	  test_stride },
	{ "op-flags", "Neither READ nor WRITE, and each unknown flag, give EINVAL.",
	  test_op_flags },
	{ "range", "A part of no bytes, and one that is not within the BO, give EINVAL.",
	  test_range },
	{ "edges", "A part can begin and end at any byte.", test_edges },
	{ "handle-unknown", "What is no handle gives ENOENT, and nothing is done.", test_handles },
	{ "handle-of-other-file", "A handle of another file gives ENOENT.", test_other_file },
	{ "order", "What is malformed is told before a handle that is not there.", test_order },
	{ "tail", "Elements of a later version give E2BIG unless their rest is zero.", test_tail },
	{ "ops-bad-pointer", "Elements that cannot be read give EFAULT, and nothing is done.",
	  test_pointer },
	{ "counted", "Each element is done, up to as many as there may be.", test_counted },
	{ "fuzz", "An array with any bit wrong is answered as the header says.", test_fuzz },
};

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_sync, flags),
	DGEM_FIELD(drm_dgem_bo_sync, pad),
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_SYNC,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_sync, flags),
		.zero_err = EINVAL,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		bo = dgem_bo_create(fd, SIZE);
	}

	for_each_dgem_subtest(fd, test, tests)
		test->run();
	dgem_abi_subtests(&abi);

	igt_fixture() {
		gem_close(fd, bo);
		drm_close_driver(fd);
	}
}
