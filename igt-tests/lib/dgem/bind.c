// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/observe.h"
#include "igt.h"

#define PCI "/sys/bus/pci/devices/"

static void last_name(const char *path, char *name, size_t room)
{
	const char *slash = strrchr(path, '/');

	igt_assert(slash && strlen(slash + 1) < room);
	strcpy(name, slash + 1);
}

void bound_find(struct bound *b, int fd)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct stat st;

	igt_assert_eq(fstat(fd, &st), 0);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	igt_assert(realpath(path, real));
	last_name(real, b->device, sizeof(b->device));
	strcat(path, "/driver");
	igt_assert_f(realpath(path, real), "%s has no driver in sysfs\n", b->device);
	igt_assert(strlen(real) < sizeof(b->driver));
	strcpy(b->driver, real);
}

static int write_name(const struct bound *b, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", b->driver, file);
	return observe_write(path, b->device);
}

int bound_unbind(const struct bound *b)
{
	return write_name(b, "unbind");
}

int bound_bind(const struct bound *b)
{
	return write_name(b, "bind");
}

bool bound_is_bound(const struct bound *b)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", b->driver, b->device);
	return !access(path, F_OK);
}

void pci_unbind(const char *device)
{
	char path[96];
	int ret;

	snprintf(path, sizeof(path), PCI "%s/driver/unbind", device);
	ret = observe_write(path, device);
	igt_assert(!ret || ret == -ENOENT);
}

void pci_bind(const char *device, const char *driver)
{
	char path[96];

	pci_unbind(device);
	snprintf(path, sizeof(path), PCI "%s/driver_override", device);
	igt_assert_eq(observe_write(path, *driver ? driver : "\n"), 0);
	igt_assert_eq(observe_write("/sys/bus/pci/drivers_probe", device), 0);
	snprintf(path, sizeof(path), PCI "%s/driver", device);
	igt_assert_f(!access(path, F_OK), "no driver takes %s\n", device);
}

int module_remove(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

/* Where the machine that boots the tests keeps what was built for its kernel. */
static void built_path(const char *module, char path[PATH_MAX])
{
	const char *kernel = getenv("DGEM_KERNEL");

	snprintf(path, PATH_MAX, "/dgem/build/%s/%s.ko", kernel ? kernel : "lts", module);
}

static int insert(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	igt_assert_f(fd >= 0, "%s: %s; DGEM_KO names the module dgem\n", path, strerror(errno));
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int module_insert(const char *module)
{
	char path[PATH_MAX];

	built_path(module, path);
	return insert(path, "");
}

int module_insert_dgem_with(const char *params)
{
	const char *given = getenv("DGEM_KO");
	char path[PATH_MAX];

	built_path(DGEM_MODULE, path);
	return insert(given ? given : path, params);
}

int module_insert_dgem(void)
{
	return module_insert_dgem_with(getenv("DGEM_PARAMS") ?: "");
}
