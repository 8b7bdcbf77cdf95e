/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_INFO_BUS_H
#define DGEM_TOOL_INFO_BUS_H

struct dgem_device;
struct json;

/*
 * Shows it, as JSON unless @json is NULL. Shows nothing if the driver is older than
 * instances for devices, or sysfs does not tell. Returns 0 or -errno.
 */
int info_bus(struct dgem_device *dev, const char *path, struct json *json);

#endif /* DGEM_TOOL_INFO_BUS_H */
