// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "fixture.h"

#define READ DRM_DGEM_SYNC_READ
#define WRITE DRM_DGEM_SYNC_WRITE
#define END DRM_DGEM_SYNC_END
#define MANY 600

static void check_op(unsigned int i, struct dgem_bo *bo, uint32_t flags, uint64_t offset,
		     uint64_t size)
{
	const struct drm_dgem_sync_op *op = fake_synced() + i;

	CHECK_EQ(op->handle, dgem_bo_handle(bo));
	CHECK_EQ(op->flags, flags);
	CHECK_EQ(op->offset, offset);
	CHECK_EQ(op->size, size);
}

TEST(sync_passes_the_part)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 65536);
	const struct drm_dgem_bo_sync *args = fake_last(FAKE_BO_SYNC);

	CHECK_EQ(dgem_bo_sync(bo, READ, 77, 1000), 0);
	CHECK_EQ(args->count, 1);
	check_op(0, bo, READ, 77, 1000);
	CHECK_EQ(dgem_bo_sync(bo, READ | WRITE | END, 65535, 1), 0);
	check_op(0, bo, READ | WRITE | END, 65535, 1);
	CHECK_EQ(fake_calls(FAKE_BO_SYNC), 2);
	CHECK_EQ(fake_calls(FAKE_PRIME_EXPORT), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(sync_reports_errors)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 4096);

	CHECK_EQ(dgem_bo_sync(bo, 0, 0, 1), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, END, 0, 1), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, READ | 8, 0, 1), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, READ, 0, 0), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, READ, 1, 4096), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, READ, 4097, 1), -EINVAL);
	CHECK_EQ(dgem_bo_sync(bo, READ, 1, UINT64_MAX), -EINVAL);
	fake_fail(FAKE_BO_SYNC, 1, EIO);
	CHECK_EQ(dgem_bo_sync(bo, READ, 0, 1), -EIO);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(sync_of_an_imported_bo)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(8192);
	struct dgem_bo *bo = import(dev, fd);

	fake_close_dmabuf(fd);
	CHECK_EQ(dgem_bo_sync(bo, WRITE | END, 4096, 4096), 0);
	check_op(0, bo, WRITE | END, 4096, 4096);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

static void fill(struct dgem_sync_part *parts, unsigned int count, struct dgem_bo *one,
		 struct dgem_bo *two)
{
	unsigned int i;

	memset(parts, 0, count * sizeof(*parts));
	for (i = 0; i < count; i++) {
		parts[i].bo = i % 2 ? two : one;
		parts[i].flags = i % 3 ? READ : WRITE | END;
		parts[i].offset = i;
		parts[i].size = i + 1;
	}
}

/* As many calls as it takes, and each part in one of them. */
TEST(sync_of_many_parts)
{
	static const size_t counts[] = { 0, 1, 2, 255, 256, 257, 512, MANY };
	struct dgem_device *dev = open_default();
	struct dgem_bo *one = create(dev, 65536), *two = create(dev, 65536);
	struct dgem_sync_part parts[MANY];
	unsigned int calls = 0;
	size_t i, j;

	fill(parts, MANY, one, two);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const size_t whole = counts[i] / 256 * 256, rest = counts[i] - whole;

		CHECK_EQ(dgem_device_sync(dev, parts, counts[i]), 0);
		calls += (unsigned int)(counts[i] + 255) / 256;
		CHECK_EQ(fake_calls(FAKE_BO_SYNC), calls);
		for (j = 0; j < rest; j++)
			check_op((unsigned int)j, parts[whole + j].bo, parts[whole + j].flags,
				 whole + j, whole + j + 1);
	}
	dgem_bo_unref(one);
	dgem_bo_unref(two);
	dgem_device_unref(dev);
}

TEST(sync_of_many_parts_is_refused)
{
	struct dgem_device *dev = open_default(), *other;
	struct dgem_bo *one = create(dev, 65536), *foreign;
	struct dgem_sync_part parts[MANY];

	CHECK_EQ(dgem_device_open(&other), 0);
	foreign = create(other, 65536);
	fill(parts, MANY, one, one);
	parts[MANY - 1].bo = foreign;
	CHECK_EQ(dgem_device_sync(dev, parts, MANY), -EINVAL);
	parts[MANY - 1].bo = one;
	parts[300].pad = 1;
	CHECK_EQ(dgem_device_sync(dev, parts, MANY), -EINVAL);
	CHECK_EQ(fake_calls(FAKE_BO_SYNC), 0);
	parts[300].pad = 0;
	parts[300].size = 0;
	CHECK_EQ(dgem_device_sync(dev, parts, MANY), -EINVAL);
	CHECK_EQ(fake_calls(FAKE_BO_SYNC), 2);
	dgem_bo_unref(foreign);
	dgem_bo_unref(one);
	dgem_device_unref(other);
	dgem_device_unref(dev);
}
