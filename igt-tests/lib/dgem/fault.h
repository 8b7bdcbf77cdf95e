/* SPDX-License-Identifier: MIT */
#ifndef DGEM_FAULT_H
#define DGEM_FAULT_H

#include <stdbool.h>

/*
 * Failing the nth request for memory, or copy from or to user space, of this
 * thread. Kernels without fault injection fail the test that asks for it.
 */
enum fault_kind { FAULT_SLAB, FAULT_PAGE, FAULT_USERCOPY, FAULT_KINDS };

/* By default the kernel would fail nothing that may sleep, and only large pages. */
void fault_init(void);

/*
 * From here on, only what a kernel function asks for fails, or what it calls
 * does; but nothing of what another asks for. NULL stands for any, and none.
 */
void fault_confine(const char *within, const char *without);

/* From here to fault_disarm(), which says whether one was failed. */
void fault_arm(unsigned int nth);
bool fault_disarm(void);

/* How many were failed since fault_init(). */
unsigned long fault_count(enum fault_kind kind);

#endif
