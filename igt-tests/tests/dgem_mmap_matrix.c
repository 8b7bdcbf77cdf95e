// SPDX-License-Identifier: MIT
/*
 * Each kind of BO, by each kind of file, mapped with each protection and type
 * in each range that a check can get wrong; and each kind of BO after all that
 * can be done to a mapping. What has to come of a call is worked out by
 * model/mmap_model.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/mmap.h"

IGT_TEST_DESCRIPTION(
	"Thousands of mappings, each with the errno, access and contents it has to have.");

#define MIN_CALLS 5000
#define MIN_SHAPES 24

static void test_calls(int fd, enum map_way way)
{
	struct map_run run;

	map_run_init(&run, fd);
	matrix_complete(&run.matrix) map_matrix(&run, way);
	map_run_fini(&run);
	matrix_assert_right(&run.matrix, map_way_names[way]);
	igt_assert_eq(!run.matrix.succeeded, way == MAP_STRANGER);
	igt_assert_lt(run.matrix.succeeded, run.matrix.done);
}

static void test_shape(int fd, const struct map_shape *shape)
{
	struct map_run run;

	map_run_init(&run, fd);
	matrix_complete(&run.matrix) map_shape_matrix(&run, shape);
	map_run_fini(&run);
	matrix_assert_right(&run.matrix, shape->name);
	igt_assert_eq(run.matrix.succeeded, run.matrix.done);
}

/* Each subtest may run in a process of its own: here is what they add up to. */
static void test_count(int fd)
{
	const unsigned int num_shapes = map_shapes_num + map_shapes_more_num;
	struct map_run run;
	unsigned long calls;

	map_run_init(&run, fd);
	run.matrix.dry = true;
	for (unsigned int way = 0; way < MAP_WAYS; way++)
		map_matrix(&run, way);
	calls = run.matrix.tuples;
	for (unsigned int i = 0; i < map_shapes_num; i++)
		map_shape_matrix(&run, &map_shapes[i]);
	for (unsigned int i = 0; i < map_shapes_more_num; i++)
		map_shape_matrix(&run, &map_shapes_more[i]);
	map_run_fini(&run);

	igt_info("%lu calls of mmap(), %lu tuples of %u shapes, %u kinds of BOs\n", calls,
		 run.matrix.tuples - calls, num_shapes, run.num_kinds);
	igt_assert_lte(MIN_CALLS, calls);
	igt_assert_lte(MIN_SHAPES, num_shapes);
	igt_assert_lte((unsigned long)run.num_kinds * PEER_MAPS * MIN_SHAPES,
		       run.matrix.tuples - calls);
}

/* Drivers with a mistake, to see that the matrix finds it. */
static void *takes_private(const struct map_target *t, const struct map_call *call)
{
	struct map_call other = *call;

	if ((call->flags & MAP_TYPE) == MAP_PRIVATE)
		other.flags = MAP_SHARED;
	return map_call_kernel(t, &other);
}

/* One page too long is taken, and that page is none of the BO's. */
static void *takes_too_long(const struct map_target *t, const struct map_call *call)
{
	struct map_call other = *call;
	char *ptr;

	if (call->length != t->size + content_page_size() || !(call->flags & MAP_SHARED))
		return map_call_kernel(t, call);
	other.length = t->size;
	ptr = peer_reserve(call->length, 0);
	munmap(ptr, call->length);
	return mmap(ptr, other.length, other.prot, other.flags, t->file, (off_t)other.offset);
}

static void *takes_exec(const struct map_target *t, const struct map_call *call)
{
	struct map_call other = *call;

	other.prot &= ~PROT_EXEC;
	return map_call_kernel(t, &other);
}

static void *other_errno(const struct map_target *t, const struct map_call *call)
{
	void *ptr = map_call_kernel(t, call);

	if (ptr == MAP_FAILED && errno == EACCES)
		errno = EPERM;
	return ptr;
}

/* Pages are counted from where the mapping begins. */
static void *counts_from_mapping(const struct map_target *t, const struct map_call *call)
{
	const uint64_t first = call->offset - t->base;
	struct map_call other = *call;

	if (first < t->size && first % content_page_size() == 0)
		other.offset = t->base;
	return map_call_kernel(t, &other);
}

static void *refuses_tail(const struct map_target *t, const struct map_call *call)
{
	if (call->offset > t->base && call->offset - t->base + call->length == t->size) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return map_call_kernel(t, call);
}

static void *keeps_mapping(const struct map_target *t, const struct map_call *call)
{
	void *ptr = map_call_kernel(t, call);
	const int err = errno;

	if (ptr == MAP_FAILED)
		map_whole(t->bo, PEER_DRM);
	errno = err;
	return ptr;
}

static void *maps_twice(const struct map_target *t, const struct map_call *call)
{
	map_call_kernel(t, call);
	return map_call_kernel(t, call);
}

static void *loses_fd(const struct map_target *t, const struct map_call *call)
{
	void *ptr = map_call_kernel(t, call);
	const int err = errno;

	if (ptr == MAP_FAILED)
		igt_assert_fd(dup(t->file));
	errno = err;
	return ptr;
}

/* What was not asked for is allowed all the same. */
static void *adds_access(const struct map_target *t, const struct map_call *call, int without,
			 int prot)
{
	char *ptr = map_call_kernel(t, call);

	if (ptr != MAP_FAILED && !(call->prot & without))
		mprotect(ptr, call->length, call->prot | prot);
	return ptr;
}

