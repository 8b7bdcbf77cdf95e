// SPDX-License-Identifier: MIT
/*
 * What memory is charged to a user, when, and until when. Offsets are in
 * dgem_limit_offset, who is behind an account in dgem_limit_who, attacks in dgem_limit.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/limits.h"
#include "dgem/observe.h"
#include "dgem/user.h"
#include "dgem/vivid.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("What a user has is charged to him until it is freed, and is limited.");

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define RW (PROT_READ | PROT_WRITE)
#define SPACE (16ULL << 40)

/* of root; a file of USER_A */
static int fd = -1, user = -1;
static uint32_t pinned;

static uint64_t used(void)
{
	return dgem_get_param(user, DRM_DGEM_PARAM_USER_USED);
}

static uint64_t system_used(void)
{
	return dgem_get_param(user, DRM_DGEM_PARAM_SYSTEM_USED);
}

static uint64_t offsets(void)
{
	return dgem_get_param(user, DRM_DGEM_PARAM_MMAP_USED);
}

static void test_values(void)
{
	const uint64_t ram = observe_meminfo("MemTotal") << 10;
	struct limits l;

	limits_read(user, &l);
	igt_info("limits: %llu MiB, %llu MiB of system, %llu GiB of offsets\n",
		 (unsigned long long)(l.user_limit / MIB),
		 (unsigned long long)(l.system_limit / MIB),
		 (unsigned long long)(l.mmap_limit / GIB));
	igt_assert_eq_u64(l.user_limit, limits_param("user_limit_mb") * MIB);
	igt_assert_eq_u64(l.system_limit, limits_param("system_user_mb") * MIB);
	igt_assert_eq_u64(l.system_limit, dgem_get_param(user, DRM_DGEM_PARAM_SYSTEM_LIMIT));
	igt_assert_eq_u64(l.mmap_limit % dgem_page_size(), 0);
	igt_assert_lte_u64(l.mmap_limit, SPACE / 8);
	igt_assert_lt_u64(SPACE / 8 - 16 * GIB, l.mmap_limit);
	igt_assert_eq_u64(l.user_used | l.system_used | l.mmap_used, 0);
	/* unless somebody set others when the module was loaded */
	igt_assert_eq(limits_param("user_limit_mb"), ram / 4 / MIB);
	igt_assert_eq(limits_param("total_limit_mb"), ram / 2 / MIB);
	igt_assert_eq(limits_param("system_user_mb"), ram * 3 / 8 / MIB);
	igt_assert_eq(limits_param("system_limit_mb"), ram * 3 / 4 / MIB);
}

static void test_pinned(void)
{
	const uint64_t size = 5 * MIB;
	uint32_t handle = dgem_bo_create_in(user, size, pinned, 0);
	char *map;

	igt_assert_eq_u64(used(), size + limits_cost_of_bo(size));
	map = dgem_bo_map(user, handle, size);
	memset(map, 1, size);
	igt_assert_eq_u64(used(), size + limits_cost_of_bo(size));
	igt_assert_eq_u64(system_used(), 0);
	dgem_unmap(map, size);
	gem_close(user, handle);
	igt_assert_eq_u64(used(), 0);
}

static uint64_t resident(uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(user, handle, &info);
	return info.resident;
}

static void test_system(void)
{
	const uint64_t size = 5 * MIB, chunk = dgem_get_param(user, DRM_DGEM_PARAM_CHUNK_SIZE);
	uint32_t handle = dgem_bo_create(user, size);
	char *map = dgem_bo_map(user, handle, size);

	igt_assert_eq_u64(used(), limits_cost_of_bo(size));
	igt_assert_eq_u64(system_used(), 0);
	map[0] = 1;
	igt_assert_eq_u64(resident(handle), chunk);
	igt_assert_eq_u64(system_used(), limits_backing_of_bo(user, handle));
	memset(map, 1, size);
	igt_assert_eq_u64(resident(handle), size);
	igt_assert_eq_u64(system_used(), limits_backing_of_bo(user, handle));
	igt_assert_eq_u64(used(), limits_cost_of_bo(size));
	dgem_unmap(map, size);
	gem_close(user, handle);
	igt_assert_eq_u64(system_used(), 0);
	igt_assert_eq_u64(used(), 0);
}

/* Another file of the user takes all of the limit but at most @left bytes. */
static int take_all_but(uint64_t left)
{
	const uint64_t limit = limits_param("user_limit_mb") * MIB, page = dgem_page_size();
	int filler = user_open(fd, USER_A);
	/* what the BO itself costs is less than 2 KiB */
	uint64_t much = (limit - used() - left - 2048) & ~(page - 1);

	dgem_bo_create_in(filler, much, pinned, 0);
	while (limit - used() > left)
		dgem_bo_create(filler, 1);
	return filler;
}

