// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "camera.h"
#include "wire.h"

static void print_residency(struct demo *demo)
{
	uint64_t page, total = 0, resident = 0;
	struct dgem_bo_info info;
	unsigned int i;
	int ret;

	ret = dgem_device_get_param(demo->dev, DRM_DGEM_PARAM_PAGE_SIZE, 0, &page);
	if (ret)
		die(EXIT_ERROR, ret, "page size");
	for (i = 0; i < demo->num_slots; i++) {
		ret = dgem_bo_get_info(demo->slots[i].bo, &info, sizeof(info));
		if (ret)
			die(EXIT_ERROR, ret, "BO %u", i);
		total += info.size;
		resident += info.resident;
	}
	printf("camera: %llu pages resident of %llu in all BOs\n",
	       (unsigned long long)(resident / page), (unsigned long long)(total / page));
}

/*
 * The viewer has inverted bytes through the dma-buf that it imported. If they
 * are inverted here, through the DRM file, there is one set of pages.
 */
static unsigned int probe_slot(struct demo *demo, uint32_t index)
{
	struct wire_message message = { .type = WIRE_PROVE, .slot = index };
	unsigned int i, same = 0;
	void *ptr;
	int ret;

	ret = wire_send(demo->socket, &message, -1);
	if (!ret)
		ret = wire_expect(demo->socket, WIRE_WROTE, &message);
	if (!ret)
		ret = dgem_bo_map(demo->slots[index].bo, &ptr);
	if (!ret)
		ret = dgem_bo_begin_access(demo->slots[index].bo, DGEM_ACCESS_READ);
	if (ret)
		die(EXIT_ERROR, ret, "proof on BO %u", index);
	for (i = 0; i < WIRE_PROBES; i++)
		same += ((volatile uint8_t *)ptr)[message.wrote.offset[i]] ==
			message.wrote.value[i];
	ret = dgem_bo_end_access(demo->slots[index].bo, DGEM_ACCESS_READ);
	if (ret)
		die(EXIT_ERROR, ret, "end the proof on BO %u", index);
	dgem_bo_unmap(demo->slots[index].bo);
	return same;
}

static unsigned int probe(struct demo *demo, unsigned int *ret_probes)
{
	unsigned int i, same = 0, probes = 0;

	for (i = 0; i < demo->num_slots; i++) {
		/* Few frames may leave slots that the viewer never saw. */
		if (!demo->slots[i].known)
			continue;
		same += probe_slot(demo, i);
		probes += WIRE_PROBES;
	}
	*ret_probes = probes;
	return same;
}

int prove(struct demo *demo)
{
	struct wire_message message = { .type = WIRE_BYE };
	unsigned int same, probes;
	int ret;

	print_residency(demo);
	same = probe(demo, &probes);
	ret = wire_send(demo->socket, &message, -1);
	if (!ret)
		ret = wire_expect(demo->socket, WIRE_REPORT, &message);
	if (ret)
		die(EXIT_ERROR, ret, "the viewer's report");
	printf("camera: the viewer saw %u frames, %llu pixels, %llu of them wrong\n",
	       message.report.frames, (unsigned long long)message.report.pixels,
	       (unsigned long long)message.report.wrong);
	printf("camera: %u of %u bytes that the viewer wrote through the imported dma-bufs "
	       "are seen through the DRM file: %s\n",
	       same, probes,
	       same == probes && probes ? "one set of pages" : "NOT one set of pages");
	if (message.report.wrong || message.report.frames != demo->frames)
		return EXIT_PICTURE;
	return same == probes && probes ? EXIT_SUCCESS : EXIT_NOT_ONE;
}
