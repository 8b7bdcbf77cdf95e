// SPDX-License-Identifier: MIT
/*
 * The camera's side of the demo: V4L2 fills BOs of dgem, another process gets
 * them as dma-bufs. Ends with a proof that both see one set of pages.
 *
 * With -DCOPY=1 it sends copies instead. Everything looks the same to the
 * viewer, but the proof must fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera.h"
#include "wire.h"

#ifndef COPY
#define COPY 0
#endif

#define FRAME_RATE 30
#define VIEWER_TIMEOUT_MS 60000

static const struct format {
	const char *name; /* as the kernel spells it */
	uint32_t fourcc, bytes, width, height;
} formats[] = {
	{ "RGB3", V4L2_PIX_FMT_RGB24, 3, 640, 360 },
	/* What screens show */
	{ "XR24", V4L2_PIX_FMT_XBGR32, 4, 640, 480 },
};

void die(int status, int ret, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "camera: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ret ? ": %s\n" : "\n", strerror(-ret));
	exit(status);
}

static void open_camera(struct demo *demo)
{
	const struct format *format = demo->format;
	char pattern[32];
	int ret;

	ret = v4l2_open(demo->driver, V4L2_BUF_TYPE_VIDEO_CAPTURE, &demo->camera);
	if (ret)
		die(EXIT_ERROR, ret, "no capture device of driver %s", demo->driver);
	snprintf(pattern, sizeof(pattern), "%u%% Colorbar", demo->percent);
	ret = v4l2_set_format(&demo->camera, format->fourcc, format->width, format->height);
	if (ret)
		die(EXIT_ERROR, ret, "format %s %ux%u", format->name, format->width,
		    format->height);
	ret = v4l2_set_rate(&demo->camera, FRAME_RATE);
	if (ret)
		die(EXIT_ERROR, ret, "%u frames a second", FRAME_RATE);
	ret = v4l2_set_menu(&demo->camera, "Test Pattern", pattern);
	if (ret)
		die(EXIT_ERROR, ret, "test pattern %s", pattern);
	ret = v4l2_set_menu(&demo->camera, "OSD Text Mode", "None");
	if (ret)
		die(EXIT_ERROR, ret, "text off");
	printf("camera: %s of %s, %ux%u %s, %s\n", demo->camera.path, demo->driver, format->width,
	       format->height, format->name, pattern);
}

static void create_slots(struct demo *demo)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	uint64_t size = demo->camera.size;
	char label[32];
	unsigned int i;
	int ret;

	if (size < demo->bo_size)
		size = demo->bo_size;
	options.heap_name = demo->heap;
	options.label = label;
	for (i = 0; i < demo->num_slots; i++) {
		struct slot *slot = &demo->slots[i];

		snprintf(label, sizeof(label), "camera frame %u", i);
		ret = dgem_bo_create(demo->dev, size, &options, &slot->bo);
		if (ret == -ENOENT)
			die(EXIT_NO_HEAP, 0, "dgem has no heap called %s", demo->heap);
		if (ret)
			die(EXIT_ERROR, ret, "create a BO of %llu bytes", (unsigned long long)size);
		ret = dgem_bo_export(slot->bo, O_RDWR, &slot->dmabuf);
		if (ret)
			die(EXIT_ERROR, ret, "export");
	}
	printf("camera: %u BOs of %llu bytes in heap %s, %u bytes a frame\n", demo->num_slots,
	       (unsigned long long)dgem_bo_size(demo->slots[0].bo), demo->heap, demo->camera.size);
}

static void start(struct demo *demo)
{
	unsigned int i;
	int ret;

	ret = v4l2_request(&demo->camera, demo->num_slots);
	if (ret)
		die(EXIT_ERROR, ret, "request %u dma-buf buffers", demo->num_slots);
	for (i = 0; i < demo->num_slots; i++) {
		ret = v4l2_queue(&demo->camera, i, demo->slots[i].dmabuf);
		if (ret)
			die(EXIT_REFUSED, ret, "%s refuses the dma-buf of BO %u", demo->driver, i);
	}
	ret = v4l2_start(&demo->camera);
	if (ret)
		die(EXIT_REFUSED, ret, "start streaming");
}

static void connect_viewer(struct demo *demo)
{
	struct wire_message hello = {
		.type = WIRE_HELLO,
		.hello = {
			.width = demo->camera.width,
			.height = demo->camera.height,
			.stride = demo->camera.stride,
			.bytes = demo->format->bytes,
			.frames = demo->frames,
			.slots = demo->num_slots,
			.percent = demo->percent,
		},
	};
	int listener, ret;

	listener = wire_listen(demo->socket_path);
	if (listener < 0)
		die(EXIT_ERROR, listener, "listen on %s", demo->socket_path);
	demo->socket = wire_accept(listener, VIEWER_TIMEOUT_MS);
	if (demo->socket < 0)
		die(EXIT_ERROR, demo->socket, "wait for the viewer");
	close(listener);
	unlink(demo->socket_path);
	ret = wire_send(demo->socket, &hello, -1);
	if (ret)
		die(EXIT_ERROR, ret, "greet the viewer");
}

