// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "fixture.h"

static void check_create_fails(struct dgem_device *dev, uint64_t size,
			       const struct dgem_bo_options *options, int error)
{
	struct dgem_bo *bo = UNTOUCHED_PTR;

	CHECK_EQ(dgem_bo_create(dev, size, options, &bo), -error);
	CHECK(bo == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_handles(), 0);
}

TEST(create_rounds_the_size)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 4097);

	CHECK_EQ(dgem_bo_size(bo), 8192);
	CHECK(dgem_bo_handle(bo) != 0);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_handles(), 0);
	dgem_device_unref(dev);
}

TEST(create_sends_zeroes_by_default)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 5);
	const struct drm_dgem_bo_create *args = fake_last(FAKE_BO_CREATE);

	CHECK_EQ(args->size, 5);
	CHECK_EQ(args->flags, 0);
	CHECK_EQ(args->heap, 0);
	CHECK_EQ(args->align | args->boundary | args->heap_offset, 0);
	CHECK_EQ(args->addr_bits, 0);
	CHECK_EQ(args->numa_node, 0);
	CHECK_EQ(args->pad | args->mmap_offset, 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(create_passes_options)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo_info info;
	struct dgem_bo *bo;

	options.flags = DRM_DGEM_BO_POPULATE;
	options.heap = 1;
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.create_flags, DRM_DGEM_BO_POPULATE);
	CHECK_EQ(info.heap, 1);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(create_passes_constraints)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	const struct drm_dgem_bo_create *args = fake_last(FAKE_BO_CREATE);
	struct dgem_bo *bo;

	options.flags = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS | DRM_DGEM_BO_NUMA;
	options.align = 1 << 21;
	options.boundary = 1ull << 32;
	options.heap_offset = 3ull << 33;
	options.addr_bits = 40;
	options.numa_node = 2;
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(args->flags, options.flags);
	CHECK_EQ(args->align, 1 << 21);
	CHECK_EQ(args->boundary, 1ull << 32);
	CHECK_EQ(args->heap_offset, 3ull << 33);
	CHECK_EQ(args->addr_bits, 40);
	CHECK_EQ(args->numa_node, 2);
	dgem_bo_unref(bo);

	options.flags = DRM_DGEM_BO_FIXED;
	check_create_fails(dev, 1, &options, EINVAL);
	dgem_device_unref(dev);
}

/* A program compiled with a header that had no constraints. */
TEST(create_takes_earlier_options)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	const struct drm_dgem_bo_create *args = fake_last(FAKE_BO_CREATE);
	struct dgem_bo *bo;

	options.struct_size = offsetof(struct dgem_bo_options, align);
	options.heap = 1;
	/* Whatever lies behind what it has. */
	options.align = 4096;
	options.boundary = 4096;
	options.heap_offset = 4096;
	options.addr_bits = 32;
	options.numa_node = 1;
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(args->heap, 1);
	CHECK_EQ(args->align | args->boundary | args->heap_offset, 0);
	CHECK_EQ(args->addr_bits, 0);
	CHECK_EQ(args->numa_node, 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(create_by_heap_name)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo_info info;
	struct dgem_bo *bo;

	options.heap_name = "pinned";
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.heap, 1);
	dgem_bo_unref(bo);

	options.heap_name = "no such heap";
	check_create_fails(dev, 1, &options, ENOENT);
	dgem_device_unref(dev);
}

TEST(create_refuses_malformed_options)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;

	options.pad = 1;
	check_create_fails(dev, 1, &options, EINVAL);
	options.pad = 0;
	options.struct_size = offsetof(struct dgem_bo_options, align) - 1;
	check_create_fails(dev, 1, &options, EINVAL);
	options.struct_size = 0;
	check_create_fails(dev, 1, &options, EINVAL);
	options.struct_size = sizeof(options);
	options.heap_name = "pinned";
	options.heap = 1;
	check_create_fails(dev, 1, &options, EINVAL);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 0);
	dgem_device_unref(dev);
}

/* What a program compiled with a later header passes. */
struct later_options {
	struct dgem_bo_options options;
	uint64_t one;
	uint8_t two[24];
};

