// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-buf.h>

#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_prime.h>

#include "dgem_account.h"
#include "dgem_bo.h"
#include "dgem_export.h"
#include "dgem_import.h"
#include "dgem_trace.h"

/* Nothing of an imported BO is mapped but what is pinned, so nothing has to be unmapped. */
static void dgem_import_invalidate_mappings(struct dma_buf_attachment *attach)
{
}

static const struct dma_buf_attach_ops dgem_import_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = dgem_import_invalidate_mappings,
};

/**
 * dgem_import_attach() - attach an instance's device to a dma-buf
 * @drm: the instance
 * @dmabuf: the dma-buf
 *
 * Attaches as an importer of the exporter's kind. With one of the other kind,
 * cores that know no better map at once, and the caller of dgem_import() holds
 * locks that allocation must not wait for.
 *
 * Return: the attachment or an error pointer.
 */
struct dma_buf_attachment *dgem_import_attach(struct drm_device *drm,
					      struct dma_buf *dmabuf)
{
	struct device *dev = drm_dev_dma_dev(drm);

	if (dma_buf_is_dynamic(dmabuf))
		return dma_buf_dynamic_attach(dmabuf, dev, &dgem_import_ops,
					      NULL);
	return dma_buf_attach(dmabuf, dev);
}

/* The core does not tell which file it imports for. */
static struct dgem_bo *dgem_import_create(struct dgem_device *ddev,
					  struct dma_buf *dmabuf)
{
	struct dgem_account *account;
	struct dgem_bo *bo;

	account = dgem_account_get_current(ddev);
	if (IS_ERR(account))
		return ERR_CAST(account);

	bo = dgem_bo_create_imported(ddev, account, dmabuf);
	dgem_account_put(account);
	return bo;
}

/**
 * dgem_import() - make a dma-buf a BO
 * @drm: the instance
 * @dmabuf: the dma-buf
 *
 * A dma-buf of this instance is the BO that it was made from. A foreign one is
 * attached but not mapped; its memory is only used through its exporter.
 *
 * Called by the core under object_name_lock.
 *
 * Return: the BO or an error pointer.
 */
struct drm_gem_object *dgem_import(struct drm_device *drm,
				   struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;
	struct drm_gem_object *obj;
	struct dgem_bo *bo;

	if (dgem_export_is_own(drm, dmabuf)) {
		obj = dmabuf->priv;
		drm_gem_object_get(obj);
		return obj;
	}

	if (!dmabuf->size || dmabuf->size > DGEM_MAX_BO_SIZE)
		return ERR_PTR(-EINVAL);

	attach = dgem_import_attach(drm, dmabuf);
	if (IS_ERR(attach))
		return ERR_CAST(attach);

	bo = dgem_import_create(to_dgem_device(drm), dmabuf);
	if (IS_ERR(bo)) {
		dma_buf_detach(dmabuf, attach);
		return ERR_CAST(bo);
	}

	/* The BO's own, besides the one that the core takes for its caches. */
	get_dma_buf(dmabuf);
	bo->base.import_attach = attach;
	dgem_stat_inc(to_dgem_device(drm), DGEM_STAT_IMPORTED);
	trace_dgem_bo_import(bo);
	return &bo->base;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_import);

/**
 * dgem_import_fini() - release the dma-buf of an imported BO that is being freed
 * @bo: the BO
 */
void dgem_import_fini(struct dgem_bo *bo)
{
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_IMPORTED);
	drm_prime_gem_destroy(&bo->base, NULL);
}
