// SPDX-License-Identifier: MIT
/*
 * Who gets bus addresses, and which arguments are refused: BO_MAP_DMA and BO_UNMAP_DMA
 * on the instance of a PCI function.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/function.h"
#include "dgem/user.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Bus addresses are given to whom the policy names, and for whole pages.");

#define SIZE (3 * 4096ull)
#define MANY 65536

static char name[32];

/* Of each subtest, a file that may own the device, with a BO; and one that never does. */
static int fd = -1, node = -1;
static uint32_t bo;
static struct drm_dgem_dma_seg segs[8];

static struct drm_dgem_bo_map_dma good(void)
{
	return (struct drm_dgem_bo_map_dma){
		.handle = bo,
		.flags = DMA_BOTH,
		.segs = (uintptr_t)segs,
		.num_segs = ARRAY_SIZE(segs),
	};
}

static void refused(struct drm_dgem_bo_map_dma args, int err)
{
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_MAP_DMA, &args, err);
}

static void test_malformed(void)
{
	struct drm_dgem_bo_map_dma args = good();

	args.flags = 0;
	refused(args, EINVAL);
	args.flags = DMA_BOTH | 4;
	refused(args, EINVAL);
	args = good();
	args.offset = 1;
	refused(args, EINVAL);
	args.offset = 2048;
	refused(args, EINVAL);
	args = good();
	args.size = 4095;
	refused(args, EINVAL);
	args = good();
	args.map_id = 1;
	refused(args, EINVAL);
	args = good();
	args.reserved = 1ull << 63;
	refused(args, EINVAL);
}

static void test_part(void)
{
	struct drm_dgem_bo_map_dma args = good();

	args.offset = SIZE;
	refused(args, EINVAL);
	args.offset = -4096ull;
	refused(args, EINVAL);
	args = good();
	args.size = SIZE + 4096;
	refused(args, EINVAL);
	args.offset = 4096;
	args.size = SIZE;
	refused(args, EINVAL);
	args.size = -4096ull;
	refused(args, EINVAL);
	args = good();
	args.handle = bo + 1;
	refused(args, ENOENT);
}

static void test_segments(void)
{
	struct drm_dgem_bo_map_dma args = good();

	args.segs = 8;
	refused(args, EFAULT);
	args.segs = -4096ull;
	refused(args, EFAULT);

	args = good();
	args.num_segs = 0;
	igt_assert_eq(__dma_map(fd, &args), -EMSGSIZE);
	igt_assert_lt(0, args.num_segs);
	igt_assert_lte(args.num_segs, 3);
	igt_assert_eq(args.map_id, 0);
	igt_assert_eq(__dma_map(fd, &args), 0);
	igt_assert_eq(__dma_unmap(fd, args.map_id), 0);
}

static void test_unmap(void)
{
	struct drm_dgem_bo_unmap_dma args = { .map_id = 1 };
	struct dma dma;

	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args, ENOENT);
	args.map_id = 0;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args, ENOENT);
	dma_map(&dma, fd, bo);
	args.map_id = dma.id;
	args.flags = 1;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args, EINVAL);
	dma_unmap(&dma);
	args.flags = 0;
	dgem_assert_refused(fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args, ENOENT);
}

/* The device is free again when its owner's file is closed, mappings or not. */
static void test_owner(void)
{
	int owner = function_open(name), other = function_open(name);
	uint32_t handle = dgem_bo_create(other, SIZE);
	struct drm_dgem_bo_map_dma args = good();
	struct dma dma, again;

	dma_map(&dma, owner, dgem_bo_create(owner, SIZE));
	args.handle = handle;
	dgem_assert_refused(other, DRM_IOCTL_DGEM_BO_MAP_DMA, &args, EBUSY);
	igt_assert_eq(__dma_unmap(other, dma.id), -ENOENT);
	dma_unmap(&dma);
	dgem_assert_refused(other, DRM_IOCTL_DGEM_BO_MAP_DMA, &args, EBUSY);
	dma_map(&dma, owner, dgem_bo_create(owner, SIZE));
	close(owner);
	free(dma.segs);
	dma_map(&again, other, handle);
	dma_unmap(&again);
	close(other);
}

static void test_many(void)
{
	struct drm_dgem_bo_map_dma args = good();
	int file = function_open(name);
	unsigned int i;

	/* Each page once: the checks of the DMA API count how often one is mapped. */
	args.handle = dgem_bo_create(file, MANY * 4096ull);
	args.size = 4096;
	for (i = 0; i < MANY; i++) {
		args.offset = i * 4096ull;
		args.map_id = 0;
		args.num_segs = ARRAY_SIZE(segs);
		igt_assert_eq(__dma_map(file, &args), 0);
	}
	args.map_id = 0;
	igt_assert_eq(__dma_map(file, &args), -ENOSPC);
	igt_assert_eq(__dma_unmap(file, 1), 0);
	igt_assert_eq(__dma_map(file, &args), 0);
	close(file);
}

