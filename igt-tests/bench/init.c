// SPDX-License-Identifier: MIT
/*
 * The only process of the machine that measures: loads modules, runs the jobs
 * that the kernel command line names (bench_jobs=a,b), powers off. Each subject
 * of each job runs in a process of its own, of an ordinary user.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

/* "nobody", whom dgem charges for what he has, unlike root. */
#define USER 65534

static const struct job {
	const char *name;
	void (*run)(const struct subject *subject, int drm);
	/* It starts as root, and says itself when it is the user. */
	bool root;
	/* For subjects of small objects, and no others. */
	bool small;
	/* Also for subjects of what DRM_DGEM_BO_DIRECT_IO makes dearer. */
	bool direct;
} jobs[] = {
	{ "lifecycle", job_lifecycle },
	{ "create", job_create },
	{ "touch", job_touch, .direct = true },
	{ "copy", job_copy },
	{ "attach", job_attach },
	{ "share", job_share },
	{ "sync", job_sync },
	{ "dma", job_dma, true },
	{ "madvise", job_madvise },
	{ "memory", job_memory },
	{ "alive", job_alive },
	{ "threads", job_threads },
	{ "evict", job_evict, true },
	{ "cache", job_cache },
	{ "small", job_small, .small = true },
	{ "small-threads", job_small_threads, .small = true },
};

static void mounts(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) && errno != EBUSY))
		fail("mount: %s", strerror(errno));
}

/* Results go to a device of their own, for the console is the kernel's. */
static void results_to_port(void)
{
	const char *path = getenv("bench_output");
	int fd = path ? open(path, O_WRONLY | O_NOCTTY) : -1;

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		fail("bench_output: %s", path ? strerror(errno) : "not given");
	close(fd);
}

/* /modules/list names the files to load, in order; dgem's options are the machine's. */
static void load_modules(void)
{
	char path[300], name[200];
	const char *options;
	FILE *list;
	int fd, flags;

	list = fopen("/modules/list", "r");
	if (!list)
		fail("/modules/list: %s", strerror(errno));
	while (fscanf(list, "%199s", name) == 1) {
		snprintf(path, sizeof(path), "/modules/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail("%s: %s", path, strerror(errno));
		flags = strstr(name, ".ko.") ? MODULE_INIT_COMPRESSED_FILE : 0;
		options = !strcmp(name, "dgem.ko") ? getenv("bench_dgem") : NULL;
		if (syscall(SYS_finit_module, fd, options ?: "", flags) && errno != EEXIST)
			fail("module %s: %s", name, strerror(errno));
		close(fd);
	}
	fclose(list);
}

static void open_to_all(const char *path)
{
	if (chmod(path, 0666) && errno != ENOENT)
		fail("%s: %s", path, strerror(errno));
}

/* What the jobs open is root's alone where no udev is. */
static void give_nodes(void)
{
	struct dirent *entry;
	char path[300];
	DIR *dir;

	open_to_all("/dev/udmabuf");
	open_to_all("/dev/dma_heap/system");
	open_to_all("/dev/bench_attach");
	open_to_all("/proc/zoneinfo");

	dir = opendir("/dev/dri");
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		if (entry->d_type == DT_CHR)
			open_to_all(path);
	}
	if (dir)
		closedir(dir);
}

static void drop_privileges(void)
{
	if (setgroups(0, NULL) || setgid(USER) || setuid(USER))
		fail("uid %d: %s", USER, strerror(errno));
}

/* The saved id is the way back. */
void user_enter(void)
{
	if (setresuid(USER, USER, 0))
		fail("uid %d: %s", USER, strerror(errno));
}

void user_leave(void)
{
	if (setresuid(0, 0, 0))
		fail("uid 0: %s", strerror(errno));
}

static void run_one(const struct job *job, const struct subject *subject)
{
	int status, drm = -1, err;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (!pid) {
		if (job->root)
			user_enter();
		else
			drop_privileges();
		err = subject->open(&drm);
		if (job->root)
			user_leave();
		if (err)
			fail("%s: %s: %s", job->name, subject->name, strerror(-err));
		job->run(subject, drm);
		exit(0);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status))
		printf("failed %s: %s: killed by signal %d\n", job->name, subject->name,
		       WTERMSIG(status));
	fflush(stdout);
}

/* Is @name in the comma-separated list that variable @list holds? */
static bool listed(const char *list, const char *name)
{
	const char *names = getenv(list), *at = names;
	size_t n = strlen(name);

	if (!names)
		return true;
	while ((at = strstr(at, name))) {
		bool starts = at == names || at[-1] == ',';

		at += n;
		if (starts && (*at == ',' || !*at))
			return true;
	}
	return false;
}

static void run_all(const struct job *job)
{
	for (const struct subject *const *s = subjects; *s; s++)
		if (!!(*s)->take == job->small && (!(*s)->direct || job->direct) &&
		    listed("bench_subjects", (*s)->name))
			run_one(job, *s);
}

int main(void)
{
	struct rlimit files = { 1 << 20, 1 << 20 };
	unsigned int i;

	mounts();
	results_to_port();
	setrlimit(RLIMIT_NOFILE, &files);
	load_modules();
	give_nodes();
	if (counting())
		check_counting();
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		if (listed("bench_jobs", jobs[i].name))
			run_all(&jobs[i]);
	printf("done\n");
	fflush(stdout);
	sync();
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 1;
}
