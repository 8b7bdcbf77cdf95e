/* SPDX-License-Identifier: MIT */
#ifndef IGT_H
#define IGT_H

/*
 * The part of the IGT API that dgem's tests use, under IGT's own names, so
 * that a test moves into an IGT tree as it is. The programs follow the
 * interface between igt_runner and its tests: --list-subtests, --run-subtest,
 * the lines "Starting subtest: X" and "Subtest X: SUCCESS (0.001s)", and exit
 * codes.
 */
#include "drmtest.h"
#include "igt_aux.h"
#include "igt_core.h"
#include "ioctl_wrappers.h"

#endif /* IGT_H */
