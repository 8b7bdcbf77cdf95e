/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_WIRE_H
#define DGEM_EXAMPLES_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* What the camera and the viewer tell each other, over a UNIX socket. */

#define WIRE_PROBES 16

enum wire_type {
	WIRE_HELLO = 1, /* camera: the format follows */
	WIRE_FRAME, /* camera: a slot is filled; its dma-buf comes along when it is new */
	WIRE_DONE, /* viewer: the slot may be filled again */
	WIRE_PROVE, /* camera: write into this slot, nobody else does any more */
	WIRE_WROTE, /* viewer: the bytes that were written */
	WIRE_BYE, /* camera: that was all */
	WIRE_REPORT, /* viewer: what it saw */
};

struct wire_message {
	uint32_t type;
	uint32_t slot;
	union {
		struct {
			uint32_t width, height, stride, bytes, frames, slots, percent;
		} hello;
		struct {
			uint32_t sequence;
		} frame;
		struct {
			uint64_t offset[WIRE_PROBES];
			uint8_t value[WIRE_PROBES];
		} wrote;
		struct {
			uint64_t pixels, wrong;
			uint32_t frames;
		} report;
	};
};

/* All return 0 or a descriptor on success, -errno on failure. */
int wire_listen(const char *path);
int wire_accept(int listener, int timeout_ms);
int wire_connect(const char *path, int timeout_ms);

/* @fd is passed along unless it is -1. */
int wire_send(int socket, const struct wire_message *message, int fd);

/*
 * *ret_fd is -1 when no descriptor came along. -EPIPE when the other side is
 * gone, -ETIMEDOUT when it keeps silent.
 */
int wire_receive(int socket, struct wire_message *ret_message, int *ret_fd);

/* As wire_receive(), and -EPROTO unless the message has this type. */
int wire_expect(int socket, enum wire_type type, struct wire_message *ret_message);

#endif /* DGEM_EXAMPLES_WIRE_H */