static void test_reason_user_limit(void)
{
	limits_set("user_limit_mb", 16);
	for (unsigned int i = 0; i < 4; i++) {
		const bool system = i % 2;
		struct drm_dgem_bo_create args = {
			.size = system ? dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE) : 5 * MIB,
			.heap = system ? 0 : pinned,
			.flags = i / 2 ? DRM_DGEM_BO_WITH_MMAP_OFFSET : 0,
		};
		int filler = take_all_but(system ? 4096 : 5 * MIB);

		limits_assert_exact(user, &args, DRM_DGEM_REASON_USER_LIMIT);
		drm_close_driver(filler);
	}
}

/* They cost what BOs cost, and are refused like them. */
static void test_dumb(void)
{
	struct drm_mode_create_dumb dumb = { .width = 1024, .height = 1024, .bpp = 32 };
	int file = user_open(fd, USER_A);
	unsigned int made = 0;
	uint64_t cost;
	int ret;

	do_ioctl(user, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	cost = limits_cost_of_bo(dumb.size);
	igt_assert_eq_u64(used(), cost);
	gem_close(user, dumb.handle);
	igt_assert_eq_u64(used(), 0);
	limits_set("user_limit_mb", 1);
	while (!(ret = __dgem_ioctl(file, DRM_IOCTL_MODE_CREATE_DUMB, &dumb)))
		made++;
	igt_assert_eq(ret, -EDQUOT);
	igt_assert_eq_u64(made, MIB / cost);
	drm_close_driver(file);
}

/* vivid keeps a BO of the system heap from being swapped while it has it queued. */
static void import_by(enum vivid_allocator allocator)
{
	const uint64_t size = 2 * MIB, idle = limits_cost_of_bo(size);
	uint32_t handle = dgem_bo_create_in(user, size, 0, DRM_DGEM_BO_POPULATE);
	int dmabuf = prime_handle_to_fd_for_mmap(user, handle);
	struct vivid v;

	igt_assert_eq_u64(used(), idle);
	vivid_load(allocator);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, dmabuf, size), 0);
	igt_assert_eq_u64(used(), idle + size);
	/* the same BO in two buffers is charged once */
	igt_assert_eq(vivid_queue(&v, 1, dmabuf, size), 0);
	igt_assert_eq_u64(used(), idle + size);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 0), 0);
	vivid_close(&v);
	igt_assert_eq_u64(used(), idle);
	close(dmabuf);
	gem_close(user, handle);
}

static void test_importer(void)
{
	import_by(VIVID_VMALLOC);
	/* which wants one segment */
	if (dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE))
		import_by(VIVID_CONTIG);
}

/*
 * An importer beyond the limit: DRM tells the errno, where it maps when it imports;
 * V4L2 has one of its own.
 */
static void test_importer_refused(void)
{
	const uint64_t size = 2 * MIB, idle = limits_cost_of_bo(size);
	uint32_t handle = dgem_bo_create_in(user, size, 0, DRM_DGEM_BO_POPULATE), imported;
	int dmabuf = prime_handle_to_fd_for_mmap(user, handle), vgem = vgem_open(), ret;
	struct drm_dgem_bo_info info;
	struct vivid v;

	limits_set("user_limit_mb", 2);
	ret = __prime_fd_to_handle(vgem, dmabuf, &imported);
	igt_assert(!ret || ret == -ENOMEM);
	igt_assert_eq_u64(used(), idle);
	vivid_load(VIVID_CONTIG);
	vivid_open(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT, 640, 360);
	igt_assert_eq(vivid_request(&v, V4L2_MEMORY_DMABUF, 2), 0);
	igt_assert_eq(vivid_queue(&v, 0, dmabuf, size), -EINVAL);
	igt_assert_eq_u64(used(), idle);
	dgem_bo_info(user, handle, &info);
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_PINNED));
	vivid_close(&v);
	limits_restore();
	close(vgem);
	close(dmabuf);
	gem_close(user, handle);
}

/* Whoever holds the last of it: a mapping, a dma-buf, another user's handle. */
static void test_held(void)
{
	const uint64_t size = 2 * MIB, cost = size + limits_cost_of_bo(size);
	int file = user_open(fd, USER_A), other = user_open(fd, USER_B), dmabuf;
	uint32_t handle = dgem_bo_create_in(file, size, pinned, 0);
	char *map = dgem_bo_map(file, handle, size);

	gem_close(file, handle);
	igt_assert_eq_u64(used(), cost);
	handle = dgem_bo_create_in(file, size, pinned, 0);
	dmabuf = prime_handle_to_fd_for_mmap(file, handle);
	drm_close_driver(file);
	igt_assert_eq_u64(used(), 2 * cost);
	igt_assert_eq_u64(offsets(), size);
	map[0] = 1;
	dgem_unmap(map, size);
	igt_assert_eq_u64(used(), cost);
	igt_assert_eq_u64(offsets(), 0);

	/* the creator is credited when another user drops the last reference */
	prime_fd_to_handle(other, dmabuf);
	close(dmabuf);
	igt_assert_eq_u64(used(), cost);
	igt_assert_eq_u64(dgem_get_param(other, DRM_DGEM_PARAM_USER_USED), 0);
	drm_close_driver(other);
	igt_assert_eq_u64(used(), 0);
}

