// SPDX-License-Identifier: MIT
#include <drm/dgem_drm.h>
#include <string.h>

#include "../tools/door.h"
#include "harness.h"
#include "sysfs.h"

void test_teardown(void)
{
	sysfs_end();
}

/* A function that can have addresses by whatever door. */
static struct door_facts function(uint64_t policy, uint64_t translation)
{
	struct door_facts facts = {
		.device = { .bus = "pci", .coherency = "coherent", .dma_bits = 64 },
		.policy = policy,
		.translation = translation,
	};

	return facts;
}

static void expect(const struct door_facts *facts, bool map_dma, bool vfio, const char *advice)
{
	CHECK_EQ(door_is_map_dma(facts), map_dma);
	CHECK_EQ(door_is_vfio(facts), vfio);
	CHECK_BEGINS(door_advice(facts), advice);
}

TEST(default_instance)
{
	struct door_facts facts = { .device = { .bus = "platform" } };

	expect(&facts, false, false, "none here, since it belongs to no device");
}

TEST(policies)
{
	struct door_facts facts;

	facts = function(DRM_DGEM_DMA_POLICY_OFF, DRM_DGEM_DMA_UNTRANSLATED);
	expect(&facts, false, false, "none while root does not write rawio");
	facts = function(DRM_DGEM_DMA_POLICY_OFF, DRM_DGEM_DMA_LAZY);
	expect(&facts, false, true, "none here, but VFIO");
	facts = function(DRM_DGEM_DMA_POLICY_RAWIO, DRM_DGEM_DMA_UNTRANSLATED);
	expect(&facts, true, false, "BO_MAP_DMA with CAP_SYS_RAWIO");
	facts = function(DRM_DGEM_DMA_POLICY_RAWIO, DRM_DGEM_DMA_STRICT);
	expect(&facts, true, true, "BO_MAP_DMA with CAP_SYS_RAWIO; VFIO");
	facts = function(DRM_DGEM_DMA_POLICY_ANY, DRM_DGEM_DMA_LAZY);
	expect(&facts, true, true, "BO_MAP_DMA with CAP_SYS_RAWIO; VFIO");
	facts = function(DRM_DGEM_DMA_POLICY_ANY, DRM_DGEM_DMA_STRICT);
	expect(&facts, true, true, "BO_MAP_DMA, without privilege");
}

TEST(copies)
{
	struct door_facts facts;

	facts = function(DRM_DGEM_DMA_POLICY_RAWIO, DRM_DGEM_DMA_UNTRANSLATED);
	strcpy(facts.device.coherency, "bounced");
	expect(&facts, false, false, "none, since the kernel has the device work on copies");
	strcpy(facts.device.coherency, "noncoherent");
	expect(&facts, true, false, "BO_MAP_DMA");
}

TEST(locked_down)
{
	struct door_facts facts;

	facts = function(DRM_DGEM_DMA_POLICY_RAWIO, DRM_DGEM_DMA_UNTRANSLATED);
	facts.locked_down = true;
	expect(&facts, false, false, "none while the kernel is locked down");
	facts.translation = DRM_DGEM_DMA_LAZY;
	expect(&facts, false, true, "none here, but VFIO");
	facts.translation = DRM_DGEM_DMA_STRICT;
	expect(&facts, true, true, "BO_MAP_DMA");
}

TEST(whether_it_is_locked_down)
{
	sysfs_begin();
	CHECK(!door_locked_down(sysfs));
	sysfs_directory("kernel");
	sysfs_directory("kernel/security");
	sysfs_file("kernel/security/lockdown", "");
	CHECK(!door_locked_down(sysfs));
	sysfs_file("kernel/security/lockdown", "[none] integrity confidentiality\n");
	CHECK(!door_locked_down(sysfs));
	sysfs_file("kernel/security/lockdown", "none [integrity] confidentiality\n");
	CHECK(door_locked_down(sysfs));
}
