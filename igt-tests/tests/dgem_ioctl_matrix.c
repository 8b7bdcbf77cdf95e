// SPDX-License-Identifier: MIT
/*
 * Each ioctl with each field at each value that a check can get wrong, in
 * arguments of each size, direction and kind of memory. What has to come of it
 * is worked out by model/abi_model.c; the fields are those of the header.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("Tens of thousands of malformed ioctls, each with the errno it has to give.");

#define MIN_TUPLES 20000

static void test_ioctl(int fd, const struct abi_ioctl *ioctl)
{
	struct abi_run run;

	abi_run_init(&run, fd);
	matrix_complete(&run.matrix) abi_matrix(&run, ioctl);
	abi_run_fini(&run);
	matrix_assert_right(&run.matrix, ioctl->name);
	igt_assert_eq(!run.matrix.succeeded, abi_needs_device(ioctl));
	igt_assert_lt(run.matrix.succeeded, run.matrix.done);
}

/* Each subtest may run in a process of its own: here is what they add up to. */
static void test_count(int fd)
{
	struct abi_run run;

	abi_run_init(&run, fd);
	run.matrix.dry = true;
	for (unsigned int i = 0; i < abi_table_size; i++)
		abi_matrix(&run, &abi_table[i]);
	abi_run_fini(&run);
	igt_info("%lu tuples of %u ioctls\n", run.matrix.tuples, abi_table_size);
	igt_assert_lte(MIN_TUPLES, run.matrix.tuples);
}

/* Numbers behind the last one: no size, direction or argument makes them known. */
static void test_unknown(int fd)
{
	static const size_t sizes[] = { 0, 8, 16, 64, 4096, ABI_MAX_SIZE };
	static char arg[ABI_MAX_SIZE];
	struct dgem_counters counters;
	unsigned long tuples = 0;

	dgem_counters_read(fd, &counters);
	for (unsigned int nr = DRM_COMMAND_BASE + abi_table_size; nr < DRM_COMMAND_END; nr++)
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
			for (unsigned int dir = 0; dir < 4; dir++) {
				const unsigned long request = _IOC(dir, 'd', nr, sizes[i]);

				igt_assert_eq(__dgem_ioctl(fd, request, NULL), -EINVAL);
				igt_assert_eq(__dgem_ioctl(fd, request, arg), -EINVAL);
				tuples += 2;
			}
	dgem_counters_assert_same(fd, &counters);
	igt_info("%lu tuples of numbers that are not there\n", tuples);
	igt_assert_lt(0, tuples);
}

/*
 * Drivers with a mistake, to see that the matrix finds it. An argument can be
 * looked at where it is in @plain_place.
 */
static const void *plain_place;

static bool is_create(unsigned long request)
{
	return _IOC_NR(request) == _IOC_NR(DRM_IOCTL_DGEM_BO_CREATE);
}

static bool is_plain(unsigned long request, const void *arg)
{
	return request == DRM_IOCTL_DGEM_BO_CREATE && arg == plain_place;
}

static int other_errno(int fd, unsigned long request, void *arg)
{
	int ret = __dgem_ioctl(fd, request, arg);

	return ret == -EINVAL && is_create(request) ? -ENOMEM : ret;
}

static int takes_pad(int fd, unsigned long request, void *arg)
{
	struct drm_dgem_bo_create *create = arg;

	if (is_plain(request, arg) && create->pad == 1) {
		create->pad = 0;
		__dgem_ioctl(fd, request, arg);
		create->pad = 1;
		return 0;
	}
	return __dgem_ioctl(fd, request, arg);
}

static int writes_when_refusing(int fd, unsigned long request, void *arg)
{
	struct drm_dgem_bo_create *create = arg;
	int ret = __dgem_ioctl(fd, request, arg);

	if (ret == -EINVAL && is_plain(request, arg))
		create->handle = 77;
	return ret;
}

static int writes_behind(int fd, unsigned long request, void *arg)
{
	int ret = __dgem_ioctl(fd, request, arg);

	if (!ret && is_plain(request, arg))
		((struct drm_dgem_bo_create *)arg)[1].size++;
	return ret;
}

static int loses_bo(int fd, unsigned long request, void *arg)
{
	int ret = __dgem_ioctl(fd, request, arg);

	if (ret == -EINVAL && is_create(request))
		dgem_bo_create(fd, 4096);
	return ret;
}

static int loses_fd(int fd, unsigned long request, void *arg)
{
	int ret = __dgem_ioctl(fd, request, arg);

	if (ret == -EINVAL && is_plain(request, arg) &&
	    ((struct drm_dgem_bo_create *)arg)->pad == 1)
		igt_assert_fd(dup(fd));
	return ret;
}

static const struct mistake {
	const char *name;
	int (*ioctl)(int fd, unsigned long request, void *arg);
	/* what is reported of the mistake, besides what else it makes wrong */
	const char *found;
} mistakes[] = {
	{ "other-errno", other_errno, "gave ENOMEM, not EINVAL" },
	{ "takes-pad", takes_pad, "gave success, not EINVAL" },
	{ "writes-when-refusing", writes_when_refusing, "is 0x4d, not" },
	{ "writes-behind", writes_behind, "behind the argument changed" },
	{ "loses-bo", loses_bo, "bos changed" },
	{ "loses-fd", loses_fd, "next file changed" },
};

static void test_mistake(int fd, const struct mistake *mistake)
{
	struct abi_run run;

	fd = drm_reopen_driver(fd);
	abi_run_init(&run, fd);
	run.ioctl = mistake->ioctl;
	run.matrix.until = mistake->found;
	plain_place = run.places[ABI_NORMAL].addr;
	for (unsigned int i = 0; i < abi_table_size; i++)
		if (abi_table[i].request == DRM_IOCTL_DGEM_BO_CREATE)
			abi_matrix(&run, &abi_table[i]);
	abi_run_fini(&run);
	drm_close_driver(fd);
	matrix_assert_found(&run.matrix);
}

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	igt_describe("The tuples of all ioctls are as many as they have to be.");
	dgem_subtest(fd, "count")
		test_count(fd);

	for (unsigned int i = 0; i < abi_table_size; i++) {
		igt_describe_f("Each tuple of %s is answered as the header says.",
			       abi_table[i].name);
		dgem_subtest_f(fd, "%s", abi_table[i].name)
			test_ioctl(fd, &abi_table[i]);
	}

	igt_describe("Numbers of ioctls that are not there give EINVAL in any shape.");
	dgem_subtest(fd, "unknown-numbers")
		test_unknown(fd);

	for (unsigned int i = 0; i < ARRAY_SIZE(mistakes); i++) {
		igt_describe_f("A driver that makes the mistake \"%s\" is found out.",
			       mistakes[i].name);
		igt_subtest_f("sees-%s", mistakes[i].name)
			test_mistake(fd, &mistakes[i]);
	}

	igt_fixture()
		drm_close_driver(fd);
}
