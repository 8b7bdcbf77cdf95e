// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Whose account a task's memory belongs to, and how long an account lives. */

#include <linux/cred.h>
#include <linux/user_namespace.h>

#include <drm/drm_file.h>

#include "../dgem_bo.h"
#include "dgem_limit_test.h"

/* Who made the outermost namespace, and who is in the innermost. */
#define TEST_OWNER 1000
#define TEST_SUBUID 100000

static int dgem_account_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

/* The owner of what a task has in the last of @nr namespaces, each in the next. */
static uid_t owner(struct kunit *test, struct user_namespace *ns, unsigned int nr)
{
	struct cred *cred = kunit_kzalloc(test, sizeof(*cred), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	for (i = 0; i < nr; i++)
		ns[i].parent = i ? &ns[i - 1] : &init_user_ns;
	cred->uid = KUIDT_INIT(TEST_SUBUID);
	/* What a program with the set-user-ID bit runs as makes no difference. */
	cred->euid = KUIDT_INIT(TEST_SUBUID + 1);
	cred->suid = KUIDT_INIT(TEST_SUBUID + 1);
	cred->fsuid = KUIDT_INIT(TEST_SUBUID + 1);
	cred->user_ns = nr ? &ns[nr - 1] : &init_user_ns;
	return __kuid_val(dgem_account_owner(cred));
}

static struct user_namespace *namespaces(struct kunit *test, unsigned int nr)
{
	struct user_namespace *ns;

	ns = kunit_kcalloc(test, nr, sizeof(*ns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ns);
	return ns;
}

/* Success: outside of user namespaces it is the task's real uid. */
static void dgem_account_owner_outside(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, owner(test, NULL, 0), TEST_SUBUID);
}

/* Success: in nested namespaces it is who made the outermost. */
static void dgem_account_owner_nested(struct kunit *test)
{
	struct user_namespace *ns = namespaces(test, 3);

	ns[0].owner = KUIDT_INIT(TEST_OWNER);
	ns[1].owner = KUIDT_INIT(TEST_SUBUID);
	ns[2].owner = GLOBAL_ROOT_UID;
	KUNIT_EXPECT_EQ(test, owner(test, ns, 1), TEST_OWNER);
	KUNIT_EXPECT_EQ(test, owner(test, ns, 2), TEST_OWNER);
	KUNIT_EXPECT_EQ(test, owner(test, ns, 3), TEST_OWNER);
}

/* Success: in a namespace that root made, at any depth, it is the task's uid. */
static void dgem_account_owner_root(struct kunit *test)
{
	struct user_namespace *ns = namespaces(test, 3);

	ns[0].owner = GLOBAL_ROOT_UID;
	ns[1].owner = KUIDT_INIT(TEST_OWNER);
	ns[2].owner = KUIDT_INIT(TEST_OWNER);
	KUNIT_EXPECT_EQ(test, owner(test, ns, 1), TEST_SUBUID);
	KUNIT_EXPECT_EQ(test, owner(test, ns, 2), TEST_SUBUID);
	KUNIT_EXPECT_EQ(test, owner(test, ns, 3), TEST_SUBUID);
}

/* Success: a user has one account of an instance, and no other user has it. */
static void dgem_account_one_by_user(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct dgem_account *other = account_nr(test, test->priv, 1);

	KUNIT_EXPECT_PTR_EQ(test, account, account_nr(test, test->priv, 0));
	KUNIT_EXPECT_PTR_NE(test, account, other);
	dgem_limit_charge_always(account, DGEM_LIMIT_UNSWAPPABLE, 1);
	KUNIT_EXPECT_EQ(test, unswappable(other), 0);
	dgem_limit_uncharge(account, DGEM_LIMIT_UNSWAPPABLE, 1);
}

/* Success: all instances share what a user has of memory, and none its offsets. */
static void dgem_account_instances(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct dgem_account *second = account_nr(test, dgem_test_bind(test), 0);
	struct dgem_account *third = account_nr(test, dgem_test_bind(test), 0);

	KUNIT_EXPECT_PTR_NE(test, account, second);
	dgem_limit_charge_always(account, DGEM_LIMIT_UNSWAPPABLE, 1);
	dgem_limit_charge_always(second, DGEM_LIMIT_BACKING, 2);
	dgem_limit_charge_always(third, DGEM_LIMIT_OFFSETS, 4);
	KUNIT_EXPECT_EQ(test, unswappable(third), 1);
	KUNIT_EXPECT_EQ(test, backing(account), 2);
	KUNIT_EXPECT_EQ(test, offsets(account), 0);
	KUNIT_EXPECT_EQ(test, offsets(second), 0);
	dgem_limit_uncharge(third, DGEM_LIMIT_UNSWAPPABLE, 1);
	dgem_limit_uncharge(third, DGEM_LIMIT_BACKING, 2);
	dgem_limit_uncharge(third, DGEM_LIMIT_OFFSETS, 4);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
}

static void look(struct dgem_account *account, void *data)
{
	*(u32 *)data = *(u32 *)data * 100 + __kuid_val(account->uid) - TEST_UID + 1;
}

/* Success: all accounts of an instance are looked at, each once, and no others. */
static void dgem_account_each(struct kunit *test)
{
	struct dgem_device *other = dgem_test_bind(test);
	u32 seen = 0;

	account_nr(test, test->priv, 0);
	account_nr(test, test->priv, 1);
	account_nr(test, other, 2);
	dgem_account_for_each(other, look, &seen);
	KUNIT_EXPECT_EQ(test, seen, 3);
	seen = 0;
	dgem_account_for_each(test->priv, look, &seen);
	KUNIT_EXPECT_TRUE(test, seen == 102 || seen == 201);
}

/*
 * Success: an account is there until its last reference is dropped, and the user's
 * part until the last account is; then they begin anew.
 */
static void dgem_account_lives(struct kunit *test)
{
	struct dgem_device *ddev = test->priv, *other = dgem_test_bind(test);
	struct dgem_account *account = account_nr(test, ddev, 0);
	struct dgem_account *again, *second;

	again = dgem_account_get(account);
	KUNIT_EXPECT_PTR_EQ(test, again, account);
	dgem_limit_charge_always(account, DGEM_LIMIT_UNSWAPPABLE, 1);
	dgem_limit_charge_always(account, DGEM_LIMIT_OFFSETS, 1);
	dgem_account_put(again);
	again = account_nr(test, ddev, 0);
	KUNIT_EXPECT_EQ(test, offsets(again), 1);
	kunit_release_action(test, put_account, again);

	second = account_nr(test, other, 0);
	kunit_release_action(test, put_account, account);
	account = account_nr(test, ddev, 0);
	KUNIT_EXPECT_EQ(test, offsets(account), 0);
	KUNIT_EXPECT_EQ(test, unswappable(account), 1);

	kunit_release_action(test, put_account, account);
	kunit_release_action(test, put_account, second);
	account = account_nr(test, ddev, 0);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
	/* The total, too. */
	dgem_limit_uncharge(account, DGEM_LIMIT_UNSWAPPABLE, 1);
}

/* Success: NULL, which is who is exempt, may be passed on. */
static void dgem_account_of_nobody(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, dgem_account_get(NULL));
	dgem_account_put(NULL);
}

