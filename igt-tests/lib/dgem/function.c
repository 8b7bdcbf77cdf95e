// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/function.h"
#include "dgem/observe.h"
#include "igt.h"

#define PCI "/sys/bus/pci/devices/"
#define PCI_CLASS_NVME "0x010802"

void function_take(char name[32])
{
	glob_t files;

	igt_assert_eq(glob(PCI "*/class", 0, NULL, &files), 0);
	*name = '\0';
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *class = observe_file(files.gl_pathv[i]);

		if (!strncmp(class, PCI_CLASS_NVME, strlen(PCI_CLASS_NVME)))
			sscanf(files.gl_pathv[i], PCI "%31[^/]", name);
		free(class);
	}
	globfree(&files);
	igt_assert_f(*name, "there is no NVMe controller\n");
	pci_bind(name, "dgem");
}

void function_give_back(const char *name)
{
	pci_bind(name, "");
}

bool function_has_iommu(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), PCI "%s/iommu_group", name);
	return !access(path, F_OK);
}

bool function_set_translation(const char *name, const char *type)
{
	char path[96];

	if (!function_has_iommu(name))
		return false;
	snprintf(path, sizeof(path), PCI "%s/iommu_group/type", name);
	pci_unbind(name);
	igt_assert_eq(observe_write(path, type), 0);
	pci_bind(name, "dgem");
	return true;
}

int function_write(const char *name, const char *attribute, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), PCI "%s/%s", name, attribute);
	return observe_write(path, text);
}

void function_node(const char *name, char card[64])
{
	char path[96];
	glob_t nodes;

	snprintf(path, sizeof(path), PCI "%s/drm/card*", name);
	igt_assert_f(!glob(path, 0, NULL, &nodes), "%s has no DRM node\n", name);
	snprintf(card, 64, "/dev/dri%s", strrchr(nodes.gl_pathv[0], '/'));
	globfree(&nodes);
}

int function_open(const char *name)
{
	char card[64];
	int fd;

	function_node(name, card);
	fd = open(card, O_RDWR | O_CLOEXEC);
	igt_assert_f(fd >= 0, "%s: %s\n", card, strerror(errno));
	return fd;
}
