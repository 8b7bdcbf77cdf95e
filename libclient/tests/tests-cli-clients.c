// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tools/clients.h"
#include "harness.h"

/* A directory that looks like /proc, removed by the shell in the end. */
static char proc[] = "/tmp/dgem-test-XXXXXX";

void test_teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", proc);
	CHECK_EQ(system(command), 0);
}

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	CHECK(file);
	fputs(text, file);
	fclose(file);
}

static void add_process(int pid, const char *command)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%d", proc, pid);
	CHECK_EQ(mkdir(path, 0700), 0);
	write_file(path, "comm", command);
	snprintf(path, sizeof(path), "%s/%d/fdinfo", proc, pid);
	CHECK_EQ(mkdir(path, 0700), 0);
}

static void add_text(int pid, int fd, const char *text)
{
	char directory[64], name[16];

	snprintf(directory, sizeof(directory), "%s/%d/fdinfo", proc, pid);
	snprintf(name, sizeof(name), "%d", fd);
	write_file(directory, name, text);
}

static void add_file(int pid, int fd, int client)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "drm-driver:\tdgem\ndrm-client-id:\t%d\ndrm-total-system:\t%d KiB\n", client,
		 client);
	add_text(pid, fd, text);
}

static void begin(void)
{
	CHECK(mkdtemp(proc));
}

TEST(files_are_found_once)
{
	struct clients clients;
	unsigned int seen = 0;
	char path[64];
	size_t i;

	begin();
	add_process(10, "camera\n");
	add_file(10, 3, 100);
	add_file(10, 4, 100);
	add_file(10, 5, 101);
	add_process(11, "viewer\n");
	add_file(11, 3, 102);
	snprintf(path, sizeof(path), "%s/11/fdinfo", proc);
	write_file(path, "7", "pos:\t0\n");
	write_file(proc, "uptime", "1 2\n");
	write_file(proc, "12", "a file, not a process\n");

	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 3);
	for (i = 0; i < clients.count; i++) {
		const struct client *client = &clients.list[i];

		seen |= 1u << (client->info.client - 100);
		CHECK_STR(client->command, client->pid == 10 ? "camera" : "viewer");
		CHECK_EQ(client->info.regions[0].total, client->info.client << 10);
	}
	CHECK_EQ(seen, 7);
	clients_free(&clients);
}

TEST(more_files_than_the_first_room)
{
	struct clients clients;
	int i;

	begin();
	add_process(10, "many\n");
	for (i = 0; i < 100; i++)
		add_file(10, i, i);
	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 100);
	clients_free(&clients);
}

TEST(processes_of_others_are_passed_over)
{
	struct clients clients;

	begin();
	add_process(10, "mine\n");
	add_file(10, 3, 1);
	CHECK_EQ(clients_scan(proc, getuid() + 1, &clients), 0);
	CHECK_EQ(clients.count, 0);
	clients_free(&clients);
	CHECK_EQ(clients_scan(proc, 0, &clients), 0);
	CHECK_EQ(clients.count, 1);
	clients_free(&clients);
}

TEST(process_that_went_away)
{
	struct clients clients;
	char path[64];

	begin();
	snprintf(path, sizeof(path), "%s/10", proc);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 0);
	clients_free(&clients);
}

TEST(no_proc_at_all)
{
	struct clients clients;

	begin();
	CHECK_EQ(clients_scan("/nonexistent", getuid(), &clients), -ENOENT);
}

TEST(file_with_many_bos)
{
	static char text[256 << 10] = "drm-driver:\tdgem\ndrm-client-id:\t1\n";
	struct clients clients;
	size_t length = strlen(text);
	int i;

	begin();
	add_process(10, "many\n");
	for (i = 1; i <= 2000; i++)
		length += (size_t)sprintf(text + length, "dgem-bo-%d:\t4096 0 0 system - x\n", i);
	add_text(10, 3, text);
	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 1);
	CHECK_EQ(clients.list[0].info.num_bos, 2000);
	clients_free(&clients);
}

TEST(long_files_of_others)
{
	static char text[64 << 10];
	struct clients clients;

	begin();
	add_process(10, "epoll\n");
	memset(text, 'x', sizeof(text) - 64);
	strcat(text, "\ndrm-driver:\tdgem\ndrm-client-id:\t1\n");
	add_text(10, 3, text);
	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 0);
	clients_free(&clients);
}

TEST(node_that_was_opened)
{
	struct clients clients;
	struct stat status;
	char path[64];

	begin();
	add_process(10, "camera\n");
	add_file(10, 3, 1);
	snprintf(path, sizeof(path), "%s/10/fd", proc);
	CHECK_EQ(mkdir(path, 0700), 0);
	strcat(path, "/3");
	CHECK_EQ(symlink("/dev/null", path), 0);
	CHECK_EQ(stat("/dev/null", &status), 0);
	CHECK_EQ(clients_scan(proc, getuid(), &clients), 0);
	CHECK_EQ(clients.count, 1);
	CHECK_EQ(clients.list[0].node, status.st_rdev);
	clients_free(&clients);
}
