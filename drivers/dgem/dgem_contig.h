/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_CONTIG_H__
#define __DGEM_CONTIG_H__

struct dgem_request;
struct dgem_window_kinds;
struct zone;

int dgem_contig_alloc(unsigned long nr_pages, struct dgem_request *request,
		      unsigned long *pfn);
void dgem_contig_free(unsigned long pfn, unsigned long nr_pages);

void dgem_contig_look(struct zone *zone, unsigned long first, unsigned long end,
		      struct dgem_window_kinds *kinds);

#endif
