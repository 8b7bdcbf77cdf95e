// SPDX-License-Identifier: MIT
#include <string.h>
#include <sys/klog.h>

#include "dgem/klog.h"
#include "igt.h"

/* Of syslog(2), which the header does not name. */
#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_CLEAR 5

static char klog[1 << 18];

void klog_begin(void)
{
	igt_assert_eq(klogctl(SYSLOG_ACTION_CLEAR, NULL, 0), 0);
}

const char *klog_read(void)
{
	int len = klogctl(SYSLOG_ACTION_READ_ALL, klog, sizeof(klog) - 1);

	igt_assert_lte(0, len);
	klog[len] = '\0';
	return klog;
}

int klog_count(const char *text)
{
	int count = 0;

	for (const char *at = klog; (at = strstr(at, text)); at++)
		count++;
	return count;
}
