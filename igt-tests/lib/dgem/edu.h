/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EDU_H
#define DGEM_EDU_H

/*
 * QEMU's edu by the driver dgem_edu: an engine of another driver, which takes a
 * tenth of a second for 2 KiB, so that one can look at what it works at.
 */

#include <stdbool.h>
#include <stdint.h>

#include <misc/dgem_edu.h>

#include "dgem/bind.h"

#define EDU_MODULE "dgem_edu"

/* The machine has one, or the test fails. */
int edu_open(void);

/* 0 or -errno, EINTR too. */
int __edu_copy(int edu, struct dgem_edu_copy *copy);

/* Begins to copy: the sync_file. */
int edu_begin(int edu, int dmabuf, enum dgem_edu_direction direction, uint64_t offset,
	      uint32_t length, uint32_t device_offset);

/* Whether a sync_file has signalled: 0 if not, 1, or the error as -errno. */
int edu_fence_status(int fence);

/* Waits for it, and closes it: 0, or the error that it has. */
int edu_end(int fence);

/* All of a copy, which has to succeed. */
void edu_copy(int edu, int dmabuf, enum dgem_edu_direction direction, uint64_t offset,
	      uint32_t length, uint32_t device_offset);

/*
 * Fills the dma-buf, all of which is mapped at @map; the device copies bytes from one
 * place of it to another. All of it is compared.
 */
void edu_copy_within(int edu, int dmabuf, uint8_t *map, uint64_t size, uint64_t from, uint64_t to,
		     uint32_t length, uint32_t device_offset);

/* Takes from the device the right to access memory, as the driver would. */
void edu_clear_master(const struct bound *edu);

#endif
