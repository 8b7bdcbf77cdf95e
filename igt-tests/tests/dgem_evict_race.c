// SPDX-License-Identifier: MIT
/*
 * Eviction at the same time as all that can be done to a BO and its mappings. It looks
 * for what the locks do not cover: an entry that outlives its page would show the
 * contents of another one.
 *
 * IGT_DGEM_EVICT_SECONDS is how long the races run.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/dgem.h"
#include "dgem/evictor.h"
#include "dgem/foreign.h"
#include "dgem/map_shapes.h"
#include "dgem/observe.h"
#include "dgem/pressure.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Eviction at the same time as everything else that happens to BOs.");

#define MIB (1ull << 20)

static const struct map_shape *find_shape(const char *name)
{
	for (unsigned int i = 0; i < map_shapes_num; i++)
		if (!strcmp(map_shapes[i].name, name))
			return &map_shapes[i];
	for (unsigned int i = 0; i < map_shapes_more_num; i++)
		if (!strcmp(map_shapes_more[i].name, name))
			return &map_shapes_more[i];
	igt_assert_f(false, "there is no shape %s\n", name);
	return NULL;
}

/*
 * Split, protected, forked, moved, and mapped through both files. A shape waits for all
 * of its children, so it is a thread that evicts.
 */
static void shapes(int fd, const char *cgroup)
{
	static const char *const names[] = {
		"split-munmap-middle", "split-mprotect-middle",	 "fork-split-child",
		"fork-mprotect-child", "mremap-middle-and-back", "two-files",
	};
	long long chunks = observe_stat(fd, "evicted_mapped_chunks");
	struct evictor e;

	cgroup_enter(cgroup);
	evictor_start(&e, cgroup);
	for (unsigned int i = 0; i < ARRAY_SIZE(names) * PEER_MAPS; i++) {
		const struct map_shape *shape = find_shape(names[i / PEER_MAPS]);
		struct peer_bo *bo = peer_create(fd, 4 * MIB + 3 * dgem_page_size(), 0);

		peer_fill(bo, i % PEER_MAPS);
		shape->run(bo, i % PEER_MAPS);
		peer_free(bo);
	}
	evictor_stop(&e);
	cgroup_leave();
	chunks = observe_stat(fd, "evicted_mapped_chunks") - chunks;
	igt_info("%lld chunks evicted while mapped\n", chunks);
	igt_assert_lt(0, chunks);
}

/** struct racer - what one of the processes works on */
struct racer {
	/** @fd: its own file; @vgem: a device that imports. */
	int fd, vgem;

	/** @bo: its own; @shared: that of all, which is only read. */
	struct peer_bo *bo, *shared;

	/** @map: of @bo, from the beginning to the end. */
	char *map;
};

static void race_touch(struct racer *r)
{
	shadow_mix(r->bo->sh, r->map, 0, r->bo->pages);
}

static void race_shared(struct racer *r)
{
	char *map = map_whole(r->shared, content_random(&r->bo->sh->rng, PEER_MAPS));
	uint64_t nr = content_random(&r->bo->sh->rng, r->shared->pages);

	for (uint64_t i = 0; i < 64; i++, nr = (nr + 97) % r->shared->pages)
		shadow_check_at(r->shared->sh, map_page(map, nr), nr);
	munmap(map, r->shared->size);
}

static void race_munmap(struct racer *r)
{
	uint64_t cut = content_random(&r->bo->sh->rng, r->bo->pages - 1) + 1;
	char *map = map_whole(r->bo, PEER_DRM);

	shadow_check(r->bo->sh, map, 0, cut);
	munmap(map, map_bytes(cut));
	shadow_mix(r->bo->sh, map_page(map, cut), cut, r->bo->pages - cut);
	munmap(map_page(map, cut), map_bytes(r->bo->pages - cut));
}

