/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TRACE_H
#define DGEM_TRACE_H

/*
 * An instance of tracing of the tests' own, since others may trace at the same
 * time.
 */
#define TRACE_INSTANCE "/sys/kernel/tracing/instances/dgem-test"

/* Makes the instance, with nothing enabled. */
void trace_create(void);

/* Makes it and traces @events (system:event, separated by blanks) of this process. */
void trace_start(const char *events);

/* Removes the instance, and returns what it has. Free it. */
char *trace_stop(void);

#endif
