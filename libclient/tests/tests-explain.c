// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define MIB (1ull << 20)

static struct dgem_device *dev;
static struct dgem_bo_options options;
static uint32_t reason;
static uint64_t would_work;

static void begin(void)
{
	const struct dgem_bo_options init = DGEM_BO_OPTIONS_INIT;

	if (!dev)
		dev = open_default();
	options = init;
	options.reason = &reason;
	options.reason_arg = &would_work;
	reason = 0;
	would_work = 0;
}

static void check_sentence(uint64_t size, int error, const char *expected)
{
	char *text = NULL;

	CHECK_EQ(dgem_explain_create(dev, size, &options, -error, &text), 0);
	CHECK_STR(text, expected);
	free(text);
}

/* The whole way: the kernel refuses, and what it wrote is told. */
static void check_refusal(uint64_t size, int error, uint32_t why, uint64_t arg,
			  const char *expected)
{
	struct dgem_bo *bo;

	fake_fail(FAKE_BO_CREATE, 1, error);
	fake_set_reason(why, arg);
	CHECK_EQ(dgem_bo_create(dev, size, &options, &bo), -error);
	check_sentence(size, error, expected);
}

TEST(reasons_of_the_kernel)
{
	begin();
	check_refusal(2 * MIB, EINVAL, DRM_DGEM_REASON_SIZE, MIB,
		      "a BO of the heap 'system' cannot have 2 MiB; 1 MiB would have worked");
	check_refusal(1536, ENOMEM, DRM_DGEM_REASON_MEMORY, 0,
		      "there is not enough memory for 1536 bytes in the heap 'system'");
	options.heap_name = "pinned";
	check_refusal(MIB + 4096, EDQUOT, DRM_DGEM_REASON_USER_LIMIT, 4096,
		      "1028 KiB in the heap 'pinned' is more than the user's limit leaves of memory"
		      " that cannot be swapped out; 4 KiB would have worked");
	check_refusal(MIB, EDQUOT, DRM_DGEM_REASON_MMAP_SPACE, 1,
		      "the user's limit leaves no offset for a mapping of 1 MiB;"
		      " 1 byte would have worked");
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_MMAP_SPACE, 0,
		      "the device has no offset for a mapping of 1 MiB");
	dgem_device_unref(dev);
}

TEST(reasons_of_places)
{
	begin();
	options.heap = 1;
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_FULL, 8192,
		      "the heap 'pinned' has not 1 MiB free; 8 KiB would have worked");
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_FRAGMENTED, 8192,
		      "the heap 'pinned' has not 1 MiB free in one piece; 8 KiB would have worked");
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_ADDR_LIMIT, 0,
		      "the heap 'pinned' has not 1 MiB free that the device can address");
	options.addr_bits = 30;
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_ADDR_LIMIT, 0,
		      "the heap 'pinned' has not 1 MiB free whose addresses fit into 30 bits");
	options.flags = DRM_DGEM_BO_NUMA;
	options.numa_node = 1;
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_NODE, 0,
		      "the heap 'pinned' has not 1 MiB free on node 1");
	begin();
	options.flags = DRM_DGEM_BO_FIXED;
	options.heap_offset = 3 * MIB;
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_FULL, 0,
		      "the heap 'system' has not all of the 1 MiB free that begin after 3 MiB");
	dgem_device_unref(dev);
}

/* HEAP_INFO knows what the kernel's refusal left open: the fake says 13 and 14. */
TEST(what_the_heap_has)
{
	begin();
	check_refusal(MIB, EINVAL, DRM_DGEM_REASON_SIZE, 0,
		      "a BO of the heap 'system' cannot have 1 MiB; 14 bytes would have worked");
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_FULL, 0,
		      "the heap 'system' has not 1 MiB free; 13 bytes would have worked");
	options.align = 8192;
	check_refusal(MIB, ENOSPC, DRM_DGEM_REASON_FRAGMENTED, 0,
		      "the heap 'system' has not 1 MiB free in one piece");
	dgem_device_unref(dev);
}

TEST(what_is_malformed)
{
	char label[DRM_DGEM_LABEL_MAX + 2];

	begin();
	check_sentence(0, EINVAL, "a BO has a size of 1 byte at least");
	options.heap = 7;
	check_sentence(1, EINVAL, "there is no heap 7; there are: system, pinned");
	options.heap_name = "pinned";
	check_sentence(1, EINVAL, "a heap has a name or a number, not both");
	options.heap = 0;
	options.heap_name = "none";
	check_sentence(1, ENOENT, "there is no heap 'none'; there are: system, pinned");
	begin();
	options.label = "K\xc3\xa4mera";
	check_sentence(1, EINVAL, "a label has up to 255 characters of printable ASCII");
	memset(label, 'x', sizeof(label));
	label[DRM_DGEM_LABEL_MAX + 1] = '\0';
	options.label = label;
	check_sentence(1, EINVAL, "a label has up to 255 characters of printable ASCII");
	dgem_device_unref(dev);
}

