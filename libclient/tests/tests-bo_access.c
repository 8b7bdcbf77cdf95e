// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>

#include "fixture.h"

#define RW (DGEM_ACCESS_READ | DGEM_ACCESS_WRITE)

static uint64_t last_sync(void)
{
	const struct dma_buf_sync *args = fake_last(FAKE_DMABUF_SYNC);

	return args->flags;
}

TEST(bo_of_nobody_else_costs_nothing)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(fake_calls(FAKE_BO_INFO), 0);
	CHECK_EQ(fake_calls(FAKE_PRIME_EXPORT), 0);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(exported_bo_is_bracketed)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	unsigned int files;
	int fd;

	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	files = fake_open_files();
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	CHECK_EQ(fake_open_files(), files + 1);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	CHECK_EQ(fake_open_files(), files);

	/* Also when nobody has a descriptor any more: importers may be there. */
	fake_close_dmabuf(fd);
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 4);
	/* That there is a dma-buf has to be asked once. */
	CHECK_EQ(fake_calls(FAKE_BO_INFO), 1);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(imported_bo_is_bracketed)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = import(dev, fd);

	fake_close_dmabuf(fd);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

/* The first export of a handle settles the access mode: it is the user's. */
TEST(access_does_not_export_for_the_first_time)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);

	CHECK(dgem_bo_handle(bo));
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(fake_calls(FAKE_PRIME_EXPORT), 0);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(read_only_dmabuf_is_bracketed)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	const uint32_t *flags = fake_last(FAKE_PRIME_EXPORT);
	int fd;

	CHECK_EQ(dgem_bo_export(bo, O_RDONLY, &fd), 0);
	fake_fail(FAKE_PRIME_EXPORT, 1, EACCES);
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(*flags, DRM_CLOEXEC);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 2);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(accesses_share_one_descriptor)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = import(dev, fd);
	unsigned int files = fake_open_files();

	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(fake_open_files(), files + 1);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(fake_open_files(), files + 1);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_READ), 0);
	CHECK_EQ(fake_open_files(), files);
	CHECK_EQ(fake_calls(FAKE_PRIME_EXPORT), 1);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 4);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

/* A device that got the BO meanwhile has to see what was written before. */
TEST(export_during_an_access)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	int fd;

	CHECK_EQ(dgem_bo_begin_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	CHECK_EQ(dgem_bo_end_access(bo, DGEM_ACCESS_WRITE), 0);
	CHECK_EQ(last_sync(), DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(access_refuses_bad_arguments)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = import(dev, fd);

	CHECK_EQ(dgem_bo_begin_access(bo, 0), -EINVAL);
	CHECK_EQ(dgem_bo_begin_access(bo, 4 | RW), -EINVAL);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EINVAL);
	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	/* The access goes on. */
	CHECK_EQ(dgem_bo_end_access(bo, 0), -EINVAL);
	CHECK_EQ(dgem_bo_end_access(bo, RW), 0);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EINVAL);
	CHECK_EQ(fake_calls(FAKE_DMABUF_SYNC), 2);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(failed_begin_is_no_access)
{
	static const struct {
		enum fake_call call;
		int error;
	} steps[] = {
		{ FAKE_BO_INFO, ENODEV },
		{ FAKE_PRIME_EXPORT, EMFILE },
		{ FAKE_DMABUF_SYNC, EIO },
	};
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = import(dev, fd);
	unsigned int files = fake_open_files(), i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fake_fail(steps[i].call, 1, steps[i].error);
		CHECK_EQ(dgem_bo_begin_access(bo, RW), -steps[i].error);
		CHECK_EQ(dgem_bo_end_access(bo, RW), -EINVAL);
		CHECK_EQ(fake_open_files(), files);
	}
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(failed_end_is_the_end)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 1);
	unsigned int files;
	int fd;

	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	files = fake_open_files();
	fake_fail(FAKE_PRIME_EXPORT, 1, EMFILE);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EMFILE);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EINVAL);

	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	fake_fail(FAKE_DMABUF_SYNC, 1, EIO);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EIO);
	CHECK_EQ(dgem_bo_end_access(bo, RW), -EINVAL);
	CHECK_EQ(fake_open_files(), files);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(unref_during_an_access)
{
	struct dgem_device *dev = open_default();
	int fd = fake_foreign_dmabuf(4096);
	struct dgem_bo *bo = import(dev, fd);

	CHECK_EQ(dgem_bo_begin_access(bo, RW), 0);
	fake_close_dmabuf(fd);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	CHECK_EQ(fake_open_files(), 0);
}
