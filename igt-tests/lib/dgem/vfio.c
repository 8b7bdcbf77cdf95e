// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/edu.h"
#include "dgem/foreign.h"
#include "dgem/vfio.h"
#include "igt.h"

#define PCI "/sys/bus/pci/devices/"

/* PCI's command word, and its bits for registers in memory and to access memory. */
#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY 2
#define PCI_COMMAND_MASTER 4

/* edu's registers, and where its buffer is for its engine. */
#define EDU_SOURCE 0x80
#define EDU_TARGET 0x88
#define EDU_COUNT 0x90
#define EDU_COMMAND 0x98
#define EDU_RUN 1
#define EDU_TO_MEMORY 2
#define EDU_BUFFER 0x40000

static void find_edu(struct vfio *v)
{
	glob_t nodes;

	igt_assert_f(!glob("/dev/" EDU_MODULE "-*", 0, NULL, &nodes), "there is no edu\n");
	snprintf(v->name, sizeof(v->name), "%s",
		 nodes.gl_pathv[0] + strlen("/dev/" EDU_MODULE "-"));
	globfree(&nodes);
}

static void open_group(struct vfio *v)
{
	char path[96], target[96];
	ssize_t len;

	snprintf(path, sizeof(path), PCI "%s/iommu_group", v->name);
	len = readlink(path, target, sizeof(target) - 1);
	igt_assert_f(len > 0, "%s is behind no IOMMU\n", v->name);
	target[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(target, '/'));
	v->group = open(path, O_RDWR | O_CLOEXEC);
	igt_assert_f(v->group >= 0, "%s: %s\n", path, strerror(errno));
	v->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	igt_assert_fd(v->container);
	do_ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container);
	igt_assert_eq(ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), 0);
	v->device = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, v->name);
	igt_assert_fd(v->device);
}

static void map_regs(struct vfio *v)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	info.index = VFIO_PCI_CONFIG_REGION_INDEX;
	do_ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info);
	igt_assert_eq(pwrite(v->device, &command, sizeof(command), info.offset + PCI_COMMAND),
		      sizeof(command));
	info.index = VFIO_PCI_BAR0_REGION_INDEX;
	do_ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info);
	v->regs = mmap(NULL, content_page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, v->device,
		       info.offset);
	igt_assert(v->regs != MAP_FAILED);
}

void vfio_start(struct vfio *v)
{
	igt_assert_eq(module_load("vfio-pci", ""), 0);
	find_edu(v);
	pci_bind(v->name, "vfio-pci");
	open_group(v);
	map_regs(v);
}

void vfio_stop(struct vfio *v)
{
	munmap((void *)v->regs, content_page_size());
	close(v->device);
	close(v->group);
	close(v->container);
	pci_bind(v->name, "");
}

int vfio_map(struct vfio *v, void *map, size_t len, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)map,
		.iova = iova,
		.size = len,
	};

	return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &arg) ? -errno : 0;
}

void vfio_unmap(struct vfio *v, size_t len, uint64_t iova)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.iova = iova,
		.size = len,
	};

	do_ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &arg);
	igt_assert_eq_u64(arg.size, len);
}

static volatile uint32_t *reg(struct vfio *v, unsigned int at)
{
	return (volatile uint32_t *)(v->regs + at);
}

static void transfer(struct vfio *v, uint64_t from, uint64_t to, uint32_t length, uint32_t command)
{
	int64_t until = dgem_now() + 60000000000ll;

	*reg(v, EDU_SOURCE) = from;
	*reg(v, EDU_TARGET) = to;
	*reg(v, EDU_COUNT) = length;
	*reg(v, EDU_COMMAND) = EDU_RUN | command;
	while (*reg(v, EDU_COMMAND) & EDU_RUN) {
		igt_assert_f(dgem_now() < until, "edu does not end\n");
		usleep(1000);
	}
}

void vfio_copy(struct vfio *v, uint64_t from, uint64_t to, uint32_t length)
{
	transfer(v, from, EDU_BUFFER, length, 0);
	transfer(v, EDU_BUFFER, to, length, EDU_TO_MEMORY);
}
