// SPDX-License-Identifier: MIT
#include <errno.h>

#include "../src/internal.h"
#include "fake.h"
#include "harness.h"

#define MANY 1000

static struct dgem_bo bos[MANY];

TEST(find_insert_remove)
{
	struct bo_table table;
	struct dgem_bo a = { .handle = 1 }, b = { .handle = 2 };

	CHECK_EQ(bo_table_init(&table), 0);
	CHECK(!bo_table_find(&table, 1));
	bo_table_insert(&table, &a);
	bo_table_insert(&table, &b);
	CHECK(bo_table_find(&table, 1) == &a);
	CHECK(bo_table_find(&table, 2) == &b);
	bo_table_remove(&table, &a);
	CHECK(!bo_table_find(&table, 1));
	CHECK(bo_table_find(&table, 2) == &b);
	CHECK_EQ(table.count, 1);
	bo_table_fini(&table);
}

/* Each handle in the same bucket at first, and spread after growing. */
static void fill_and_empty(bool without_memory)
{
	struct bo_table table;
	uint32_t i;

	CHECK_EQ(bo_table_init(&table), 0);
	for (i = 0; i < MANY; i++) {
		bos[i].handle = i * 64;
		if (without_memory && table.count >= table.num_buckets)
			fake_fail_alloc(1);
		bo_table_insert(&table, &bos[i]);
	}
	CHECK_EQ(table.count, MANY);
	CHECK_EQ(table.num_buckets >= MANY, !without_memory);
	for (i = 0; i < MANY; i++)
		CHECK(bo_table_find(&table, i * 64) == &bos[i]);
	CHECK(!bo_table_find(&table, 1));
	for (i = 0; i < MANY; i++) {
		uint32_t victim = i * 7 % MANY;

		bo_table_remove(&table, &bos[victim]);
		CHECK(!bo_table_find(&table, victim * 64));
	}
	CHECK_EQ(table.count, 0);
	bo_table_fini(&table);
}

TEST(growing_keeps_everything)
{
	fill_and_empty(false);
}

TEST(without_memory_to_grow_it_still_works)
{
	fill_and_empty(true);
}

TEST(init_out_of_memory)
{
	struct bo_table table;

	fake_fail_alloc(1);
	CHECK_EQ(bo_table_init(&table), -ENOMEM);
}
