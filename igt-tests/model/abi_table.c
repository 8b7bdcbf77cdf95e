// SPDX-License-Identifier: MIT
/* What ioctl-table reads out of the uAPI header. */
#include <assert.h>

#include "igt.h"
#include "model/abi.h"

#include "dgem_ioctl_table.h"

const struct abi_ioctl *const abi_table = abi_ioctls;
const unsigned int abi_table_size = ARRAY_SIZE(abi_ioctls);
const uint64_t abi_features = ABI_FEATURES;
const uint32_t abi_num_params = ABI_NUM_PARAMS;
