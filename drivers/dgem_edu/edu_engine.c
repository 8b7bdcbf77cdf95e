// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine makes one transfer at a time, and cannot be told to stop. Its fence
 * is signalled from the interrupt, or from a timer when that does not come:
 * others wait for it, some of them so that memory can be freed, so that neither
 * may take a lock that is held while somebody allocates or waits.
 */
#include <linux/dma-fence.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "edu.h"

#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_ACK	0x64
#define EDU_DMA_SRC	0x80
#define EDU_DMA_DST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98
#define EDU_DMA_RUN	BIT(0)
#define EDU_DMA_WRITE	BIT(1)
#define EDU_DMA_IRQ	BIT(2)

/* Where the device's own buffer is for its engine. */
#define EDU_BUFFER	0x40000

static bool edu_engine_runs(struct edu_engine *engine)
{
	return ioread32(engine->regs + EDU_DMA_CMD) & EDU_DMA_RUN;
}

/* Begins the first piece that is left, and takes it off what is. */
static void edu_engine_next(struct edu_engine *engine)
{
	struct edu_transfer *t = &engine->transfer;
	const struct edu_piece piece = t->pieces[0];
	u32 device = EDU_BUFFER + t->device;
	u32 cmd = EDU_DMA_RUN | EDU_DMA_IRQ;

	t->pieces[0] = t->pieces[1];
	t->pieces[1].length = 0;
	t->device += piece.length;

	if (t->to_memory)
		cmd |= EDU_DMA_WRITE;
	iowrite32(t->to_memory ? device : piece.addr, engine->regs + EDU_DMA_SRC);
	iowrite32(t->to_memory ? piece.addr : device, engine->regs + EDU_DMA_DST);
	iowrite32(piece.length, engine->regs + EDU_DMA_COUNT);
	mod_timer(&engine->watchdog, jiffies + HZ);
	iowrite32(cmd, engine->regs + EDU_DMA_CMD);
}

static void edu_engine_end(struct edu_engine *engine, int error)
{
	struct dma_fence *fence = engine->fence;

	engine->fence = NULL;
	timer_delete(&engine->watchdog);
	if (error)
		dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	dma_fence_put(fence);
	wake_up_all(&engine->idle);
}

static irqreturn_t edu_engine_irq(int irq, void *data)
{
	struct edu_engine *engine = data;
	unsigned long flags;
	u32 status;

	spin_lock_irqsave(&engine->lock, flags);
	status = ioread32(engine->regs + EDU_IRQ_STATUS);
	iowrite32(status, engine->regs + EDU_IRQ_ACK);
	if (engine->fence && !edu_engine_runs(engine)) {
		if (engine->transfer.pieces[0].length)
			edu_engine_next(engine);
		else
			edu_engine_end(engine, 0);
	}
	spin_unlock_irqrestore(&engine->lock, flags);
	return status ? IRQ_HANDLED : IRQ_NONE;
}

/* Without the right to access memory the device can do no more harm. */
static void edu_engine_timeout(struct timer_list *timer)
{
	struct edu_engine *engine = container_of(timer, struct edu_engine,
						 watchdog);
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	/* Unless the interrupt was faster, and perhaps set the timer anew. */
	if (engine->fence && !timer_pending(timer)) {
		pci_clear_master(engine->pdev);
		edu_engine_end(engine, -ETIMEDOUT);
	}
	spin_unlock_irqrestore(&engine->lock, flags);
}

/* Waits, without a lock, so that another transfer may have begun afterwards. */
int edu_engine_wait(struct edu_engine *engine)
{
	int ret;

	ret = wait_event_interruptible(engine->idle,
				       !READ_ONCE(engine->fence) ||
				       READ_ONCE(engine->stopped));
	return READ_ONCE(engine->stopped) ? -ENODEV : ret;
}

/* Takes a reference to the fence. -EAGAIN while another transfer goes on. */
int edu_engine_start(struct edu_engine *engine,
		     const struct edu_transfer *transfer,
		     struct dma_fence *fence)
{
	int ret = 0;

	spin_lock_irq(&engine->lock);
	if (engine->stopped) {
		ret = -ENODEV;
	} else if (engine->fence) {
		ret = -EAGAIN;
	} else if (edu_engine_runs(engine)) {
		/* The watchdog gave one up, and its end is still to come. */
		ret = -EIO;
	} else {
		/* Each time: the watchdog takes it away, and others can. */
		pci_set_master(engine->pdev);
		engine->fence = dma_fence_get(fence);
		engine->transfer = *transfer;
		edu_engine_next(engine);
	}
	spin_unlock_irq(&engine->lock);
	return ret;
}

/* No transfer goes on afterwards, and none is begun. */
void edu_engine_stop(struct edu_engine *engine)
{
	spin_lock_irq(&engine->lock);
	engine->stopped = true;
	spin_unlock_irq(&engine->lock);
	wake_up_all(&engine->idle);
	wait_event(engine->idle, !READ_ONCE(engine->fence));
}

int edu_engine_init(struct edu_engine *engine, struct pci_dev *pdev)
{
	u32 cmd;
	int ret;

	engine->pdev = pdev;
	spin_lock_init(&engine->lock);
	init_waitqueue_head(&engine->idle);
	timer_setup(&engine->watchdog, edu_engine_timeout, 0);

	engine->regs = pcim_iomap_region(pdev, 0, "dgem_edu");
	if (IS_ERR(engine->regs))
		return PTR_ERR(engine->regs);

	/* Whoever had the device before may have left it at work. */
	ret = readl_poll_timeout(engine->regs + EDU_DMA_CMD, cmd,
				 !(cmd & EDU_DMA_RUN), 10000, USEC_PER_SEC);
	if (ret)
		return -EBUSY;
	iowrite32(ioread32(engine->regs + EDU_IRQ_STATUS),
		  engine->regs + EDU_IRQ_ACK);

	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		return ret;

	ret = pci_request_irq(pdev, 0, edu_engine_irq, NULL, engine, "dgem_edu");
	if (ret)
		pci_free_irq_vectors(pdev);
	return ret;
}

/* After edu_engine_stop(), or if there was no transfer. */
void edu_engine_fini(struct edu_engine *engine)
{
	pci_free_irq(engine->pdev, 0, engine);
	pci_free_irq_vectors(engine->pdev);
	timer_shutdown_sync(&engine->watchdog);
	pci_clear_master(engine->pdev);
}
