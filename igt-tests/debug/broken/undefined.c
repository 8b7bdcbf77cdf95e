// SPDX-License-Identifier: MIT
/* Shifts by more bits than there are: UBSAN. */
#include "broken.h"

static int shift;

static int undefined(void)
{
	unsigned long bits = 65;

	OPTIMIZER_HIDE_VAR(bits);
	WRITE_ONCE(shift, 1 << bits);
	return 0;
}

BROKEN_MODULE(undefined, "shifts by too much");