/* What a program does that cannot share memory. Returns the copy's dma-buf. */
static int copy_of(struct demo *demo, struct slot *slot)
{
	struct dgem_bo *copy;
	void *from, *to;
	int ret, fd;

	ret = dgem_bo_create(demo->dev, demo->camera.size, NULL, &copy);
	if (!ret)
		ret = dgem_bo_map(slot->bo, &from);
	if (!ret)
		ret = dgem_bo_map(copy, &to);
	if (!ret)
		ret = dgem_bo_export(copy, O_RDWR, &fd);
	if (!ret)
		ret = dgem_bo_begin_access(slot->bo, DGEM_ACCESS_READ);
	if (!ret)
		ret = dgem_bo_begin_access(copy, DGEM_ACCESS_WRITE);
	if (ret)
		die(EXIT_ERROR, ret, "copy");
	memcpy(to, from, demo->camera.size);
	ret = dgem_bo_end_access(copy, DGEM_ACCESS_WRITE);
	if (!ret)
		ret = dgem_bo_end_access(slot->bo, DGEM_ACCESS_READ);
	if (ret)
		die(EXIT_ERROR, ret, "end the copy");
	dgem_bo_unmap(slot->bo);
	dgem_bo_unref(copy);
	return fd;
}

static void show_frame(struct demo *demo, uint32_t index, uint32_t sequence)
{
	struct wire_message message = { .type = WIRE_FRAME, .slot = index };
	struct slot *slot = &demo->slots[index];
	int fd = slot->known ? -1 : slot->dmabuf;
	int ret;

	if (COPY)
		fd = copy_of(demo, slot);
	message.frame.sequence = sequence;
	ret = wire_send(demo->socket, &message, fd);
	if (ret)
		die(EXIT_ERROR, ret, "send a frame");
	if (COPY)
		close(fd);
	slot->known = 1;
	ret = wire_expect(demo->socket, WIRE_DONE, &message);
	if (ret)
		die(EXIT_ERROR, ret, "the viewer's answer to frame %u", sequence);
}

static void stream(struct demo *demo)
{
	unsigned int frame;
	uint32_t index, sequence;
	int ret;

	for (frame = 0; frame < demo->frames; frame++) {
		ret = v4l2_dequeue(&demo->camera, &index, &sequence);
		if (ret)
			die(EXIT_ERROR, ret, "frame %u", frame);
		if (!frame)
			demo->first_sequence = sequence;
		demo->last_sequence = sequence;
		show_frame(demo, index, sequence);
		ret = v4l2_queue(&demo->camera, index, demo->slots[index].dmabuf);
		if (ret)
			die(EXIT_ERROR, ret, "queue BO %u again", index);
	}
	ret = v4l2_stop(&demo->camera);
	if (ret)
		die(EXIT_ERROR, ret, "stop streaming");
	printf("camera: %u frames, %llu bytes, %u dropped\n", demo->frames,
	       (unsigned long long)demo->frames * demo->camera.size,
	       demo->last_sequence - demo->first_sequence + 1 - demo->frames);
}

static void clean_up(struct demo *demo)
{
	unsigned int i;

	close(demo->socket);
	close(demo->camera.fd);
	for (i = 0; i < demo->num_slots; i++) {
		close(demo->slots[i].dmabuf);
		dgem_bo_unref(demo->slots[i].bo);
	}
	dgem_device_unref(demo->dev);
}

__attribute__((noreturn)) static void usage(void)
{
	fprintf(stderr, "usage: camera -s SOCKET [-n FRAMES] [-b BUFFERS] [-H HEAP] [-S BO-SIZE]\n"
			"              [-p 75|100] [-d V4L2-DRIVER] [-f RGB3|XR24]\n");
	exit(EXIT_USAGE);
}

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	usage();
}

static void parse(struct demo *demo, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s:n:b:H:S:p:d:f:")) >= 0) {
		switch (option) {
		case 's':
			demo->socket_path = optarg;
			break;
		case 'n':
			demo->frames = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'b':
			demo->num_slots = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'H':
			demo->heap = optarg;
			break;
		case 'S':
			demo->bo_size = strtoull(optarg, NULL, 0);
			break;
		case 'p':
			demo->percent = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'd':
			demo->driver = optarg;
			break;
		case 'f':
			demo->format = find_format(optarg);
			break;
		default:
			usage();
		}
	}
	if (!demo->socket_path || !demo->frames || !demo->num_slots ||
	    demo->num_slots > MAX_SLOTS || optind != argc ||
	    (demo->percent != 75 && demo->percent != 100))
		usage();
}

int main(int argc, char **argv)
{
	struct demo demo = {
		.heap = "system",
		.driver = "vivid",
		.format = &formats[0],
		.frames = 60,
		.num_slots = 4,
		.percent = 75,
	};
	int ret, status;

	parse(&demo, argc, argv);
	ret = dgem_device_open(&demo.dev);
	if (ret)
		die(EXIT_ERROR, ret, "open dgem");
	open_camera(&demo);
	create_slots(&demo);
	connect_viewer(&demo);
	start(&demo);
	stream(&demo);
	status = prove(&demo);
	clean_up(&demo);
	return status;
}
