/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_FAULT_TEST_H__
#define __DGEM_FAULT_TEST_H__

/* A mapping and its faults, for the suites of faults. */

#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <kunit/test.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_vma_manager.h>

#include "../dgem_bo.h"
#include "dgem_test.h"

#define TEST_SIZE	((u64)PAGE_SIZE * 3)

/*
 * Maps a BO into the address space of the test, which KUnit makes and ends, but
 * not before it frees what else the test has: unmap() comes first.
 */
static inline unsigned long map_at(struct kunit *test, struct dgem_bo *bo,
				   unsigned long where, unsigned long flags)
{
	struct dgem_test_file *t = test->priv;
	unsigned long addr;
	u32 handle;

	KUNIT_ASSERT_EQ(test, 0,
			drm_gem_handle_create(t->file, &bo->base, &handle));
	KUNIT_ASSERT_EQ(test, 0, drm_gem_create_mmap_offset(&bo->base));
	addr = kunit_vm_mmap(test, t->file->filp, where, bo->base.size,
			     PROT_READ | PROT_WRITE, MAP_SHARED | flags,
			     drm_vma_node_offset_addr(&bo->base.vma_node));
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return addr;
}

static inline unsigned long map(struct kunit *test, struct dgem_bo *bo)
{
	return map_at(test, bo, 0, 0);
}

static inline void unmap(struct kunit *test, unsigned long addr)
{
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, TEST_SIZE));
}

static inline bool is_mapped(unsigned long addr)
{
	u32 word;

	return !copy_from_user_nofault(&word, (void __user *)addr, sizeof(word));
}

/* The fault of a system call that cannot be taken again, or with @unlocked can. */
static inline int fault(unsigned long addr, bool *unlocked)
{
	return fixup_user_fault(current->mm, addr, FAULT_FLAG_WRITE, unlocked);
}

#endif