/* Nothing is taken from a user who has more than a new limit, and nothing given. */
static void test_lowered(void)
{
	struct drm_dgem_bo_create args = { .size = 1, .heap = pinned };
	const uint64_t size = 8 * MIB;
	uint32_t handle = dgem_bo_create_in(user, size, pinned, 0);
	char *map = dgem_bo_map(user, handle, size);
	struct limits l;

	memset(map, 0x5a, size / 2);
	limits_set("user_limit_mb", 4);
	igt_assert_eq_u64(limits_assert_refused(user, &args, EDQUOT, DRM_DGEM_REASON_USER_LIMIT),
			  0);
	args.heap = 0;
	igt_assert_eq_u64(limits_assert_refused(user, &args, EDQUOT, DRM_DGEM_REASON_USER_LIMIT),
			  0);
	limits_read(user, &l);
	igt_assert_eq_u64(l.user_used, size + limits_cost_of_bo(size));
	igt_assert_lte_u64(l.user_limit, l.user_used);
	/* what was charged already can still be touched for the first time */
	memset(map + size / 2, 0x5a, size / 2);
	igt_assert(!memcmp(map, map + 1, size - 1));
	dgem_unmap(map, size);
	gem_close(user, handle);
	gem_close(user, dgem_bo_create_in(user, 3 * MIB, pinned, 0));
}

static void test_none(void)
{
	const uint64_t size = 2 * MIB;
	struct limits l;
	uint32_t handle;

	limits_set("user_limit_mb", 0);
	limits_read(user, &l);
	igt_assert_eq_u64(l.user_limit, limits_param("total_limit_mb") * MIB);
	limits_set("total_limit_mb", 0);
	limits_set("system_user_mb", 0);
	limits_set("system_limit_mb", 0);
	handle = dgem_bo_create_in(user, size, pinned, 0);
	limits_read(user, &l);
	igt_assert_eq_u64(l.user_limit | l.system_limit, 0);
	igt_assert_eq_u64(l.user_used, size + limits_cost_of_bo(size));
	gem_close(user, handle);
}

/* Without free swap, what system BOs have is limited at each touch. */
static void test_system_limit(void)
{
	const uint64_t size = 32 * MIB;
	uint32_t handle = dgem_bo_create(user, size);
	char *map = dgem_bo_map(user, handle, size);
	struct drm_dgem_bo_create args = {
		.size = size,
		.flags = DRM_DGEM_BO_POPULATE,
	};
	uint64_t at;

	limits_set("system_user_mb", 8);
	at = limits_touch(map, 0, size);
	igt_assert_eq_u64(resident(handle), at);
	igt_assert_eq_u64(system_used(), limits_backing_of_bo(user, handle));
	igt_assert_eq_u64(system_used(), 8 * MIB);
	igt_assert_eq_u64(limits_assert_refused(user, &args, ENOMEM, DRM_DGEM_REASON_MEMORY), 0);
	igt_assert_eq(content_touch_write(map + at), SIGBUS);
	igt_assert_eq(content_touch_write(map + size - MIB), SIGBUS);
	igt_assert_eq(content_touch_write(map), 0);
	limits_set("system_user_mb", 16);
	igt_assert_eq(content_touch_write(map + at), 0);
	/* what is left is what POPULATE proposes, and then works */
	args.size = limits_assert_refused(user, &args, ENOMEM, DRM_DGEM_REASON_MEMORY);
	igt_assert_eq_u64(args.size, 6 * MIB);
	igt_assert_eq(__dgem_bo_create(user, &args), 0);
	gem_close(user, args.handle);
	dgem_unmap(map, size);
	gem_close(user, handle);
	igt_assert_eq_u64(system_used(), 0);
}

static const struct dgem_test tests[] = {
	{ "values", "Limits have their defaults, and a user who has nothing used none.",
	  test_values },
	{ "pinned", "A BO of the pinned heap is charged by its size at creation.", test_pinned },
	{ "system", "A BO of the system heap is charged for what it has.", test_system },
	{ "system-limit", "A touch beyond the limit of the system heap raises SIGBUS.",
	  test_system_limit },
	{ "reason-user-limit", "EDQUOT at the limit of memory tells what is left.",
	  test_reason_user_limit },
	{ "dumb", "Dumb buffers are charged and limited like BOs.", test_dumb },
	{ "importer", "A BO of the system heap is charged by its size while it is imported.",
	  test_importer },
	{ "importer-refused", "An importer of what would be more than the limit is refused.",
	  test_importer_refused },
	{ "held", "A BO is charged to its creator until its last reference is gone.", test_held },
	{ "lowered", "A limit below what is used takes nothing and gives nothing.", test_lowered },
	{ "none", "A limit of 0 is none, and what is used is counted.", test_none },
};

int igt_main()
{
	igt_fixture() {
		fd = limits_open();
		pinned = dgem_require_heap(fd, DRM_DGEM_HEAP_PINNED);
	}

	for_each_dgem_subtest(fd, t, tests) {
		limits_restore();
		user = user_open(fd, USER_A);
		t->run();
		igt_assert_eq_u64(used() | offsets(), 0);
		drm_close_driver(user);
	}

	igt_fixture() {
		limits_close(fd);
	}
}
