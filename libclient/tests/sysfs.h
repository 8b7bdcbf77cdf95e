/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_SYSFS_H
#define DGEM_TESTS_SYSFS_H

/* A directory that looks like /sys; sysfs_end() removes it, also if there is none. */
extern char sysfs[];

/* Makes it, with dev/char. */
void sysfs_begin(void);
void sysfs_end(void);

void sysfs_directory(const char *name);
void sysfs_link(const char *name, const char *target);
void sysfs_file(const char *name, const char *content);

/* The node 226:@minor_number of the device in the directory @device. */
void sysfs_node(unsigned int minor_number, const char *device);

#endif /* DGEM_TESTS_SYSFS_H */
