/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_SHMEM_H__
#define __DGEM_SHMEM_H__

#include <linux/types.h>

struct dgem_pages;
struct file;
struct folio;

bool dgem_shmem_swapped(struct file *file, unsigned long idx);
struct folio *dgem_shmem_read_gfp(struct file *file, unsigned long idx, gfp_t flags);
struct folio *dgem_shmem_read(struct file *file, unsigned long idx);
void dgem_shmem_drop(struct file *file, unsigned long first, unsigned long nr);
void dgem_shmem_put_back(struct file *file, struct folio *folio,
			 unsigned long first, unsigned long nr);

int dgem_shmem_fill(struct file *file, struct dgem_pages *pages,
		    unsigned long chunk);
int dgem_shmem_fill_page(struct file *file, struct dgem_pages *pages,
			 unsigned long idx);
bool dgem_shmem_fill_waits(struct file *file, unsigned long idx, unsigned long nr);
bool dgem_shmem_fill_allocates(struct file *file, unsigned long idx,
			       unsigned long nr);
unsigned long dgem_shmem_backed(struct file *file);
void dgem_shmem_empty(struct file *file, struct dgem_pages *pages,
		      unsigned long chunk, bool keep);

#endif
