/* SPDX-License-Identifier: MIT */
#ifndef DGEM_USER_H
#define DGEM_USER_H

/* Users without privilege, whose memory is limited. Only root can be them. */

#include <stdint.h>
#include <sys/types.h>

/* Two users that nobody else is. */
#define USER_A 65534
#define USER_B 65533

/* Lets everybody open the node of a DRM file, or root alone. */
void user_share_node(int fd);
void user_unshare_node(int fd);

/*
 * Becomes a user, and root again. In between, the process has no capability, but
 * can return.
 */
void user_enter(uid_t uid);
void user_leave(void);

/* Opens the node once more as that user; the file is the user's for good. */
int user_open(int fd, uid_t uid);

/*
 * A user namespace of this process's own, in which four ids are mapped from 0 on:
 * @root, and three that are subordinate, from @first on. @root makes it, or, if it is a
 * container, the initial namespace's root. Call it in a child, as root, and become
 * one of the four by user_id_in_namespace().
 */
void user_new_namespace(uid_t root, uid_t first);
void user_new_container(uid_t root, uid_t first);
void user_id_in_namespace(uid_t id);

/* One file through a socket. */
void user_send_fd(int socket, int fd);
int user_receive_fd(int socket);

#endif
