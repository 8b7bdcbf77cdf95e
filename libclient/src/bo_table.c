// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/*
 * The caller holds the device's lock for all of these. Insertion cannot fail:
 * a table that cannot grow only becomes slower.
 */

#define FIRST_BUCKETS 64

int bo_table_init(struct bo_table *table)
{
	table->buckets = calloc(FIRST_BUCKETS, sizeof(*table->buckets));
	if (!table->buckets)
		return -ENOMEM;
	table->num_buckets = FIRST_BUCKETS;
	table->count = 0;
	return 0;
}

void bo_table_fini(struct bo_table *table)
{
	free(table->buckets);
}

/* The core gives the lowest free handle: consecutive ones spread by themselves. */
static struct dgem_bo **bucket(const struct bo_table *table, uint32_t handle)
{
	return &table->buckets[handle & (table->num_buckets - 1)];
}

static void push(struct bo_table *table, struct dgem_bo *bo)
{
	struct dgem_bo **head = bucket(table, bo->handle);

	bo->next = *head;
	*head = bo;
}

static void grow(struct bo_table *table)
{
	struct bo_table bigger = { .num_buckets = table->num_buckets * 2, .count = table->count };
	size_t i;

	bigger.buckets = calloc(bigger.num_buckets, sizeof(*bigger.buckets));
	if (!bigger.buckets)
		return;
	for (i = 0; i < table->num_buckets; i++) {
		while (table->buckets[i]) {
			struct dgem_bo *bo = table->buckets[i];

			table->buckets[i] = bo->next;
			push(&bigger, bo);
		}
	}
	free(table->buckets);
	*table = bigger;
}

struct dgem_bo *bo_table_find(const struct bo_table *table, uint32_t handle)
{
	struct dgem_bo *bo = *bucket(table, handle);

	while (bo && bo->handle != handle)
		bo = bo->next;
	return bo;
}

void bo_table_insert(struct bo_table *table, struct dgem_bo *bo)
{
	if (table->count >= table->num_buckets)
		grow(table);
	push(table, bo);
	table->count++;
}

void bo_table_remove(struct bo_table *table, struct dgem_bo *bo)
{
	struct dgem_bo **link = bucket(table, bo->handle);

	while (*link != bo)
		link = &(*link)->next;
	*link = bo->next;
	table->count--;
}
