// SPDX-License-Identifier: MIT
/* Deletes a list entry twice: DEBUG_LIST. */
#include <linux/list.h>

#include "broken.h"

static LIST_HEAD(head);
static LIST_HEAD(entry);

static int list_corruption(void)
{
	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	return 0;
}

BROKEN_MODULE(list_corruption, "deletes a list entry twice");
