// SPDX-License-Identifier: MIT
/*
 * dma-bufs of dgem that come back to dgem: two files share one BO, the driver
 * knows its own, and they can be mapped and seeked. dgem_share_sync has the
 * brackets of CPU access.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("dgem imports its own dma-bufs, and keeps the access mode of each.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (3ull << 20)

/** struct pair - one BO of two files */
struct pair {
	int a, b, dmabuf;
	uint32_t at_a, at_b;
	struct shadow *sh;
};

static void pair_create(struct pair *p, int fd, uint32_t heap)
{
	p->a = drm_reopen_driver(fd);
	p->b = drm_reopen_driver(fd);
	p->at_a = dgem_bo_create_in(p->a, SIZE, heap, 0);
	p->dmabuf = prime_handle_to_fd_for_mmap(p->a, p->at_a);
	p->at_b = prime_fd_to_handle(p->b, p->dmabuf);
	p->sh = shadow_create(SIZE / dgem_page_size());
}

static void pair_destroy(struct pair *p)
{
	igt_assert_lt(0, p->sh->checked);
	shadow_destroy(p->sh);
	if (p->dmabuf >= 0)
		close(p->dmabuf);
	drm_close_driver(p->a);
	drm_close_driver(p->b);
}

static uint64_t bo_id(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	igt_assert(!(info.state & DRM_DGEM_BO_STATE_IMPORTED));
	return info.id;
}

/* No attachment and no second BO: the importer finds the BO itself. */
static void self_import(int fd, uint32_t heap)
{
	long long attaches = observe_stat(fd, "attaches"), imported = observe_stat(fd, "imported");
	struct pair p;
	char *a, *b;

	pair_create(&p, fd, heap);
	igt_assert_eq_u64(bo_id(p.a, p.at_a), bo_id(p.b, p.at_b));
	igt_assert_eq(observe_stat(fd, "attaches"), attaches);
	igt_assert_eq(observe_stat(fd, "imported"), imported);
	igt_assert_eq_u32(prime_fd_to_handle(p.a, p.dmabuf), p.at_a);
	igt_assert_eq_u32(prime_fd_to_handle(p.b, p.dmabuf), p.at_b);
	igt_assert_eq_u64(dgem_bo_mmap_offset(p.a, p.at_a), dgem_bo_mmap_offset(p.b, p.at_b));
	a = dgem_bo_map(p.a, p.at_a, SIZE);
	b = dgem_bo_map(p.b, p.at_b, SIZE);
	shadow_mix(p.sh, a, 0, p.sh->pages);
	shadow_mix(p.sh, b, 0, p.sh->pages);
	shadow_check(p.sh, a, 0, p.sh->pages);
	dgem_unmap(a, SIZE);
	dgem_unmap(b, SIZE);
	pair_destroy(&p);
}

/* Any of the three holds the BO alone, and it can be exported from there. */
static void lifetime(int fd, uint32_t heap)
{
	long long bos = observe_stat(fd, "bos");
	struct pair p;
	char *map;
	int again;

	pair_create(&p, fd, heap);
	map = dgem_dmabuf_map(p.dmabuf, 0, SIZE, RW);
	shadow_mix(p.sh, map, 0, p.sh->pages);
	dgem_unmap(map, SIZE);
	gem_close(p.a, p.at_a);
	gem_close(p.b, p.at_b);
	igt_assert_eq(observe_stat(fd, "bos"), bos + 1);
	p.at_a = prime_fd_to_handle(p.a, p.dmabuf);
	p.at_b = prime_fd_to_handle(p.b, p.dmabuf);
	close(p.dmabuf);
	gem_close(p.a, p.at_a);
	again = prime_handle_to_fd_for_mmap(p.b, p.at_b);
	p.dmabuf = again;
	map = dgem_dmabuf_map(again, 0, SIZE, RW);
	shadow_mix(p.sh, map, 0, p.sh->pages);
	dgem_unmap(map, SIZE);
	pair_destroy(&p);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
}

/* As long as the dma-buf lives there is one, from whichever file. */
static void export_twice(int fd, uint32_t heap)
{
	int again, other, copy;
	uint32_t handle;
	struct pair p;
	char *map;

	pair_create(&p, fd, heap);
	again = prime_handle_to_fd_for_mmap(p.a, p.at_a);
	other = prime_handle_to_fd_for_mmap(p.b, p.at_b);
	igt_assert_eq_u64(dmabuf_inode(again), dmabuf_inode(p.dmabuf));
	igt_assert_eq_u64(dmabuf_inode(other), dmabuf_inode(p.dmabuf));
	copy = dup(again);
	close(again);
	close(other);
	igt_assert_eq_u32(prime_fd_to_handle(p.b, copy), p.at_b);
	handle = dgem_bo_create_in(p.a, SIZE, heap, 0);
	other = prime_handle_to_fd_for_mmap(p.a, handle);
	igt_assert_neq_u64(dmabuf_inode(other), dmabuf_inode(p.dmabuf));
	igt_assert_neq_u32(prime_fd_to_handle(p.b, other), p.at_b);
	close(other);
	map = dgem_dmabuf_map(copy, 0, SIZE, RW);
	shadow_mix(p.sh, map, 0, p.sh->pages);
	dgem_unmap(map, SIZE);
	close(copy);
	pair_destroy(&p);
}

