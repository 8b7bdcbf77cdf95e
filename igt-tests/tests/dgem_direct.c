// SPDX-License-Identifier: MIT
/*
 * Who takes buffers of user space by their pages takes mappings of BOs with
 * DRM_DGEM_BO_DIRECT_IO: each user, with each heap that has the flag, through the DRM
 * file and the dma-buf. The same is tried with BOs without the flag, which must fail.
 *
 * IGT_DGEM_DISK names the disk of the subtests "disk" and "ext4", whose contents are lost.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/direct.h"
#include "dgem/map_shapes.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("The kernel pins pages of mappings of BOs with DIRECT_IO.");

static unsigned int cells;

/* Memory of this process, which any user takes. */
static char *buffer(size_t len)
{
	void *buf = NULL;

	igt_assert_eq(posix_memalign(&buf, content_page_size(), len), 0);
	memset(buf, 0x5a, len);
	return buf;
}

static void cell_read(const struct direct_user *user, struct peer_bo *bo, enum peer_map how)
{
	char *map = map_whole(bo, how), *copy = buffer(bo->size);

	igt_assert_eq(user->read(map, bo->size, copy), 0);
	for (uint64_t nr = 0; nr < bo->pages; nr++)
		shadow_check_at(bo->sh, copy + map_bytes(nr), nr);
	munmap(map, bo->size);
	free(copy);
	cells++;
}

/* What was written is there through the other door, too. */
static void cell_write(const struct direct_user *user, struct peer_bo *bo, enum peer_map how)
{
	char *map = map_whole(bo, how), *from = buffer(bo->size), *other;

	shadow_write(bo->sh, from, 0, bo->pages);
	igt_assert_eq(user->write(map, bo->size, from), 0);
	shadow_check(bo->sh, map, 0, bo->pages);
	other = map_whole(bo, PEER_MAPS - 1 - how);
	shadow_check(bo->sh, other, 0, bo->pages);
	munmap(other, bo->size);
	munmap(map, bo->size);
	free(from);
	cells++;
}

/* A chunk and a part of one. */
static uint64_t test_size(void)
{
	return PEER_CHUNK + map_bytes(5);
}

/* Both directions begin with pages that were never touched. */
static void cells_of(int fd, const struct direct_user *user, uint32_t heap, enum peer_map how)
{
	struct peer_bo *bo = direct_create(fd, test_size(), heap, DRM_DGEM_BO_DIRECT_IO);

	cell_read(user, bo, how);
	peer_free(bo);

	bo = direct_create(fd, test_size(), heap, DRM_DGEM_BO_DIRECT_IO);
	if (user->write)
		cell_write(user, bo, how);
	else
		peer_fill(bo, PEER_DRM);
	cell_read(user, bo, how);
	peer_free(bo);
}

