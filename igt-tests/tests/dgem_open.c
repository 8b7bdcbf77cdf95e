// SPDX-License-Identifier: MIT
/* Opening the device, permissions, and random requests. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"

IGT_TEST_DESCRIPTION("A process that can open a node can do everything, as often as wanted.");

static int fd = -1;

static void test_version(void)
{
	char name[32] = "", desc[128] = "";
	struct drm_version version = {
		.name = name,
		.name_len = sizeof(name) - 1,
		.desc = desc,
		.desc_len = sizeof(desc) - 1,
	};

	do_ioctl(fd, DRM_IOCTL_VERSION, &version);
	igt_info("%s %d.%d.%d: %s\n", name, version.version_major, version.version_minor,
		 version.version_patchlevel, desc);
	igt_assert(!strcmp(name, "dgem"));
	igt_assert_lt(0, strlen(desc));
	igt_assert_lte(1, version.version_major);
}

static void test_set_version(void)
{
	struct drm_set_version version = {
		.drm_di_major = 1,
		.drm_di_minor = 4,
		.drm_dd_major = -1,
		.drm_dd_minor = -1,
	};

	do_ioctl(fd, DRM_IOCTL_SET_MASTER, NULL);
	do_ioctl(fd, DRM_IOCTL_SET_VERSION, &version);
	igt_assert_eq(version.drm_di_major, 1);
	igt_assert_lte(1, version.drm_dd_major);
}

/* A render node is there when the parameter asks for it, and not otherwise. */
static void test_nodes(void)
{
	char *wanted = observe_file("/sys/module/dgem/parameters/render");
	int render = __drm_open_driver_render(DRIVER_DGEM);

	igt_assert(wanted);
	igt_info("render=%.1s\n", wanted);
	igt_assert_eq(render >= 0, wanted[0] == 'Y');
	if (render >= 0)
		drm_close_driver(render);
	free(wanted);
}

static void test_unprivileged(void)
{
	int file = drm_open_driver(DRIVER_DGEM);

	igt_fork(child, 1) {
		igt_drop_root();
		dgem_use(file);
	}
	igt_waitchildren();
	drm_close_driver(file);
}

/* The present master authenticates a file that is not authenticated yet. */
static void authenticate(int master, int file)
{
	struct drm_auth auth = {};

	do_ioctl(file, DRM_IOCTL_GET_MAGIC, &auth);
	do_ioctl(master, DRM_IOCTL_AUTH_MAGIC, &auth);
	do_ioctl_err(master, DRM_IOCTL_AUTH_MAGIC, &auth, EINVAL);
}

/*
 * The DRM master has no more rights than other files, and takes none from them:
 * an unprivileged process takes each step, and after it all files can do all.
 */
static void be_master_unprivileged(int bystander)
{
	struct drm_set_version version = { 1, 4, -1, -1 };
	int master, other;

	igt_drop_root();
	master = drm_reopen_driver(fd);
	other = drm_reopen_driver(fd);
	do_ioctl_err(other, DRM_IOCTL_SET_MASTER, NULL, EACCES);
	do_ioctl_err(other, DRM_IOCTL_AUTH_MAGIC, &(struct drm_auth){}, EACCES);
	for (int step = 0; step < 5; step++) {
		if (step == 1)
			do_ioctl(master, DRM_IOCTL_SET_VERSION, &version);
		else if (step == 2)
			authenticate(master, other);
		else if (step == 3)
			do_ioctl(master, DRM_IOCTL_DROP_MASTER, NULL);
		else if (step == 4)
			do_ioctl(master, DRM_IOCTL_SET_MASTER, NULL);
		dgem_use(master);
		dgem_use(other);
		dgem_use(bystander);
	}
}

static void test_master(void)
{
	int bystander = drm_reopen_driver(fd);
	char node[32];

	/* The next to open the node is the master. */
	do_ioctl(fd, DRM_IOCTL_SET_MASTER, NULL);
	do_ioctl(fd, DRM_IOCTL_DROP_MASTER, NULL);
	snprintf(node, sizeof(node), "/proc/self/fd/%d", fd);
	igt_assert_eq(chmod(node, 0666), 0);
	igt_fork(child, 1)
		be_master_unprivileged(bystander);
	igt_waitchildren();
	igt_assert_eq(chmod(node, 0600), 0);
	dgem_use(bystander);
	drm_close_driver(bystander);
}

static void test_many_files(void)
{
	struct dgem_counters before;
	uint32_t handles[200];
	int files[200];

	dgem_counters_read(fd, &before);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		files[i] = drm_open_driver(DRIVER_DGEM);
		handles[i] = dgem_bo_create(files[i], dgem_page_size() * (1 + i));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		igt_assert_eq_u64(dgem_bo_size(files[i], handles[i]), dgem_page_size() * (1 + i));
		drm_close_driver(files[i]);
	}
	dgem_counters_assert_same(fd, &before);
}

/* Fuzzing. The seed is printed; IGT_DGEM_SEED repeats it. */

#define FUZZ_SECONDS 5

