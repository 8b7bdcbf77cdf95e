// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../tools/bus_device.h"
#include "harness.h"
#include "sysfs.h"

#define FUNCTION "0000:01:00.0"

static struct bus_device got;

void test_teardown(void)
{
	sysfs_end();
}

static void begin(void)
{
	sysfs_begin();
	sysfs_directory("pci");
	sysfs_directory(FUNCTION);
	sysfs_link(FUNCTION "/subsystem", "../pci");
	sysfs_node(0, FUNCTION);
}

TEST(function_that_a_program_drives)
{
	begin();
	sysfs_directory("group");
	sysfs_file("group/type", "DMA-FQ\n");
	sysfs_link(FUNCTION "/iommu_group", "../group");
	sysfs_file(FUNCTION "/dgem_dma_bits", "32\n");
	sysfs_file(FUNCTION "/dgem_dma_coherency", "noncoherent\n");
	CHECK_EQ(bus_device_read(sysfs, makedev(226, 0), &got), 0);
	CHECK_STR(got.bus, "pci");
	CHECK_STR(got.name, FUNCTION);
	CHECK_STR(got.iommu, "DMA-FQ");
	CHECK_STR(got.coherency, "noncoherent");
	CHECK_EQ(got.dma_bits, 32);
}

/* As the instance that belongs to none, and one whose attributes cannot be read. */
TEST(nothing_but_a_name)
{
	begin();
	sysfs_file(FUNCTION "/dgem_dma_bits", "");
	sysfs_directory(FUNCTION "/dgem_dma_coherency");
	CHECK_EQ(bus_device_read(sysfs, makedev(226, 0), &got), 0);
	CHECK_STR(got.name, FUNCTION);
	CHECK_STR(got.iommu, "none");
	CHECK_STR(got.coherency, "");
	CHECK_EQ(got.dma_bits, 0);
}

TEST(text_that_is_too_long)
{
	begin();
	sysfs_file(FUNCTION "/dgem_dma_coherency", "a text of more than fifteen bytes\n");
	CHECK_EQ(bus_device_read(sysfs, makedev(226, 0), &got), 0);
	CHECK_STR(got.coherency, "a text of more ");
}

TEST(node_that_sysfs_does_not_tell_of)
{
	begin();
	memset(&got, 1, sizeof(got));
	CHECK_EQ(bus_device_read(sysfs, makedev(226, 1), &got), -ENOENT);
	CHECK_STR(got.name, "");
	CHECK_EQ(got.dma_bits, 0);
	CHECK_EQ(bus_device_read("/nonexistent", makedev(226, 0), &got), -ENOENT);
}
