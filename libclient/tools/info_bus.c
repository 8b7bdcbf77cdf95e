// SPDX-License-Identifier: MIT
/* What "dgem info" says of the device that an instance belongs to. */
#include <dgem.h>
#include <errno.h>
#include <stdio.h>

#include "door.h"
#include "info_bus.h"
#include "json.h"
#include "node.h"

static void print_bus(const struct door_facts *facts)
{
	const struct bus_device *device = &facts->device;

	printf("  device: %s on bus %s", device->name, device->bus);
	if (device->dma_bits)
		printf(", %u bits of address", device->dma_bits);
	if (*device->coherency)
		printf(", %s", device->coherency);
	printf(", IOMMU: %s\n  bus addresses: %s\n", device->iommu, door_advice(facts));
}

static void json_bus(struct json *json, const struct door_facts *facts)
{
	const struct bus_device *device = &facts->device;

	json_open(json, "device", '{');
	json_string(json, "bus", device->bus);
	json_string(json, "name", device->name);
	json_number(json, "dma_bits", device->dma_bits);
	json_string(json, "coherency", *device->coherency ? device->coherency : NULL);
	json_string(json, "iommu", device->iommu);
	json_close(json);
	json_open(json, "doors", '[');
	if (door_is_map_dma(facts))
		json_string(json, NULL, "map-dma");
	if (door_is_vfio(facts))
		json_string(json, NULL, "vfio");
	json_close(json);
	json_string(json, "advice", door_advice(facts));
}

int info_bus(struct dgem_device *dev, const char *path, struct json *json)
{
	struct door_facts facts = { .locked_down = door_locked_down("/sys") };
	dev_t node;
	int ret;

	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_DMA_POLICY, 0, &facts.policy);
	if (!ret)
		ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_DMA_TRANSLATED, 0,
					    &facts.translation);
	if (ret)
		return ret == -EINVAL ? 0 : ret;
	if (node_number(path, &node) || bus_device_read("/sys", node, &facts.device))
		return 0;
	if (json)
		json_bus(json, &facts);
	else
		print_bus(&facts);
	return 0;
}
