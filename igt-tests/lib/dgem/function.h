/* SPDX-License-Identifier: MIT */
#ifndef DGEM_FUNCTION_H
#define DGEM_FUNCTION_H

/* A PCI function with an instance of dgem, for a program that drives it: QEMU's NVMe. */

#include <stdbool.h>

/* Takes it from its driver for dgem, or gives it back. */
void function_take(char name[32]);
void function_give_back(const char *name);

bool function_has_iommu(const char *name);

/*
 * Has the IOMMU translate for it so: "DMA" is strictly, "DMA-FQ" lazily. It is dgem's,
 * and taken from it meanwhile. False where there is no IOMMU.
 */
bool function_set_translation(const char *name, const char *type);

/* Writes to an attribute of it. Returns 0 or -errno. */
int function_write(const char *name, const char *attribute, const char *text);

/* The DRM node that dgem has made for it, and the same, opened. */
void function_node(const char *name, char card[64]);
int function_open(const char *name);

#endif
