/* SPDX-License-Identifier: MIT */
#ifndef IGT_SWAP_H
#define IGT_SWAP_H

#include <stdint.h>

/* Swap space to reclaim into. */

/* Compressed RAM. */
void swap_start(uint64_t size);
void swap_stop(void);

#endif