/* The mode that is @wanted is the only one that @handle is exported with. */
static void only_mode(int fd, uint32_t handle, uint32_t wanted)
{
	int mode = wanted & DRM_RDWR ? O_RDWR : O_RDONLY;
	struct dgem_counters before;
	int dmabuf, none = -1;

	igt_assert_eq(__prime_handle_to_fd(fd, handle, wanted | DRM_CLOEXEC, &dmabuf), 0);
	igt_assert_eq(fcntl(dmabuf, F_GETFL) & O_ACCMODE, mode);
	dgem_counters_read(fd, &before);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, wanted ^ DRM_RDWR, &none), -EACCES);
	igt_assert_eq(__prime_handle_to_fd(fd, handle, (wanted ^ DRM_RDWR) | DRM_CLOEXEC, &none),
		      -EACCES);
	igt_assert_eq(none, -1);
	dgem_counters_assert_same(fd, &before);
	close(dmabuf);
}

/*
 * The first export decides for as long as a handle is open, since the core
 * keeps the dma-buf so long, whether or not a file descriptor of it is.
 */
static void export_flags(int fd, uint32_t heap)
{
	const uint32_t modes[] = { DRM_RDWR, 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);

		only_mode(fd, handle, modes[i]);
		only_mode(fd, handle, modes[i]);
		gem_close(fd, handle);
	}
}

/* A read-only mapping of a read-only dma-buf cannot be made writable. */
static void read_only_stays(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int ro = prime_handle_to_fd(fd, handle);
	char *map = dgem_dmabuf_map(ro, 0, SIZE, PROT_READ);

	igt_assert_eq(map[SIZE - 1], 0);
	igt_assert_eq(mprotect(map, SIZE, RW), -1);
	igt_assert_eq(errno, EACCES);
	igt_assert_eq(content_touch_write(map), SIGSEGV);
	dgem_unmap(map, SIZE);
	close(ro);
	gem_close(fd, handle);
}

/*
 * The access mode is the descriptor's. Imported into the same device it gives a
 * handle of the BO, which has no mode: that can be mapped for writing.
 */
static void read_only_imported(int fd, uint32_t heap)
{
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0), imported;
	int ro = prime_handle_to_fd(fd, handle), other = drm_reopen_driver(fd);
	char *reader = dgem_dmabuf_map(ro, 0, SIZE, PROT_READ), *writer;

	igt_assert(mmap(NULL, SIZE, RW, MAP_SHARED, ro, 0) == MAP_FAILED);
	igt_assert_eq(errno, EACCES);
	imported = prime_fd_to_handle(other, ro);
	close(ro);
	writer = dgem_bo_map(other, imported, SIZE);
	writer[SIZE - 1] = 'w';
	igt_assert_eq(reader[SIZE - 1], 'w');

	/* The mode of its one dma-buf is the same by any handle. */
	igt_assert_eq(__prime_handle_to_fd(other, imported, DRM_RDWR, &ro), -EACCES);
	ro = prime_handle_to_fd(other, imported);
	close(ro);
	dgem_unmap(reader, SIZE);
	dgem_unmap(writer, SIZE);
	gem_close(fd, handle);
	drm_close_driver(other);
}

/* SEEK_END of 0 tells the size; a dma-buf has no other position. */
static void seek(int fd, uint32_t heap)
{
	for (uint64_t size = dgem_page_size(); size <= 4ull << 20; size *= 2) {
		uint32_t handle = dgem_bo_create_in(fd, size, heap, 0);
		int dmabuf = prime_handle_to_fd(fd, handle);

		igt_assert_eq(prime_get_size(dmabuf), size);
		igt_assert_eq(lseek(dmabuf, 0, SEEK_SET), 0);
		igt_assert_eq(lseek(dmabuf, 1, SEEK_END), -1);
		igt_assert_eq(errno, EINVAL);
		igt_assert_eq(lseek(dmabuf, 1, SEEK_SET), -1);
		igt_assert_eq(errno, EINVAL);
		igt_assert_eq(lseek(dmabuf, 0, SEEK_CUR), -1);
		igt_assert_eq(errno, EINVAL);
		close(dmabuf);
		gem_close(fd, handle);
	}
}

/* The dma-buf's mapping is used by a child while the parent closes it all. */
static void inherited(int fd, uint32_t heap)
{
	struct pair p;
	char *map;

	pair_create(&p, fd, heap);
	map = dgem_dmabuf_map(p.dmabuf, 0, SIZE, RW);
	shadow_mix(p.sh, map, 0, p.sh->pages);
	igt_fork(child, 1) {
		char *own;

		dgem_unmap(map, SIZE);
		own = dgem_dmabuf_map(p.dmabuf, 0, SIZE, RW);
		for (int i = 0; i < 3; i++)
			shadow_mix(p.sh, own, 0, p.sh->pages);
	}
	gem_close(p.a, p.at_a);
	gem_close(p.b, p.at_b);
	close(p.dmabuf);
	igt_waitchildren();
	shadow_check(p.sh, map, 0, p.sh->pages);
	p.dmabuf = -1;
	dgem_unmap(map, SIZE);
	pair_destroy(&p);
}

static const struct {
	const char *name, *what;
	void (*run)(int fd, uint32_t heap);
} tests[] = {
	{ "self-import", "The import of dgem's own dma-buf gives the same BO.", self_import },
	{ "lifetime", "The handles and the dma-buf keep the BO, each alone.", lifetime },
	{ "export-twice", "All exports of a BO from any file are one dma-buf.", export_twice },
	{ "export-flags", "An export with another access mode than the dma-buf's gives EACCES.",
	  export_flags },
	{ "read-only-stays", "A read-only dma-buf cannot be written in any way.", read_only_stays },
	{ "read-only-imported", "An import of a read-only dma-buf can be written.",
	  read_only_imported },
	{ "seek", "SEEK_END gives the size, and all other seeks give EINVAL.", seek },
	{ "inherited", "A child can use the dma-buf that its parent closes.", inherited },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_subtest(t, tests)
		for_each_dgem_heap(fd, heap)
			t->run(fd, heap);

	igt_fixture()
		drm_close_driver(fd);
}
