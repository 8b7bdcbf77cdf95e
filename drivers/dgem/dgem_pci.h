/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PCI_H__
#define __DGEM_PCI_H__

#ifdef CONFIG_PCI
int dgem_pci_init(void);
void dgem_pci_exit(void);
#else
static inline int dgem_pci_init(void)
{
	return 0;
}

static inline void dgem_pci_exit(void)
{
}
#endif

#endif
