/* SPDX-License-Identifier: MIT */
#ifndef DGEM_LIST_H
#define DGEM_LIST_H

#include <stddef.h>

/* Circular lists, whose links are members of what they hold. */
struct list_link {
	struct list_link *prev, *next;
};

#define list_entry(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

static inline void list_init(struct list_link *head)
{
	head->prev = head;
	head->next = head;
}

/* @before is the head for the last place, or the head's next for the first one. */
static inline void list_insert(struct list_link *link, struct list_link *before)
{
	link->prev = before->prev;
	link->next = before;
	link->prev->next = link;
	before->prev = link;
}

static inline void list_remove(struct list_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

#endif /* DGEM_LIST_H */
