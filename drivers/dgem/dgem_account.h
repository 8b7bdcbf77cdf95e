/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_ACCOUNT_H__
#define __DGEM_ACCOUNT_H__

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>

struct cred;
struct dgem_device;

/**
 * struct dgem_user - what one user has of all instances together
 *
 * Freed with the user's last account.
 */
struct dgem_user {
	/** @unswappable: bytes that cannot be swapped out. */
	atomic64_t unswappable;

	/** @backing: pages that the heap's files have, resident or not, and of tables. */
	atomic64_t backing;

	/** @accounts: accounts that point here; protected by the table's lock. */
	unsigned int accounts;
};

/**
 * struct dgem_account - what one user has of one instance
 *
 * Held by the user's open files and by each BO that was created through one of
 * them, wherever the BO's last reference is. Who is exempt from limits has none:
 * a NULL pointer stands for that everywhere.
 */
struct dgem_account {
	/** @user: the user's part that all instances share; constant. */
	struct dgem_user *user;

	/** @ddev: the instance, which outlives its accounts; constant. */
	struct dgem_device *ddev;

	/** @uid: whose it is; constant. */
	kuid_t uid;

	/** @refcount: files and BOs. */
	refcount_t refcount;

	/** @offsets: pages of mmap offset space. */
	atomic64_t offsets;

	/** @purgeable: its BOs that are not needed, &dgem_purgeable.node. */
	struct list_head purgeable;

	/** @purgeable_lock: protects @purgeable. */
	spinlock_t purgeable_lock;

	/** @node: in the table of accounts, protected by its lock. */
	struct hlist_node node;
};

kuid_t dgem_account_owner(const struct cred *cred);
struct dgem_account *dgem_account_get_by_uid(struct dgem_device *ddev, kuid_t uid);
struct dgem_account *dgem_account_get_current(struct dgem_device *ddev);
void dgem_account_free(struct dgem_account *account);
void dgem_account_for_each(struct dgem_device *ddev,
			   void (*look)(struct dgem_account *account, void *data),
			   void *data);

/**
 * dgem_account_get() - take one more reference
 * @account: the account, or NULL
 *
 * Return: @account.
 */
static inline struct dgem_account *dgem_account_get(struct dgem_account *account)
{
	if (account)
		refcount_inc(&account->refcount);
	return account;
}

/**
 * dgem_account_put() - drop a reference
 * @account: the account, or NULL
 */
static inline void dgem_account_put(struct dgem_account *account)
{
	if (account && refcount_dec_and_test(&account->refcount))
		dgem_account_free(account);
}

#endif
