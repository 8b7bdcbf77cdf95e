// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Whose memory it is. A file belongs to an account from its opening on, and so do
 * the BOs that are created through it. What an account may have is in
 * dgem_limit.c.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include <kunit/visibility.h>

#include "dgem_account.h"
#include "dgem_pages.h"

/* All accounts by uid. A leaf: a BO may be freed in reclaim. */
static DEFINE_HASHTABLE(dgem_accounts, 6);
static DEFINE_SPINLOCK(dgem_accounts_lock);

/**
 * dgem_account_owner() - the user whose account a task's memory belongs to
 * @cred: the task's credentials
 *
 * A user namespace gives an ordinary user many ids to be, so all ids of it are
 * its owner's; that of the outermost one below the initial namespace, since
 * owners of inner ones are such ids themselves. A namespace that root has made is a
 * container of a service, whose ids are different users.
 *
 * Return: the uid.
 */
kuid_t dgem_account_owner(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;

	if (ns == &init_user_ns)
		return cred->uid;

	while (ns->parent != &init_user_ns)
		ns = ns->parent;

	return uid_eq(ns->owner, GLOBAL_ROOT_UID) ? cred->uid : ns->owner;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_account_owner);

/*
 * The account, if it is there, with one more reference. @user is set to the user's
 * part, which an account of another instance may have.
 */
static struct dgem_account *dgem_account_find_locked(struct dgem_device *ddev,
						     kuid_t uid,
						     struct dgem_user **user)
{
	struct dgem_account *account;

	hash_for_each_possible(dgem_accounts, account, node, __kuid_val(uid)) {
		if (!uid_eq(account->uid, uid))
			continue;

		*user = account->user;
		if (account->ddev == ddev &&
		    refcount_inc_not_zero(&account->refcount))
			return account;
	}

	return NULL;
}

static struct dgem_account *dgem_account_alloc(struct dgem_device *ddev,
					       kuid_t uid)
{
	struct dgem_account *account;

	account = kmalloc_obj(*account, DGEM_GFP | __GFP_ZERO);
	if (!account)
		return NULL;

	account->user = kmalloc_obj(*account->user, DGEM_GFP | __GFP_ZERO);
	if (!account->user) {
		kfree(account);
		return NULL;
	}

	account->ddev = ddev;
	account->uid = uid;
	refcount_set(&account->refcount, 1);
	INIT_LIST_HEAD(&account->purgeable);
	spin_lock_init(&account->purgeable_lock);
	return account;
}

/**
 * dgem_account_get_by_uid() - find or make a user's account
 * @ddev: the instance
 * @uid: the user
 *
 * Return: the account, with a reference for the caller, or -ENOMEM.
 */
struct dgem_account *dgem_account_get_by_uid(struct dgem_device *ddev, kuid_t uid)
{
	struct dgem_account *account, *new;
	struct dgem_user *user = NULL;

	spin_lock(&dgem_accounts_lock);
	account = dgem_account_find_locked(ddev, uid, &user);
	spin_unlock(&dgem_accounts_lock);
	if (account)
		return account;

	new = dgem_account_alloc(ddev, uid);
	if (!new)
		return ERR_PTR(-ENOMEM);

	/* Another file may have been opened meanwhile. */
	user = new->user;
	spin_lock(&dgem_accounts_lock);
	account = dgem_account_find_locked(ddev, uid, &user);
	if (!account) {
		swap(new->user, user);
		new->user->accounts++;
		hash_add(dgem_accounts, &new->node, __kuid_val(uid));
	}
	spin_unlock(&dgem_accounts_lock);

	if (account) {
		kfree(new->user);
		kfree(new);
		return account;
	}

	if (user != new->user)
		kfree(user);
	return new;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_account_get_by_uid);

/**
 * dgem_account_get_current() - the account of the task that calls
 * @ddev: the instance
 *
 * Return: the account, with a reference for the caller; NULL if the task is
 * exempt from limits; -ENOMEM.
 */
struct dgem_account *dgem_account_get_current(struct dgem_device *ddev)
{
	/* Without a trace in the audit log of who is not. */
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE))
		return NULL;

	return dgem_account_get_by_uid(ddev, dgem_account_owner(current_cred()));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_account_get_current);

/**
 * dgem_account_free() - free an account that nobody refers to any more
 * @account: the account
 *
 * Until it is off the table, it is found there and passed over. May run in
 * reclaim.
 */
void dgem_account_free(struct dgem_account *account)
{
	bool last;

	spin_lock(&dgem_accounts_lock);
	hash_del(&account->node);
	last = !--account->user->accounts;
	spin_unlock(&dgem_accounts_lock);

	if (last)
		kfree(account->user);
	kfree(account);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_account_free);

/**
 * dgem_account_for_each() - look at all accounts of an instance
 * @ddev: the instance
 * @look: called with each, in no order; must not sleep
 * @data: given to @look
 */
void dgem_account_for_each(struct dgem_device *ddev,
			   void (*look)(struct dgem_account *account, void *data),
			   void *data)
{
	struct dgem_account *account;
	unsigned int bucket;

	spin_lock(&dgem_accounts_lock);
	hash_for_each(dgem_accounts, bucket, account, node)
		if (account->ddev == ddev)
			look(account, data);
	spin_unlock(&dgem_accounts_lock);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_account_for_each);