static void *always_readable(const struct map_target *t, const struct map_call *call)
{
	return adds_access(t, call, PROT_READ | PROT_WRITE, PROT_READ);
}

static void *always_writable(const struct map_target *t, const struct map_call *call)
{
	return adds_access(t, call, PROT_WRITE, PROT_WRITE);
}

static void *takes_no_handle(const struct map_target *t, const struct map_call *call)
{
	return mmap(NULL, call->length, call->prot, call->flags, t->bo->fd,
		    (off_t)(peer_offset(t->bo) + call->offset - t->base));
}

/* A read-only file, whose mapping can be made writable. */
static void *upgrades_read_only(const struct map_target *t, const struct map_call *call)
{
	void *ptr = map_call_kernel(t, call);

	if (ptr == MAP_FAILED)
		return ptr;
	munmap(ptr, call->length);
	return takes_no_handle(t, call);
}

static void *replace(void *ptr, const struct map_call *call, int flags, int file)
{
	if (ptr != MAP_FAILED)
		igt_assert(mmap(ptr, call->length, call->prot, MAP_FIXED | flags, file, 0) == ptr);
	return ptr;
}

/* Right when it is made; a touch finds no memory. */
static void *raises_sigbus(const struct map_target *t, const struct map_call *call)
{
	void *ptr = map_call_kernel(t, call);
	int file = memfd_create("empty", MFD_CLOEXEC);

	replace(ptr, call, MAP_SHARED, file);
	close(file);
	return ptr;
}

/* Right to look at; what is written is lost. */
static void *copies(const struct map_target *t, const struct map_call *call)
{
	char *ptr = map_call_kernel(t, call);
	uint64_t first = call->offset - t->base;

	if (ptr == MAP_FAILED || call->prot != (PROT_READ | PROT_WRITE))
		return ptr;
	replace(ptr, call, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memcpy(ptr, t->witness + first, call->length);
	return ptr;
}

static const struct mistake {
	const char *name;
	enum map_way way;
	void *(*mmap)(const struct map_target *t, const struct map_call *call);
	/* what is reported of the mistake, besides what else it makes wrong */
	const char *found;
} mistakes[] = {
	{ "takes-private", MAP_DRM, takes_private, "gave success, not EINVAL" },
	{ "takes-too-long", MAP_DMABUF, takes_too_long, "gave success, not EINVAL" },
	{ "takes-exec", MAP_DRM, takes_exec, "gave success, not EACCES" },
	{ "takes-no-handle", MAP_STRANGER, takes_no_handle, "gave success, not EACCES" },
	{ "other-errno", MAP_DRM_READ_ONLY, other_errno, "gave EPERM, not EACCES" },
	{ "counts-from-mapping", MAP_DMABUF, counts_from_mapping, "of the BO, not" },
	{ "refuses-tail", MAP_DRM, refuses_tail, "gave EINVAL, not success" },
	{ "keeps-mapping", MAP_DRM, keeps_mapping, "mmaps changed" },
	{ "maps-twice", MAP_DRM, maps_twice, "mmaps changed" },
	{ "loses-fd", MAP_DRM, loses_fd, "next file changed" },
	{ "always-readable", MAP_DRM, always_readable, "reading page 0 gave no signal" },
	{ "always-writable", MAP_DRM, always_writable, "writing page 0 gave no signal" },
	{ "upgrades-read-only", MAP_DRM_READ_ONLY, upgrades_read_only, "mprotect(3) gave success" },
	{ "raises-sigbus", MAP_DMABUF, raises_sigbus, "gave BUS" },
	{ "copies", MAP_DRM, copies, "is not in the BO" },
};

static void test_mistake(int fd, const struct mistake *mistake)
{
	struct map_run run;

	fd = drm_reopen_driver(fd);
	map_run_init(&run, fd);
	run.mmap = mistake->mmap;
	run.matrix.until = mistake->found;
	map_matrix(&run, mistake->way);
	map_run_fini(&run);
	drm_close_driver(fd);
	matrix_assert_found(&run.matrix);
}

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	igt_describe("The tuples are as many as they have to be.");
	dgem_subtest(fd, "count")
		test_count(fd);

	for (unsigned int way = 0; way < MAP_WAYS; way++) {
		igt_describe_f("Each mmap() by %s is answered as the model says.",
			       map_way_names[way]);
		dgem_subtest_f(fd, "calls-%s", map_way_names[way])
			test_calls(fd, way);
	}

	for (unsigned int i = 0; i < map_shapes_num; i++) {
		igt_describe(map_shapes[i].what);
		dgem_subtest_f(fd, "shape-%s", map_shapes[i].name)
			test_shape(fd, &map_shapes[i]);
	}

	for (unsigned int i = 0; i < map_shapes_more_num; i++) {
		igt_describe(map_shapes_more[i].what);
		dgem_subtest_f(fd, "shape-%s", map_shapes_more[i].name)
			test_shape(fd, &map_shapes_more[i]);
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(mistakes); i++) {
		igt_describe_f("A driver that makes the mistake \"%s\" is found out.",
			       mistakes[i].name);
		igt_subtest_f("sees-%s", mistakes[i].name)
			test_mistake(fd, &mistakes[i]);
	}

	igt_fixture()
		drm_close_driver(fd);
}
