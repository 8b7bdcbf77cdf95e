// SPDX-License-Identifier: MIT
/*
 * Carve-outs come and go with the driver. Runs in the machine that
 * vm/machine/carveout describes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/carveout.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/klog.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("What cannot be a carve-out is left out, and what is one comes back.");

#define SIZE (4ull << 20)

/* One line, which begins with the item or its name. */
static bool says(const char *klog, const char *name, const char *why)
{
	char begin[64], end[128];
	const char *at = klog;

	snprintf(begin, sizeof(begin), "carve-out %s", name);
	snprintf(end, sizeof(end), " is left out: %s\n", why);
	while ((at = strstr(at, begin))) {
		at += strlen(begin);
		at += strcspn(at, " ");
		if (!strncmp(at, end, strlen(end)))
			return true;
	}
	return false;
}

static void load(const char *params)
{
	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	igt_assert_eq(module_insert_dgem_with(params), 0);
}

static void restore(void)
{
	load(getenv("DGEM_PARAMS") ?: "");
}

/* The heap gives memory, all of it, and it is mapped. */
static void use(int fd, const char *name, uint64_t size)
{
	uint32_t bo = dgem_bo_create_in(fd, size, carveout_heap(fd, name), 0);
	char *map = dgem_bo_map(fd, bo, size);

	memset(map, 0x11, size);
	dgem_unmap(map, size);
	gem_close(fd, bo);
}

/* struct refused - an item of the parameter, and why it is left out */
struct refused {
	const char *item, *why;
};

/* @items, of which those without a reason are heaps of @size. */
static void expect_left_out(const struct refused *items, uint64_t size)
{
	char params[512] = "", name[32];
	int fd, refused = 0;
	const char *klog;

	for (const struct refused *r = items; r->item; r++) {
		strcat(params, r == items ? "carveout=" : r - items == 4 ? " carveout=" : ",");
		strcat(params, r->item);
	}
	klog_begin();
	load(params);
	klog = klog_read();
	fd = drm_open_driver(DRIVER_DGEM);
	for (const struct refused *r = items; r->item; r++) {
		size_t len = strcspn(r->item, "@:");

		snprintf(name, sizeof(name), "%.*s", (int)len, r->item);
		if (!r->why) {
			use(fd, name, size);
			continue;
		}
		refused++;
		igt_assert_f(says(klog, name, r->why), "the log does not say '%s' of %s:\n%s",
			     r->why, r->item, klog);
	}
	igt_assert_eq(klog_count(" is left out: "), refused);
	igt_assert_eq(klog_count("WARNING"), 0);
	dgem_use(fd);
	drm_close_driver(fd);
	restore();
}

static void test_ranges(void)
{
	static const struct refused items[] = {
		{ "range@0xc000000+4M", NULL },
		{ "ram@0x10000000+2M", "the system uses this memory" },
		{ "hole@0x900000000+2M", "not all of it is reserved memory, which memmap= makes" },
		{ "part@0xffe00000+2M", "not all of it is reserved memory, which memmap= makes" },
		{ "window@0x80000000+2M", "devices may be given addresses there" },
		{ "small@0xc100000+1M", "its address and size are no multiples of 2 MiB" },
		{ "odd@0xc100000+2M", "its address and size are no multiples of 2 MiB" },
		{ "busy@0xfec00000+2M", "it is in use" },
		{ "ninth@0x6000000+2M", "there are 8 already" },
		{},
	};

	expect_left_out(items, SIZE);
}

static void test_items(void)
{
	static const struct refused items[] = {
		{ "Range@0xc000000+4M", "a name is 1 to 31 of the characters a-z, 0-9 and -" },
		{ "system", "there is a heap of that name" },
		{ "range@0xc000000+4M", NULL },
		{ "range@0x6000000+4M", "there is a heap of that name" },
		{ "again@0xc200000+2M",
		  "another carve-out, or a BO whose device is gone, has this memory" },
		{ "x@0xc000000", "a range is START+SIZE, in bytes or with K, M or G" },
		{ "y@0xc000000+2M:keep", "nothing but :preserve can follow" },
		{ "mixed@0x7000000+32M", "the system uses this memory" },
		{ "nobody", "there is no region of that name, which reserve_mem= makes" },
		{ "spare", NULL },
		{},
	};

	expect_left_out(items, SIZE);
}

/* The parameter reads as what was taken. */
static void test_parameter(void)
{
	char *text;

	load("carveout=spare,Bad,range@192M+0x400000:preserve");
	text = observe_file("/sys/module/dgem/parameters/carveout");
	igt_assert(text);
	igt_assert_eq(strcmp(text, "spare,range@0xc000000+0x400000:preserve\n"), 0);
	free(text);
	restore();
}

