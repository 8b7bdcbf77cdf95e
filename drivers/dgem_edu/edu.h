/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __EDU_H__
#define __EDU_H__

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct dma_buf;
struct dma_buf_attachment;
struct dma_fence;
struct pci_dev;
struct sg_table;

/**
 * struct edu_piece - a range of bus addresses
 * @addr: where it begins
 * @length: in bytes
 */
struct edu_piece {
	dma_addr_t addr;
	u32 length;
};

/**
 * struct edu_transfer - what the engine is to move
 * @offset: where in the dma-buf, in bytes
 * @length: in bytes
 * @pieces: where in memory; the second has length 0 if there is none
 * @device: where in the device's buffer, in bytes
 * @to_memory: the device writes memory
 */
struct edu_transfer {
	u64 offset;
	u32 length;
	struct edu_piece pieces[2];
	u32 device;
	bool to_memory;
};

/**
 * struct edu_engine - the part of the device that moves bytes
 * @pdev: the device
 * @regs: its registers
 * @watchdog: runs out when an interrupt does not come
 * @idle: woken when a transfer has ended, and when there will be no other
 * @fence: of the transfer that goes on; NULL if none does
 * @transfer: what is left of it
 * @stopped: the device goes away, no transfer is begun
 */
struct edu_engine {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct timer_list watchdog;
	wait_queue_head_t idle;
	/** @lock: protects what follows, and the registers */
	spinlock_t lock;
	struct dma_fence *fence;
	struct edu_transfer transfer;
	bool stopped;
};

int edu_engine_init(struct edu_engine *engine, struct pci_dev *pdev);
int edu_engine_wait(struct edu_engine *engine);
int edu_engine_start(struct edu_engine *engine,
		     const struct edu_transfer *transfer,
		     struct dma_fence *fence);
void edu_engine_stop(struct edu_engine *engine);
void edu_engine_fini(struct edu_engine *engine);

/**
 * struct edu_import - the dma-buf of somebody else that a file uses
 * @attach: the device's attachment to it; NULL if there is none
 * @unmap: unmaps for a dynamic importer when a transfer has ended
 * @sgt: its bus addresses; NULL while it is not mapped
 * @fence: of the last transfer, which may still go on; or NULL
 * @stale: @unmap is to run
 *
 * The last three are protected by the lock of the dma-buf, all of it by the file's.
 */
struct edu_import {
	struct dma_buf_attachment *attach;
	struct work_struct unmap;
	struct sg_table *sgt;
	struct dma_fence *fence;
	bool stale;
};

struct dma_fence *edu_fence_create(void);
void edu_import_init(struct edu_import *import);
int edu_import(struct edu_import *import, struct pci_dev *pdev,
	       struct dma_buf *dmabuf);
int edu_import_start(struct edu_import *import, struct edu_engine *engine,
		     struct edu_transfer *transfer, struct dma_fence *fence);
void edu_import_end(struct edu_import *import);

#endif
