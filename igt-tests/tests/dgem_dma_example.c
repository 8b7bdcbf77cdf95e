// SPDX-License-Identifier: MIT
/*
 * The library's example of a user-space driver reads what a disk has, by the addresses
 * that dgem gives and by those that VFIO does; the command tells which of them there are.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/ctrl.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/function.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("An example drives a device, with an IOMMU and without.");

/* More than a command can be, with a last one that is shorter. */
#define PAGES (3 * NVME_MAX_PAGES + 5)
#define SIZE ((size_t)PAGES * NVME_PAGE)

static char name[32];

static void fill(uint8_t *bytes, uint64_t seed)
{
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = content_random(&seed, 256);
}

/* By the controller, too, which is anybody's again afterwards. */
static void write_disk(uint64_t seed)
{
	int fd = function_open(name);
	struct ctrl ctrl;
	uint32_t handle;
	struct dma dma;
	uint8_t *map;

	ctrl_start(&ctrl, fd, name);
	handle = dgem_bo_create(fd, SIZE);
	map = dgem_bo_map(fd, handle, SIZE);
	fill(map, seed);
	dma_map(&dma, fd, handle);
	ctrl_copy(&ctrl, true, 0, &dma, 0, SIZE);
	free(dma.segs);
	dgem_unmap(map, SIZE);
	ctrl_forget(&ctrl);
	close(fd);
}

/*
 * Runs a command line of a program that was built beside this one. Returns its exit
 * status, with up to @size of what it has written to the standard output in @got. What it
 * says of itself besides would be a warning of the test for IGT.
 */
static int run(const char *line, void *got, size_t size, size_t *bytes)
{
	char path[PATH_MAX], command[PATH_MAX + 128];
	FILE *output;
	int status;

	igt_assert(realpath("/proc/self/exe", path));
	snprintf(command, sizeof(command), "%s/../%s 2>/dev/null", dirname(path), line);
	output = popen(command, "r");
	igt_assert(output);
	*bytes = fread(got, 1, size, output);
	status = pclose(output);
	igt_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(const char *door, bool works)
{
	uint64_t seed = content_seed();
	uint8_t *want = malloc(SIZE), *got = calloc(1, SIZE);
	char line[96];
	size_t bytes;

	igt_assert(want && got);
	fill(want, seed);
	write_disk(seed);
	if (!strcmp(door, "--vfio")) {
		igt_assert_eq(module_load("vfio-pci", ""), 0);
		pci_bind(name, works ? "vfio-pci" : "dgem");
	}
	snprintf(line, sizeof(line), "examples/pcie-ring %s %s %u", door, name, PAGES);
	igt_assert_eq(run(line, got, SIZE, &bytes), works ? 0 : 1);
	igt_assert_eq_u64(bytes, works ? SIZE : 0);
	igt_assert(!works || !memcmp(want, got, SIZE));
	pci_bind(name, "dgem");
	free(want);
	free(got);
}

static void expect_info(const char *device, const char *text)
{
	char line[96], got[4096] = "";
	size_t bytes;

	snprintf(line, sizeof(line), "bin/dgem info --device %s", device);
	igt_assert_eq(run(line, got, sizeof(got) - 1, &bytes), 0);
	igt_assert_f(strstr(got, text), "no '%s' in: %s\n", text, got);
}

static void info(void)
{
	const bool iommu = function_has_iommu(name);
	char card[64], text[128];

	function_node(name, card);
	snprintf(text, sizeof(text),
		 "device: %s on bus pci, 64 bits of address, coherent, IOMMU: %s", name,
		 iommu ? "DMA-FQ\n" : "none\n");
	expect_info(card, text);
	expect_info(card, iommu ? "bus addresses: BO_MAP_DMA with CAP_SYS_RAWIO; VFIO" :
				  "bus addresses: BO_MAP_DMA with CAP_SYS_RAWIO\n");
	igt_assert_eq(function_write(name, "dgem_dma_policy", "off"), 0);
	expect_info(card, iommu ? "bus addresses: none here, but VFIO" :
				  "bus addresses: none while root does not write rawio");
	igt_assert_eq(function_write(name, "dgem_dma_policy", "rawio"), 0);
}

int igt_main()
{
	igt_fixture()
		function_take(name);

	igt_describe("By addresses that dgem gives, the example reads what was written.");
	igt_subtest("map-dma")
		expect("--map-dma", true);
	igt_describe("By VFIO it does, too; without an IOMMU, it says that it cannot.");
	igt_subtest("vfio")
		expect("--vfio", function_has_iommu(name));
	igt_describe("The command says what the device can do, and which door to take.");
	igt_subtest("info")
		info();

	igt_fixture()
		function_give_back(name);
}
