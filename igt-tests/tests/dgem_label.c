// SPDX-License-Identifier: MIT
/* BO_SET_LABEL and BO_GET_LABEL. */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A label is a short printable text that all handles of a BO share.");

#define SET DRM_IOCTL_DGEM_BO_SET_LABEL
#define GET DRM_IOCTL_DGEM_BO_GET_LABEL

static int fd = -1;
static uint32_t bo;
static char buffer[512];

static void valid_set(int file, void *arg)
{
	*(struct drm_dgem_bo_label *)arg = (struct drm_dgem_bo_label){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
		.len = 4,
		.text = to_user_pointer("abcd"),
	};
}

static void valid_get(int file, void *arg)
{
	*(struct drm_dgem_bo_label *)arg = (struct drm_dgem_bo_label){
		.handle = file == fd ? bo : dgem_bo_create(file, 4096),
		.len = sizeof(buffer),
		.text = to_user_pointer(buffer),
	};
}

static void assert_label(int file, uint32_t handle, const char *expected)
{
	char text[512];

	memset(text, 0x7f, sizeof(text));
	igt_assert_eq_u32(dgem_bo_get_label(file, handle, text, sizeof(text)), strlen(expected));
	igt_assert(!memcmp(text, expected, strlen(expected)));
	/* no NUL and nothing else behind it */
	igt_assert_eq(text[strlen(expected)], 0x7f);
}

static void refused_set(const char *text, uint32_t len, int err)
{
	struct drm_dgem_bo_label args = {
		.handle = bo,
		.len = len,
		.text = to_user_pointer(text),
	};

	dgem_bo_set_label(fd, bo, "before");
	dgem_assert_refused(fd, SET, &args, err);
	assert_label(fd, bo, "before");
}

static void test_set_get(void)
{
	static const char all[] = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

	dgem_bo_set_label(fd, bo, "a");
	assert_label(fd, bo, "a");
	dgem_bo_set_label(fd, bo, "a longer one");
	assert_label(fd, bo, "a longer one");
	dgem_bo_set_label(fd, bo, "short");
	assert_label(fd, bo, "short");
	dgem_bo_set_label(fd, bo, all);
	assert_label(fd, bo, all);
}

static void test_none(void)
{
	uint32_t handle = dgem_bo_create(fd, 4096);

	assert_label(fd, handle, "");
	gem_close(fd, handle);
}

static void test_removed(void)
{
	dgem_bo_set_label(fd, bo, "to be removed");
	/* the pointer is not used */
	igt_assert_eq(__dgem_bo_set_label(fd, bo, (char *)8, 0), 0);
	assert_label(fd, bo, "");
	igt_assert_eq(__dgem_bo_set_label(fd, bo, NULL, 0), 0);
	assert_label(fd, bo, "");
}

static void test_longest(void)
{
	char text[DRM_DGEM_LABEL_MAX + 1] = "";

	memset(text, 'x', DRM_DGEM_LABEL_MAX);
	dgem_bo_set_label(fd, bo, text);
	assert_label(fd, bo, text);
}

static void test_too_long(void)
{
	static const uint32_t lens[] = { DRM_DGEM_LABEL_MAX + 1, 1000, 4096, 1u << 31, UINT32_MAX };
	static char text[8192];

	memset(text, 'x', sizeof(text));
	for (unsigned int i = 0; i < ARRAY_SIZE(lens); i++)
		refused_set(text, lens[i], EINVAL);
}

static void test_not_printable(void)
{
	for (int c = 0; c < 256; c++) {
		static const int places[] = { 0, 3, 6 };

		if (c >= 0x20 && c <= 0x7e)
			continue;
		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
			char text[8] = "abcdefg";

			text[places[i]] = c;
			refused_set(text, 7, EINVAL);
		}
	}
}

/* Pages with a hole behind them. */
static char *map_before_hole(void)
{
	const size_t page = dgem_page_size();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	igt_assert(map != MAP_FAILED);
	dgem_unmap(map + page, page);
	memset(map, 'x', page);
	return map;
}

static void test_set_bad_pointer(void)
{
	const size_t page = dgem_page_size();
	char *map = map_before_hole();

	refused_set(NULL, 5, EFAULT);
	refused_set((char *)8, 5, EFAULT);
	refused_set(map + page, 5, EFAULT);
	refused_set(map + page - 2, 5, EFAULT);
	refused_set((char *)(~0UL - 4095), 5, EFAULT);
	dgem_bo_set_label(fd, bo, "before");
	igt_assert_eq(__dgem_bo_set_label(fd, bo, map + page - 5, 5), 0);
	assert_label(fd, bo, "xxxxx");
	dgem_unmap(map, page);
}

static void refused_get(char *text, uint32_t len)
{
	struct drm_dgem_bo_label args = {
		.handle = bo,
		.len = len,
		.text = to_user_pointer(text),
	};

	dgem_assert_refused(fd, GET, &args, EFAULT);
}

static void test_get_bad_pointer(void)
{
	const size_t page = dgem_page_size();
	char *map = map_before_hole();

	dgem_bo_set_label(fd, bo, "before");
	refused_get(NULL, 6);
	refused_get((char *)8, 6);
	refused_get(map + page, 6);
	refused_get(map + page - 3, 6);
	refused_get((char *)(~0UL - 4095), 6);
	igt_assert_eq(mprotect(map, page, PROT_READ), 0);
	refused_get(map, 6);
	assert_label(fd, bo, "before");
	dgem_unmap(map, page);
}

