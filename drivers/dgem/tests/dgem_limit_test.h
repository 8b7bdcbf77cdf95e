/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_LIMIT_TEST_H__
#define __DGEM_LIMIT_TEST_H__

/* Accounts, and limits that a test sets, for the suites of limits. */

#include <linux/err.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../dgem_account.h"
#include "../dgem_limit.h"
#include "dgem_test.h"

#define TEST_UID 70000

struct test_limits {
	unsigned int user, total, system_user, system_total;
};

static inline void put_limits(void *arg)
{
	const struct test_limits *limits = arg;

	WRITE_ONCE(dgem_user_limit_mb, limits->user);
	WRITE_ONCE(dgem_total_limit_mb, limits->total);
	WRITE_ONCE(dgem_system_user_mb, limits->system_user);
	WRITE_ONCE(dgem_system_limit_mb, limits->system_total);
}

/* What the limits were comes back with the end of the test. In MiB. */
static inline void keep_limits(struct kunit *test)
{
	struct test_limits *old;

	old = kunit_kzalloc(test, sizeof(*old), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, old);
	*old = (struct test_limits){
		.user = dgem_user_limit_mb,
		.total = dgem_total_limit_mb,
		.system_user = dgem_system_user_mb,
		.system_total = dgem_system_limit_mb,
	};
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_limits, old));
}

static inline void set_limits(unsigned int user, unsigned int total)
{
	WRITE_ONCE(dgem_user_limit_mb, user);
	WRITE_ONCE(dgem_total_limit_mb, total);
}

static inline void set_system_limits(unsigned int user, unsigned int total)
{
	WRITE_ONCE(dgem_system_user_mb, user);
	WRITE_ONCE(dgem_system_limit_mb, total);
}

KUNIT_DEFINE_ACTION_WRAPPER(put_account, dgem_account_put, struct dgem_account *);

/* The account of user TEST_UID + @nr, with a reference that the test drops. */
static inline struct dgem_account *account_nr(struct kunit *test, struct dgem_device *ddev,
					      unsigned int nr)
{
	struct dgem_account *account;

	account = dgem_account_get_by_uid(ddev, KUIDT_INIT(TEST_UID + nr));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, account);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_account, account));
	return account;
}

static inline u64 unswappable(struct dgem_account *account)
{
	return dgem_limit_used(account, DGEM_LIMIT_UNSWAPPABLE);
}

static inline u64 backing(struct dgem_account *account)
{
	return dgem_limit_used(account, DGEM_LIMIT_BACKING);
}

static inline u64 offsets(struct dgem_account *account)
{
	return dgem_limit_used(account, DGEM_LIMIT_OFFSETS);
}

/* For dgem_limit_available(). */
static inline long no_ram(void)
{
	return 0;
}

/* For dgem_limit_free_swap(). */
static inline long much_swap(void)
{
	return LONG_MAX;
}

static inline long no_swap(void)
{
	return 0;
}

#endif
