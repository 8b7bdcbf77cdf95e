/* SPDX-License-Identifier: MIT */
#ifndef DGEM_BIND_H
#define DGEM_BIND_H

#include <stdbool.h>

/** struct bound - the device behind a DRM file, in sysfs */
struct bound {
	/** @device: its name on its bus; @driver: the driver's directory. */
	char device[64];
	char driver[128];
};

/* Finds them while the device is bound. */
void bound_find(struct bound *b, int fd);

/* 0 or -errno, as sysfs answers. */
int bound_unbind(const struct bound *b);
int bound_bind(const struct bound *b);
bool bound_is_bound(const struct bound *b);

/* Takes a PCI device from its driver, if it has one. */
void pci_unbind(const char *device);

/* Has PCI take a device from its driver and give it to @driver, or, if that is "", to any. */
void pci_bind(const char *device, const char *driver);

/*
 * The driver's module, and others that are built with it: rmmod and insmod. 0 or -errno.
 * Unless told otherwise, dgem gets the parameters $DGEM_PARAMS, with which the machine
 * has loaded it.
 */
#define DGEM_MODULE "dgem"
int module_remove(const char *module);
int module_insert(const char *module);
int module_insert_dgem(void);
int module_insert_dgem_with(const char *params);

#endif
