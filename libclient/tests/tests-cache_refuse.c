// SPDX-License-Identifier: MIT
/* BOs that a cache does not keep, and requests that it refuses. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cache_fixture.h"

TEST(bo_of_one_place_is_not_kept)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo;

	begin();
	options.flags = DRM_DGEM_BO_FIXED;
	options.heap_offset = 4096;
	bo = get_with(9 * 4096, &options, 0);
	CHECK_EQ(dgem_bo_size(bo), 9 * 4096);
	dgem_cache_put(cache, bo);
	options.flags = DRM_DGEM_BO_KEEP_CONTENTS;
	options.heap_offset = 0;
	dgem_cache_put(cache, get_with(4096, &options, 0));
	CHECK_EQ(fake_open_handles(), 0);
	CHECK_EQ(fake_calls(FAKE_BO_MADVISE), 0);
	end();
}

TEST(bo_that_others_may_have_is_not_kept)
{
	struct dgem_cache *other;
	struct dgem_bo *bo;
	int fd;

	begin();
	bo = get(1);
	CHECK_EQ(dgem_bo_export(bo, O_RDWR, &fd), 0);
	dgem_cache_put(cache, bo);
	fake_close_dmabuf(fd);
	CHECK_EQ(fake_open_handles(), 0);

	bo = get(1);
	CHECK(dgem_bo_handle(bo) != 0);
	dgem_cache_put(cache, bo);
	CHECK_EQ(fake_open_handles(), 0);

	bo = get(1);
	dgem_bo_ref(bo);
	dgem_cache_put(cache, bo);
	CHECK_EQ(fake_calls(FAKE_BO_MADVISE), 0);
	dgem_bo_unref(bo);
	CHECK_EQ(fake_open_handles(), 0);

	fd = fake_foreign_dmabuf(4096);
	dgem_cache_put(cache, import(dev, fd));
	fake_close_dmabuf(fd);
	dgem_cache_put(cache, create(dev, 1));
	CHECK_EQ(dgem_cache_create(dev, &other), 0);
	dgem_cache_put(other, get(1));
	CHECK_EQ(fake_open_handles(), 0);
	dgem_cache_put(cache, NULL);
	dgem_cache_unref(other);
	end();
}

TEST(bo_that_the_kernel_does_not_give_up)
{
	begin();
	fake_fail(FAKE_BO_MADVISE, 1, EOPNOTSUPP);
	dgem_cache_put(cache, get(1));
	CHECK_EQ(fake_open_handles(), 0);
	/* And one that it does not take back. */
	dgem_cache_put(cache, get(1));
	fake_fail(FAKE_BO_MADVISE, 1, ENOMEM);
	dgem_bo_unref(get(1));
	CHECK_EQ(fake_calls(FAKE_BO_CREATE), 3);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

static void check_label(struct dgem_bo *bo, const char *expected)
{
	char *label;

	CHECK_EQ(dgem_bo_get_label(bo, &label), 0);
	CHECK_STR(label, expected);
	free(label);
}

TEST(label_is_the_users)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo;

	begin();
	options.label = "first";
	bo = get_with(1, &options, 0);
	dgem_cache_put(cache, bo);
	CHECK(get(1) == bo);
	check_label(bo, "");
	dgem_cache_put(cache, bo);
	options.label = "second";
	CHECK(get_with(1, &options, 0) == bo);
	check_label(bo, "second");
	dgem_cache_put(cache, bo);
	fake_fail(FAKE_SET_LABEL, 1, EINVAL);
	bo = UNTOUCHED_PTR;
	CHECK_EQ(dgem_cache_get(cache, 1, &options, 0, &bo), -EINVAL);
	CHECK(bo == UNTOUCHED_PTR);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

TEST(memory_is_had_from_what_is_kept)
{
	begin();
	dgem_cache_put(cache, get(MIB));
	fake_fail(FAKE_BO_CREATE, 1, ENOSPC);
	dgem_bo_unref(get(4096));
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

TEST(size_that_cannot_be_rounded)
{
	struct dgem_bo *bo = UNTOUCHED_PTR;

	begin();
	fake_fail(FAKE_BO_CREATE, 1, EINVAL);
	bo = get(9 * 4096);
	CHECK_EQ(dgem_bo_size(bo), 9 * 4096);
	/* It would be too small for others of its bucket. */
	dgem_cache_put(cache, bo);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

TEST(arguments_that_are_refused)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_bo *bo = UNTOUCHED_PTR;

	begin();
	CHECK_EQ(dgem_cache_get(cache, 1, NULL, 2, &bo), -EINVAL);
	CHECK_EQ(dgem_cache_get(cache, 0, NULL, 0, &bo), -EINVAL);
	CHECK_EQ(dgem_cache_get(cache, UINT64_MAX, NULL, 0, &bo), -EINVAL);
	options.heap_name = "none";
	CHECK_EQ(dgem_cache_get(cache, 1, &options, 0, &bo), -ENOENT);
	options.struct_size = 1;
	CHECK_EQ(dgem_cache_get(cache, 1, &options, 0, &bo), -EINVAL);
	CHECK(bo == UNTOUCHED_PTR);
	end();
}

TEST(out_of_memory)
{
	struct dgem_bo *bo = UNTOUCHED_PTR;
	struct dgem_cache *other = UNTOUCHED_PTR;

	begin();
	fake_fail_alloc(1);
	CHECK_EQ(dgem_cache_create(dev, &other), -ENOMEM);
	CHECK(other == UNTOUCHED_PTR);
	fake_fail_alloc(1);
	CHECK_EQ(dgem_cache_get(cache, 1, NULL, 0, &bo), -ENOMEM);
	fake_fail_alloc(2);
	CHECK_EQ(dgem_cache_get(cache, 1, NULL, 0, &bo), -ENOMEM);
	CHECK(bo == UNTOUCHED_PTR);
	/* It is a new one that cannot be cleared for want of address space. */
	bo = get(1);
	dgem_cache_put(cache, bo);
	fake_fail(FAKE_MMAP, 1, ENOMEM);
	CHECK_EQ(dgem_cache_get(cache, 1, NULL, DGEM_CACHE_ZERO, &bo), -ENOMEM);
	CHECK_EQ(fake_open_handles(), 0);
	end();
}

/* What the user still has when the cache goes is his. */
TEST(bo_that_outlives_the_cache)
{
	struct dgem_bo *bo;

	begin();
	bo = get(1);
	map(bo)[0] = 1;
	CHECK(dgem_cache_ref(cache) == cache);
	dgem_cache_unref(cache);
	dgem_cache_put(cache, get(1));
	dgem_cache_unref(cache);
	CHECK_EQ(fake_open_handles(), 1);
	CHECK_EQ(map(bo)[0], 1);
	dgem_bo_unref(bo);
	dgem_cache_unref(NULL);
}
