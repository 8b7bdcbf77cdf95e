// SPDX-License-Identifier: MIT
/* Memory of each kind that an argument, or a text, can be in. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

#define TEXT_SIZE (128 << 10)
#define OPS_SIZE (64 << 10)

static void add_region(struct abi_world *w, const void *start, size_t size, int prot)
{
	igt_assert_lt(w->num_regions, ABI_MAX_REGIONS);
	w->regions[w->num_regions++] = (struct abi_region){
		.start = to_user_pointer(start),
		.size = size,
		.readable = prot & PROT_READ,
		.writable = prot & PROT_WRITE,
	};
}

static void *map(int fd, size_t size, int prot)
{
	void *ptr = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	igt_assert(ptr != MAP_FAILED);
	return ptr;
}

/* The longest argument, from a page of its own on. */
static void place(struct abi_world *w, struct abi_place *p, const char *name, int prot)
{
	const size_t page = dgem_page_size();
	const size_t size = (ABI_MAX_SIZE / page + 1) * page;
	int fd = memfd_create("argument", MFD_CLOEXEC);

	igt_assert_fd(fd);
	igt_assert_eq(ftruncate(fd, size), 0);
	*p = (struct abi_place){
		.name = name,
		.addr = map(fd, size, prot),
		.alias = map(fd, size, PROT_READ | PROT_WRITE),
		.size = size,
	};
	close(fd);
	add_region(w, p->addr, size, prot);
}

/* Begins 8 bytes before a page that cannot be written. */
static void place_half(struct abi_world *w, struct abi_place *p)
{
	const size_t page = dgem_page_size(), size = (ABI_MAX_SIZE / page + 2) * page;
	int fd = memfd_create("argument", MFD_CLOEXEC);
	char *view;

	igt_assert_fd(fd);
	igt_assert_eq(ftruncate(fd, size), 0);
	view = map(fd, size, PROT_READ | PROT_WRITE);
	igt_assert_eq(mprotect(view + page, size - page, PROT_READ), 0);
	*p = (struct abi_place){
		.name = "half-read-only",
		.addr = view + page - 8,
		.alias = map(fd, size, PROT_READ | PROT_WRITE) + page - 8,
		.size = size - page + 8,
	};
	close(fd);
	add_region(w, view, page, PROT_READ | PROT_WRITE);
	add_region(w, view + page, size - page, PROT_READ);
}

/* A page, and behind it nothing. */
static char *page_before_hole(struct abi_world *w)
{
	const size_t page = dgem_page_size();
	char *ptr = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	igt_assert(ptr != MAP_FAILED);
	/* not given back: another mapping could take its place */
	igt_assert_eq(mprotect(ptr + page, page, PROT_NONE), 0);
	add_region(w, ptr, page, PROT_READ | PROT_WRITE);
	return ptr;
}

static void place_page_end(struct abi_world *w, struct abi_place *p)
{
	char *end = page_before_hole(w) + dgem_page_size();

	igt_assert_eq(munmap(end, dgem_page_size()), 0);
	*p = (struct abi_place){
		.name = "page-end",
		.addr = end - 8,
		.alias = (unsigned char *)end - 8,
		.size = 8,
	};
}

static void make_texts(struct abi_world *w)
{
	const size_t page = dgem_page_size();
	char *wide = mmap(NULL, TEXT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	char *fixed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *last = page_before_hole(w);

	igt_assert(wide != MAP_FAILED && fixed != MAP_FAILED);
	memset(wide, 'a', TEXT_SIZE);
	memset(fixed, 'b', page);
	memset(last, 'c', page);
	igt_assert_eq(mprotect(fixed, page, PROT_READ), 0);
	add_region(w, wide, TEXT_SIZE, PROT_READ | PROT_WRITE);
	add_region(w, fixed, page, PROT_READ);
	w->text_size = TEXT_SIZE / 2;
	w->text = wide + w->text_size;
	w->text_read_only = fixed;
	w->text_end = last + page - 4;
}

/* As many as BO_SYNC takes, wherever it begins and however long it takes one to be. */
static void make_ops(struct abi_world *w)
{
	w->ops = mmap(NULL, OPS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	igt_assert(w->ops != MAP_FAILED);
	igt_assert_lte_u64(ABI_SYNC_STRIDE * w->max_ops, OPS_SIZE);
	igt_assert_lte_u64(ABI_SYNC_COUNT * 4096, OPS_SIZE);
	abi_sync_fill(w->ops, OPS_SIZE, w->handle);
	add_region(w, w->ops, OPS_SIZE, PROT_READ | PROT_WRITE);
}

/* It grows as far as its limit allows, but not past its neighbour. */
static void find_stack_growth(struct abi_world *w)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end, neighbour = 0;
	struct rlimit limit;
	char line[512];

	igt_assert(maps);
	igt_assert_eq(getrlimit(RLIMIT_STACK, &limit), 0);
	while (!w->growth_end && fgets(line, sizeof(line), maps)) {
		igt_assert(sscanf(line, "%lx-%lx", &start, &end) == 2);
		if (strstr(line, "[stack]")) {
			w->growth = neighbour;
			if (limit.rlim_cur < end - neighbour)
				w->growth = end - limit.rlim_cur;
			w->growth_end = end;
		}
		neighbour = end;
	}
	fclose(maps);
	igt_assert_lt_u64(w->growth, w->growth_end);
}

void abi_places_create(struct abi_world *w, struct abi_place places[ABI_PLACES])
{
	place(w, &places[ABI_NORMAL], "normal", PROT_READ | PROT_WRITE);
	place(w, &places[ABI_READ_ONLY], "read-only", PROT_READ);
	place(w, &places[ABI_NONE], "prot-none", PROT_NONE);
	place_half(w, &places[ABI_HALF_READ_ONLY]);
	make_texts(w);
	make_ops(w);
	find_stack_growth(w);
	places[ABI_NULL] = (struct abi_place){ .name = "null" };
	places[ABI_KERNEL] = (struct abi_place){
		.name = "kernel",
		/* the half of the addresses that is the kernel's */
		.addr = (void *)~(~0UL >> 1),
	};
	/* last, for what it unmaps must stay unmapped */
	place_page_end(w, &places[ABI_PAGE_END]);
}
