// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What one user may have, and all users together, so that nobody takes memory or
 * offset space from the others.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>

#include <kunit/visibility.h>

#include "dgem_account.h"
#include "dgem_device.h"
#include "dgem_limit.h"
#include "dgem_pages.h"

/**
 * DOC: limits
 *
 * Memory in BOs is in no process's RSS, so the OOM killer does not see whose it
 * is. Therefore each user has an account, and what cannot be given back under
 * memory pressure is charged to it. A BO is charged to the account of the file
 * that it was created through, or, if it is imported, of the task that imports
 * it, until it is freed, wherever its last reference is. A task with
 * CAP_SYS_RESOURCE in the initial user namespace opens files that are exempt.
 *
 * In an inner user namespace, whose ids are one user's to choose from, the
 * account is that of the owner of the outermost of its ancestors below the initial
 * namespace; unless that is root, as with the containers of a service, where the
 * account is the task's own uid, root's included.
 *
 * Limits are parameters of the module, in MiB, and can be written at any time;
 * 0 stands for none. They are for new allocations: existing BOs keep what they have. When
 * they are not given, they follow from the size of RAM at load:
 *
 * user_limit_mb (RAM / 4), total_limit_mb (RAM / 2)
 *     What cannot be swapped out, of one user and of all who are not exempt: BOs
 *     of heaps that are not swappable, by their size; BOs of swappable heaps, by
 *     their size, while an importer or the kernel uses them; and for each BO
 *     1 KiB and 8 bytes for each of its chunks, which is kernel memory. Beyond
 *     it, creating fails with EDQUOT and an importer's use with ENOMEM.
 *
 * system_user_mb (RAM * 3 / 8), system_limit_mb (RAM * 3 / 4)
 *     Memory of BOs of swappable heaps, resident, evicted or in swap, and the tables
 *     of their chunks, of one user and of all who are not exempt. Without free swap
 *     it cannot be given back either. Beyond it, BOs get more memory only while more
 *     than RAM / 16 of swap is free; otherwise it is as if there were none.
 *
 * Before any of this fails, BOs of the user are purged that are not needed, and those
 * of others if it is the limit of all. Offset space for mmap() is limited to an eighth
 * of an instance's by user.
 *
 * Beside the limits, and for those who are exempt, too, no BO gets fresh memory
 * while less than RAM / 64 (at least 16, at most 256 MiB) is available or can be
 * made so by swapping, or by purging BOs that are not needed.
 */

/* Stands for a limit that follows from the size of RAM. */
#define DGEM_LIMIT_AUTO		UINT_MAX

VISIBLE_IF_KUNIT unsigned int dgem_user_limit_mb = DGEM_LIMIT_AUTO;
EXPORT_SYMBOL_IF_KUNIT(dgem_user_limit_mb);
module_param_named(user_limit_mb, dgem_user_limit_mb, uint, 0644);
MODULE_PARM_DESC(user_limit_mb,
		 "MiB that cannot be swapped out, by user (default: RAM / 4; 0: no limit)");

VISIBLE_IF_KUNIT unsigned int dgem_total_limit_mb = DGEM_LIMIT_AUTO;
EXPORT_SYMBOL_IF_KUNIT(dgem_total_limit_mb);
module_param_named(total_limit_mb, dgem_total_limit_mb, uint, 0644);
MODULE_PARM_DESC(total_limit_mb,
		 "The same of all users together (default: RAM / 2; 0: no limit)");

VISIBLE_IF_KUNIT unsigned int dgem_system_user_mb = DGEM_LIMIT_AUTO;
EXPORT_SYMBOL_IF_KUNIT(dgem_system_user_mb);
module_param_named(system_user_mb, dgem_system_user_mb, uint, 0644);
MODULE_PARM_DESC(system_user_mb,
		 "MiB of swappable heaps while swap is short, by user (default: RAM * 3 / 8; 0: no limit)");

