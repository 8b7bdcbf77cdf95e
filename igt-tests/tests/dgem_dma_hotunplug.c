// SPDX-License-Identifier: MIT
/*
 * The official test of unbinding and removing a device, on an instance of a PCI
 * function, which the bus can remove and find again, as it cannot the default one. dgem is
 * told the function's numbers meanwhile, since what is found again has no override.
 */
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgem/bind.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("The official core_hotunplug on a PCI function.");

#define OFFICIAL "/usr/libexec/igt-gpu-tools/core_hotunplug"
#define DRIVER "/sys/bus/pci/drivers/dgem/"

/* QEMU's pci-testdev, which no driver takes. */
#define TESTDEV_VENDOR "0x1b36"
#define TESTDEV_DEVICE "0x0005"

static const char *const subtests[] = {
	"unbind-rebind", "unplug-rescan", "hotunbind-rebind",	 "hotunplug-rescan",
	"hotrebind",	 "hotreplug",	  "hotrebind-lateclose", "hotreplug-lateclose",
};

static void load_dgem(const char *more)
{
	const char *params = getenv("DGEM_PARAMS") ?: "";
	char all[256];

	snprintf(all, sizeof(all), "%s %s", params, more);
	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	igt_assert_eq(module_insert_dgem_with(all), 0);
}

static bool is_number(const char *device, const char *attribute, const char *number)
{
	char path[PATH_MAX], *text;
	bool is;

	snprintf(path, sizeof(path), "%s/%s", device, attribute);
	text = observe_file(path);
	is = !strncmp(text, number, strlen(number));
	free(text);
	return is;
}

/* Where sysfs has it, as IGT's filter wants it. */
static void find_testdev(char real[PATH_MAX])
{
	glob_t devices;

	igt_assert_eq(glob("/sys/bus/pci/devices/*", 0, NULL, &devices), 0);
	*real = '\0';
	for (size_t i = 0; i < devices.gl_pathc; i++)
		if (is_number(devices.gl_pathv[i], "vendor", TESTDEV_VENDOR) &&
		    is_number(devices.gl_pathv[i], "device", TESTDEV_DEVICE))
			igt_assert(realpath(devices.gl_pathv[i], real));
	globfree(&devices);
	igt_assert_f(*real, "there is no pci-testdev\n");
}

/* The official test wants a render node, too. */
static void begin(void)
{
	char real[PATH_MAX], filter[PATH_MAX + 8];

	load_dgem("render=1");
	igt_assert_eq(observe_write(DRIVER "new_id", TESTDEV_VENDOR " " TESTDEV_DEVICE), 0);
	find_testdev(real);
	snprintf(filter, sizeof(filter), "sys:%s", real);
	setenv("IGT_DEVICE", filter, 1);
}

/* What it says is for who looks for why it failed, and not for IGT's runner. */
static void run(const char *subtest)
{
	char line[128], said[8192] = "";
	FILE *output;

	snprintf(line, sizeof(line), OFFICIAL " --run-subtest %s 2>&1", subtest);
	output = popen(line, "r");
	igt_assert(output);
	igt_assert(fread(said, 1, sizeof(said) - 1, output));
	/* Not 77, by which it skips. */
	igt_assert_f(!pclose(output), "%s\n", said);
}

int igt_main()
{
	igt_fixture()
		begin();

	for (unsigned int i = 0; i < ARRAY_SIZE(subtests); i++) {
		igt_describe("The official subtest of that name passes on a PCI function.");
		igt_subtest(subtests[i])
			run(subtests[i]);
	}

	igt_fixture()
		load_dgem("");
}
