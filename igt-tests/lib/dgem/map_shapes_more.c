// SPDX-License-Identifier: MIT
/* Shapes that need more than one process, place or range. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "igt.h"

#define RW (PROT_READ | PROT_WRITE)

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* What the child cuts off is the parent's still. */
static void fork_split_child(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 4, tail = bo->pages - head;
	char *map = map_whole(bo, how);

	igt_fork(child, 1) {
		igt_assert_eq(munmap(map_page(map, head), map_bytes(tail - head)), 0);
		shadow_mix(bo->sh, map_page(map, tail), tail, bo->pages - tail);
		shadow_mix(bo->sh, map, 0, head);
	}
	igt_waitchildren();
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void fork_mprotect_child(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, half);
	igt_fork(child, 1) {
		igt_assert_eq(mprotect(map_page(map, half), map_bytes(bo->pages - half), PROT_READ),
			      0);
		shadow_check(bo->sh, map_page(map, half), half, bo->pages - half);
		igt_assert_eq(content_touch_write(map_page(map, half)), SIGSEGV);
		shadow_mix(bo->sh, map, 0, half);
	}
	igt_waitchildren();
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

/* A hole in the child's mapping, and none in the parent's. */
static void fork_without_middle(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 3, tail = bo->pages - head;
	char *map = map_whole(bo, how);

	igt_assert_eq(madvise(map_page(map, head), map_bytes(tail - head), MADV_DONTFORK), 0);
	igt_fork(child, 1) {
		igt_assert_eq(content_touch_read(map_page(map, head)), SIGSEGV);
		igt_assert_eq(content_touch_read(map_page(map, tail - 1)), SIGSEGV);
		shadow_mix(bo->sh, map_page(map, tail), tail, bo->pages - tail);
		shadow_mix(bo->sh, map, 0, head);
	}
	igt_waitchildren();
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

/* The file is the parent's, the mapping the child's own. */
static void fork_maps_again(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *map = map_whole(bo, how);

	igt_fork(child, 1)
		shadow_mix(bo->sh, peer_map(bo, how, half, bo->pages - half), half,
			   bo->pages - half);
	igt_waitchildren();
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

/* Maps @count pages from @first on, where page @at of @map is. */
static void map_over(struct peer_bo *bo, enum peer_map how, char *map, uint64_t at, uint64_t first,
		     uint64_t count)
{
	char *place = map_page(map, at);

	igt_assert(peer_mmap(bo, how, place, MAP_FIXED, RW, first, count) == place);
}

static void fixed_over_middle(struct peer_bo *bo, enum peer_map how)
{
	uint64_t quarter = bo->pages / 4, after = 2 * quarter;
	char *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, bo->pages);
	map_over(bo, how, map, quarter, bo->pages - quarter, quarter);
	shadow_mix(bo->sh, map_page(map, quarter), bo->pages - quarter, quarter);
	shadow_mix(bo->sh, map, 0, quarter);
	shadow_mix(bo->sh, map_page(map, after), after, bo->pages - after);
	munmap(map, bo->size);
}

/* Mapping the same range over itself merges the VMAs into one again. */
static void fixed_same_middle(struct peer_bo *bo, enum peer_map how)
{
	uint64_t quarter = bo->pages / 4;
	char *map = map_whole(bo, how);

	igt_assert_eq(munmap(map_page(map, quarter), map_bytes(quarter)), 0);
	map_over(bo, how, map, quarter, quarter, quarter);
	shadow_mix(bo->sh, map, 0, bo->pages);
	map_over(bo, how, map, quarter, quarter, quarter);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void overlapping(struct peer_bo *bo, enum peer_map how)
{
	uint64_t third = bo->pages / 3, rest = bo->pages - third;
	char *low = peer_map(bo, how, 0, rest), *high = peer_map(bo, how, third, rest);

	shadow_mix(bo->sh, low, 0, rest);
	shadow_mix(bo->sh, high, third, rest);
	shadow_check(bo->sh, low, 0, rest);
	munmap(low, map_bytes(rest));
	shadow_mix(bo->sh, high, third, rest);
	munmap(high, map_bytes(rest));
}

/* By the other kind of file, over the tail of a mapping. */
static void two_files(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *map = map_whole(bo, how);

	map_over(bo, how == PEER_DRM ? PEER_DMABUF : PEER_DRM, map, half, half, bo->pages - half);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, map_bytes(half));
	shadow_mix(bo->sh, map_page(map, half), half, bo->pages - half);
	munmap(map_page(map, half), map_bytes(bo->pages - half));
}

static void move(char *from, uint64_t count, char *to)
{
	igt_assert_f(mremap(from, map_bytes(count), map_bytes(count), MREMAP_MAYMOVE | MREMAP_FIXED,
			    to) == to,
		     "mremap: %s\n", strerror(errno));
}

static void mremap_head(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8, rest = bo->pages - cut;
	char *place = peer_reserve(map_bytes(cut), map_bytes(1)), *map = map_whole(bo, how);

	move(map, cut, place);
	shadow_mix(bo->sh, map_page(map, cut), cut, rest);
	shadow_mix(bo->sh, place, 0, cut);
	igt_assert_eq(content_touch_read(map), SIGSEGV);
	munmap(map_page(map, cut), map_bytes(rest));
	peer_unreserve(place, map_bytes(cut), map_bytes(1));
}

/* Away when half of it is touched, and back into its hole. */
static void mremap_middle_and_back(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 4, count = bo->pages / 2;
	char *place = peer_reserve(map_bytes(count), 0), *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, head + count / 2);
	move(map_page(map, head), count, place);
	shadow_mix(bo->sh, place, head, count);
	shadow_mix(bo->sh, map, 0, head);
	move(place, count, map_page(map, head));
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	peer_unreserve(place, map_bytes(count), 0);
}

static void mremap_swap_halves(struct peer_bo *bo, enum peer_map how)
{
	uint64_t half = bo->pages / 2;
	char *place = peer_reserve(map_bytes(half), 0), *map = peer_map(bo, how, 0, 2 * half);

	move(map, half, place);
	move(map_page(map, half), half, map);
	move(place, half, map_page(map, half));
	shadow_mix(bo->sh, map, half, half);
	shadow_mix(bo->sh, map_page(map, half), 0, half);
	munmap(map, map_bytes(2 * half));
	peer_unreserve(place, map_bytes(half), 0);
}

/* Onto a part of the same mapping, which ends there. */
static void mremap_onto_itself(struct peer_bo *bo, enum peer_map how)
{
	uint64_t count = bo->pages / 4, tail = bo->pages - count;
	char *map = map_whole(bo, how);

	move(map, count, map_page(map, tail));
	shadow_mix(bo->sh, map_page(map, tail), 0, count);
	shadow_mix(bo->sh, map_page(map, count), count, tail - count);
	munmap(map_page(map, count), map_bytes(tail));
}

static void mremap_shrink(struct peer_bo *bo, enum peer_map how)
{
	uint64_t left = bo->pages, before;
	char *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, left);
	while (left > 1) {
		before = left;
		left = left * 2 / 3;
		igt_assert(mremap(map, map_bytes(before), map_bytes(left), 0) == map);
		igt_assert_eq(content_touch_read(map_page(map, left)), SIGSEGV);
		shadow_mix(bo->sh, map, 0, left);
	}
	munmap(map, map_bytes(left));
}

