// SPDX-License-Identifier: MIT
/*
 * What the driver tells about itself in debugfs: statistics and the list of
 * BOs. All of it can be read at any time, fdinfo too, agrees with BO_INFO, and
 * gives no address away.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("debugfs shows all BOs and counters at any time.");

#define RW (PROT_READ | PROT_WRITE)
#define MIB (1ull << 20)

/* Every counter once, each a number that is not negative. */
static void stats(int fd)
{
	static const char *const names[] = {
		"bos",
		"resident_pages",
		"swappable_pages",
		"importer_pinned_pages",
		"exported",
		"imported",
		"mmaps",
		"attachments",
		"attaches",
		"maps",
		"remaps",
		"vmaps",
		"cpu_accesses",
		"pte_faults",
		"huge_faults",
		"evicted_pages",
		"evicted_mapped_chunks",
		"zapped_chunks",
		"invalidates",
	};
	struct dgem_counters counters;

	dgem_counters_read(fd, &counters);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		igt_assert_lte(0, dgem_counter(&counters, names[i]));
	for (unsigned int i = 0; i < counters.num_stats; i++)
		for (unsigned int j = 0; j < i; j++)
			igt_assert(strcmp(counters.stats[i].name, counters.stats[j].name));
}

/* VMAs: of fork, of splits, of both files; gone with the last munmap(). */
static void mmaps(int fd)
{
	uint32_t handle = dgem_bo_create(fd, 4 * MIB);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
	long long before = observe_stat(fd, "mmaps");
	char *map = dgem_bo_map(fd, handle, 4 * MIB);
	char *other = dgem_dmabuf_map(dmabuf, 0, 4 * MIB, RW);

	igt_assert_eq(observe_stat(fd, "mmaps"), before + 2);
	dgem_unmap(map + MIB, MIB);
	igt_assert_eq(observe_stat(fd, "mmaps"), before + 3);
	igt_fork(child, 1)
		igt_assert_eq(observe_stat(fd, "mmaps"), before + 6);
	igt_waitchildren();
	dgem_unmap(other, 4 * MIB);
	dgem_unmap(map, 4 * MIB);
	igt_assert_eq(observe_stat(fd, "mmaps"), before);
	close(dmabuf);
	gem_close(fd, handle);
}

/** struct listed - one line of dgem_bos */
struct listed {
	unsigned long long size, resident, huge;
	char heap[32], state[64], owner[64], label[256];
};

static bool find_listed(int fd, uint64_t id, struct listed *l)
{
	char *text = observe_debugfs(fd, "dgem_bos"), *line, *save;
	bool found = false;

	igt_assert(text);
	igt_assert(!strncmp(text, "id size resident huge heap state owner label\n", 45));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long long seen;
		int at = 0;

		if (sscanf(line, "%llu %n", &seen, &at) != 1 || seen != id)
			continue;
		line += at;
		if (sscanf(line, "%llu %llu %llu %31s %63s %63s %n", &l->size, &l->resident,
			   &l->huge, l->heap, l->state, l->owner, &at) != 6)
			igt_assert_f(false, "cannot be read: %s\n", line);
		snprintf(l->label, sizeof(l->label), "%s", line + at);
		found = true;
	}
	free(text);
	return found;
}

static uint64_t bo_id(int fd, uint32_t handle)
{
	struct drm_dgem_bo_info info;

	dgem_bo_info(fd, handle, &info);
	return info.id;
}

static void list(int fd)
{
	for_each_touched_heap(fd, heap) {
		uint32_t handle = dgem_bo_create_in(fd, 3 * MIB, heap, 0);
		struct drm_dgem_heap_info info;
		struct drm_dgem_bo_info bo;
		uint64_t id = bo_id(fd, handle);
		char owner[32];
		struct listed l;
		int dmabuf;
		char *map;

		dgem_heap_info(fd, heap, &info);
		igt_assert(find_listed(fd, id, &l));
		igt_assert_eq_u64(l.size, 3 * MIB);
		igt_assert_eq_u64(l.resident, 0);
		igt_assert(!strcmp(l.heap, info.name));
		igt_assert(!strcmp(l.state, "-"));
		igt_assert(!strcmp(l.label, ""));
		snprintf(owner, sizeof(owner), "%d:", getpid());
		igt_assert(!strncmp(l.owner, owner, strlen(owner)));

		dgem_bo_set_label(fd, handle, "a label: with blanks");
		dmabuf = prime_handle_to_fd(fd, handle);
		map = dgem_bo_map(fd, handle, 3 * MIB);
		igt_assert_eq(map[3 * MIB - 1], 0);
		igt_assert(find_listed(fd, id, &l));
		igt_assert(!strcmp(l.label, "a label: with blanks"));
		igt_assert_eq_u64(l.resident, MIB);
		dgem_bo_info(fd, handle, &bo);
		igt_assert_eq_u64(l.huge, bo.huge);
		igt_assert_f(!strcmp(l.state, "resident,exported"), "state: %s\n", l.state);
		dgem_unmap(map, 3 * MIB);

		/* the dma-buf alone keeps it */
		gem_close(fd, handle);
		igt_assert(find_listed(fd, id, &l));
		igt_assert_f(!strcmp(l.state, "resident,exported"), "state: %s\n", l.state);
		close(dmabuf);
		igt_assert(!find_listed(fd, id, &l));
	}
}

