/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Linux 7.0 gave pagevec.h this name. */
#include <linux/pagevec.h>
