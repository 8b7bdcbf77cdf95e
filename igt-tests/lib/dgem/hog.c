// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/hog.h"
#include "dgem/observe.h"
#include "igt.h"

#define MIB (1ULL << 20)
#define CHUNK (2 * MIB)
#define RW (PROT_READ | PROT_WRITE)

struct hog_stage *hog_stage;

void hog_stage_init(void)
{
	if (!hog_stage)
		hog_stage = mmap(NULL, sizeof(*hog_stage), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(hog_stage != MAP_FAILED);
	*hog_stage = (struct hog_stage){};
}

uint64_t hog_ram(void)
{
	return observe_meminfo("MemTotal") << 10;
}

uint64_t hog_available(void)
{
	const uint64_t all = observe_meminfo("MemAvailable") << 10;

	/* Other than the free memory of CMA areas, it leaves the kernel's reserves out. */
	return all - min(all, observe_vmstat("nr_free_cma ") * dgem_page_size());
}

uint64_t hog_contiguous(void)
{
	uint64_t low;

	if (!observe_meminfo_has("LowFree", &low))
		return hog_available();
	return min(hog_available(), low << 10);
}

bool hog_wait(atomic_int *count, int wanted, unsigned int seconds)
{
	igt_until_timeout(seconds) {
		if (*count >= wanted)
			return true;
		usleep(10000);
	}
	return *count >= wanted;
}

bool hog_wait_refused(int fd, int wanted)
{
	long long before;

	do {
		before = observe_stat(fd, "resident_pages");
		if (hog_wait(&hog_stage->refused, wanted, HOG_REFUSED_S))
			return true;
	} while (observe_stat(fd, "resident_pages") > before);
	return false;
}

char *hog_take(uint64_t size)
{
	const size_t page = dgem_page_size();
	char *mem = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	igt_assert(mem != MAP_FAILED);
	for (uint64_t at = 0; at < size; at += page)
		*(uint64_t *)(mem + at) = at + 1;
	return mem;
}

void hog_check(const char *mem, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += dgem_page_size())
		igt_assert_eq_u64(*(const uint64_t *)(mem + at), at + 1);
}

/* Works on its 300 MiB all the time, or on what a small machine has room for. */
static void be_bystander(void)
{
	const uint64_t size = min(300 * MIB, hog_ram() / 6);
	char *mem = hog_take(size);

	hog_stage->ready++;
	while (!hog_stage->stop) {
		hog_check(mem, size);
		usleep(200000);
	}
}

/* Takes a quarter of what there is, before and after the attack. */
static void be_neighbour(void)
{
	uint64_t before = max(hog_available() / 4, MIB), after;
	char *mem = hog_take(before), *more;

	hog_stage->ready++;
	while (!hog_stage->take && !hog_stage->stop)
		usleep(10000);
	if (hog_stage->take) {
		/* none is available where all of it has to be swapped first */
		after = max(hog_available() / 4, MIB);
		more = hog_take(after);
		hog_stage->ready++;
		while (!hog_stage->stop)
			usleep(10000);
		hog_check(more, after);
	}
	hog_check(mem, before);
}

char *hog_map(int file, uint32_t handle, uint64_t size)
{
	uint64_t offset;

	if (__dgem_bo_mmap_offset(file, handle, &offset))
		return MAP_FAILED;
	return mmap(NULL, size, RW, MAP_SHARED, file, offset);
}

/* Touches each chunk of a BO: false when it may have no more. */
static bool touch(const struct hog *h, int file, uint32_t handle, uint64_t size)
{
	char *map = hog_map(file, handle, size);
	bool all = true;

	if (map == MAP_FAILED)
		return false;
	for (uint64_t at = 0; all && at < size; at += CHUNK)
		all = !content_touch_write(map + at);
	if (h->unmap)
		dgem_unmap(map, size);
	return all;
}

/* One more BO: false when it could not be had, or not all of it. */
static bool take_bo(const struct hog *h, int file, uint64_t size)
{
	struct drm_dgem_bo_create args = { .size = size, .heap = h->heap, .flags = h->flags };
	int ret = __dgem_bo_create(file, &args);

	if (ret) {
		igt_assert(ret == -ENOMEM || ret == -EDQUOT);
		return false;
	}
	return h->flags || touch(h, file, args.handle, size);
}

/* First of all twice the RAM, then less and less, until there is nothing to be had. */
void hog_run(int fd, const struct hog *h)
{
	struct timespec since = {};
	uint64_t got = 0;
	int file;

	if (!h->root)
		igt_drop_root();
	file = drm_reopen_driver(fd);
	igt_nsec_elapsed(&since);
	if (!h->unmap)
		take_bo(h, file,
			min(2 * hog_ram(), dgem_get_param(fd, DRM_DGEM_PARAM_MAX_BO_SIZE)));
	for (uint64_t size = 64 * MIB; size >= dgem_page_size(); size /= 2)
		while (take_bo(h, file, size))
			got += size;
	igt_info("refused after %.1f s and BOs of %llu MiB\n", igt_nsec_elapsed(&since) / 1e9,
		 (unsigned long long)(got / MIB));
	hog_stage->refused++;
	while (!hog_stage->stop)
		usleep(10000);
}

void hog_attack(int fd, const struct hog *h)
{
	const uint64_t kills = observe_vmstat("oom_kill");

	igt_fork(bystander, 1)
		be_bystander();
	igt_fork(neighbour, 1)
		be_neighbour();
	igt_assert(hog_wait(&hog_stage->ready, 2, HOG_READY_S));
	igt_fork(attacker, 1)
		hog_run(fd, h);
	igt_assert_f(hog_wait_refused(fd, 1), "nobody refused for %d s\n", HOG_REFUSED_S);
	igt_info("%llu MiB of %llu are left\n", (unsigned long long)(hog_available() / MIB),
		 (unsigned long long)(hog_ram() / MIB));
	hog_stage->take = 1;
	igt_assert(hog_wait(&hog_stage->ready, 3, HOG_REFUSED_S));
	hog_stage->stop = 1;
	igt_waitchildren_timeout(60, "the processes have not ended");
	igt_assert_eq_u64(observe_vmstat("oom_kill"), kills);
}
