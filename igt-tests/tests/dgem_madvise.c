// SPDX-License-Identifier: MIT
/* BO_MADVISE: what it answers. What a purge leaves is in dgem_madvise_purge. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Whose BO it is alone can say that it is not needed.");

#define MIB (1ULL << 20)
#define SIZE (2 * MIB + 65536)
#define WILLNEED DRM_DGEM_MADV_WILLNEED
#define DONTNEED DRM_DGEM_MADV_DONTNEED

static int fd = -1;
static uint32_t bo;

static void valid(int file, void *arg)
{
	*(struct drm_dgem_bo_madvise *)arg = (struct drm_dgem_bo_madvise){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
	};
}

static void refused(int file, uint32_t handle, uint32_t madv, int err)
{
	struct drm_dgem_bo_madvise args = { .handle = handle, .madv = madv };

	dgem_assert_refused(file, DRM_IOCTL_DGEM_BO_MADVISE, &args, err);
}

static uint32_t create_filled(uint32_t heap, char **map)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);

	*map = dgem_bo_map(fd, handle, SIZE);
	memset(*map, 0x5a, SIZE);
	return handle;
}

/* Any order, also twice; as long as nothing is purged, all of it is there. */
static void test_advice(void)
{
	static const uint32_t advice[] = { WILLNEED, DONTNEED, DONTNEED,
					   WILLNEED, WILLNEED, DONTNEED };

	for_each_dgem_heap(fd, heap) {
		char *map;
		uint32_t handle = create_filled(heap, &map);

		for (unsigned int i = 0; i < ARRAY_SIZE(advice); i++) {
			struct drm_dgem_bo_info info;

			igt_assert(dgem_bo_madvise(fd, handle, advice[i]));
			dgem_bo_info(fd, handle, &info);
			igt_assert_eq_u32(info.madv, advice[i]);
			igt_assert(!(info.state & DRM_DGEM_BO_STATE_PURGED));
			igt_assert_eq_u64(info.resident, SIZE);
		}
		igt_assert(map[0] == 0x5a && !memcmp(map, map + 1, SIZE - 1));
		dgem_unmap(map, SIZE);
		gem_close(fd, handle);
	}
}

static void test_unknown(void)
{
	static const uint32_t values[] = { 2, 3, 4, 1u << 16, 1u << 31, UINT32_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		refused(fd, bo, values[i], EINVAL);
		refused(fd, 0, values[i], EINVAL);
	}
}

static void test_imported(void)
{
	struct foreign foreign;
	uint32_t handle;

	foreign_create(&foreign, FOREIGN_VGEM, 65536);
	handle = prime_fd_to_handle(fd, foreign.dmabuf);
	refused(fd, handle, DONTNEED, EOPNOTSUPP);
	refused(fd, handle, WILLNEED, EOPNOTSUPP);
	gem_close(fd, handle);
	foreign_destroy(&foreign);
}

/* Who was given a buffer, perhaps to read only, and everybody who shares one. */
static void test_shared(void)
{
	int other = drm_reopen_driver(fd), dma_buf, vgem = vgem_open();
	uint32_t handle, received, imported;
	char *map;

	handle = create_filled(0, &map);
	dma_buf = prime_handle_to_fd(fd, handle);
	refused(fd, handle, DONTNEED, EBUSY);
	imported = prime_fd_to_handle(vgem, dma_buf);
	refused(fd, handle, DONTNEED, EBUSY);
	gem_close(vgem, imported);
	received = prime_fd_to_handle(other, dma_buf);
	close(dma_buf);
	/* the core keeps the dma-buf as long as there is a handle, whoever has it */
	refused(fd, handle, DONTNEED, EBUSY);
	refused(other, received, DONTNEED, EBUSY);
	igt_assert(dgem_bo_madvise(other, received, WILLNEED));
	gem_close(fd, handle);
	refused(other, received, DONTNEED, EBUSY);
	/* with nothing to purge, whoever is short of memory */
	igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	igt_assert(map[0] == 0x5a && !memcmp(map, map + 1, SIZE - 1));
	dgem_unmap(map, SIZE);
	close(vgem);
	drm_close_driver(other);
}

/* It is not shared before it is needed again, and then it is. */
static void test_then_export(void)
{
	uint32_t handle = dgem_bo_create(fd, SIZE);
	struct dgem_counters before;
	int dma_buf = -1;

	igt_assert(dgem_bo_madvise(fd, handle, DONTNEED));
	dgem_counters_read(fd, &before);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, DRM_RDWR, &dma_buf), -EBUSY);
	igt_assert_eq(dma_buf, -1);
	dgem_counters_assert_same(fd, &before);
	igt_assert(dgem_bo_madvise(fd, handle, WILLNEED));
	close(prime_handle_to_fd(fd, handle));
	gem_close(fd, handle);
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_madvise, retained),
	DGEM_FIELD(drm_dgem_bo_madvise, flags),
};

static const struct dgem_test tests[] = {
	{ "advice", "Advice can be given in any order and again, and BO_INFO tells it.",
	  test_advice },
	{ "unknown", "Unknown advice gives EINVAL before the handle is looked up.", test_unknown },
	{ "imported", "Advice on an imported BO gives EOPNOTSUPP.", test_imported },
	{ "shared", "Nobody can give up a BO that is or was shared.", test_shared },
	{ "then-export", "A BO that is not needed is exported when it is needed again.",
	  test_then_export },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_BO_MADVISE,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_madvise, retained),
		.zero_err = ENOENT,
		.handle_offset = offsetof(struct drm_dgem_bo_madvise, handle),
		.flags_offset = offsetof(struct drm_dgem_bo_madvise, flags),
		.bo = &bo,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
