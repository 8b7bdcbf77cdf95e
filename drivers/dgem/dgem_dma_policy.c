// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Who may have bus addresses, and of how many bits: the kernel's view of the device's
 * IOMMU, and attributes of the device for the administrator.
 */

#include <linux/capability.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_device.h"
#include "dgem_dma.h"
#include "dgem_dma_map.h"

/**
 * dgem_dma_translation() - what is between a device and memory
 * @dev: the device
 *
 * Return: what %DRM_DGEM_PARAM_DMA_TRANSLATED tells.
 */
u32 dgem_dma_translation(struct device *dev)
{
	struct iommu_domain *domain;

	KUNIT_STATIC_STUB_REDIRECT(dgem_dma_translation, dev);

	domain = iommu_get_domain_for_dev(dev);
	if (!domain)
		return DRM_DGEM_DMA_UNTRANSLATED;

	switch (domain->type) {
	case IOMMU_DOMAIN_DMA:
		return DRM_DGEM_DMA_STRICT;
	case IOMMU_DOMAIN_DMA_FQ:
		return DRM_DGEM_DMA_LAZY;
	default:
		return DRM_DGEM_DMA_UNTRANSLATED;
	}
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_translation);

#ifdef CONFIG_IOMMU_API
static int dgem_dma_count_device(struct device *dev, void *nr)
{
	++*(unsigned int *)nr;
	return 0;
}

/* Whether the firmware has memory of its own mapped for the group's devices. */
static bool dgem_dma_has_reserved(struct iommu_group *group)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	bool has = false;

	/* Which ones there are is not known then. */
	if (iommu_get_group_resv_regions(group, &regions))
		has = true;

	list_for_each_entry_safe(region, next, &regions, list) {
		has |= region->type == IOMMU_RESV_DIRECT ||
		       region->type == IOMMU_RESV_DIRECT_RELAXABLE;
		kfree(region);
	}

	return has;
}

/*
 * Functions of one group reach each other past the IOMMU, and what writes to the right
 * address raises an interrupt where nobody checks whose it is.
 */
static bool dgem_dma_is_alone(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	unsigned int nr = 0;
	bool alone;

	if (!group)
		return false;

	iommu_group_for_each_dev(group, &nr, dgem_dma_count_device);
	alone = nr == 1 && iommu_group_has_isolated_msi(group) &&
		!dgem_dma_has_reserved(group);
	iommu_group_put(group);
	return alone;
}
#else
static bool dgem_dma_is_alone(struct device *dev)
{
	return false;
}
#endif

/* Whether the device reaches nothing but what is mapped for it. */
VISIBLE_IF_KUNIT bool dgem_dma_is_isolated(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_dma_is_isolated, dev);
	return dgem_dma_translation(dev) == DRM_DGEM_DMA_STRICT && dgem_dma_is_alone(dev);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_is_isolated);

/*
 * A device without an IOMMU reaches all memory, and one whose IOMMU is lazy what was
 * unmapped a moment ago.
 */
static int dgem_dma_apply_policy(struct dgem_device *ddev)
{
	struct device *dev = ddev->drm.dev;

	switch (READ_ONCE(ddev->dma.policy)) {
	case DRM_DGEM_DMA_POLICY_ANY:
		if (dgem_dma_is_isolated(dev))
			return 0;
		fallthrough;
	case DRM_DGEM_DMA_POLICY_RAWIO:
		if (!capable(CAP_SYS_RAWIO))
			return -EPERM;
		if (dgem_dma_translation(dev) == DRM_DGEM_DMA_STRICT)
			return 0;
		return security_locked_down(LOCKDOWN_PCI_ACCESS) ? -EPERM : 0;
	default:
		return -EPERM;
	}
}

/**
 * dgem_dma_permit() - whether the calling task may have bus addresses
 * @ddev: the instance
 * @file: through which it asks
 *
 * Return: 0; -EOPNOTSUPP if there is no device; -EPERM; -EBUSY if another file has it,
 * which dgem_dma_add() decides.
 */
int dgem_dma_permit(struct dgem_device *ddev, struct drm_file *file)
{
	const struct drm_file *owner = READ_ONCE(ddev->dma.owner);
	int ret;

	if (!ddev->dma.ops)
		return -EOPNOTSUPP;

	ret = dgem_dma_apply_policy(ddev);
	if (ret)
		return ret;

	return owner && owner != file ? -EBUSY : 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_permit);

static const char * const dgem_dma_policies[] = {
	[DRM_DGEM_DMA_POLICY_OFF] = "off",
	[DRM_DGEM_DMA_POLICY_RAWIO] = "rawio",
	[DRM_DGEM_DMA_POLICY_ANY] = "any",
};

static ssize_t dgem_dma_policy_show(struct device *dev, struct device_attribute *attr,
				    char *buf)
{
	struct dgem_device *ddev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", dgem_dma_policies[READ_ONCE(ddev->dma.policy)]);
}

/* Of later calls; what is mapped stays so. */
static ssize_t dgem_dma_policy_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct dgem_device *ddev = dev_get_drvdata(dev);
	int policy = sysfs_match_string(dgem_dma_policies, buf);

	if (policy < 0)
		return policy;

	WRITE_ONCE(ddev->dma.policy, policy);
	return count;
}
static DEVICE_ATTR_RW(dgem_dma_policy);

static ssize_t dgem_dma_bits_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", fls64(dma_get_mask(dev)));
}

static ssize_t dgem_dma_bits_store(struct device *dev, struct device_attribute *attr,
				   const char *buf, size_t count)
{
	struct dgem_device *ddev = dev_get_drvdata(dev);
	unsigned int bits;
	int ret;

	ret = kstrtouint(buf, 0, &bits);
	if (ret)
		return ret;
	if (bits < DGEM_DMA_BITS_MIN || bits > DGEM_DMA_BITS_MAX)
		return -EINVAL;

	mutex_lock(&ddev->dma.lock);
	/* Also while a mapping is being made. */
	if (ddev->dma.owner || !list_empty(&ddev->dma.maps))
		ret = -EBUSY;
	else
		ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
	mutex_unlock(&ddev->dma.lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(dgem_dma_bits);

/* Whether BO_SYNC has something to do, and BO_MAP_DMA can have. */
static ssize_t dgem_dma_coherency_show(struct device *dev, struct device_attribute *attr,
				       char *buf)
{
	if (dgem_dma_always_bounces(dev))
		return sysfs_emit(buf, "bounced\n");

	return sysfs_emit(buf, "%s\n", dev_is_dma_coherent(dev) ? "coherent" : "noncoherent");
}
static DEVICE_ATTR_RO(dgem_dma_coherency);

static struct attribute *dgem_dma_attrs[] = {
	&dev_attr_dgem_dma_policy.attr,
	&dev_attr_dgem_dma_bits.attr,
	&dev_attr_dgem_dma_coherency.attr,
	NULL,
};

static const struct attribute_group dgem_dma_group = {
	.attrs = dgem_dma_attrs,
};

/* For the driver of a bus, whose devices have their instance as driver data. */
const struct attribute_group *dgem_dma_groups[] = {
	&dgem_dma_group,
	NULL,
};
