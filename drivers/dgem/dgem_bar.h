/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BAR_H__
#define __DGEM_BAR_H__

struct dgem_region;
struct pci_dev;

struct dgem_region *dgem_bar_claim(struct pci_dev *pdev);

#endif