/* Beside the BO, each mapping costs its creator the tables of an IOMMU. */
static void test_charged(void)
{
	const uint64_t size = 2ull << 20, tables = size / 4096 * 8;
	struct dma first, second;
	uint64_t before, once;
	uint32_t handle;
	int file;

	close(fd);
	user_share_node(node);
	file = user_open(node, USER_A);
	user_enter(USER_A);
	handle = dgem_bo_create_in(file, size, 0, DRM_DGEM_BO_POPULATE);
	user_leave();
	before = dgem_get_param(file, DRM_DGEM_PARAM_USER_USED);
	dma_map(&first, file, handle);
	once = dgem_get_param(file, DRM_DGEM_PARAM_USER_USED);
	igt_assert_lte_u64(before + size + tables, once);
	dma_map(&second, file, handle);
	igt_assert_lte_u64(once + tables, dgem_get_param(file, DRM_DGEM_PARAM_USER_USED));
	dma_unmap(&second);
	igt_assert_eq_u64(dgem_get_param(file, DRM_DGEM_PARAM_USER_USED), once);
	dma_unmap(&first);
	igt_assert_eq_u64(dgem_get_param(file, DRM_DGEM_PARAM_USER_USED), before);
	close(file);
	user_unshare_node(node);
	fd = function_open(name);
}

static void set_policy(const char *policy)
{
	igt_assert_eq(function_write(name, "dgem_dma_policy", policy), 0);
}

static void expect_policy(const char *policy, enum drm_dgem_dma_policy value, int root, int user)
{
	int file = user_open(fd, USER_A);
	struct drm_dgem_bo_map_dma args = good();

	set_policy(policy);
	igt_assert_eq_u64(dgem_get_param(fd, DRM_DGEM_PARAM_DMA_POLICY), value);
	user_enter(USER_A);
	args.handle = dgem_bo_create(file, SIZE);
	igt_assert_eq(__dma_map(file, &args), user);
	user_leave();
	close(file);
	args = good();
	igt_assert_eq(__dma_map(fd, &args), root);
	if (!root)
		igt_assert_eq(__dma_unmap(fd, args.map_id), 0);
}

/* A function that is bound anew has it by itself. */
static void restore_policy(void)
{
	set_policy("rawio");
}

static void test_policy(void)
{
	uint64_t translated = dgem_get_param(fd, DRM_DGEM_PARAM_DMA_TRANSLATED);

	igt_assert_lt_u64(translated, DRM_DGEM_DMA_STRICT);
	user_share_node(fd);
	expect_policy("off", DRM_DGEM_DMA_POLICY_OFF, -EPERM, -EPERM);
	expect_policy("rawio", DRM_DGEM_DMA_POLICY_RAWIO, 0, -EPERM);
	expect_policy("any\n", DRM_DGEM_DMA_POLICY_ANY, 0, -EPERM);
	restore_policy();
	user_unshare_node(fd);
}

/* By himself, and what he gets leads to nothing else; without an IOMMU he gets nothing. */
static void test_policy_strict(void)
{
	bool strict = function_set_translation(name, "DMA");

	fd = function_open(name);
	bo = dgem_bo_create(fd, SIZE);
	igt_assert_eq_u64(dgem_get_param(fd, DRM_DGEM_PARAM_DMA_TRANSLATED),
			  strict ? DRM_DGEM_DMA_STRICT : DRM_DGEM_DMA_UNTRANSLATED);
	user_share_node(fd);
	expect_policy("off", DRM_DGEM_DMA_POLICY_OFF, -EPERM, -EPERM);
	expect_policy("rawio", DRM_DGEM_DMA_POLICY_RAWIO, 0, -EPERM);
	close(fd);
	fd = function_open(name);
	bo = dgem_bo_create(fd, SIZE);
	expect_policy("any", DRM_DGEM_DMA_POLICY_ANY, 0, strict ? 0 : -EPERM);
	user_unshare_node(fd);
	close(fd);
	if (strict)
		igt_assert(function_set_translation(name, "DMA-FQ"));
	else
		restore_policy();
}

static int set_bits(const char *bits)
{
	return function_write(name, "dgem_dma_bits", bits);
}

static void test_bits(void)
{
	static const char *const wrong[] = { "", "11", "65", "0", "-1", "x", "32x" };
	int file = function_open(name);
	struct dma dma;

	for (unsigned int i = 1; i < ARRAY_SIZE(wrong); i++)
		igt_assert_eq(set_bits(wrong[i]), -EINVAL);
	dma_map(&dma, file, dgem_bo_create(file, SIZE));
	igt_assert_eq(set_bits("32"), -EBUSY);
	dma_unmap(&dma);
	igt_assert_eq(set_bits("32"), -EBUSY);
	close(file);
	igt_assert_eq(set_bits("32"), 0);
	igt_assert_eq(set_bits("64\n"), 0);
}

static const struct dgem_test tests[] = {
	{ "malformed", "Fields that have to be zero, directions and what is no page are refused.",
	  test_malformed },
	{ "part", "What is not within the BO, or no BO, is refused.", test_part },
	{ "segments", "Too little room for the addresses tells how much it takes.", test_segments },
	{ "unmap", "A mapping ends once, and by its file.", test_unmap },
	{ "owner", "One file at a time has the device, until it is closed.", test_owner },
	{ "many", "There are 65,536 mappings at most, which a close ends.", test_many },
	{ "charged", "Each mapping is charged to who has created the BO.", test_charged },
	{ "policy", "The administrator decides who gets addresses.", test_policy },
	{ "bits", "The administrator says how long addresses are while nobody has any.",
	  test_bits },
};

int igt_main()
{
	igt_fixture() {
		function_take(name);
		node = function_open(name);
	}

	for_each_dgem_subtest(node, test, tests) {
		fd = function_open(name);
		bo = dgem_bo_create_in(fd, SIZE, 0, DRM_DGEM_BO_POPULATE);
		test->run();
		close(fd);
	}

	igt_fixture()
		close(node);
	igt_describe("With strict translation, the administrator can let in everybody.");
	igt_subtest("policy-strict")
		test_policy_strict();

	igt_fixture()
		function_give_back(name);
}
