// SPDX-License-Identifier: MIT
/*
 * Advice at the same time as all that can be done to a BO: exports, imports by another
 * file, faults, forks, and a kernel that purges all the time. IGT_DGEM_MADVISE_SECONDS
 * is how long each race runs.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/evictor.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("Advice races with exports, imports, faults and reclaim.");

#define SIZE (256 << 10)
#define SECONDS dgem_repeat("IGT_DGEM_MADVISE_SECONDS", 5)

#define TRIES 10

static int fd = -1;

/** struct duel - who gives a BO up, and who gives it away */
struct duel {
	pthread_barrier_t start, end;
	uint32_t handle;
	int other;
	bool over;

	/** @exported: what the export gave; @received: the other file's handle, or 0. */
	int exported, dma_buf;
	uint32_t received;
};

static void *give_away(void *data)
{
	struct duel *d = data;

	for (;;) {
		pthread_barrier_wait(&d->start);
		if (d->over)
			return NULL;
		d->received = 0;
		d->exported = __prime_handle_to_fd(fd, d->handle, DRM_RDWR, &d->dma_buf);
		if (!d->exported)
			d->received = prime_fd_to_handle(d->other, d->dma_buf);
		pthread_barrier_wait(&d->end);
	}
}

/* One of the two, never both and never none: whose BO it is has to be clear. */
static void test_export(void)
{
	struct duel d = { .other = drm_reopen_driver(fd) };
	unsigned long given_up = 0, given_away = 0;
	pthread_t thread;

	pthread_barrier_init(&d.start, NULL, 2);
	pthread_barrier_init(&d.end, NULL, 2);
	igt_assert_eq(pthread_create(&thread, NULL, give_away, &d), 0);
	igt_until_timeout(SECONDS) {
		uint32_t retained;
		int ret;

		d.handle = dgem_bo_create(fd, 4096);
		pthread_barrier_wait(&d.start);
		for (unsigned long spin = (given_up + given_away) % 64 * 32; spin--;)
			asm volatile("");
		ret = __dgem_bo_madvise(fd, d.handle, DRM_DGEM_MADV_DONTNEED, &retained);
		pthread_barrier_wait(&d.end);
		igt_assert(ret == 0 || ret == -EBUSY);
		igt_assert_eq(d.exported, ret ? 0 : -EBUSY);
		given_up += !ret;
		given_away += !d.exported;
		if (!d.exported) {
			close(d.dma_buf);
			gem_close(d.other, d.received);
		}
		gem_close(fd, d.handle);
	}
	d.over = true;
	pthread_barrier_wait(&d.start);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&d.start);
	pthread_barrier_destroy(&d.end);
	drm_close_driver(d.other);
	igt_info("%lu given up, %lu given away\n", given_up, given_away);
	igt_assert_lt(0, given_up);
	igt_assert_lt(0, given_away);
}

/** struct racer - what one of the processes works on */
struct racer {
	int file, other;
	uint32_t handle;
	char *map;
	uint32_t stamp;
	uint64_t rng;
};

static void renew(struct racer *r)
{
	if (r->map) {
		dgem_unmap(r->map, SIZE);
		gem_close(r->file, r->handle);
	}
	r->handle = dgem_bo_create_in(r->file, SIZE, content_random(&r->rng, 2), 0);
	r->map = dgem_bo_map(r->file, r->handle, SIZE);
	r->stamp++;
	for (uint64_t nr = 0; nr < SIZE / dgem_page_size(); nr++)
		content_fill_page(r->map + nr * dgem_page_size(), r->stamp, nr);
}

static void assert_right(struct racer *r)
{
	for (uint64_t nr = 0; nr < SIZE / dgem_page_size(); nr++)
		igt_assert(content_page_is(r->map + nr * dgem_page_size(), r->stamp, nr));
}

/*
 * While it is not needed, a page shows what it is to, or it is gone for good. Returns
 * whether it is.
 */
static bool race_unneeded(struct racer *r)
{
	const uint64_t pages = SIZE / dgem_page_size();
	bool gone = !dgem_bo_madvise(r->file, r->handle, DRM_DGEM_MADV_DONTNEED);

	for (int i = 0; i < 64; i++) {
		uint64_t nr = content_random(&r->rng, pages);
		bool right = true;
		int signal = content_touch_page(r->map + nr * dgem_page_size(), r->stamp, nr,
						&right);

		igt_assert(right);
		igt_assert_eq(signal, gone || signal ? SIGBUS : 0);
		gone |= signal == SIGBUS;
	}
	if (dgem_bo_madvise(r->file, r->handle, DRM_DGEM_MADV_WILLNEED)) {
		igt_assert(!gone);
		assert_right(r);
		return false;
	}
	igt_assert_eq(content_touch_read(r->map), SIGBUS);
	renew(r);
	return true;
}

/* From export to the last handle, nothing takes it away. */
static bool race_shared(struct racer *r)
{
	int dma_buf = prime_handle_to_fd_for_mmap(r->file, r->handle);
	uint32_t received = prime_fd_to_handle(r->other, dma_buf), retained;

	close(dma_buf);
	igt_assert_eq(__dgem_bo_madvise(r->other, received, DRM_DGEM_MADV_DONTNEED, &retained),
		      -EBUSY);
	assert_right(r);
	gem_close(r->other, received);
	renew(r);
	return false;
}

/* What a child has mapped goes, too. */
static bool race_fork(struct racer *r)
{
	pid_t pid = fork();
	bool purged;
	int status;

	igt_assert_lte(0, pid);
	if (!pid) {
		bool right = true;
		int signal = content_touch_page(r->map, r->stamp, 0, &right);

		_exit(!right || (signal && signal != SIGBUS));
	}
	purged = race_unneeded(r);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_eq(status, 0);
	return purged;
}

static void race(unsigned int child)
{
	static bool (*const steps[])(struct racer *r) = { race_unneeded, race_unneeded, race_shared,
							  race_fork };
	struct racer r = { .file = drm_reopen_driver(fd), .other = drm_reopen_driver(fd) };
	unsigned long purged = 0, rounds = 0;

	r.rng = content_seed() + child;
	renew(&r);
	igt_until_timeout(SECONDS) {
		purged += steps[content_random(&r.rng, ARRAY_SIZE(steps))](&r);
		rounds++;
	}
	igt_info("%lu rounds, %lu of them purged\n", rounds, purged);
	dgem_unmap(r.map, SIZE);
	drm_close_driver(r.file);
	drm_close_driver(r.other);
}

/* Again where the machine was too slow to ask for memory more than once or twice. */
static void test_all(void)
{
	long long purged = observe_stat(fd, "purged_pages");
	int i;

	for (i = 0; i < TRIES && observe_stat(fd, "purged_pages") == purged; i++) {
		struct evictor e;

		igt_fork(child, 3)
			race(child);
		evictor_start(&e, "/sys/fs/cgroup");
		igt_waitchildren();
		evictor_stop(&e);
	}
	igt_assert_lt(purged, observe_stat(fd, "purged_pages"));
}

static const struct dgem_test tests[] = {
	{ "export", "Of an export and an advice that race, one succeeds.", test_export },
	{ "all", "What is purged while it is used shows no other page, and what is shared stays.",
	  test_all },
};

int igt_main()
{
	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_info("seed %#llx\n", (unsigned long long)content_seed());
	}

	for_each_dgem_subtest(fd, t, tests)
		t->run();

	igt_fixture()
		drm_close_driver(fd);
}
