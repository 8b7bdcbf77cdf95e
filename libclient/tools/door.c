// SPDX-License-Identifier: MIT
#include <drm/dgem_drm.h>
#include <stdio.h>
#include <string.h>

#include "door.h"

static bool is_strict(const struct door_facts *facts)
{
	return facts->translation == DRM_DGEM_DMA_STRICT;
}

static bool is_bounced(const struct door_facts *facts)
{
	return !strcmp(facts->device.coherency, "bounced");
}

bool door_is_map_dma(const struct door_facts *facts)
{
	return facts->device.dma_bits && facts->policy != DRM_DGEM_DMA_POLICY_OFF &&
	       !is_bounced(facts) && (is_strict(facts) || !facts->locked_down);
}

bool door_is_vfio(const struct door_facts *facts)
{
	return !strcmp(facts->device.bus, "pci") && facts->translation != DRM_DGEM_DMA_UNTRANSLATED;
}

static const char *advice_without_map_dma(const struct door_facts *facts)
{
	if (!facts->device.dma_bits)
		return "none here, since it belongs to no device: bind dgem to the PCI function"
		       " that you drive, or let the device's driver import a dma-buf";
	if (door_is_vfio(facts))
		return "none here, but VFIO gives the function its own, without root";
	if (is_bounced(facts))
		return "none, since the kernel has the device work on copies (swiotlb):"
		       " an IOMMU and VFIO, or a driver that imports a dma-buf";
	if (facts->policy == DRM_DGEM_DMA_POLICY_OFF)
		return "none while root does not write rawio to the device's dgem_dma_policy";
	return "none while the kernel is locked down and no IOMMU is strict";
}

const char *door_advice(const struct door_facts *facts)
{
	if (!door_is_map_dma(facts))
		return advice_without_map_dma(facts);
	if (is_strict(facts) && facts->policy == DRM_DGEM_DMA_POLICY_ANY)
		return "BO_MAP_DMA, without privilege if the device is alone in its IOMMU group";
	if (door_is_vfio(facts))
		return "BO_MAP_DMA with CAP_SYS_RAWIO; VFIO takes no root, and has interrupts";
	return "BO_MAP_DMA with CAP_SYS_RAWIO";
}

bool door_locked_down(const char *sysfs)
{
	char path[256], line[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/kernel/security/lockdown", sysfs);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	return *line && !strstr(line, "[none]");
}