TEST(constraints_that_are_malformed)
{
	begin();
	options.align = 3 * 4096;
	check_sentence(1, EINVAL, "an alignment is a power of two, of a page to 1 GiB");
	options.align = 1ull << 31;
	check_sentence(1, EINVAL, "an alignment is a power of two, of a page to 1 GiB");
	begin();
	options.boundary = 3 * MIB;
	check_sentence(1, EINVAL,
		       "a boundary is a power of two that is not below the size, 1 byte");
	options.boundary = MIB;
	check_sentence(2 * MIB, EINVAL,
		       "a boundary is a power of two that is not below the size, 2 MiB");
	begin();
	options.addr_bits = 11;
	check_sentence(1, EINVAL, "addresses have 12 to 64 bits, not 11");
	options.addr_bits = 65;
	check_sentence(1, EINVAL, "addresses have 12 to 64 bits, not 65");
	begin();
	options.heap_offset = 4096;
	check_sentence(1, EINVAL, "an offset in the heap wants the flag DRM_DGEM_BO_FIXED");
	begin();
	options.numa_node = 1;
	check_sentence(1, EINVAL, "a node wants the flag DRM_DGEM_BO_NUMA");
	dgem_device_unref(dev);
}

/* Of the fake's heaps, which take the flag POPULATE and have 11 bytes. */
TEST(what_a_heap_does_not_take)
{
	begin();
	options.align = 8192;
	options.flags = DRM_DGEM_BO_NUMA;
	check_sentence(1, EINVAL, "this driver has no heap that can promise an alignment, a node");
	fake_set_param(DRM_DGEM_PARAM_FEATURES, 1 << DRM_DGEM_FEATURE_CONSTRAINTS);
	check_sentence(1, EINVAL, "the heap 'system' does not take DRM_DGEM_BO_NUMA");
	options.align = 0;
	options.flags = DRM_DGEM_BO_KEEP_CONTENTS | DRM_DGEM_BO_DIRECT_IO | 3ull << 40;
	check_sentence(1, EINVAL,
		       "the heap 'system' does not take DRM_DGEM_BO_KEEP_CONTENTS,"
		       " DRM_DGEM_BO_DIRECT_IO, flags 0x30000000000");
	options.align = 8192;
	options.flags = DRM_DGEM_BO_NUMA;
	options.boundary = MIB;
	options.addr_bits = 32;
	options.flags |= DRM_DGEM_BO_FIXED;
	check_sentence(1, EOPNOTSUPP,
		       "the heap 'system' cannot promise an alignment, a boundary, a limit on"
		       " addresses, a fixed place, a node");
	check_sentence(1, EPERM,
		       "the heap 'system' is for privileged processes only (CAP_SYS_RAWIO)");
	fake_set_heap(DRM_DGEM_HEAP_CAP_PRESERVE, DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS,
		      MIB);
	begin();
	options.flags = DRM_DGEM_BO_FIXED;
	check_sentence(1, EINVAL,
		       "the heap 'system' wants DRM_DGEM_BO_FIXED and DRM_DGEM_BO_KEEP_CONTENTS");
	options.flags |= DRM_DGEM_BO_KEEP_CONTENTS;
	options.heap_offset = 1;
	check_sentence(1, EINVAL, "an offset in the heap 'system' is a multiple of 4 KiB");
	options.heap_offset = 4096;
	check_sentence(MIB - 4096 + 1, EINVAL, "the heap 'system' ends before that, after 1 MiB");
	fake_set_heap(0, DRM_DGEM_BO_NUMA, MIB);
	begin();
	options.flags = DRM_DGEM_BO_NUMA;
	options.numa_node = 5;
	check_sentence(1, EINVAL, "there is no node 5");
	dgem_device_unref(dev);
}

TEST(what_only_errno_tells)
{
	begin();
	check_sentence(MIB, ENODEV, "the device is gone");
	check_sentence(MIB, ENOMEM, "a BO of 1 MiB cannot be created: Cannot allocate memory");
	check_sentence(MIB, EINVAL, "a BO of 1 MiB cannot be created: Invalid argument");
	/* A reason of a later kernel. */
	reason = 1000;
	would_work = 4096;
	check_sentence(MIB, ENOSPC,
		       "a BO of 1 MiB cannot be created: No space left on device;"
		       " 4 KiB would have worked");
	/* The caller did not ask for it. */
	options.reason = NULL;
	options.reason_arg = NULL;
	check_sentence(MIB, ENOSPC, "a BO of 1 MiB cannot be created: No space left on device");
	dgem_device_unref(dev);
}

TEST(arguments_that_are_refused)
{
	char *text = UNTOUCHED_PTR;

	begin();
	CHECK_EQ(dgem_explain_create(dev, 1, &options, 0, &text), -EINVAL);
	options.struct_size = 1;
	CHECK_EQ(dgem_explain_create(dev, 1, &options, -EINVAL, &text), -EINVAL);
	options.struct_size = SIZE_MAX;
	CHECK_EQ(dgem_explain_create(dev, 1, &options, -EINVAL, &text), -E2BIG);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_explain_create(dev, 1, NULL, -EINVAL, &text), -ENOMEM);
	CHECK(text == UNTOUCHED_PTR);
	dgem_device_unref(dev);
}
