// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Drives edu, a PCI device of QEMU for teaching, to show how a driver takes the
 * buffers of others. edu_import.c is what another driver has to do, too, and
 * edu_engine.c is this device. Here are its node and its life.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sync_file.h>
#include <linux/uaccess.h>

#include <misc/dgem_edu.h>

#include "edu.h"

/**
 * struct edu - a device
 * @ref: the driver's, and one of each open file
 * @misc: its node
 * @name: of the node
 * @engine: what moves bytes
 * @files: open files
 */
struct edu {
	struct kref ref;
	struct miscdevice misc;
	char name[32];
	struct edu_engine engine;
	/** @files_lock: protects @files; taken before the locks of these */
	struct mutex files_lock;
	struct list_head files;
};

/**
 * struct edu_file - an open file
 * @edu: the device, which may be gone
 * @link: in the device's list
 * @import: what it has mapped
 */
struct edu_file {
	struct edu *edu;
	struct list_head link;
	/** @lock: protects @import; no other file waits for it */
	struct mutex lock;
	struct edu_import import;
};

static struct edu *edu_create(void)
{
	struct edu *edu = kzalloc(sizeof(*edu), GFP_KERNEL);

	if (!edu)
		return NULL;

	kref_init(&edu->ref);
	mutex_init(&edu->files_lock);
	INIT_LIST_HEAD(&edu->files);
	return edu;
}

static void edu_free(struct kref *ref)
{
	kfree(container_of(ref, struct edu, ref));
}

static int edu_open(struct inode *inode, struct file *filp)
{
	struct edu *edu = container_of(filp->private_data, struct edu, misc);
	struct edu_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;

	kref_get(&edu->ref);
	file->edu = edu;
	mutex_init(&file->lock);
	edu_import_init(&file->import);
	filp->private_data = file;
	mutex_lock(&edu->files_lock);
	list_add(&file->link, &edu->files);
	mutex_unlock(&edu->files_lock);
	return 0;
}

/* With the list's lock, so that the device does not go before the mapping has. */
static int edu_release(struct inode *inode, struct file *filp)
{
	struct edu_file *file = filp->private_data;
	struct edu *edu = file->edu;

	mutex_lock(&edu->files_lock);
	list_del(&file->link);
	edu_import_end(&file->import);
	mutex_unlock(&edu->files_lock);
	kfree(file);
	kref_put(&edu->ref, edu_free);
	return 0;
}

/* What the device would not survive is refused: QEMU ends. */
static bool edu_copy_valid(const struct dgem_edu_copy *copy)
{
	return copy->direction <= DGEM_EDU_FROM_DEVICE && !copy->pad &&
	       copy->length && copy->length <= DGEM_EDU_MAX_LENGTH &&
	       copy->device_offset < DGEM_EDU_BUFFER_SIZE - copy->length;
}

static int edu_check_buffer(const struct dma_buf *dmabuf,
			    const struct dgem_edu_copy *copy)
{
	if (copy->length > dmabuf->size ||
	    copy->offset > dmabuf->size - copy->length)
		return -EINVAL;
	if (copy->direction == DGEM_EDU_FROM_DEVICE &&
	    !(dmabuf->file->f_mode & FMODE_WRITE))
		return -EACCES;
	return 0;
}

/*
 * The sync_file comes first, and its number is handed over only when the transfer
 * has begun, since neither can be taken back.
 */
static int edu_start(struct edu_file *file, struct edu_transfer *transfer,
		     s32 __user *user)
{
	struct dma_fence *fence = edu_fence_create();
	struct sync_file *sync = NULL;
	int fd, ret;

	if (!fence)
		return -ENOMEM;

	fd = get_unused_fd_flags(O_CLOEXEC);
	ret = fd < 0 ? fd : put_user(fd, user);
	if (!ret) {
		sync = sync_file_create(fence);
		ret = sync ? edu_import_start(&file->import, &file->edu->engine,
					      transfer, fence) : -ENOMEM;
	}
	dma_fence_put(fence);
	if (!ret) {
		fd_install(fd, sync->file);
		return 0;
	}
	if (sync)
		fput(sync->file);
	if (fd >= 0)
		put_unused_fd(fd);
	return ret;
}

static int edu_copy(struct edu_file *file, struct dma_buf *dmabuf,
		    const struct dgem_edu_copy *copy, s32 __user *user)
{
	struct edu_engine *engine = &file->edu->engine;
	struct edu_transfer transfer = {
		.offset = copy->offset,
		.length = copy->length,
		.device = copy->device_offset,
		.to_memory = copy->direction == DGEM_EDU_FROM_DEVICE,
	};
	int ret;

	if (mutex_lock_interruptible(&file->lock))
		return -EINTR;

	/* Whoever unbinds stops the engine first, and then waits for this lock. */
	ret = READ_ONCE(engine->stopped) ? -ENODEV :
	      edu_import(&file->import, engine->pdev, dmabuf);
	if (!ret)
		ret = edu_start(file, &transfer, user);
	mutex_unlock(&file->lock);
	return ret;
}

static long edu_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct dgem_edu_copy __user *user = (void __user *)arg;
	struct dgem_edu_copy copy;
	struct dma_buf *dmabuf;
	int ret;

	if (cmd != DGEM_EDU_IOCTL_COPY)
		return -ENOTTY;
	if (copy_from_user(&copy, user, sizeof(copy)))
		return -EFAULT;
	if (!edu_copy_valid(&copy))
		return -EINVAL;

	dmabuf = dma_buf_get(copy.dmabuf);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	ret = edu_check_buffer(dmabuf, &copy);
	if (!ret)
		ret = edu_copy(filp->private_data, dmabuf, &copy, &user->fence);
	dma_buf_put(dmabuf);
	return ret;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_release,
	.unlocked_ioctl = edu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	ret = pcim_enable_device(pdev);
	if (!ret)
		ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	/* What lies together on the bus is one segment, however much it is. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	edu = edu_create();
	if (!edu)
		return -ENOMEM;

	ret = edu_engine_init(&edu->engine, pdev);
	if (ret)
		goto err_put;

	snprintf(edu->name, sizeof(edu->name), "dgem_edu-%s", pci_name(pdev));
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = edu->name;
	edu->misc.fops = &edu_fops;
	edu->misc.parent = &pdev->dev;
	pci_set_drvdata(pdev, edu);
	ret = misc_register(&edu->misc);
	if (!ret)
		return 0;

	edu_engine_fini(&edu->engine);
err_put:
	kref_put(&edu->ref, edu_free);
	return ret;
}

/* Files stay open, but reach neither the device nor memory by it any more. */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);
	struct edu_file *file;

	misc_deregister(&edu->misc);
	edu_engine_stop(&edu->engine);
	mutex_lock(&edu->files_lock);
	list_for_each_entry(file, &edu->files, link) {
		mutex_lock(&file->lock);
		edu_import_end(&file->import);
		mutex_unlock(&file->lock);
	}
	mutex_unlock(&edu->files_lock);
	edu_engine_fini(&edu->engine);
	kref_put(&edu->ref, edu_free);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "dgem_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Example driver for QEMU's edu device");
MODULE_AUTHOR("The dgem authors");
MODULE_LICENSE("Dual MIT/GPL");
/* MODULE_IMPORT_NS() takes a string in some kernels, and a word in others. */
MODULE_INFO(import_ns, "DMA_BUF");
