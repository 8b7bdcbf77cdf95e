/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_DOOR_H
#define DGEM_TOOL_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bus_device.h"

/* What decides how a program comes to addresses for a device that it drives. */
struct door_facts {
	struct bus_device device;
	uint64_t policy; /* enum drm_dgem_dma_policy */
	uint64_t translation; /* enum drm_dgem_dma_translation */
	bool locked_down; /* the kernel */
};

/* Whether BO_MAP_DMA of this instance can give any, to whom the policy lets. */
bool door_is_map_dma(const struct door_facts *facts);

/* Whether the function can be VFIO's instead. */
bool door_is_vfio(const struct door_facts *facts);

/* A sentence without a full stop for who looks for addresses. */
const char *door_advice(const struct door_facts *facts);

/* Whether the kernel is locked down; false if it does not tell. @sysfs is "/sys". */
bool door_locked_down(const char *sysfs);

#endif /* DGEM_TOOL_DOOR_H */