TEST(create_takes_later_options_whose_rest_is_zero)
{
	struct dgem_device *dev = open_default();
	struct later_options later = { DGEM_BO_OPTIONS_INIT, 0, { 0 } };
	struct dgem_bo_info info;
	struct dgem_bo *bo;
	char *label;

	later.options.struct_size = sizeof(later);
	later.options.heap_name = "pinned";
	later.options.label = "later";
	CHECK_EQ(dgem_bo_create(dev, 1, &later.options, &bo), 0);
	CHECK_EQ(dgem_bo_get_info(bo, &info, sizeof(info)), 0);
	CHECK_EQ(info.heap, 1);
	CHECK_EQ(dgem_bo_get_label(bo, &label), 0);
	CHECK_STR(label, "later");
	free(label);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(create_refuses_later_options_whose_rest_is_not)
{
	struct dgem_device *dev = open_default();
	struct later_options later = { DGEM_BO_OPTIONS_INIT, 0, { 0 } };

	later.options.struct_size = sizeof(later);
	later.one = 1;
	check_create_fails(dev, 1, &later.options, E2BIG);
	later.one = 0;
	later.two[sizeof(later.two) - 1] = 0x80;
	check_create_fails(dev, 1, &later.options, E2BIG);
	/* Only what struct_size covers is looked at. */
	later.options.struct_size--;
	later.options.pad = 1;
	check_create_fails(dev, 1, &later.options, EINVAL);
	/* A size that was never set reads nothing. */
	later.options.struct_size = SIZE_MAX;
	check_create_fails(dev, 1, &later.options, E2BIG);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 0);
	dgem_device_unref(dev);
}

TEST(create_reports_the_kernels_errors)
{
	static const int errors[] = { ENOMEM, ENODEV, ENOSPC, EDQUOT, EINVAL };
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	unsigned int i;

	check_create_fails(dev, 0, NULL, EINVAL);
	options.flags = 1ull << 63;
	check_create_fails(dev, 1, &options, EINVAL);
	options.flags = 0;
	options.heap = FAKE_NUM_HEAPS;
	check_create_fails(dev, 1, &options, EINVAL);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_fail(FAKE_BO_CREATE, 1, errors[i]);
		check_create_fails(dev, 1, NULL, errors[i]);
	}
	dgem_device_unref(dev);
}

TEST(create_out_of_memory)
{
	struct dgem_device *dev = open_default();

	fake_fail_alloc(1);
	check_create_fails(dev, 1, NULL, ENOMEM);
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 0);
	dgem_device_unref(dev);
}

TEST(failed_create_tells_the_reason)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	uint32_t reason = UNTOUCHED_INT;
	uint64_t arg = UNTOUCHED_INT;

	options.reason = &reason;
	options.reason_arg = &arg;
	fake_set_reason(DRM_DGEM_REASON_SIZE, 123456);
	options.heap = 1;
	options.heap_name = "both";
	check_create_fails(dev, 1, &options, EINVAL);
	/* The kernel was not asked. */
	CHECK_EQ(reason, UNTOUCHED_INT);
	CHECK_EQ(arg, UNTOUCHED_INT);

	options.heap_name = NULL;
	fake_fail(FAKE_BO_CREATE, 1, EINVAL);
	check_create_fails(dev, 1, &options, EINVAL);
	CHECK_EQ(reason, DRM_DGEM_REASON_SIZE);
	CHECK_EQ(arg, 123456);
	dgem_device_unref(dev);
}

TEST(create_with_label)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo;

	options.label = "frame 1";
	CHECK_EQ(dgem_bo_create(dev, 1, &options, &bo), 0);
	CHECK_EQ(fake_calls(FAKE_SET_LABEL), 1);
	dgem_bo_unref(bo);

	fake_fail(FAKE_SET_LABEL, 1, ENOMEM);
	check_create_fails(dev, 1, &options, ENOMEM);
	dgem_device_unref(dev);
}

TEST(ref_keeps_the_handle)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	CHECK(dgem_bo_ref(bo) == bo);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_handles(), 1);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_handles(), 0);
	dgem_device_unref(dev);
}

TEST(unref_null_does_nothing)
{
	dgem_bo_unref(NULL);
}

TEST(unref_of_a_mapped_bo_unmaps)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 8192);
	void *ptr;

	CHECK_EQ(dgem_bo_map(bo, &ptr), 0);
	CHECK_EQ(fake_mapped(), 8192);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_mapped(), 0);
	dgem_device_unref(dev);
}

TEST(many_bos_are_all_closed)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bos[300];
	int i;

	for (i = 0; i < 300; i++)
		bos[i] = create(dev, 1);
	CHECK_EQ(fake_open_handles(), 300);
	for (i = 0; i < 300; i++)
		dgem_bo_unref(bos[i * 7 % 300]);
	CHECK_EQ(fake_open_handles(), 0);
	dgem_device_unref(dev);
}
