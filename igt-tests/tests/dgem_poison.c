// SPDX-License-Identifier: MIT
/*
 * A page of RAM has an error that the hardware cannot correct: a touch of it gives
 * SIGBUS, and all other pages of the BO can still be used.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "dgem/cgroup.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "dgem/swap.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A page with a hardware error is lost, and no other page is.");

#define MIB (1ull << 20)
#define OFFLINE "/sys/devices/system/memory/hard_offline_page"
#define UNPOISON "/sys/kernel/debug/hwpoison/unpoison-pfn"
#define KPF(flag) (1ull << (flag))

static uint64_t resident(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.resident;
}

/*
 * The frame of a BO's page: the only memory of the group that is shmem's and
 * mapped by nobody, or by what is no page of its own to the kernel.
 */
static uint64_t find_frame(const char *cgroup)
{
	int groups = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC);
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t found = 0, frame = 0, group[512], flag;
	struct stat st;
	ssize_t got;

	igt_assert_fd(groups);
	igt_assert_fd(flags);
	igt_assert_eq(stat(cgroup, &st), 0);
	while (!found && (got = pread(groups, group, sizeof(group), frame * 8)) > 0) {
		for (int i = 0; i < got / 8 && !found; i++) {
			if (group[i] != st.st_ino)
				continue;
			igt_assert_eq(pread(flags, &flag, 8, (frame + i) * 8), 8);
			if ((flag & KPF(KPF_SWAPBACKED)) &&
			    !(flag & (KPF(KPF_ANON) | KPF(KPF_MMAP))))
				found = frame + i + (flag & KPF(KPF_COMPOUND_HEAD) ? 1 : 0);
		}
		frame += got / 8;
	}
	close(groups);
	close(flags);
	igt_assert(found);
	return found;
}

static void poison(uint64_t frame)
{
	char text[32];
	int ret;

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)frame * dgem_page_size());
	ret = observe_write(OFFLINE, text);
	/* the page is marked although it, or the folio that it is in, is in use */
	igt_assert(!ret || ret == -EBUSY || ret == -EHWPOISON);
}

/*
 * Unpoisons a frame for its next user, which works only once the frame is free. A
 * frame of a single page is not handed out again even then.
 */
static void cure(uint64_t frame)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)frame);
	igt_assert_eq(observe_write(UNPOISON, text), 0);
}

static sigjmp_buf env;
static siginfo_t info;

static void on_signal(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	info = *si;
	siglongjmp(env, 1);
}

/* Whether a touch tells of a hardware error, at this address. */
static bool is_poisoned(const volatile char *at)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, old;
	bool poisoned = false;

	igt_assert_eq(sigaction(SIGBUS, &action, &old), 0);
	if (!sigsetjmp(env, 1)) {
		(void)*at;
	} else {
		igt_assert_eq(info.si_code, BUS_MCEERR_AR);
		igt_assert(info.si_addr == at);
		poisoned = true;
	}
	igt_assert_eq(sigaction(SIGBUS, &old, NULL), 0);
	return poisoned;
}

static void evict(int fd, uint32_t handle)
{
	for (int i = 0; i < 10 && resident(fd, handle); i++)
		igt_assert_eq(observe_write("/proc/sys/vm/drop_caches", "2"), 0);
	igt_assert_eq_u64(resident(fd, handle), 0);
}

static void one_page(int fd, const char *cgroup, uint64_t size, bool while_resident)
{
	size_t page = dgem_page_size();
	uint32_t handle = dgem_bo_create(fd, size);
	struct shadow *sh = shadow_create(size / page);
	unsigned int lost = 0;
	uint64_t frame;
	char *map;

	igt_fork(child, 1) {
		char *own = dgem_bo_map(fd, handle, size);

		cgroup_enter(cgroup);
		shadow_write(sh, own, 0, sh->pages);
		dgem_unmap(own, size);
	}
	igt_waitchildren();
	frame = find_frame(cgroup);
	if (while_resident)
		poison(frame);
	evict(fd, handle);
	if (!while_resident)
		poison(frame);

	map = dgem_bo_map(fd, handle, size);
	for (int again = 0; again < 2; again++) {
		lost = 0;
		for (uint64_t nr = 0; nr < sh->pages; nr++) {
			if (is_poisoned(map + nr * page))
				lost++;
			else
				shadow_check_at(sh, map + nr * page, nr);
		}
		igt_assert_eq(lost, 1);
	}
	dgem_unmap(map, size);
	gem_close(fd, handle);
	cure(frame);
	shadow_destroy(sh);
}

static const struct {
	const char *name;
	uint64_t size;
	bool while_resident;
} tests[] = {
	{ "small-evicted", 100 * 4096, false },
	{ "small-resident", 100 * 4096, true },
	{ "huge-evicted", 4 * MIB, false },
	{ "huge-resident", 4 * MIB, true },
};

int igt_main()
{
	int fd = -1;

	igt_fixture() {
		fd = drm_open_driver(DRIVER_DGEM);
		igt_require(!access(OFFLINE, W_OK) && !module_load("hwpoison-inject", ""));
		swap_start(64 * MIB);
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(
			"A page that is taken offline is lost, and no other page of the BO is.");
		dgem_subtest_f(fd, "%s", tests[i].name) {
			const char *cgroup = cgroup_create("dgem-test");

			one_page(fd, cgroup, tests[i].size, tests[i].while_resident);
			cgroup_destroy(cgroup);
		}
	}

	igt_fixture() {
		swap_stop();
		drm_close_driver(fd);
	}
}
