/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_SHMEM_H__
#define __DGEM_SHMEM_H__

#include <linux/types.h>

struct dgem_pages;
struct file;

int dgem_shmem_fill(struct file *file, struct dgem_pages *pages,
		    unsigned long chunk);
bool dgem_shmem_fill_waits(struct file *file, struct dgem_pages *pages,
			   unsigned long chunk);
bool dgem_shmem_fill_allocates(struct file *file, struct dgem_pages *pages,
			       unsigned long chunk);
unsigned long dgem_shmem_backed(struct file *file);
void dgem_shmem_empty(struct file *file, struct dgem_pages *pages,
		      unsigned long chunk, bool keep);

#endif
