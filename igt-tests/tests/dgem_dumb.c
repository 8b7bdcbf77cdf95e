// SPDX-License-Identifier: MIT
/* Dumb buffers: the BOs of programs that know no driver. */
#include <sys/mman.h>

#include <drm_mode.h>

#include "dgem/dgem.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Dumb buffers are BOs of the default heap.");

static int fd = -1;

static void dumb_create(struct drm_mode_create_dumb *dumb, uint32_t width, uint32_t height,
			uint32_t bpp)
{
	*dumb = (struct drm_mode_create_dumb){ .width = width, .height = height, .bpp = bpp };
	do_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, dumb);
}

static void dumb_destroy(uint32_t handle)
{
	struct drm_mode_destroy_dumb destroy = { .handle = handle };

	do_ioctl(fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
}

static void test_sizes(void)
{
	static const uint32_t sizes[][3] = {
		{ 1, 1, 8 },	   { 1, 1, 32 },       { 640, 480, 32 }, { 1023, 767, 16 },
		{ 333, 111, 24 },  { 1, 4096, 8 },     { 4097, 1, 8 },	 { 3, 1, 1 },
		{ 1 << 20, 1, 8 }, { 1 << 20, 1, 64 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_mode_create_dumb dumb;
		uint64_t bits = (uint64_t)sizes[i][0] * sizes[i][2];

		dumb_create(&dumb, sizes[i][0], sizes[i][1], sizes[i][2]);
		igt_assert_lte_u64(bits, dumb.pitch * 8ULL);
		igt_assert_lte_u64((uint64_t)dumb.pitch * dumb.height, dumb.size);
		igt_assert_eq_u64(dumb.size % dgem_page_size(), 0);
		igt_assert_eq_u64(dgem_bo_size(fd, dumb.handle), dumb.size);
		dumb_destroy(dumb.handle);
	}
}

/* More bits in a line than 32 bits can count: enough room, or a refusal. */
static void test_wide(void)
{
	static const uint32_t widths[] = { (1u << 29) + 1, (1u << 29) - 1, 1u << 29, 1u << 30 };

	for (unsigned int i = 0; i < ARRAY_SIZE(widths); i++) {
		struct drm_mode_create_dumb dumb = { .width = widths[i], .height = 1, .bpp = 8 };

		if (igt_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb)) {
			igt_assert_eq(errno, EINVAL);
			continue;
		}
		igt_assert_lte_u32(widths[i], dumb.pitch);
		igt_assert_lte_u64(widths[i], dumb.size);
		dumb_destroy(dumb.handle);
	}
}

static void refused_create(uint32_t width, uint32_t height, uint32_t bpp)
{
	struct drm_mode_create_dumb dumb = { .width = width, .height = height, .bpp = bpp };
	struct dgem_counters before;

	dgem_counters_read(fd, &before);
	do_ioctl_err(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb, EINVAL);
	igt_assert_eq_u32(dumb.handle, 0);
	dgem_counters_assert_same(fd, &before);
}

static void test_refused(void)
{
	refused_create(0, 1, 32);
	refused_create(1, 0, 32);
	refused_create(1, 1, 0);
	refused_create(UINT32_MAX, 1, 32);
	refused_create(1, UINT32_MAX, 32);
	refused_create(UINT32_MAX, UINT32_MAX, 32);
	refused_create(1, 1, UINT32_MAX);
	refused_create(1 << 16, 1 << 16, 32);
}

static void test_is_bo(void)
{
	struct drm_mode_create_dumb dumb;
	struct drm_mode_map_dumb map = {};
	struct drm_dgem_bo_info info;
	unsigned char *ptr;

	dumb_create(&dumb, 256, 256, 32);
	dgem_bo_info(fd, dumb.handle, &info);
	igt_assert_eq_u64(info.size, dumb.size);
	igt_assert_eq_u32(info.heap, 0);
	igt_assert_eq_u64(info.resident, 0);

	map.handle = dumb.handle;
	do_ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &map);
	igt_assert_eq_u64(map.offset, dgem_bo_mmap_offset(fd, dumb.handle));
	ptr = dgem_bo_map(fd, dumb.handle, dumb.size);
	for (uint64_t i = 0; i < dumb.size; i++)
		igt_assert_eq(ptr[i], 0);
	dgem_unmap(ptr, dumb.size);
	gem_close(fd, dumb.handle);
}

static void test_bad_handle(void)
{
	struct drm_mode_map_dumb map = { .handle = 0xdeadbeef };
	struct drm_mode_destroy_dumb destroy = { .handle = 0xdeadbeef };
	struct drm_mode_create_dumb dumb;

	do_ioctl_err(fd, DRM_IOCTL_MODE_MAP_DUMB, &map, ENOENT);
	do_ioctl_err(fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy, EINVAL);
	dumb_create(&dumb, 1, 1, 32);
	dumb_destroy(dumb.handle);
	destroy.handle = dumb.handle;
	do_ioctl_err(fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy, EINVAL);
}

static const struct dgem_test tests[] = {
	{ "sizes", "Pitch and size have room for the picture.", test_sizes },
	{ "wide", "A very wide line is not cut off by 32-bit arithmetic.", test_wide },
	{ "refused", "No picture, or one that is too large, gives EINVAL.", test_refused },
	{ "is-bo", "A dumb buffer is a BO of heap 0, zero and not resident yet.", test_is_bo },
	{ "bad-handle", "MAP_DUMB and DESTROY_DUMB of what is no handle.", test_bad_handle },
};

int igt_main()
{
	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
