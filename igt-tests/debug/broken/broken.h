/* SPDX-License-Identifier: MIT */
/*
 * A module that makes one mistake when it is loaded. init returns 0 so that it
 * can be unloaded again; the mistake must leave a kernel that goes on running,
 * because all of them are loaded into the same one.
 */
#ifndef BROKEN_H
#define BROKEN_H

#include <linux/module.h>

/* Keeps the compiler from seeing, and from removing, the mistake. */
#define blind(ptr)                       \
	({                               \
		OPTIMIZER_HIDE_VAR(ptr); \
		(ptr);                   \
	})

#define BROKEN_MODULE(mistake, description)  \
	static int __init broken_init(void)  \
	{                                    \
		return mistake();            \
	}                                    \
	module_init(broken_init);            \
	static void __exit broken_exit(void) \
	{                                    \
	}                                    \
	module_exit(broken_exit);            \
	MODULE_DESCRIPTION(description);     \
	MODULE_LICENSE("Dual MIT/GPL")

#endif
