// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients.h"

/* Of fdinfo, in which the name of a DRM driver comes early. */
#define FIRST_PART 4096
/* Beyond what the driver writes of one file. */
#define MAX_FDINFO (4u << 20)

static bool known(const struct clients *clients, uint64_t client)
{
	size_t i;

	for (i = 0; i < clients->count; i++)
		if (clients->list[i].info.client == client)
			return true;
	return false;
}

static int add(struct clients *clients, const struct client *client)
{
	struct client *list;
	size_t room;

	if (clients->count == clients->room) {
		room = clients->room ? 2 * clients->room : 16;
		list = realloc(clients->list, room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		clients->list = list;
		clients->room = room;
	}
	clients->list[clients->count++] = *client;
	return 0;
}

/* Up to @room - 1 bytes as a string; their number, or -errno. */
static ssize_t read_some(int fd, char *text, size_t room)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = read(fd, text + length, room - 1 - length);
		if (got > 0)
			length += (size_t)got;
	} while (got > 0);
	text[length] = '\0';
	return got < 0 ? -EIO : (ssize_t)length;
}

static void read_command(int process, struct client *client)
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read_some(fd, client->command, sizeof(client->command)) > 0)
		client->command[strcspn(client->command, "\n")] = '\0';
	close(fd);
}

/*
 * The whole file, but nothing of one that is not dgem's beyond its first part:
 * NULL. To be freed by free().
 */
static char *read_fdinfo(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char *text, *whole;
	ssize_t length;

	if (fd < 0)
		return NULL;
	text = malloc(FIRST_PART);
	length = text ? read_some(fd, text, FIRST_PART) : -ENOMEM;
	if (length < 0 || !strstr(text, "drm-driver:\tdgem\n"))
		goto err;
	if (length == FIRST_PART - 1) {
		whole = realloc(text, MAX_FDINFO);
		if (!whole)
			goto err;
		text = whole;
		if (read_some(fd, text + length, MAX_FDINFO - (size_t)length) < 0)
			goto err;
	}
	close(fd);
	return text;

err:
	free(text);
	close(fd);
	return NULL;
}

static int scan_file(struct clients *clients, pid_t pid, int process, int dir, const char *name)
{
	struct client client = { .pid = pid };
	char *text = read_fdinfo(dir, name), path[32];
	struct stat status;
	int ret;

	if (!text)
		return 0;
	ret = fdinfo_parse(text, &client.info);
	free(text);
	if (ret)
		return 0;
	snprintf(path, sizeof(path), "fd/%.20s", name);
	if (!fstatat(process, path, &status, 0))
		client.node = status.st_rdev;
	read_command(process, &client);
	ret = known(clients, client.info.client) ? 1 : add(clients, &client);
	if (ret)
		fdinfo_free(&client.info);
	return ret < 0 ? ret : 0;
}

static int scan_process(struct clients *clients, pid_t pid, int process)
{
	struct dirent *entry;
	int dir, ret = 0;
	DIR *files;

	dir = openat(process, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	files = fdopendir(dir);
	if (!files) {
		close(dir);
		return -ENOMEM;
	}
	while (!ret && (entry = readdir(files)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ret = scan_file(clients, pid, process, dir, entry->d_name);
	closedir(files);
	return ret;
}

static int scan_entry(struct clients *clients, int proc, const char *name, uid_t uid)
{
	struct stat status;
	int process, ret = 0;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return 0;
	if (!fstat(process, &status) && (!uid || status.st_uid == uid))
		ret = scan_process(clients, (pid_t)atol(name), process);
	close(process);
	return ret;
}

int clients_scan(const char *proc, uid_t uid, struct clients *ret_clients)
{
	struct clients clients = { 0 };
	struct dirent *entry;
	int dir, ret = 0;
	DIR *entries;

	dir = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	entries = fdopendir(dir);
	if (!entries) {
		close(dir);
		return -ENOMEM;
	}
	while (!ret && (entry = readdir(entries)))
		ret = scan_entry(&clients, dir, entry->d_name, uid);
	closedir(entries);
	if (ret) {
		clients_free(&clients);
		return ret;
	}
	*ret_clients = clients;
	return 0;
}

void clients_free(struct clients *clients)
{
	size_t i;

	for (i = 0; i < clients->count; i++)
		fdinfo_free(&clients->list[i].info);
	free(clients->list);
}
