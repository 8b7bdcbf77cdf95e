// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "buddy.h"

static bool is_free(const struct buddy *buddy, uint32_t node)
{
	return buddy->bits[node / 64] >> (node % 64) & 1;
}

static void set_free(struct buddy *buddy, uint32_t node, unsigned int depth)
{
	buddy->bits[node / 64] |= 1ull << (node % 64);
	buddy->free[depth]++;
	if (node / 64 < buddy->first[depth])
		buddy->first[depth] = node / 64;
}

static void set_taken(struct buddy *buddy, uint32_t node, unsigned int depth)
{
	buddy->bits[node / 64] &= ~(1ull << (node % 64));
	buddy->free[depth]--;
}

int buddy_init(struct buddy *buddy, unsigned int depth)
{
	buddy->depth = depth;
	buddy->bits = calloc(((2ull << depth) + 63) / 64, sizeof(*buddy->bits));
	if (!buddy->bits)
		return -ENOMEM;
	for (unsigned int i = 0; i <= depth; i++) {
		buddy->free[i] = 0;
		buddy->first[i] = UINT32_MAX;
	}
	set_free(buddy, 1, 0);
	return 0;
}

void buddy_fini(struct buddy *buddy)
{
	free(buddy->bits);
}

/* The first free node of this depth, of which there is one. */
static uint32_t find(struct buddy *buddy, unsigned int depth)
{
	uint32_t word = buddy->first[depth];
	uint64_t bits;

	for (;; word++) {
		bits = buddy->bits[word];
		/* Nodes of small depths share the first word. */
		if (depth < 6)
			bits &= ((1ull << (1u << depth)) - 1) << (1u << depth);
		if (bits)
			break;
	}
	buddy->first[depth] = word;
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

uint32_t buddy_take(struct buddy *buddy, unsigned int depth)
{
	unsigned int from = depth;
	uint32_t node;

	while (!buddy->free[from])
		if (!from--)
			return 0;
	node = find(buddy, from);
	set_taken(buddy, node, from);
	while (from < depth) {
		node *= 2;
		set_free(buddy, node + 1, ++from);
	}
	return node;
}

void buddy_give(struct buddy *buddy, uint32_t node, unsigned int depth)
{
	while (depth && is_free(buddy, node ^ 1)) {
		set_taken(buddy, node ^ 1, depth--);
		node /= 2;
	}
	set_free(buddy, node, depth);
}

bool buddy_is_full(const struct buddy *buddy)
{
	for (unsigned int i = 0; i <= buddy->depth; i++)
		if (buddy->free[i])
			return false;
	return true;
}

bool buddy_is_empty(const struct buddy *buddy)
{
	return buddy->free[0];
}