/* What the child inherits must go when a page goes, too. */
static void race_fork(struct racer *r)
{
	uint64_t nr = content_random(&r->bo->sh->rng, r->bo->pages);
	pid_t pid = fork();
	int status;

	igt_assert_lte(0, pid);
	if (!pid) {
		bool right = true;

		for (uint64_t i = 0; i < 64; i++, nr = (nr + 97) % r->bo->pages)
			right &= content_page_is(map_page(r->map, nr), r->bo->sh->stamp[nr], nr);
		_exit(!right);
	}
	shadow_check(r->bo->sh, r->map, 0, r->bo->pages);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_eq(status, 0);
}

static void race_export(struct racer *r)
{
	int dmabuf = prime_handle_to_fd_for_mmap(r->fd, r->bo->handle);
	uint32_t handle = prime_fd_to_handle(r->vgem, dmabuf);

	shadow_mix(r->bo->sh, r->map, 0, r->bo->pages / 4);
	gem_close(r->vgem, handle);
	close(dmabuf);
}

static void race_close(struct racer *r)
{
	uint32_t handle = dgem_bo_create_in(r->fd, 2 * MIB + dgem_page_size(), 0,
					    DRM_DGEM_BO_POPULATE);
	char *map = dgem_bo_map(r->fd, handle, 2 * MIB + dgem_page_size());

	gem_close(r->fd, handle);
	for (uint64_t at = 0; at < 2 * MIB; at += 64 * dgem_page_size())
		igt_assert_eq(map[at], 0);
	dgem_unmap(map, 2 * MIB + dgem_page_size());
}

static void race(int fd, struct peer_bo *shared, unsigned int child)
{
	static void (*const steps[])(struct racer *r) = { race_touch, race_shared, race_munmap,
							  race_fork,  race_export, race_close };
	unsigned int done[ARRAY_SIZE(steps)] = {};
	struct racer r = { .fd = drm_reopen_driver(fd), .vgem = vgem_open(), .shared = shared };

	r.bo = peer_create(r.fd, 2 * MIB + 5 * dgem_page_size(), 0);
	r.bo->sh->rng += child;
	peer_fill(r.bo, PEER_DRM);
	r.map = map_whole(r.bo, PEER_DMABUF);
	igt_until_timeout(dgem_repeat("IGT_DGEM_EVICT_SECONDS", 5)) {
		unsigned int i = content_random(&r.bo->sh->rng, ARRAY_SIZE(steps));

		steps[i](&r);
		done[i]++;
	}
	igt_info("%u touch, %u shared, %u munmap, %u fork, %u export, %u close\n", done[0], done[1],
		 done[2], done[3], done[4], done[5]);
	munmap(r.map, r.bo->size);
	peer_free(r.bo);
	close(r.vgem);
	drm_close_driver(r.fd);
}

static void races(int fd, const char *cgroup)
{
	struct peer_bo *shared = peer_create(fd, 4 * MIB, 0);
	long long chunks = observe_stat(fd, "evicted_mapped_chunks");
	struct evictor e;
	char *map;

	cgroup_enter(cgroup);
	peer_fill(shared, PEER_DRM);
	peer_export(shared);
	igt_fork(child, 3)
		race(fd, shared, child);
	evictor_start(&e, cgroup);
	igt_waitchildren();
	evictor_stop(&e);
	map = map_whole(shared, PEER_DMABUF);
	shadow_check(shared->sh, map, 0, shared->pages);
	munmap(map, shared->size);
	peer_free(shared);
	cgroup_leave();
	chunks = observe_stat(fd, "evicted_mapped_chunks") - chunks;
	igt_info("%lld chunks evicted while mapped\n", chunks);
	igt_assert_lt(0, chunks);
}

static const struct pressure_test tests[] = {
	{ "shapes", "A mapping that is split, moved or inherited is evicted and is right.",
	  shapes },
	{ "races", "Eviction races with touch, munmap, fork, export, import and close.", races },
};

int igt_main()
{
	pressure_tests_run(tests, ARRAY_SIZE(tests), PRESSURE_SWAP);
}
