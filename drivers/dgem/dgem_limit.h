/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_LIMIT_H__
#define __DGEM_LIMIT_H__

#include <linux/mm.h>
#include <linux/types.h>

struct dgem_account;

/**
 * enum dgem_limit - what is limited by user
 */
enum dgem_limit {
	/** @DGEM_LIMIT_UNSWAPPABLE: bytes that cannot be swapped out. */
	DGEM_LIMIT_UNSWAPPABLE,

	/** @DGEM_LIMIT_BACKING: pages of files, resident or not, and of tables. */
	DGEM_LIMIT_BACKING,

	/** @DGEM_LIMIT_OFFSETS: pages of an instance's mmap offset space. */
	DGEM_LIMIT_OFFSETS,
};

/**
 * enum dgem_in_the_way - whose charges keep an account from being charged more
 */
enum dgem_in_the_way {
	/** @DGEM_IN_THE_WAY_NONE: nobody's; it is too much. */
	DGEM_IN_THE_WAY_NONE,

	/** @DGEM_IN_THE_WAY_OWN: the user's. */
	DGEM_IN_THE_WAY_OWN,

	/** @DGEM_IN_THE_WAY_ANY: those of all who are not exempt. */
	DGEM_IN_THE_WAY_ANY,
};

int dgem_limit_charge(struct dgem_account *account, enum dgem_limit what,
		      u64 amount);
void dgem_limit_charge_always(struct dgem_account *account, enum dgem_limit what,
			      u64 amount);
void dgem_limit_uncharge(struct dgem_account *account, enum dgem_limit what,
			 u64 amount);

u64 dgem_limit_left(struct dgem_account *account, enum dgem_limit what);
u64 dgem_limit_used(struct dgem_account *account, enum dgem_limit what);
u64 dgem_limit_of(struct dgem_account *account, enum dgem_limit what);

enum dgem_in_the_way dgem_limit_in_the_way(struct dgem_account *account,
					   enum dgem_limit what, u64 amount);

bool dgem_limit_ram_is_low(unsigned long nr);
bool dgem_limit_ram_has_room(unsigned long nr);
bool dgem_limit_swap_is_low(void);

/**
 * dgem_limit_ram() - size of RAM in bytes
 *
 * Return: what no BO that has to be resident can exceed.
 */
static inline u64 dgem_limit_ram(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

void dgem_limit_init(void);

#if IS_ENABLED(CONFIG_KUNIT)
extern unsigned int dgem_user_limit_mb, dgem_total_limit_mb;
extern unsigned int dgem_system_user_mb, dgem_system_limit_mb;
long dgem_limit_available(void);
long dgem_limit_free_swap(void);
#endif

#endif
