// SPDX-License-Identifier: MIT
/* Why there is no device to use, and what to do about it. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tool.h"

#define SYSFS_NODES "/sys/dev/char"

static bool is_ours(const struct stat *status)
{
	char link[64], driver[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), SYSFS_NODES "/%u:%u/device/driver", major(status->st_rdev),
		 minor(status->st_rdev));
	length = readlink(link, driver, sizeof(driver) - 1);
	if (length < 0)
		return false;
	driver[length] = '\0';
	return !strcmp(basename(driver), "dgem");
}

static void say_who_may(const char *path, const struct stat *status)
{
	const bool by_group = (status->st_mode & 060) == 060 && status->st_gid;
	const struct passwd *user = getpwuid(status->st_uid);
	const struct group *group = getgrgid(status->st_gid);

	if (by_group && group)
		fprintf(stderr,
			"dgem: %s is for group %s; sudo usermod -a -G %s USER makes USER a member"
			" from the next login on\n",
			path, group->gr_name, group->gr_name);
	else if (by_group)
		fprintf(stderr, "dgem: %s is for group %u\n", path, (unsigned int)status->st_gid);
	else
		fprintf(stderr, "dgem: %s is for user %s only\n", path,
			user ? user->pw_name : "(without name)");
}

static void say_who_may_open(void)
{
	struct dirent *entry;
	struct stat status;
	char path[PATH_MAX];
	DIR *dir = opendir("/dev/dri");

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		if (!stat(path, &status) && S_ISCHR(status.st_mode) && is_ours(&status))
			say_who_may(path, &status);
	}
	if (dir)
		closedir(dir);
}

int complain_no_device(int error)
{
	int status;

	if (error == -ENOENT)
		error = -ENODEV;
	status = complain(error, "no device to use");
	if (status == STATUS_DENIED)
		say_who_may_open();
	else if (status != STATUS_NO_DEVICE)
		return status;
	else if (access(SYSFS_NODES, F_OK))
		fprintf(stderr, "dgem: without /sys only nodes that may be opened are found;"
				" give one by --device\n");
	else if (access("/sys/module/dgem", F_OK))
		fprintf(stderr, "dgem: the module is not loaded; sudo modprobe dgem loads it\n");
	else
		fprintf(stderr, "dgem: the module is loaded, but it has no node in /dev/dri\n");
	return status;
}