/* A mapping, or a dma-buf, of a device that is gone: none of its regions is free. */
static void keeps_region(const char *name, bool by_map)
{
	int fd = drm_open_driver(DRIVER_DGEM), dma_buf = -1, next;
	uint32_t bo = dgem_bo_create_in(fd, SIZE, carveout_heap(fd, name), 0);
	char *map = dgem_bo_map(fd, bo, SIZE), line[128];
	struct shadow *sh = shadow_create(SIZE / 4096);
	struct bound bound;

	shadow_mix(sh, map, 0, SIZE / 4096);
	if (!by_map) {
		dma_buf = prime_handle_to_fd_for_mmap(fd, bo);
		dgem_unmap(map, SIZE);
	}
	bound_find(&bound, fd);
	igt_assert_eq(bound_unbind(&bound), 0);
	close(fd);

	klog_begin();
	igt_assert_eq(bound_bind(&bound), 0);
	klog_read();
	snprintf(line, sizeof(line), "carve-out %s is left out: ", name);
	igt_assert_eq(klog_count(line), 1);
	next = drm_open_driver(DRIVER_DGEM);
	igt_assert_lt(__carveout_heap(next, name), 0);
	close(next);

	if (!by_map)
		map = dgem_dmabuf_map(dma_buf, 0, SIZE, PROT_READ | PROT_WRITE);
	shadow_mix(sh, map, 0, SIZE / 4096);
	dgem_unmap(map, SIZE);
	close(dma_buf);
	igt_assert_eq(bound_unbind(&bound), 0);
	igt_assert_eq(bound_bind(&bound), 0);
	next = drm_open_driver(DRIVER_DGEM);
	use(next, name, SIZE);
	drm_close_driver(next);
	shadow_destroy(sh);
}

static void test_unbind(void)
{
	for_each_carveout(c) {
		if (c->preserve)
			continue;
		keeps_region(c->name, true);
		keeps_region(c->name, false);
	}
}

/* Contents that are kept stay while the module is loaded and removed. */
static void test_reload(void)
{
	struct drm_dgem_bo_create create = {
		.size = SIZE,
		.flags = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS,
	};
	struct shadow *sh = shadow_create(SIZE / 4096);

	for (int round = 0; round < 3; round++) {
		int fd = drm_open_driver(DRIVER_DGEM);
		char *map;

		create.heap = carveout_heap(fd, "mailbox");
		create.heap_offset = 20ull << 20;
		igt_assert_eq(__dgem_bo_create(fd, &create), 0);
		map = dgem_bo_map(fd, create.handle, SIZE);
		if (round)
			shadow_check(sh, map, 0, SIZE / 4096);
		else
			shadow_write(sh, map, 0, SIZE / 4096);
		dgem_unmap(map, SIZE);
		drm_close_driver(fd);
		create.handle = 0;
		restore();
	}
	shadow_destroy(sh);
}

/* Pages that the kernel says are reserved. */
static long reserved_pages(void)
{
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	static uint64_t words[1 << 16];
	long count = 0;
	ssize_t len;

	igt_assert_fd(flags);
	while ((len = read(flags, words, sizeof(words))) > 0)
		for (ssize_t i = 0; i < len / 8; i++)
			count += words[i] >> 32 & 1;
	close(flags);
	return count;
}

/* VFIO takes reserved pages out of a mapping without a reference. */
static void test_reserved(void)
{
	long before = reserved_pages(), without;

	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	without = reserved_pages();
	igt_assert_eq(module_insert_dgem(), 0);
	igt_assert_eq(without - before, (long)(carveouts[2].size / 4096));
	igt_assert_eq(reserved_pages(), before);
}

static const struct dgem_test tests[] = {
	{ "ranges", "Ranges that are no free reserved memory are left out.", test_ranges },
	{ "items", "Items that are malformed or taken are left out.", test_items },
	{ "parameter", "The parameter reads as what was taken of it.", test_parameter },
	{ "unbind", "A BO whose device is gone keeps its carve-out until it is gone, too.",
	  test_unbind },
	{ "reload", "Contents are kept while the module goes and comes.", test_reload },
	{ "reserved", "Pages are not marked as reserved while the driver has them.",
	  test_reserved },
};

int igt_main()
{
	for_each_subtest(t, tests)
		t->run();

	igt_fixture()
		if (observe_module_refs(DGEM_MODULE) < 0)
			igt_assert_eq(module_insert_dgem(), 0);
}
