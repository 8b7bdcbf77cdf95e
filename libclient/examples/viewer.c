// SPDX-License-Identifier: MIT
/*
 * The second process of the demo: gets frames as dma-bufs, compares them pixel
 * by pixel with the colour bars, shows them on a screen if it is told of one, saves
 * the last one, and writes into them on demand.
 */
#include <dgem.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bars.h"
#include "picture.h"
#include "screen.h"
#include "wire.h"

#define MAX_SLOTS 16
#define CAMERA_TIMEOUT_MS 60000
#define SCRIBBLE 0x5a

struct slot {
	struct dgem_bo *bo;
	struct dgem_map *map; /* of the dma-buf; the BO's own map is another one */
	int dmabuf;
	uint32_t fb;
};

struct viewer {
	struct dgem_device *dev;
	int socket;
	const char *picture;
	const char *node, *command; /* of the screen; when it shows the last frame */
	struct screen screen;
	uint32_t width, height, stride, bytes, frames;
	uint8_t *line; /* what each line should look like */
	struct slot slots[MAX_SLOTS];
	uint32_t seen;
	uint64_t pixels, wrong;
};

__attribute__((noreturn, format(printf, 2, 3))) static void die(int ret, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "viewer: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ret ? ": %s\n" : "\n", strerror(-ret));
	exit(1);
}

static void greet(struct viewer *viewer)
{
	struct wire_message message;
	int ret;

	ret = wire_expect(viewer->socket, WIRE_HELLO, &message);
	if (ret)
		die(ret, "the camera's greeting");
	viewer->width = message.hello.width;
	viewer->height = message.hello.height;
	viewer->stride = message.hello.stride;
	viewer->bytes = message.hello.bytes;
	viewer->frames = message.hello.frames;
	if (!viewer->width || !viewer->height || (viewer->bytes != 3 && viewer->bytes != 4) ||
	    viewer->stride / viewer->bytes < viewer->width || message.hello.slots > MAX_SLOTS)
		die(-EPROTO, "the camera's greeting");
	viewer->line = malloc(viewer->bytes * (size_t)viewer->width);
	if (!viewer->line)
		die(-ENOMEM, "the colour bars");
	bars_line(viewer->line, viewer->width, viewer->bytes, message.hello.percent);
	if (!viewer->node)
		return;
	if (viewer->bytes != 4)
		die(0, "screens show XR24");
	ret = screen_open(&viewer->screen, viewer->node, viewer->width, viewer->height);
	if (ret)
		die(ret, "no screen of %ux%u at %s", viewer->width, viewer->height, viewer->node);
}

static void drop_slot(struct viewer *viewer, struct slot *slot)
{
	if (!slot->bo)
		return;
	if (viewer->node)
		screen_forget(&viewer->screen, slot->fb);
	dgem_map_unref(slot->map);
	dgem_bo_unref(slot->bo);
	close(slot->dmabuf);
	slot->bo = NULL;
}

static void fill_slot(struct viewer *viewer, struct slot *slot, int dmabuf)
{
	int ret;

	drop_slot(viewer, slot);
	ret = dgem_bo_import(viewer->dev, dmabuf, &slot->bo);
	if (ret)
		die(ret, "import");
	if (dgem_bo_size(slot->bo) < (uint64_t)viewer->stride * viewer->height)
		die(-EPROTO, "a BO of %llu bytes", (unsigned long long)dgem_bo_size(slot->bo));
	ret = dgem_dmabuf_map(viewer->dev, dmabuf, 0, 0, PROT_READ | PROT_WRITE, &slot->map);
	if (ret)
		die(ret, "map the dma-buf");
	if (viewer->node)
		ret = screen_import(&viewer->screen, dmabuf, viewer->stride, &slot->fb);
	if (ret)
		die(ret, "import into the screen's driver");
	slot->dmabuf = dmabuf;
}

static void check_frame(struct viewer *viewer, uint8_t *frame, uint32_t sequence)
{
	uint64_t wrong;
	uint32_t x, y;
	int ret;

	wrong = bars_compare(frame, viewer->width, viewer->height, viewer->stride, viewer->bytes,
			     viewer->line, &x, &y);
	if (wrong) {
		const uint64_t at = viewer->bytes * (uint64_t)x;
		const uint8_t *pixel = frame + (uint64_t)y * viewer->stride + at;
		const uint8_t *bar = viewer->line + at;

		fprintf(stderr,
			"viewer: frame %u: %llu wrong pixels, first at %u,%u: "
			"%u,%u,%u instead of %u,%u,%u\n",
			sequence, (unsigned long long)wrong, x, y, pixel[0], pixel[1], pixel[2],
			bar[0], bar[1], bar[2]);
	}
	viewer->wrong += wrong;
	viewer->pixels += (uint64_t)viewer->width * viewer->height;
	viewer->seen++;
	if (viewer->seen != viewer->frames || !viewer->picture)
		return;
	ret = picture_save(viewer->picture, frame, viewer->bytes, viewer->width, viewer->height,
			   viewer->stride);
	if (ret)
		die(ret, "write %s", viewer->picture);
	printf("viewer: the last frame is in %s\n", viewer->picture);
}

static void show(struct viewer *viewer, struct slot *slot, uint32_t sequence)
{
	int ret = screen_show(&viewer->screen, slot->fb);

	if (ret)
		die(ret, "show frame %u", sequence);
	if (viewer->command && viewer->seen == viewer->frames && system(viewer->command))
		die(0, "failed: %s", viewer->command);
}

