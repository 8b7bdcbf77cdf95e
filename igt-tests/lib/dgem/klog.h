/* SPDX-License-Identifier: MIT */
#ifndef DGEM_KLOG_H
#define DGEM_KLOG_H

/* What the kernel logs from klog_begin() up to klog_read(). */
void klog_begin(void);
const char *klog_read(void);

/* How often a text is in what was read last. */
int klog_count(const char *text);

#endif