VISIBLE_IF_KUNIT unsigned int dgem_system_limit_mb = DGEM_LIMIT_AUTO;
EXPORT_SYMBOL_IF_KUNIT(dgem_system_limit_mb);
module_param_named(system_limit_mb, dgem_system_limit_mb, uint, 0644);
MODULE_PARM_DESC(system_limit_mb,
		 "The same of all users together (default: RAM * 3 / 4; 0: no limit)");

/* What all who are not exempt have. */
static atomic64_t dgem_total_unswappable;
static atomic64_t dgem_total_backing;

/**
 * struct dgem_bound - one of the counters that an allocation is charged to
 */
struct dgem_bound {
	/** @used: how much there is. */
	atomic64_t *used;

	/** @limit: how much there may be, U64_MAX if there is no limit. */
	u64 limit;
};

static u64 dgem_limit_from_mb(unsigned int mb, unsigned int unit_shift)
{
	return mb ? (u64)mb << (20 - unit_shift) : U64_MAX;
}

/*
 * The user's own bound, and that of all, whose counter is NULL if there is none.
 * Inlined with what works on them, for else each charge writes them to memory:
 * creating a BO takes 45 instructions less so.
 */
static __always_inline void
dgem_limit_bounds(struct dgem_account *account, enum dgem_limit what,
		  struct dgem_bound *own, struct dgem_bound *all)
{
	all->used = NULL;
	all->limit = U64_MAX;

	switch (what) {
	case DGEM_LIMIT_UNSWAPPABLE:
		own->used = &account->user->unswappable;
		own->limit = dgem_limit_from_mb(READ_ONCE(dgem_user_limit_mb), 0);
		all->used = &dgem_total_unswappable;
		all->limit = dgem_limit_from_mb(READ_ONCE(dgem_total_limit_mb), 0);
		break;
	case DGEM_LIMIT_BACKING:
		own->used = &account->user->backing;
		own->limit = dgem_limit_from_mb(READ_ONCE(dgem_system_user_mb),
						PAGE_SHIFT);
		all->used = &dgem_total_backing;
		all->limit = dgem_limit_from_mb(READ_ONCE(dgem_system_limit_mb),
						PAGE_SHIFT);
		break;
	case DGEM_LIMIT_OFFSETS:
		own->used = &account->offsets;
		own->limit = DGEM_OFFSET_PAGES / 8;
		break;
	}
}

/* Counters are never negative, and limits may be lower than they are. */
static __always_inline u64 dgem_bound_left(const struct dgem_bound *bound,
					   u64 used)
{
	return bound->limit - min(bound->limit, used);
}

static __always_inline bool dgem_bound_charge(const struct dgem_bound *bound,
					      u64 amount)
{
	s64 used = atomic64_read(bound->used);

	do {
		if (amount > dgem_bound_left(bound, used))
			return false;
	} while (!atomic64_try_cmpxchg(bound->used, &used, used + amount));

	return true;
}

/**
 * dgem_limit_charge() - charge an account within its limit
 * @account: the account, NULL if exempt
 * @what: what is charged
 * @amount: how much, in the unit of @what
 *
 * Return: 0, or -EDQUOT with nothing changed.
 */