/* Looks through the BO's handle; the proof below goes through the dma-buf. */
static void look(struct viewer *viewer, struct slot *slot, uint32_t sequence)
{
	void *ptr;
	int ret;

	ret = dgem_bo_map(slot->bo, &ptr);
	if (!ret)
		ret = dgem_bo_begin_access(slot->bo, DGEM_ACCESS_READ);
	if (ret)
		die(ret, "access frame %u", sequence);
	check_frame(viewer, ptr, sequence);
	ret = dgem_bo_end_access(slot->bo, DGEM_ACCESS_READ);
	if (ret)
		die(ret, "end access to frame %u", sequence);
	if (viewer->node)
		show(viewer, slot, sequence);
	/* So that the next frame in this slot cannot be the old one. */
	ret = dgem_bo_begin_access(slot->bo, DGEM_ACCESS_WRITE);
	if (ret)
		die(ret, "write access to frame %u", sequence);
	memset(ptr, SCRIBBLE, (size_t)viewer->stride * viewer->height);
	ret = dgem_bo_end_access(slot->bo, DGEM_ACCESS_WRITE);
	if (ret)
		die(ret, "end write access to frame %u", sequence);
	dgem_bo_unmap(slot->bo);
}

static void on_frame(struct viewer *viewer, struct wire_message *message, int dmabuf)
{
	struct slot *slot = &viewer->slots[message->slot];
	struct wire_message done = { .type = WIRE_DONE, .slot = message->slot };
	int ret;

	if (dmabuf >= 0)
		fill_slot(viewer, slot, dmabuf);
	if (!slot->bo)
		die(-EPROTO, "slot %u has no dma-buf", message->slot);
	look(viewer, slot, message->frame.sequence);
	ret = wire_send(viewer->socket, &done, -1);
	if (ret)
		die(ret, "answer");
}

static void on_prove(struct viewer *viewer, uint32_t index)
{
	struct slot *slot = &viewer->slots[index];
	struct wire_message message = { .type = WIRE_WROTE, .slot = index };
	volatile uint8_t *bytes;
	uint64_t size, offset;
	unsigned int i;
	int ret;

	if (!slot->bo)
		die(-EPROTO, "slot %u has no dma-buf", index);
	bytes = dgem_map_ptr(slot->map);
	size = (uint64_t)viewer->stride * viewer->height;
	ret = dgem_dmabuf_begin_access(slot->dmabuf, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE);
	if (ret)
		die(ret, "access slot %u", index);
	for (i = 0; i < WIRE_PROBES; i++) {
		/* One byte in each part of the frame, at a random place. */
		offset = size / WIRE_PROBES * i + (uint64_t)random() % (size / WIRE_PROBES);
		bytes[offset] = (uint8_t)~bytes[offset];
		message.wrote.offset[i] = offset;
		message.wrote.value[i] = bytes[offset];
	}
	ret = dgem_dmabuf_end_access(slot->dmabuf, DGEM_ACCESS_READ | DGEM_ACCESS_WRITE);
	if (!ret)
		ret = wire_send(viewer->socket, &message, -1);
	if (ret)
		die(ret, "proof on slot %u", index);
}

static void serve(struct viewer *viewer)
{
	struct wire_message message;
	int dmabuf, ret;

	for (;;) {
		ret = wire_receive(viewer->socket, &message, &dmabuf);
		if (ret)
			die(ret, "the camera");
		if (message.slot >= MAX_SLOTS)
			die(-EPROTO, "slot %u", message.slot);
		switch (message.type) {
		case WIRE_FRAME:
			on_frame(viewer, &message, dmabuf);
			break;
		case WIRE_PROVE:
			on_prove(viewer, message.slot);
			break;
		case WIRE_BYE:
			return;
		default:
			die(-EPROTO, "message %u", message.type);
		}
	}
}

static void report(struct viewer *viewer)
{
	struct wire_message message = { .type = WIRE_REPORT };
	unsigned int i;
	int ret;

	message.report.frames = viewer->seen;
	message.report.pixels = viewer->pixels;
	message.report.wrong = viewer->wrong;
	ret = wire_send(viewer->socket, &message, -1);
	if (ret)
		die(ret, "report");
	for (i = 0; i < MAX_SLOTS; i++)
		drop_slot(viewer, &viewer->slots[i]);
	if (viewer->node)
		screen_close(&viewer->screen);
	free(viewer->line);
	close(viewer->socket);
	dgem_device_unref(viewer->dev);
}

int main(int argc, char **argv)
{
	struct viewer viewer = { 0 };
	const char *path = NULL;
	int option, ret;

	while ((option = getopt(argc, argv, "s:o:c:x:")) >= 0) {
		if (option == 's')
			path = optarg;
		else if (option == 'o')
			viewer.picture = optarg;
		else if (option == 'c')
			viewer.node = optarg;
		else if (option == 'x')
			viewer.command = optarg;
		else
			path = NULL, optind = argc + 1;
	}
	if (!path || optind != argc) {
		fprintf(stderr,
			"usage: viewer -s SOCKET [-o PICTURE] [-c /dev/dri/cardN [-x COMMAND]]\n");
		return 2;
	}

	ret = dgem_device_open(&viewer.dev);
	if (ret)
		die(ret, "open dgem");
	viewer.socket = wire_connect(path, CAMERA_TIMEOUT_MS);
	if (viewer.socket < 0)
		die(viewer.socket, "connect to %s", path);
	srandom((unsigned int)getpid());
	greet(&viewer);
	serve(&viewer);
	report(&viewer);
	return viewer.wrong || viewer.seen != viewer.frames ? 1 : 0;
}