/* The length is the label's, the bytes are those that fit. */
static void test_get_room(void)
{
	dgem_bo_set_label(fd, bo, "0123456789");
	for (uint32_t room = 0; room < 20; room++) {
		char text[32];
		uint32_t fits = min(room, 10u);

		memset(text, 0x7f, sizeof(text));
		igt_assert_eq_u32(dgem_bo_get_label(fd, bo, text, room), 10);
		igt_assert(!memcmp(text, "0123456789", fits));
		igt_assert_eq(text[fits], 0x7f);
	}
	igt_assert_eq_u32(dgem_bo_get_label(fd, bo, buffer, UINT32_MAX), 10);
	/* no room, no use of the pointer */
	igt_assert_eq_u32(dgem_bo_get_label(fd, bo, NULL, 0), 10);
}

/* A reference that a failure keeps shows only when the BO should be gone. */
static void on_own_bo(void (*test)(void))
{
	const uint32_t shared = bo;

	bo = dgem_bo_create(fd, 4096);
	test();
	gem_close(fd, bo);
	bo = shared;
}

static void test_shared(void)
{
	int other = drm_reopen_driver(fd);
	uint32_t handle = dgem_bo_create(fd, 4096), shared;
	int dma_buf;

	dgem_bo_set_label(fd, handle, "of the maker");
	dma_buf = prime_handle_to_fd(fd, handle);
	shared = prime_fd_to_handle(other, dma_buf);
	assert_label(other, shared, "of the maker");
	dgem_bo_set_label(other, shared, "of the other");
	assert_label(fd, handle, "of the other");
	gem_close(fd, handle);
	assert_label(other, shared, "of the other");
	close(dma_buf);
	drm_close_driver(other);
}

static void test_imported(void)
{
	struct foreign foreign;
	struct drm_dgem_bo_label args = { .len = 1, .text = to_user_pointer("x") };

	foreign_create(&foreign, FOREIGN_VGEM, 65536);
	args.handle = prime_fd_to_handle(fd, foreign.dmabuf);
	dgem_assert_refused(fd, SET, &args, EOPNOTSUPP);
	args.len = 0;
	dgem_assert_refused(fd, SET, &args, EOPNOTSUPP);
	assert_label(fd, args.handle, "");
	gem_close(fd, args.handle);
	foreign_destroy(&foreign);
}

static volatile bool stop;

static void *set_labels(void *data)
{
	while (!stop) {
		dgem_bo_set_label(fd, bo, data);
		igt_assert_eq(__dgem_bo_set_label(fd, bo, NULL, 0), 0);
	}
	return NULL;
}

/* Readers see one label or another or none, never a mixture. */
static void test_threads(void)
{
	static char a[256], b[256];
	pthread_t threads[2];
	unsigned long seen = 0;

	memset(a, 'a', 200);
	memset(b, 'b', 255);
	/* The readers may be faster than the writers. */
	igt_assert_eq(__dgem_bo_set_label(fd, bo, NULL, 0), 0);
	stop = false;
	pthread_create(&threads[0], NULL, set_labels, a);
	pthread_create(&threads[1], NULL, set_labels, b);
	igt_until_timeout(2) {
		char text[256];
		uint32_t len = dgem_bo_get_label(fd, bo, text, sizeof(text));

		igt_assert(len == 0 || len == 200 || len == 255);
		for (uint32_t i = 0; i < len; i++)
			igt_assert_eq(text[i], len == 200 ? 'a' : 'b');
		seen += !!len;
	}
	stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	igt_info("%lu labels seen\n", seen);
	igt_assert_lt(0, seen);
}

static const struct dgem_field zero_fields[] = {
	DGEM_FIELD(drm_dgem_bo_label, flags),
	DGEM_FIELD(drm_dgem_bo_label, pad),
};

static void common_subtests(const char *prefix, unsigned long request,
			    void (*valid)(int file, void *arg))
{
	const struct dgem_abi abi = {
		.prefix = prefix,
		.request = request,
		.fd = &fd,
		.valid = valid,
		.min_size = offsetof(struct drm_dgem_bo_label, flags),
		.zero_err = ENOENT,
		.handle_offset = offsetof(struct drm_dgem_bo_label, handle),
		.flags_offset = offsetof(struct drm_dgem_bo_label, flags),
		.bo = &bo,
		.zero_fields = zero_fields,
		.num_zero_fields = ARRAY_SIZE(zero_fields),
	};

	dgem_abi_subtests(&abi);
}

static const struct dgem_test tests[] = {
	{ "set-get", "A label is read as it was set last, with every printable byte.",
	  test_set_get },
	{ "none", "A new BO has no label.", test_none },
	{ "removed", "Length 0 removes the label and does not use the pointer.", test_removed },
	{ "longest", "The longest label works.", test_longest },
	{ "too-long", "A longer label gives EINVAL and leaves the old one.", test_too_long },
	{ "not-printable", "Each byte that is not printable ASCII gives EINVAL, wherever it is.",
	  test_not_printable },
	{ "set-bad-pointer",
	  "SET from memory that cannot be read gives EFAULT and leaves the old label.",
	  test_set_bad_pointer },
	{ "get-bad-pointer", "GET into memory that cannot be written gives EFAULT.",
	  test_get_bad_pointer },
	{ "get-room", "GET copies what fits and tells the whole length.", test_get_room },
	{ "shared", "All handles of a BO share one label.", test_shared },
	{ "imported", "SET on an imported BO gives EOPNOTSUPP.", test_imported },
	{ "threads", "A label is never seen half-written.", test_threads },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		bo = dgem_bo_create(fd, 4096);
	}

	for_each_dgem_subtest(fd, t, tests)
		on_own_bo(t->run);

	common_subtests("set-", SET, valid_set);
	common_subtests("get-", GET, valid_get);

	igt_fixture() {
		gem_close(fd, bo);
		drm_close_driver(fd);
	}
}
