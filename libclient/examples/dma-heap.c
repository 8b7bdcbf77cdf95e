// SPDX-License-Identifier: MIT
/*
 * A program that knows dma-heaps and nothing of dgem: it takes the first of the names that
 * libcamera's allocator tries, in its order, as camera programs do.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (1 << 20)

/* From the core's text of the file descriptor: who exported it. */
static void print_exporter(int dmabuf)
{
	char path[64], line[256], who[64] = "nobody";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", dmabuf);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "exp_name: %63s", who);
	if (file)
		fclose(file);
	printf("%d bytes of %s\n", SIZE, who);
}

int main(void)
{
	static const char *const names[] = { "linux,cma", "reserved", "system" };
	struct dma_heap_allocation_data data = { .len = SIZE, .fd_flags = O_RDWR | O_CLOEXEC };
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	char path[64], *map;
	int heap = -1;

	for (unsigned int i = 0; heap < 0 && i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/dev/dma_heap/%s", names[i]);
		heap = open(path, O_RDWR | O_CLOEXEC);
		if (heap >= 0)
			printf("%s: ", names[i]);
	}
	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		return fprintf(stderr, "no memory: %s\n", strerror(errno)), 1;
	if (ioctl(data.fd, DMA_BUF_SET_NAME_B, "frame"))
		return perror("DMA_BUF_SET_NAME"), 1;
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, data.fd, 0);
	if (map == MAP_FAILED || ioctl(data.fd, DMA_BUF_IOCTL_SYNC, &sync))
		return perror("dma-buf"), 1;
	memset(map, 0x5a, SIZE);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	if (ioctl(data.fd, DMA_BUF_IOCTL_SYNC, &sync))
		return perror("dma-buf"), 1;
	print_exporter(data.fd);
	return 0;
}
