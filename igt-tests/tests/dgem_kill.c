// SPDX-License-Identifier: MIT
/*
 * A client is killed at any moment of its work, and nothing of it stays: no
 * BO, page, mapping, attachment, dma-buf or module reference.
 * IGT_DGEM_KILLS sets how often (default 100 for each subtest).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm_mode.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A process can be killed at any point and leaves nothing.");

#define RW (PROT_READ | PROT_WRITE)

/** struct client - one process's files and random numbers */
struct client {
	int fd, vgem;
	uint64_t rng;
	uint32_t heap;

	/** @rounds: of work done, shared with the parent. */
	volatile uint64_t *rounds;
};

static uint64_t pick(struct client *c, uint64_t below)
{
	return content_random(&c->rng, below);
}

/* Touches some pages, here and in a child that inherits the mapping. */
static void touch_some(struct client *c, char *map, uint64_t size)
{
	for (int i = 0; i < 6; i++)
		map[pick(c, size)] = 1;
	if (pick(c, 8) == 0 && fork() == 0) {
		for (int i = 0; i < 20; i++)
			map[pick(c, size)] = 2;
		_exit(0);
	}
}

static void work_dumb(struct client *c)
{
	struct drm_mode_create_dumb dumb = { .width = 640, .height = 480, .bpp = 32 };
	struct drm_mode_map_dumb map = { 0 };
	char *at;

	if (igt_ioctl(c->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return;
	map.handle = dumb.handle;
	if (igt_ioctl(c->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		return;
	at = mmap(NULL, dumb.size, RW, MAP_SHARED, c->fd, map.offset);
	if (at != MAP_FAILED)
		touch_some(c, at, dumb.size);
}

/* Left open as often as closed: the kernel has to clean up for the dead. */
static void work_bo(struct client *c)
{
	uint64_t size = (1 + pick(c, 1500)) * dgem_page_size(), offset;
	struct drm_dgem_bo_create create = { .size = size, .heap = c->heap };
	uint32_t handle;
	int dmabuf = -1;
	char *map;

	create.flags = pick(c, 4) ? 0 : DRM_DGEM_BO_POPULATE;
	if (__dgem_bo_create(c->fd, &create))
		return;
	if (pick(c, 2)) {
		__dgem_bo_mmap_offset(c->fd, create.handle, &offset);
		map = mmap(NULL, size, RW, MAP_SHARED, c->fd, offset);
		touch_some(c, map, size);
		if (pick(c, 2))
			munmap(map, size);
	}
	__prime_handle_to_fd(c->fd, create.handle, DRM_RDWR | DRM_CLOEXEC, &dmabuf);
	map = mmap(NULL, size, RW, MAP_SHARED, dmabuf, 0);
	if (map != MAP_FAILED)
		touch_some(c, map, size);
	if (pick(c, 2))
		__prime_fd_to_handle(c->vgem, dmabuf, &handle);
	if (pick(c, 2))
		close(dmabuf);
	if (pick(c, 2))
		__gem_close(c->fd, create.handle);
}

static void work_import(struct client *c)
{
	struct drm_mode_create_dumb dumb = { .width = 512, .height = 512, .bpp = 32 };
	uint32_t handle;
	int dmabuf = -1;
	char *map;

	if (igt_ioctl(c->vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return;
	__prime_handle_to_fd(c->vgem, dumb.handle, DRM_RDWR | DRM_CLOEXEC, &dmabuf);
	if (__prime_fd_to_handle(c->fd, dmabuf, &handle))
		return;
	map = __dgem_bo_map(c->fd, handle, 0, dumb.size, RW);
	if (map != MAP_FAILED)
		touch_some(c, map, dumb.size);
	if (pick(c, 2))
		close(dmabuf);
}

/* Never ends by itself: runs until the parent's SIGKILL. */
static void client_run(struct client *c, void (*work)(struct client *c))
{
	for (;;) {
		c->fd = __drm_open_driver(DRIVER_DGEM);
		c->vgem = __drm_open_driver(DRIVER_VGEM);
		if (c->fd < 0 || c->vgem < 0)
			_exit(1);
		for (int i = 0; i < 4; i++) {
			(*c->rounds)++;
			work(c);
		}
		if (pick(c, 2))
			close(c->fd);
		close(c->vgem);
	}
}

/*
 * A process group of its own, so that the children of the killed one go too:
 * they hold the same mappings.
 */
static void kill_one(int fd, const struct levels *l, const struct level_values *before,
		     struct client c, void (*work)(struct client *c))
{
	uint64_t until = *c.rounds + 1 + content_random(&c.rng, 4);
	int status;
	pid_t pid;

	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		struct rlimit files = { 4096, 4096 };

		setpgid(0, 0);
		setrlimit(RLIMIT_NOFILE, &files);
		close(fd);
		client_run(&c, work);
	}
	setpgid(pid, pid);
	for (int i = 0; *c.rounds < until && i < 50000; i++)
		usleep(100);
	usleep(content_random(&c.rng, 1 << (6 + content_random(&c.rng, 9))));
	igt_assert_eq(kill(-pid, SIGKILL), 0);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_f(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		     "the client ended by itself: %#x\n", status);
	levels_assert_settle(l, before);
}

static void kills(int fd, void (*work)(struct client *c))
{
	int count = dgem_repeat("IGT_DGEM_KILLS", 100);
	struct level_values before;
	struct levels l;
	uint64_t rng = content_seed(), rounds;
	struct client c = { 0 };

	c.rounds = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(c.rounds != MAP_FAILED);
	levels_open(&l, fd);
	l.system = true;
	levels_read(&l, &before);
	for (int i = 0; i < count; i++) {
		c.rng = content_random(&rng, UINT64_MAX);
		c.heap = i % 2;
		kill_one(fd, &l, &before, c, work);
	}
	levels_close(&l);
	rounds = *c.rounds;
	munmap((void *)c.rounds, 4096);
	igt_assert_lte(count, rounds);
	igt_info("%d kills in %llu rounds, %lld attaches, %lld faults since load\n", count,
		 (unsigned long long)rounds, observe_stat(fd, "attaches"),
		 observe_stat(fd, "pte_faults") + observe_stat(fd, "huge_faults"));
}

static const struct {
	const char *name, *what;
	void (*work)(struct client *c);
} tests[] = {
	{ "own",
	  "A killed process that creates, maps, exports and shares BOs with vgem leaves nothing.",
	  work_bo },
	{ "import", "A killed process that imports and maps BOs of vgem leaves nothing.",
	  work_import },
	{ "dumb", "A killed process that uses dumb buffers leaves nothing.", work_dumb },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		close(vgem_open());
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_subtest(t, tests)
		kills(fd, t->work);

	igt_fixture()
		drm_close_driver(fd);
}
