/* SPDX-License-Identifier: MIT */
#ifndef _DGEM_EDU_H_
#define _DGEM_EDU_H_

#include <linux/ioctl.h>
#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: dgem_edu uAPI
 *
 * dgem_edu drives edu, a PCI device of QEMU that moves bytes between memory and
 * a buffer of its own. Each such device has a node, ``/dev/dgem_edu-`` and its
 * address on the bus, which is root's, with one ioctl.
 */

/* Bytes of the device's own buffer, and what one copy can be of at most. */
#define DGEM_EDU_BUFFER_SIZE	4096
#define DGEM_EDU_MAX_LENGTH	2048

/** enum dgem_edu_direction - what a copy writes */
enum dgem_edu_direction {
	/** @DGEM_EDU_TO_DEVICE: the device's buffer; the dma-buf is read. */
	DGEM_EDU_TO_DEVICE = 0,

	/** @DGEM_EDU_FROM_DEVICE: the dma-buf; the device's buffer is read. */
	DGEM_EDU_FROM_DEVICE = 1,
};

/**
 * struct dgem_edu_copy - argument of &DGEM_EDU_IOCTL_COPY
 */
struct dgem_edu_copy {
	/** @dmabuf: [in] a dma-buf, of any driver. */
	__s32 dmabuf;

	/** @direction: [in] of &enum dgem_edu_direction. */
	__u32 direction;

	/** @offset: [in] where to begin in the dma-buf, in bytes. */
	__u64 offset;

	/** @length: [in] bytes to copy, from 1 to &DGEM_EDU_MAX_LENGTH. */
	__u32 length;

	/**
	 * @device_offset: [in] where to begin in the device's buffer, in bytes. The
	 * end of the copy must lie below &DGEM_EDU_BUFFER_SIZE, which is stricter
	 * than it need be: it is the device that takes no more.
	 */
	__u32 device_offset;

	/**
	 * @fence: [out] file descriptor of a sync_file, closed by exec(), that
	 * signals when the copy has ended. Its status is ETIMEDOUT if the device
	 * did not say within a second that it had. Not defined when the ioctl fails.
	 */
	__s32 fence;

	/** @pad: [in] must be zero. */
	__u32 pad;
};

/**
 * DGEM_EDU_IOCTL_COPY - begin to copy between a dma-buf and the device
 *
 * Returns as soon as the device is at work, which it is for a tenth of a second, or
 * for two where the bytes lie in two places. Before that it waits for the fences of
 * the dma-buf, those of writers only if the device reads it, and for the copy before,
 * since the device makes one at a time. The fence of the copy is also a fence of the
 * dma-buf, so that whoever respects these need not know of it. CPU access is
 * bracketed by DMA_BUF_IOCTL_SYNC, which waits for it.
 *
 * The file keeps the dma-buf that was used last attached and mapped, until it is
 * given another one or is closed. Closing it waits for its copy.
 *
 * ========== ================================================================
 * EBADF      @dmabuf is no open file
 * EINVAL     @dmabuf is no dma-buf; unknown direction; length, offset or
 *            device_offset out of range; pad is not zero
 * EACCES     the device would write a dma-buf that is open for reading only
 * EFAULT     the argument cannot be read or written
 * EINTR      interrupted by a signal before anything happened
 * EIO        the device is still at work on a copy that was given up
 * E2BIG      the bytes lie in more than two places
 * ENODEV     the device is gone (unplugged or unbound)
 * ========== ================================================================
 *
 * Besides, there are the errors of the dma-buf's driver where it cannot be attached
 * or mapped.
 */
#define DGEM_EDU_IOCTL_COPY	_IOWR(0xed, 0x00, struct dgem_edu_copy)

#if defined(__cplusplus)
}
#endif

#endif