/* Ioctls of the core that dgem takes, besides its own. */
static const unsigned long core_ioctls[] = {
	DRM_IOCTL_GEM_CLOSE,	    DRM_IOCTL_PRIME_HANDLE_TO_FD, DRM_IOCTL_PRIME_FD_TO_HANDLE,
	DRM_IOCTL_MODE_CREATE_DUMB, DRM_IOCTL_MODE_MAP_DUMB,
};

static unsigned long random_target(void)
{
	const unsigned int i = random() % (abi_table_size + ARRAY_SIZE(core_ioctls));

	return i < abi_table_size ? abi_table[i].request : core_ioctls[i - abi_table_size];
}

/* Small numbers, which are handles, sizes and flags, come more often. */
static uint32_t random_word(void)
{
	switch (random() % 6) {
	case 0:
		return random() % 16;
	case 1:
		return 1u << random() % 32;
	case 2:
		return ~0u << random() % 32;
	case 3:
		return random() << 1 ^ random();
	default:
		return 0;
	}
}

/* Heaps, a bit each, whose BOs have all their memory from their creation on. */
static uint64_t reserving;

/* What would take all memory of the machine, or all time, is no finding. */
static void tame(unsigned int nr, uint32_t *words)
{
	struct drm_dgem_bo_create *create = (void *)words;
	struct drm_dgem_bo_wait *wait = (void *)words;

	if (nr == DRM_COMMAND_BASE + DRM_DGEM_BO_CREATE && create->size > 1 << 20) {
		create->flags &= ~DRM_DGEM_BO_POPULATE;
		if (create->heap < 64 && (reserving >> create->heap & 1))
			create->size &= (1 << 20) - 1;
	}
	if (nr == DRM_COMMAND_BASE + DRM_DGEM_BO_WAIT)
		wait->timeout_ns = min(wait->timeout_ns, dgem_now());
}

static bool errno_is_allowed(int err)
{
	static const int allowed[] = { 0,     EINVAL, ENOENT, EFAULT, ENOMEM, EOPNOTSUPP, ETIME,
				       EBADF, EACCES, ENOSPC, ENOTTY, EMFILE, EBUSY,	  E2BIG };

	for (unsigned int i = 0; i < ARRAY_SIZE(allowed); i++)
		if (err == allowed[i])
			return true;
	return false;
}

/* In a process of its own: a random pointer may well be valid. */
static void fuzz(int file, unsigned int seed)
{
	unsigned long done = 0, successes = 0;

	srandom(seed);
	igt_until_timeout(FUZZ_SECONDS) {
		const unsigned long target = random_target();
		unsigned int nr = DRM_COMMAND_BASE + random() % 0x60;
		size_t size = random() % 4 ? _IOC_SIZE(target) : (size_t)random() % 256;
		uint32_t words[256];
		int ret;

		if (random() % 8)
			nr = _IOC_NR(target);
		for (unsigned int w = 0; w < ARRAY_SIZE(words); w++)
			words[w] = random_word();
		/* fields of a known argument are mostly zero */
		for (int zero = random() % 4 * 8; zero > 0; zero--)
			words[random() % 24] = 0;
		tame(nr, words);
		ret = __dgem_ioctl(file,
				   _IOC(random() % 8 ? 3 : random() % 4, DRM_IOCTL_BASE, nr, size),
				   words);
		igt_assert_f(errno_is_allowed(-ret), "ioctl %#x, size %zu: %s\n", nr, size,
			     strerror(-ret));
		successes += !ret;
		if (++done % 64 == 0)
			close_range(file + 1, ~0u, 0);
	}
	igt_info("%lu requests, %lu succeeded\n", done, successes);
	igt_assert_lt(1000, done);
	igt_assert_lt(100, successes);
}

static void test_fuzz(void)
{
	const char *given = getenv("IGT_DGEM_SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned int)dgem_now();
	struct dgem_counters before;

	igt_info("IGT_DGEM_SEED=%u\n", seed);
	dgem_counters_read(fd, &before);
	for_each_dgem_heap(fd, heap)
		reserving |= (uint64_t)dgem_heap_reserves(fd, heap) << heap;
	igt_fork(child, 2)
		fuzz(drm_reopen_driver(fd), seed + child);
	igt_waitchildren();
	dgem_counters_assert_same(fd, &before);
}

static void test_caps(void)
{
	dgem_assert_caps(fd);
}

static const struct dgem_test tests[] = {
	{ "version", "The driver has a name, a description and a version.", test_version },
	{ "set-version", "SET_VERSION works for the master.", test_set_version },
	{ "nodes", "There is a render node if the module's parameter asks for it.", test_nodes },
	{ "caps", "PRIME and syncobjs are announced.", test_caps },
	{ "unprivileged-primary", "Unprivileged, unauthenticated clients can do everything.",
	  test_unprivileged },
	{ "master-unprivileged",
	  "A DRM master and its authentication change nothing for other clients.", test_master },
	{ "many-files", "Many files work side by side and leave nothing.", test_many_files },
	{ "fuzz", "Random requests fail with a documented errno and leave nothing.", test_fuzz },
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