static struct cred *user_cred(struct kunit *test, unsigned int nr)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->uid = KUIDT_INIT(TEST_UID + nr);
	cap_lower(cred->cap_effective, CAP_SYS_RESOURCE);
	return cred;
}

/* Success: who has the capability is exempt, and who has not is charged by uid. */
static void dgem_account_of_current(struct kunit *test)
{
	struct cred *cred = user_cred(test, 0);
	struct dgem_account *account;
	const struct cred *old;

	KUNIT_EXPECT_NULL(test, dgem_account_get_current(test->priv));

	old = override_creds(cred);
	account = dgem_account_get_current(test->priv);
	revert_creds(old);
	put_cred(cred);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, account);
	KUNIT_EXPECT_EQ(test, __kuid_val(account->uid), TEST_UID);
	KUNIT_EXPECT_PTR_EQ(test, account, account_nr(test, test->priv, 0));
	dgem_account_put(account);
}

/*
 * Success: files of a user share one account, each with a reference that it drops
 * when it is closed.
 */
static void dgem_account_of_files(struct kunit *test)
{
	struct dgem_account *account = account_nr(test, test->priv, 0);
	struct drm_file *exempt = dgem_test_open(test, test->priv);
	struct cred *cred = user_cred(test, 0);
	struct drm_file *first, *second;
	const struct cred *old;

	old = override_creds(cred);
	first = dgem_test_open(test, test->priv);
	second = dgem_test_open(test, test->priv);
	revert_creds(old);
	put_cred(cred);

	KUNIT_EXPECT_NULL(test, exempt->driver_priv);
	KUNIT_EXPECT_PTR_EQ(test, first->driver_priv, account);
	KUNIT_EXPECT_PTR_EQ(test, second->driver_priv, account);
	KUNIT_EXPECT_EQ(test, refcount_read(&account->refcount), 3);
	dgem_test_close(test, second);
	dgem_test_close(test, first);
	KUNIT_EXPECT_EQ(test, refcount_read(&account->refcount), 1);
}

/* Success: a BO keeps the account that it is charged to. */
static void dgem_account_of_bo(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_account *account;
	struct dgem_bo *bo;

	account = account_nr(test, ddev, 0);
	bo = dgem_bo_create(ddev, account, ddev->heaps[TEST_SYSTEM], PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, refcount_read(&account->refcount), 2);
	kunit_release_action(test, put_account, account);
	account = account_nr(test, ddev, 0);
	KUNIT_EXPECT_PTR_EQ(test, bo->account, account);
	dgem_bo_put(bo);
	KUNIT_EXPECT_EQ(test, refcount_read(&account->refcount), 1);
	KUNIT_EXPECT_EQ(test, unswappable(account), 0);
}

static struct kunit_case dgem_account_cases[] = {
	KUNIT_CASE(dgem_account_owner_outside),
	KUNIT_CASE(dgem_account_owner_nested),
	KUNIT_CASE(dgem_account_owner_root),
	KUNIT_CASE(dgem_account_one_by_user),
	KUNIT_CASE(dgem_account_instances),
	KUNIT_CASE(dgem_account_each),
	KUNIT_CASE(dgem_account_lives),
	KUNIT_CASE(dgem_account_of_nobody),
	KUNIT_CASE(dgem_account_of_current),
	KUNIT_CASE(dgem_account_of_files),
	KUNIT_CASE(dgem_account_of_bo),
	{}
};

static struct kunit_suite dgem_account_suite = {
	.name = "dgem_account",
	.init = dgem_account_test_init,
	.test_cases = dgem_account_cases,
};

kunit_test_suite(dgem_account_suite);