/* The old call that shows another range where a part of the mapping is. */
static void remap_pages(struct peer_bo *bo, enum peer_map how)
{
	uint64_t quarter = bo->pages / 4, first = bo->pages - quarter;
	uint64_t start = how == PEER_DRM ? peer_offset(bo) / content_page_size() : 0;
	char *map = map_whole(bo, how);

	igt_assert_eq(remap_file_pages(map_page(map, quarter), map_bytes(quarter), 0, start + first,
				       0),
		      0);
	shadow_mix(bo->sh, map_page(map, quarter), first, quarter);
	shadow_mix(bo->sh, map, 0, quarter);
	shadow_mix(bo->sh, map_page(map, 2 * quarter), 2 * quarter, bo->pages - 2 * quarter);
	munmap(map, bo->size);
}

static void mlock_onfault(struct peer_bo *bo, enum peer_map how)
{
	uint64_t third = bo->pages / 3;
	char *map = map_whole(bo, how);

	igt_assert_eq(mlock2(map_page(map, third), map_bytes(third), MLOCK_ONFAULT), 0);
	shadow_mix(bo->sh, map_page(map, third), third, bo->pages - third);
	igt_assert_eq(munlock(map, bo->size), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void none_and_back(struct peer_bo *bo, enum peer_map how)
{
	uint64_t head = bo->pages / 4, count = bo->pages / 2;
	char *map = map_whole(bo, how);

	shadow_mix(bo->sh, map, 0, head + count / 2);
	igt_assert_eq(mprotect(map_page(map, head), map_bytes(count), PROT_NONE), 0);
	igt_assert_eq(content_touch_read(map_page(map, head)), SIGSEGV);
	igt_assert_eq(content_touch_write(map_page(map, head + count - 1)), SIGSEGV);
	shadow_mix(bo->sh, map, 0, head);
	igt_assert_eq(mprotect(map, bo->size, RW), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

/* Stripes of a page each, wider where pages are many, and one VMA again. */
static void mprotect_stripes(struct peer_bo *bo, enum peer_map how)
{
	uint64_t step = bo->pages < 64 ? 1 : bo->pages / 64, nr;
	char *map = map_whole(bo, how);

	for (nr = step; nr + step <= bo->pages; nr += 2 * step)
		igt_assert_eq(mprotect(map_page(map, nr), map_bytes(step), PROT_READ), 0);
	shadow_check(bo->sh, map, 0, bo->pages);
	igt_assert_eq(content_touch_write(map_page(map, step)), SIGSEGV);
	igt_assert_eq(content_touch_write(map_page(map, step - 1)), 0);
	igt_assert_eq(mprotect(map, bo->size, RW), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void madvise_head(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8;
	char *map = map_whole(bo, how);

	igt_assert_eq(madvise(map, map_bytes(cut), MADV_RANDOM), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	igt_assert_eq(madvise(map, bo->size, MADV_NORMAL), 0);
	shadow_mix(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
}

static void populated(struct peer_bo *bo, enum peer_map how)
{
	uint64_t third = bo->pages / 3;
	char *map = peer_mmap(bo, how, NULL, MAP_POPULATE, RW, third, bo->pages - third);

	igt_assert(map != MAP_FAILED);
	shadow_mix(bo->sh, map, third, bo->pages - third);
	munmap(map, map_bytes(bo->pages - third));
}

/* As a debugger reads and writes: the driver finds the page itself. */
static void access_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8, rest = bo->pages - cut;
	char *map = map_whole(bo, how), *copy = malloc(map_bytes(rest)), *tail;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	observe_require_vma_access();
	igt_assert(copy);
	igt_assert_fd(mem);
	igt_assert_eq(munmap(map, map_bytes(cut)), 0);
	tail = map_page(map, cut);
	igt_assert_eq(pread(mem, copy, map_bytes(rest), (uintptr_t)tail), map_bytes(rest));
	shadow_mix(bo->sh, copy, cut, rest);
	igt_assert_eq(pwrite(mem, copy, map_bytes(rest), (uintptr_t)tail), map_bytes(rest));
	shadow_check(bo->sh, tail, cut, rest);
	munmap(tail, map_bytes(rest));
	close(mem);
	free(copy);
}

/* Touched first by the kernel, which copies to user space. */
static void syscall_tail(struct peer_bo *bo, enum peer_map how)
{
	uint64_t cut = bo->pages * 3 / 8, rest = bo->pages - cut;
	char *map = map_whole(bo, how), *tail = map_page(map, cut), *copy;
	int file = memfd_create("copy", MFD_CLOEXEC);

	igt_assert_fd(file);
	igt_assert_eq(munmap(map, map_bytes(cut)), 0);
	igt_assert_eq(write(file, tail, map_bytes(rest)), map_bytes(rest));
	munmap(tail, map_bytes(rest));
	copy = mmap(NULL, map_bytes(rest), RW, MAP_SHARED, file, 0);
	igt_assert(copy != MAP_FAILED);
	shadow_mix(bo->sh, copy, cut, rest);
	tail = peer_map(bo, how, cut, rest);
	igt_assert_eq(pread(file, tail, map_bytes(rest), 0), map_bytes(rest));
	shadow_check(bo->sh, tail, cut, rest);
	munmap(tail, map_bytes(rest));
	munmap(copy, map_bytes(rest));
	close(file);
}

const struct map_shape map_shapes_more[] = {
	{ "fork-split-child", "A child unmaps the middle of its mapping and not of its parent's.",
	  fork_split_child },
	{ "fork-mprotect-child", "A child protects its own mapping and not its parent's.",
	  fork_mprotect_child },
	{ "fork-without-middle", "MADV_DONTFORK keeps the middle of a mapping from the child.",
	  fork_without_middle },
	{ "fork-maps-again", "A child maps the file that its parent opened.", fork_maps_again },
	{ "fixed-over-middle",
	  "MAP_FIXED puts another range of the BO over the middle of a mapping.",
	  fixed_over_middle },
	{ "fixed-same-middle", "MAP_FIXED puts the same range into a hole and over itself.",
	  fixed_same_middle },
	{ "overlapping", "Two mappings with pages in common show the same contents.", overlapping },
	{ "two-files", "A mapping of the DRM file and one of the dma-buf show the same contents.",
	  two_files },
	{ "mremap-head", "mremap() moves the head away with its contents.", mremap_head },
	{ "mremap-middle-and-back", "mremap() moves the middle away and back with its contents.",
	  mremap_middle_and_back },
	{ "mremap-swap-halves", "mremap() moves each half to the place of the other.",
	  mremap_swap_halves },
	{ "mremap-onto-itself", "mremap() moves the head over the tail.", mremap_onto_itself },
	{ "mremap-shrink", "mremap() shrinks a mapping step by step down to a page.",
	  mremap_shrink },
	{ "remap-file-pages", "remap_file_pages() shows another range of the BO.", remap_pages },
	{ "mlock-onfault", "mlock2() with MLOCK_ONFAULT of the middle keeps the contents.",
	  mlock_onfault },
	{ "none-and-back",
	  "PROT_NONE and back keeps the contents of a mapping that is touched in part.",
	  none_and_back },
	{ "mprotect-stripes", "mprotect() of each second page and back keeps the contents.",
	  mprotect_stripes },
	{ "madvise-head", "Advice for the head that is given and taken back keeps the contents.",
	  madvise_head },
	{ "populated", "MAP_POPULATE of a range shows its contents.", populated },
	{ "access-tail", "/proc/self/mem reads and writes the tail, as a debugger does.",
	  access_tail },
	{ "syscall-tail", "read() and write() touch the tail before any load or store.",
	  syscall_tail },
};

const unsigned int map_shapes_more_num = ARRAY_SIZE(map_shapes_more);
