// SPDX-License-Identifier: MIT
/*
 * What ends while a device that a program drives may still write: a mapping, the
 * program, the driver. What was freed meanwhile is not written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/ctrl.h"
#include "dgem/dgem.h"
#include "dgem/dma.h"
#include "dgem/function.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("A device that is taken away from its program writes no memory any more.");

#define SIZE (1ull << 20)
#define OLD 0x5a
#define NEW 0xa5

/* PCI's command word, and its bit to access memory. */
#define PCI_COMMAND 4
#define PCI_COMMAND_MASTER 4

static char name[32];

static bool is_master(void)
{
	char path[96];
	uint16_t command;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	igt_assert_fd(fd);
	igt_assert_eq(pread(fd, &command, sizeof(command), PCI_COMMAND), sizeof(command));
	close(fd);
	return command & PCI_COMMAND_MASTER;
}

static bool is_all(const uint8_t *map, uint64_t size, uint8_t value)
{
	for (uint64_t i = 0; i < size; i++)
		if (map[i] != value)
			return false;
	return true;
}

/* Commands that write memory, as many as fit, without a wait for any. */
static void begin_reads(struct ctrl *c, const struct dma *dma)
{
	for (unsigned int i = 0; i < NVME_DEPTH; i++)
		ctrl_submit(c, false, 0, dma, i * CTRL_MAX_TRANSFER, CTRL_MAX_TRANSFER);
}

/* Whether a page that is not mapped any more was written by the device. */
static bool is_written_after_unmap(void)
{
	int fd = function_open(name);
	uint32_t handle = dgem_bo_create(fd, 4096);
	uint8_t *map = dgem_bo_map(fd, handle, 4096);
	struct ctrl ctrl;
	struct dma dma;
	bool written;

	ctrl_start(&ctrl, fd, name);
	dma_map(&dma, fd, handle);
	memset(map, NEW, 4096);
	ctrl_copy(&ctrl, true, 0, &dma, 0, 4096);
	memset(map, OLD, 4096);
	igt_assert_eq(__dma_unmap(fd, dma.id), 0);
	/* QEMU's controller tells of no error. */
	ctrl_submit(&ctrl, false, 0, &dma, 0, 4096);
	ctrl_wait(&ctrl);
	written = !is_all(map, 4096, OLD);
	igt_assert(!written || is_all(map, 4096, NEW));
	dgem_unmap(map, 4096);
	free(dma.segs);
	ctrl_forget(&ctrl);
	close(fd);
	return written;
}

/* Without an IOMMU nothing else than the program's word keeps the device from it. */
static void test_unmapped(void)
{
	unsigned int faults;

	if (!function_set_translation(name, "DMA")) {
		igt_assert(is_written_after_unmap());
		return;
	}
	dma_expect_faults(1);
	igt_assert(!is_written_after_unmap());
	faults = dma_count_faults();
	igt_assert_eq(faults, 1);
	igt_assert(function_set_translation(name, "DMA-FQ"));
}

/* A child drives the device, and has the only file; it is killed in the middle. */
static void test_killed(void)
{
	int ready[2], status;
	pid_t pid;
	char c;

	igt_assert_eq(pipe(ready), 0);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		int fd = function_open(name);
		struct ctrl ctrl;
		struct dma dma;

		ctrl_start(&ctrl, fd, name);
		dma_map(&dma, fd, dgem_bo_create(fd, SIZE));
		if (!is_master())
			_exit(1);
		begin_reads(&ctrl, &dma);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	igt_assert_eq(read(ready[0], &c, 1), 1);
	igt_assert_eq(kill(pid, SIGKILL), 0);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFSIGNALED(status));
	igt_assert(!is_master());
	close(ready[0]);
}

/* What the device did not get to write, it does not write when it is somebody else's. */
static void test_memory(void)
{
	int fd = function_open(name), other;
	struct ctrl ctrl;
	struct dma dma;
	uint32_t handle;
	uint8_t *map;

	ctrl_start(&ctrl, fd, name);
	handle = dgem_bo_create(fd, NVME_DEPTH * CTRL_MAX_TRANSFER);
	dma_map(&dma, fd, handle);
	begin_reads(&ctrl, &dma);
	ctrl_forget(&ctrl);
	close(fd);
	igt_assert(!is_master());
	free(dma.segs);

	/* The same memory, most likely, since nobody else wants any. */
	other = function_open(name);
	handle = dgem_bo_create(other, 4 * NVME_DEPTH * CTRL_MAX_TRANSFER);
	map = dgem_bo_map(other, handle, 4 * NVME_DEPTH * CTRL_MAX_TRANSFER);
	memset(map, OLD, 4 * NVME_DEPTH * CTRL_MAX_TRANSFER);
	usleep(300000);
	igt_assert(is_all(map, 4 * NVME_DEPTH * CTRL_MAX_TRANSFER, OLD));
	dgem_unmap(map, 4 * NVME_DEPTH * CTRL_MAX_TRANSFER);
	close(other);
}

/* The function stops, and its file is of no use from then on. */
static void test_unbind(void)
{
	struct drm_dgem_bo_map_dma args = { .flags = DMA_BOTH };
	int fd = function_open(name);
	struct bound bound;
	struct ctrl ctrl;
	uint32_t handle;
	struct dma dma;

	bound_find(&bound, fd);
	ctrl_start(&ctrl, fd, name);
	handle = dgem_bo_create(fd, SIZE);
	dma_map(&dma, fd, handle);
	begin_reads(&ctrl, &dma);
	igt_assert_eq(bound_unbind(&bound), 0);
	igt_assert(!is_master());
	igt_assert_eq(__dma_unmap(fd, dma.id), -ENODEV);
	args.handle = handle;
	igt_assert_eq(__dma_map(fd, &args), -ENODEV);
	free(dma.segs);
	ctrl_forget(&ctrl);
	close(fd);
	igt_assert_eq(bound_bind(&bound), 0);

	/* The next program finds a device that works. */
	fd = function_open(name);
	ctrl_start(&ctrl, fd, name);
	ctrl_forget(&ctrl);
	close(fd);
}

static const struct dgem_test tests[] = {
	{ "killed", "A killed program's device accesses memory no more, and nothing is left.",
	  test_killed },
	{ "memory",
	  "What a closed file's device was to write is not written to what is next there.",
	  test_memory },
};

int igt_main()
{
	int node = -1;

	igt_fixture() {
		function_take(name);
		node = function_open(name);
	}

	for_each_dgem_subtest(node, test, tests)
		test->run();

	igt_fixture()
		close(node);

	/* The device whose levels would be compared goes in this one. */
	igt_describe(
		"Unbinding stops the device and ends its mappings; it works when bound again.");
	igt_subtest("unbind")
		test_unbind();
	igt_describe("Where translation is strict, the device does not write what was unmapped.");
	igt_subtest("unmapped")
		test_unmapped();

	igt_fixture()
		function_give_back(name);
}
