// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Memory that a PCI function has brought, where the administrator wants it for BOs. */

#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dgem_bar.h"
#include "dgem_region.h"

/**
 * DOC: memory of a device
 *
 * The parameter ``bar_heap`` names BARs of PCI functions, as DDDD:BB:DD.F/N, for up to 8
 * functions, separated by commas. When dgem is bound to one of them, its BAR N becomes a
 * heap of the instance, named "barN", if it is prefetchable: reading it has no effects, and
 * writes may be combined. What cannot be had is left out with a sentence in the log, and so
 * is every BAR while the kernel is locked down (integrity).
 *
 * The BAR belongs to the heap until the function is unbound. With CONFIG_IO_STRICT_DEVMEM it
 * cannot be mapped through sysfs meanwhile; others of the function can. A reset of the
 * function, as when the file that drives it is closed, waits for whoever accesses the
 * memory, and may change what is in it.
 */

#define DGEM_BAR_HEAPS	8

static char *dgem_bar_heaps[DGEM_BAR_HEAPS];
static unsigned int dgem_num_bar_heaps;
module_param_array_named(bar_heap, dgem_bar_heaps, charp, &dgem_num_bar_heaps, 0444);
MODULE_PARM_DESC(bar_heap, "Prefetchable BARs that become heaps: DDDD:BB:DD.F/N,...");

/* What follows the function's name and a slash, or NULL. */
static const char *dgem_bar_find(const struct pci_dev *pdev)
{
	size_t len = strlen(pci_name(pdev));
	unsigned int i;

	for (i = 0; i < dgem_num_bar_heaps; i++)
		if (!strncasecmp(dgem_bar_heaps[i], pci_name(pdev), len) &&
		    dgem_bar_heaps[i][len] == '/')
			return dgem_bar_heaps[i] + len + 1;
	return NULL;
}

static const char *dgem_bar_check(struct pci_dev *pdev, const char *text, unsigned int *bar)
{
	unsigned long flags;

	/* Not even root reaches a function's memory then. */
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return "the kernel is locked down";

	if (kstrtouint(text, 10, bar) || *bar >= PCI_STD_NUM_BARS ||
	    !pci_resource_len(pdev, *bar))
		return "the function has no such BAR";

	flags = pci_resource_flags(pdev, *bar);
	if (!(flags & IORESOURCE_MEM) || !(flags & IORESOURCE_PREFETCH))
		return "it is not prefetchable memory";

	if (!PAGE_ALIGNED(pci_resource_start(pdev, *bar) | pci_resource_len(pdev, *bar)))
		return "it does not consist of whole pages";

	/* The kernel would take page-table entries of it for references to those. */
	if (pfn_valid(PHYS_PFN(pci_resource_start(pdev, *bar))) ||
	    pfn_valid(PHYS_PFN(pci_resource_end(pdev, *bar))))
		return "there are page structs for it";

	return NULL;
}

static void dgem_bar_release(struct dgem_region *region)
{
	kfree(region->name);
	kfree(region);
}

/* The device's: given back when it has been unbound, whatever is left of the region. */
static const char *dgem_bar_map(struct pci_dev *pdev, unsigned int bar,
				struct dgem_region *region)
{
	resource_size_t start = pci_resource_start(pdev, bar), len = pci_resource_len(pdev, bar);

	if (!devm_request_mem_region(&pdev->dev, start, len, "dgem"))
		return "it is in use";

	region->io = devm_ioremap_wc(&pdev->dev, start, len);
	if (!region->io) {
		devm_release_mem_region(&pdev->dev, start, len);
		return "it cannot be mapped";
	}

	region->pfn = PHYS_PFN(start);
	region->nr_pages = PHYS_PFN(len);
	region->node = dev_to_node(&pdev->dev);
	return NULL;
}

/**
 * dgem_bar_claim() - get the memory of a function that is to be a heap
 * @pdev: the function, enabled; being probed
 *
 * The memory goes with the device, the region is for who has it to release.
 *
 * Return: the region; NULL if the administrator has named no BAR of the function, or one
 * that cannot be had; -ENOMEM.
 */
struct dgem_region *dgem_bar_claim(struct pci_dev *pdev)
{
	const char *text = dgem_bar_find(pdev), *why;
	struct dgem_region *region;
	unsigned int bar;

	if (!text)
		return NULL;

	region = kzalloc_obj(*region);
	if (!region)
		return ERR_PTR(-ENOMEM);

	region->release = dgem_bar_release;
	why = dgem_bar_check(pdev, text, &bar);
	if (!why)
		why = dgem_bar_map(pdev, bar, region);
	if (why) {
		dev_warn(&pdev->dev, "BAR %s is no heap: %s\n", text, why);
		dgem_bar_release(region);
		return NULL;
	}

	region->name = kasprintf(GFP_KERNEL, "bar%u", bar);
	if (!region->name) {
		dgem_bar_release(region);
		return ERR_PTR(-ENOMEM);
	}

	return region;
}