static void control(int fd, const struct direct_user *user, uint32_t heap, enum peer_map how)
{
	struct peer_bo *bo = direct_create(fd, test_size(), heap, 0);
	char *map = map_whole(bo, how), *buf = buffer(bo->size);

	peer_fill(bo, PEER_DRM);
	igt_assert_eq(user->read(map, bo->size, buf), -EFAULT);
	if (user->write)
		igt_assert_eq(user->write(map, bo->size, buf), -EFAULT);
	shadow_check(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	free(buf);
	peer_free(bo);
}

static void use(int fd, const struct direct_user *user)
{
	cells = 0;
	if (user->start)
		user->start();
	for_each_direct_heap(fd, heap)
		for (unsigned int how = 0; how < PEER_MAPS; how++) {
			cells_of(fd, user, heap, how);
			control(fd, user, heap, how);
		}
	if (user->stop)
		user->stop();
	igt_info("%u cells\n", cells);
	igt_assert_lt(0, cells);
}

#define WIDTH 640
#define HEIGHT 360

/* As few as vivid takes. */
#define FRAMES 2

/* Frames by USERPTR, side by side in a BO, are those that vivid shows otherwise. */
static void camera_cell(int fd, uint32_t heap, enum peer_map how, struct vivid *v,
			const void *reference)
{
	uint64_t size = (v->bytes + map_bytes(1) - 1) / map_bytes(1) * map_bytes(1);
	struct peer_bo *bo = direct_create(fd, FRAMES * size, heap, DRM_DGEM_BO_DIRECT_IO);
	char *map = map_whole(bo, how), *other = map_whole(bo, PEER_MAPS - 1 - how);
	uint32_t index;

	igt_assert_eq(vivid_request(v, V4L2_MEMORY_USERPTR, FRAMES), 0);
	for (index = 0; index < FRAMES; index++)
		igt_assert_eq(vivid_queue_user(v, index, map + index * size, size), 0);
	igt_assert_eq(vivid_stream(v, true), 0);
	for (int n = 0; n < FRAMES; n++) {
		igt_assert_eq(vivid_dequeue(v, &index), 0);
		igt_assert(!memcmp(map + index * size, reference, v->bytes));
		igt_assert(!memcmp(other + index * size, reference, v->bytes));
	}
	igt_assert_eq(vivid_stream(v, false), 0);
	igt_assert_eq(vivid_request(v, V4L2_MEMORY_USERPTR, 0), 0);
	munmap(other, bo->size);
	munmap(map, bo->size);
	/* Not with the shadow, but compared. */
	bo->sh->checked = bo->pages;
	peer_free(bo);
	cells++;
}

static void camera_control(int fd, uint32_t heap, struct vivid *v)
{
	uint32_t handle = dgem_bo_create_in(fd, v->bytes, heap, 0);
	void *map = dgem_bo_map(fd, handle, v->bytes);

	igt_assert_eq(vivid_request(v, V4L2_MEMORY_USERPTR, FRAMES), 0);
	igt_assert_eq(vivid_queue_user(v, 0, map, v->bytes), -EFAULT);
	igt_assert_eq(vivid_request(v, V4L2_MEMORY_USERPTR, 0), 0);
	dgem_unmap(map, v->bytes);
	gem_close(fd, handle);
}

static void camera(int fd)
{
	struct vivid v;
	void *reference;

	cells = 0;
	vivid_load(VIVID_VMALLOC);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, WIDTH, HEIGHT);
	reference = vivid_reference(&v);
	for_each_direct_heap(fd, heap) {
		for (unsigned int how = 0; how < PEER_MAPS; how++)
			camera_cell(fd, heap, how, &v, reference);
		camera_control(fd, heap, &v);
	}
	vivid_close(&v);
	free(reference);
	igt_info("%u cells\n", cells);
	igt_assert_lt(0, cells);
}

/* Memory that is not the system's has pages which the kernel cannot pin for long. */
static void heaps(int fd)
{
	for_each_dgem_heap(fd, heap) {
		struct drm_dgem_bo_create create = {
			.size = 1,
			.heap = heap,
			.flags = DRM_DGEM_BO_DIRECT_IO,
		};
		struct drm_dgem_heap_info info;
		bool takes;

		dgem_heap_info(fd, heap, &info);
		takes = info.kind == DRM_DGEM_HEAP_SYSTEM || info.kind == DRM_DGEM_HEAP_PINNED ||
			info.kind == DRM_DGEM_HEAP_CONTIGUOUS;
		igt_assert_eq(direct_heap(fd, heap), takes);
		igt_assert_eq(__dgem_bo_create(fd, &create), takes ? 0 : -EINVAL);
		if (takes)
			gem_close(fd, create.handle);
	}
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	igt_describe("Heaps of RAM take DIRECT_IO and say so, others refuse it.");
	dgem_subtest(fd, "heaps")
		heaps(fd);

	for (unsigned int i = 0; i < direct_users_num; i++) {
		igt_describe(direct_users[i].what);
		dgem_subtest_f(fd, "%s", direct_users[i].name)
			use(fd, &direct_users[i]);
	}

	igt_describe("V4L2_MEMORY_USERPTR takes mappings of BOs with DIRECT_IO, and no others.");
	dgem_subtest(fd, "camera")
		camera(fd);

	igt_fixture()
		close(fd);
}
