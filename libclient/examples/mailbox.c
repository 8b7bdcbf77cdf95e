// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies what memory holds to the standard output, or the standard input to memory. */
int main(int argc, char **argv)
{
	struct dgem_bo_options options = DGEM_BO_OPTIONS_INIT;
	struct dgem_device *dev;
	struct dgem_bo *bo;
	size_t size, done;
	void *map;
	int ret;

	if (argc != 5)
		return fputs("usage: mailbox read|write HEAP OFFSET SIZE\n", stderr), 2;
	options.heap_name = argv[2];
	options.flags = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS;
	options.heap_offset = strtoull(argv[3], NULL, 0);
	size = strtoull(argv[4], NULL, 0);
	ret = dgem_device_open(&dev);
	ret = ret ?: dgem_bo_create(dev, size, &options, &bo);
	ret = ret ?: dgem_bo_map(bo, &map);
	if (ret)
		return fprintf(stderr, "mailbox: %s\n", strerror(-ret)), 1;
	if (strcmp(argv[1], "write"))
		done = fwrite(map, 1, size, stdout);
	else
		done = fread(map, 1, size, stdin);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	return done == size ? 0 : 1;
}