int dgem_limit_charge(struct dgem_account *account, enum dgem_limit what,
		      u64 amount)
{
	struct dgem_bound own, all;

	if (!account)
		return 0;

	dgem_limit_bounds(account, what, &own, &all);
	if (!dgem_bound_charge(&own, amount))
		return -EDQUOT;

	if (all.used && !dgem_bound_charge(&all, amount)) {
		atomic64_sub(amount, own.used);
		return -EDQUOT;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_charge);

/**
 * dgem_limit_charge_always() - charge an account, whatever its limit is
 * @account: the account, NULL if exempt
 * @what: what is charged
 * @amount: how much, in the unit of @what
 */
void dgem_limit_charge_always(struct dgem_account *account, enum dgem_limit what,
			      u64 amount)
{
	struct dgem_bound own, all;

	if (!account)
		return;

	dgem_limit_bounds(account, what, &own, &all);
	atomic64_add(amount, own.used);
	if (all.used)
		atomic64_add(amount, all.used);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_charge_always);

/**
 * dgem_limit_uncharge() - undo a charge, or a part of it
 * @account: the account, NULL if exempt
 * @what: what was charged
 * @amount: how much, in the unit of @what
 */
void dgem_limit_uncharge(struct dgem_account *account, enum dgem_limit what,
			 u64 amount)
{
	dgem_limit_charge_always(account, what, -amount);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_uncharge);

/**
 * dgem_limit_left() - how much could be charged now
 * @account: the account, NULL if exempt
 * @what: what would be charged
 *
 * Return: amount in the unit of @what, U64_MAX without a limit.
 */
u64 dgem_limit_left(struct dgem_account *account, enum dgem_limit what)
{
	struct dgem_bound own, all;
	u64 left;

	if (!account)
		return U64_MAX;

	dgem_limit_bounds(account, what, &own, &all);
	left = own.limit == U64_MAX ? U64_MAX :
	       dgem_bound_left(&own, atomic64_read(own.used));
	if (all.limit == U64_MAX)
		return left;

	return min(left, dgem_bound_left(&all, atomic64_read(all.used)));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_left);

/**
 * dgem_limit_used() - how much an account has been charged
 * @account: the account, NULL if exempt
 * @what: what was charged
 *
 * Return: amount in the unit of @what, 0 if exempt.
 */
u64 dgem_limit_used(struct dgem_account *account, enum dgem_limit what)
{
	struct dgem_bound own, all;

	if (!account)
		return 0;

	dgem_limit_bounds(account, what, &own, &all);
	return atomic64_read(own.used);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_used);

/**
 * dgem_limit_of() - up to what an account could be charged
 * @account: the account, NULL if exempt
 * @what: what is charged
 *
 * The smaller of the user's limit and what the others leave of that of all. Both
 * can be below what the account has.
 *
 * Return: amount in the unit of @what, at least 1; 0 without a limit.
 */
u64 dgem_limit_of(struct dgem_account *account, enum dgem_limit what)
{
	struct dgem_bound own, all;
	u64 limit;

	if (!account)
		return 0;

	dgem_limit_bounds(account, what, &own, &all);
	limit = own.limit;
	if (all.limit != U64_MAX)
		limit = min(limit, atomic64_read(own.used) +
				   dgem_bound_left(&all, atomic64_read(all.used)));
	if (limit == U64_MAX)
		return 0;

	/* That others leave nothing is not the absence of a limit. */
	return max(limit, 1);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_of);

/**
 * dgem_limit_in_the_way() - what would have to be uncharged for a charge to fit
 * @account: the account, not exempt
 * @what: what would be charged
 * @amount: how much, in the unit of @what
 *
 * Return: DGEM_IN_THE_WAY_OWN at the user's own limit, DGEM_IN_THE_WAY_ANY if only that
 * of all refuses, DGEM_IN_THE_WAY_NONE if @amount alone is beyond one of them.
 */
enum dgem_in_the_way dgem_limit_in_the_way(struct dgem_account *account,
					   enum dgem_limit what, u64 amount)
{
	struct dgem_bound own, all;

	dgem_limit_bounds(account, what, &own, &all);
	if (amount > own.limit || amount > all.limit)
		return DGEM_IN_THE_WAY_NONE;

	return amount <= dgem_bound_left(&own, atomic64_read(own.used)) ?
	       DGEM_IN_THE_WAY_ANY : DGEM_IN_THE_WAY_OWN;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_in_the_way);

static void dgem_limit_default(unsigned int *mb, u64 numerator, u64 denominator)
{
	if (*mb == DGEM_LIMIT_AUTO)
		*mb = max(1, div_u64(dgem_limit_ram() * numerator, denominator) >> 20);
}

/**
 * dgem_limit_init() - work out the limits that were not given
 */
void dgem_limit_init(void)
{
	dgem_limit_default(&dgem_user_limit_mb, 1, 4);
	dgem_limit_default(&dgem_total_limit_mb, 1, 2);
	dgem_limit_default(&dgem_system_user_mb, 3, 8);
	dgem_limit_default(&dgem_system_limit_mb, 3, 4);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_init);
