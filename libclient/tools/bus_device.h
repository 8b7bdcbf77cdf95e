/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_BUS_DEVICE_H
#define DGEM_TOOL_BUS_DEVICE_H

#include <sys/types.h>

/*
 * The device that the nodes of an instance hang off. A text is empty, and a number 0,
 * where sysfs does not tell.
 */
struct bus_device {
	char bus[16]; /* such as "pci" */
	char name[64]; /* on that bus */
	char iommu[16]; /* what is behind it: "none", or the type of its group's domain */
	char coherency[16]; /* "coherent", "noncoherent" or "bounced" */
	unsigned int dma_bits; /* of its addresses; 0 if it can have none */
};

/* @sysfs is "/sys". Returns 0 or -errno, with @ret_device empty. */
int bus_device_read(const char *sysfs, dev_t node, struct bus_device *ret_device);

#endif /* DGEM_TOOL_BUS_DEVICE_H */
