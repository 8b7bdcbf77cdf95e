// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/module.h>

#include "dgem_bo.h"
#include "dgem_chunk.h"
#include "dgem_device.h"
#include "dgem_limit.h"
#include "dgem_pci.h"
#include "dgem_platform.h"
#include "dgem_purge.h"

static int __init dgem_init(void)
{
	int ret;

	dgem_device_prime_locks();
	dgem_limit_init();

	ret = dgem_bo_cache_create();
	if (ret)
		return ret;

	ret = dgem_chunk_cache_create();
	if (ret)
		goto err_destroy_bos;

	ret = dgem_purgeable_cache_create();
	if (ret)
		goto err_destroy_chunks;

	ret = dgem_platform_init();
	if (ret)
		goto err_destroy_purgeables;

	ret = dgem_pci_init();
	if (ret)
		goto err_exit_platform;

	return 0;

err_exit_platform:
	dgem_platform_exit();
err_destroy_purgeables:
	dgem_purgeable_cache_destroy();
err_destroy_chunks:
	dgem_chunk_cache_destroy();
err_destroy_bos:
	dgem_bo_cache_destroy();
	return ret;
}
module_init(dgem_init);

static void __exit dgem_exit(void)
{
	dgem_pci_exit();
	dgem_platform_exit();
	dgem_purgeable_cache_destroy();
	dgem_chunk_cache_destroy();
	dgem_bo_cache_destroy();
}
module_exit(dgem_exit);

MODULE_DESCRIPTION("GEM buffer objects without a GPU");
MODULE_AUTHOR("The dgem authors");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS("DMA_BUF");
