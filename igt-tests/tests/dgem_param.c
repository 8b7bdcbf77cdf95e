// SPDX-License-Identifier: MIT
/* GET_PARAM, and the numbers of ioctls that are not there. */
#include <string.h>
#include <sys/ioctl.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("GET_PARAM tells what the driver can, and refuses what it does not know.");

static int fd = -1;

static void valid(int file, void *arg)
{
	struct drm_dgem_get_param *args = arg;

	(void)file;
	*args = (struct drm_dgem_get_param){ .param = DRM_DGEM_PARAM_PAGE_SIZE };
}

static void test_features(void)
{
	uint64_t word;

	igt_assert_eq(__dgem_get_param(fd, DRM_DGEM_PARAM_FEATURES, 0, &word), 0);
	igt_info("features: %#llx\n", (long long)word);
	igt_assert_eq_u64(word & ~abi_features, 0);
	/* what a kernel must have for it is in each that dgem is for */
	igt_assert_eq_u64(~word & abi_features & ~(1ULL << DRM_DGEM_FEATURE_DYNAMIC_EXPORT), 0);
}

static void test_features_beyond(void)
{
	static const uint32_t words[] = { 1, 2, 63, 64, 1u << 31, UINT32_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		uint64_t word = ~0ULL;

		igt_assert_eq(__dgem_get_param(fd, DRM_DGEM_PARAM_FEATURES, words[i], &word), 0);
		igt_assert_eq_u64(word, 0);
	}
}

static void test_sizes(void)
{
	const uint64_t page = dgem_get_param(fd, DRM_DGEM_PARAM_PAGE_SIZE);
	const uint64_t chunk = dgem_get_param(fd, DRM_DGEM_PARAM_CHUNK_SIZE);
	const uint64_t huge = dgem_get_param(fd, DRM_DGEM_PARAM_HUGE_MAP_SIZE);
	const uint64_t bo = dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE);

	igt_info("page %lld, chunk %lld, huge map %lld, largest BO %lld\n", (long long)page,
		 (long long)chunk, (long long)huge, (long long)bo);
	igt_assert_eq_u64(page, dgem_page_size());
	igt_assert_eq_u64(chunk, 2 << 20);
	igt_assert_lte_u64(page, chunk);
	igt_assert_eq_u64(huge, observe_huge_map_size(chunk));
	igt_assert_eq_u64(bo % page, 0);
	igt_assert_lte_u64(1ULL << 30, bo);
}

static void test_unknown(void)
{
	struct drm_dgem_get_param args = { .param = abi_num_params };

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_GET_PARAM, &args, EINVAL);
	args.param = UINT32_MAX;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_GET_PARAM, &args, EINVAL);
	for (int bit = 0; bit < 32; bit++) {
		args.param = 1u << bit | DRM_DGEM_PARAM_PAGE_SIZE;
		if (args.param < abi_num_params)
			continue;
		dgem_assert_refused(fd, DRM_IOCTL_DGEM_GET_PARAM, &args, EINVAL);
	}
}

static void test_index(void)
{
	const struct dgem_field index = DGEM_FIELD(drm_dgem_get_param, index);

	for (uint32_t param = DRM_DGEM_PARAM_FEATURES + 1; param < abi_num_params; param++) {
		struct drm_dgem_get_param args = { .param = param };

		dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_GET_PARAM, &args, &index, UINT32_MAX);
	}
}

static void test_value(void)
{
	const struct dgem_field value = DGEM_FIELD(drm_dgem_get_param, value);

	for (uint32_t param = 0; param < abi_num_params; param++) {
		struct drm_dgem_get_param args = { .param = param };

		dgem_assert_refused_bits(fd, DRM_IOCTL_DGEM_GET_PARAM, &args, &value, ~0ULL);
	}
}

static void test_unknown_ioctls(void)
{
	struct dgem_counters before;

	dgem_counters_read(fd, &before);
	for (int nr = DRM_COMMAND_BASE + (int)abi_table_size; nr < DRM_COMMAND_END; nr++) {
		char arg[128] = {};

		igt_assert_eq(__dgem_ioctl(fd, DRM_IOWR(nr, char[128]), arg), -EINVAL);
		igt_assert_eq(__dgem_ioctl(fd, DRM_IO(nr), NULL), -EINVAL);
	}
	dgem_counters_assert_same(fd, &before);
}

static void test_huge_argument(void)
{
	/* the largest that an ioctl's number can name */
	static char arg[(1 << _IOC_SIZEBITS) - 1];
	unsigned long request = _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
				     DRM_COMMAND_BASE + DRM_DGEM_GET_PARAM, sizeof(arg));
	struct drm_dgem_get_param *args = (void *)arg;

	memset(arg, 0xff, sizeof(arg));
	valid(fd, args);
	igt_assert_eq(__dgem_ioctl(fd, request, arg), 0);
	igt_assert_eq_u64(args->value, dgem_page_size());
	for (size_t i = sizeof(*args); i < sizeof(arg); i++)
		igt_assert_eq_u32((unsigned char)arg[i], 0xff);
}

static void test_num_heaps(void)
{
	igt_assert_lte_u64(2, dgem_get_param(fd, DRM_DGEM_PARAM_NUM_HEAPS));
}

static const struct dgem_test tests[] = {
	{ "features",
	  "The first word of features has those that must be there, and no unknown one.",
	  test_features },
	{ "features-beyond", "Words of features beyond the known ones are 0.",
	  test_features_beyond },
	{ "sizes", "Page, chunk, huge map and BO sizes fit each other.", test_sizes },
	{ "num-heaps", "There are at least the system and the pinned heap.", test_num_heaps },
	{ "unknown-param", "Parameters that do not exist give EINVAL.", test_unknown },
	{ "index-not-taken", "An index where none is taken gives EINVAL.", test_index },
	{ "nonzero-value", "A value that is not zero on input gives EINVAL.", test_value },
	{ "unknown-ioctl", "Numbers of ioctls that the driver does not have give EINVAL.",
	  test_unknown_ioctls },
	{ "arg-longest", "The longest possible argument works, its tail stays as it is.",
	  test_huge_argument },
};

int igt_main()
{
	const struct dgem_abi abi = {
		.request = DRM_IOCTL_DGEM_GET_PARAM,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_get_param, index),
	};

	dgem_abi_tests_run(&abi, tests, ARRAY_SIZE(tests));
}