static void list_imported(int fd)
{
	struct foreign f;
	struct listed l;
	uint32_t handle;

	foreign_create(&f, FOREIGN_UDMABUF, MIB);
	handle = prime_fd_to_handle(fd, f.dmabuf);
	igt_assert(find_listed(fd, bo_id(fd, handle), &l));
	igt_assert_eq_u64(l.size, MIB);
	igt_assert(!strcmp(l.heap, "-"));
	igt_assert(strstr(l.state, "imported"));
	gem_close(fd, handle);
	foreign_destroy(&f);
}

static void client(int fd, uint64_t rng)
{
	int own = drm_reopen_driver(fd);

	for (int i = 0; i < 8; i++) {
		uint64_t size = (1 + content_random(&rng, 300)) * dgem_page_size();
		uint32_t handle = dgem_bo_create_in(own, size, content_random(&rng, 2), 0);
		char *map = dgem_bo_map(own, handle, size);
		int dmabuf = prime_handle_to_fd_for_mmap(own, handle);

		map[content_random(&rng, size)] = 1;
		dgem_bo_set_label(own, handle, "comes and goes");
		dgem_unmap(map, size);
		close(dmabuf);
		if (i % 2)
			gem_close(own, handle);
	}
	close(own);
}

static bool is_child(pid_t pid)
{
	char path[64], *stat, *end;
	bool is;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = observe_file(path);
	/* "pid (name) state parent": the name can have anything in it */
	end = stat ? strrchr(stat, ')') : NULL;
	is = end && atoi(end + 4) == getpid();
	free(stat);
	return is;
}

/* fdinfo of each file of each child, any of which may close meanwhile. */
static int read_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];
	int count = 0;

	igt_assert(proc);
	while ((entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (!pid || !is_child(pid))
			continue;
		for (int fd = 3; fd < 12; fd++) {
			char *text;

			snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
			text = observe_file(path);
			count += text && strstr(text, "drm-driver:\tdgem");
			free(text);
		}
	}
	closedir(proc);
	return count;
}

static void churn(int fd)
{
	static const char *const files[] = { "dgem_stats", "dgem_bos",	"dgem_accounts",
					     "clients",	   "gem_names", "name" };
	uint64_t lines = 0, reads = 0;
	int workers = 3, foreign = 0;

	igt_fork(child, workers) {
		uint64_t rng = content_seed() + child;

		igt_until_timeout(4)
			client(fd, rng++);
	}
	igt_until_timeout(4) {
		for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
			char *text = observe_debugfs(fd, files[i]);

			igt_assert_f(text, "%s: %s\n", files[i], strerror(errno));
			observe_no_address(text);
			for (char *at = text; i == 1 && (at = strchr(at, '\n')); at++)
				lines++;
			free(text);
			reads++;
		}
		fdinfo_value(fd, "drm-total-system");
		foreign += read_children();
	}
	igt_waitchildren();
	igt_info("%llu reads, %llu lines of BOs, %d files of others\n", (unsigned long long)reads,
		 (unsigned long long)lines, foreign);
	igt_assert_lt(workers, foreign);
	igt_assert_lt(10, reads);
	igt_assert_lt_u64(reads / ARRAY_SIZE(files), lines);
}

/* As long as a thousand BOs are, and exactly those. */
static void many(int fd)
{
	int own = drm_reopen_driver(fd);
	long long bos = observe_stat(fd, "bos");
	char *text;
	int lines = 0;

	for (int i = 0; i < 1000; i++)
		dgem_bo_set_label(own, dgem_bo_create_in(own, 4096, i % 2, 0), "one of many");
	text = observe_debugfs(fd, "dgem_bos");
	igt_assert(text);
	for (char *at = text; (at = strstr(at, "one of many")); at++)
		lines++;
	igt_assert_eq(lines, 1000);
	free(text);
	close(own);
	igt_assert_eq(observe_stat(fd, "bos"), bos);
}

/* Only root may look: others' BOs and labels are not for everybody. */
static void root_only(int fd)
{
	char path[128];
	struct stat st;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/dgem_bos",
		 (unsigned int)(st.st_rdev & 0xff));
	igt_fork(child, 1) {
		igt_drop_root();
		igt_assert_eq(open(path, O_RDONLY | O_CLOEXEC), -1);
		igt_assert_eq(errno, EACCES);
	}
	igt_waitchildren();
}

static const struct {
	const char *name, *what;
	void (*run)(int fd);
} tests[] = {
	{ "stats", "dgem_stats has each counter once.", stats },
	{ "mmaps", "Mappings are counted through split and fork.", mmaps },
	{ "bos", "dgem_bos lists each BO with the values of BO_INFO.", list },
	{ "bos-imported", "dgem_bos lists imported BOs as imported.", list_imported },
	{ "bos-many", "A thousand BOs are a thousand lines of dgem_bos.", many },
	{ "root-only", "The files in debugfs can be read by root only.", root_only },
	{ "churn", "All files can be read while BOs are created and closed.", churn },
};

int igt_main()
{
	int fd = -1;

	igt_fixture()
		fd = drm_open_driver(DRIVER_DGEM);

	for_each_subtest(t, tests)
		t->run(fd);

	igt_fixture()
		drm_close_driver(fd);
}
