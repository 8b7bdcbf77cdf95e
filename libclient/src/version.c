// SPDX-License-Identifier: MIT
#include "internal.h"

DGEM_API const char *dgem_version(void)
{
	return DGEM_VERSION;
}
