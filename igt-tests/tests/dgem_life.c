// SPDX-License-Identifier: MIT
/*
 * The module can be removed when nothing of it is in use, and only then: each
 * thing that keeps it is tried alone, and each run ends with the module gone
 * and loaded again. IGT_DGEM_RELOADS sets how often it is loaded in a row
 * (default 10 for each heap).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "dgem/observe.h"
#include "igt.h"

IGT_TEST_DESCRIPTION(
	"Files, dma-bufs, mappings and imports keep the module loaded, and nothing else does.");

#define RW (PROT_READ | PROT_WRITE)
#define SIZE (3ull << 20)

/* Refused while it is used: by the module's count, so nothing was harmed. */
static void expect_in_use(void)
{
	int ret = module_remove(DGEM_MODULE);

	igt_assert_f(ret == -EAGAIN || ret == -EBUSY, "removal of a module in use: %d\n", ret);
	igt_assert_lt(0, observe_module_refs(DGEM_MODULE));
}

/*
 * Gone, or about to go: a kernel with CONFIG_DEBUG_KOBJECT_RELEASE releases each
 * kobject one to four seconds after its last user, to find code that relies on it.
 */
static void expect_gone(const char *path)
{
	for (int i = 0; i < 1000 && !access(path, F_OK); i++)
		usleep(10000);
	igt_assert_f(access(path, F_OK), "%s is still there\n", path);
}

/* Removed at once, with no slab, debugfs or tracing leftover; loaded again. */
static void expect_removable(void)
{
	int fd;

	igt_assert_eq(observe_module_refs(DGEM_MODULE), 0);
	igt_assert_eq(module_remove(DGEM_MODULE), 0);
	igt_assert_eq(observe_module_refs(DGEM_MODULE), -1);
	igt_assert_eq(__drm_open_driver(DRIVER_DGEM), -1);
	expect_gone("/sys/bus/platform/drivers/dgem");
	igt_assert_eq(module_insert_dgem(), 0);
	fd = __drm_open_driver(DRIVER_DGEM);
	igt_assert_fd(fd);
	igt_assert_eq(observe_stat(fd, "bos"), 0);
	close(fd);
}

static void open_file(uint32_t heap)
{
	int fd = drm_open_driver(DRIVER_DGEM);
	int other = __drm_open_driver_render(DRIVER_DGEM);

	if (other < 0)
		other = drm_open_driver(DRIVER_DGEM);
	dgem_bo_create_in(fd, SIZE, heap, DRM_DGEM_BO_POPULATE);
	expect_in_use();
	close(fd);
	expect_in_use();
	close(other);
	expect_removable();
}

static void live_dmabuf(uint32_t heap)
{
	int fd = drm_open_driver(DRIVER_DGEM);
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int dmabuf = prime_handle_to_fd(fd, handle);

	gem_close(fd, handle);
	close(fd);
	expect_in_use();
	close(dmabuf);
	expect_removable();
}

static void live_map(uint32_t heap, bool by_dmabuf)
{
	int fd = drm_open_driver(DRIVER_DGEM), dmabuf;
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	struct shadow *sh = shadow_create(SIZE / dgem_page_size());
	char *map;

	if (by_dmabuf) {
		dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
		map = dgem_dmabuf_map(dmabuf, 0, SIZE, RW);
		close(dmabuf);
	} else {
		map = dgem_bo_map(fd, handle, SIZE);
	}
	gem_close(fd, handle);
	close(fd);
	expect_in_use();
	shadow_mix(sh, map, 0, sh->pages);
	dgem_unmap(map, SIZE / 2);
	expect_in_use();
	shadow_mix(sh, map + SIZE / 2, sh->pages / 2, sh->pages / 2);
	dgem_unmap(map + SIZE / 2, SIZE / 2);
	shadow_destroy(sh);
	expect_removable();
}

static void live_drm_map(uint32_t heap)
{
	live_map(heap, false);
}

static void live_dmabuf_map(uint32_t heap)
{
	live_map(heap, true);
}

/* Another driver's handle of our BO. */
static void live_import(uint32_t heap)
{
	int fd = drm_open_driver(DRIVER_DGEM), vgem = vgem_open();
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int dmabuf = prime_handle_to_fd(fd, handle);

	prime_fd_to_handle(vgem, dmabuf);
	close(dmabuf);
	close(fd);
	expect_in_use();
	close(vgem);
	expect_removable();
}

/* Our handle of another driver's buffer: both modules, then neither. */
static void live_foreign(uint32_t heap)
{
	int fd = drm_open_driver(DRIVER_DGEM);
	struct foreign f;

	(void)heap;
	foreign_create(&f, FOREIGN_VGEM, SIZE);
	prime_fd_to_handle(fd, f.dmabuf);
	foreign_destroy(&f);
	igt_assert_neq(module_unload("vgem"), 0);
	expect_in_use();
	close(fd);
	igt_assert_eq(module_unload("vgem"), 0);
	expect_removable();
}

/* Unbound with everything alive, and removed when the last of it is gone. */
static void unbound_first(uint32_t heap)
{
	int fd = drm_open_driver(DRIVER_DGEM);
	uint32_t handle = dgem_bo_create_in(fd, SIZE, heap, 0);
	int dmabuf = prime_handle_to_fd_for_mmap(fd, handle);
	char *map = dgem_dmabuf_map(dmabuf, 0, SIZE, RW);
	struct bound bound;

	bound_find(&bound, fd);
	map[0] = 1;
	igt_assert_eq(bound_unbind(&bound), 0);
	expect_in_use();
	close(fd);
	expect_in_use();
	close(dmabuf);
	expect_in_use();
	igt_assert_eq(map[0], 1);
	dgem_unmap(map, SIZE);
	expect_removable();
}

/* Loading and removing it over and over, with a little use in between. */
static void reload(uint32_t heap)
{
	const int count = dgem_repeat("IGT_DGEM_RELOADS", 10);

	for (int i = 0; i < count; i++) {
		int fd = drm_open_driver(DRIVER_DGEM);

		dgem_bo_create_in(fd, SIZE, heap, DRM_DGEM_BO_POPULATE);
		close(fd);
		expect_removable();
	}
}

static const struct {
	const char *name, *what;
	void (*run)(uint32_t heap);
} tests[] = {
	{ "open-file", "An open file keeps the module.", open_file },
	{ "live-dmabuf", "A dma-buf keeps the module.", live_dmabuf },
	{ "live-map", "A mapping of the DRM file keeps the module, and so does each half of it.",
	  live_drm_map },
	{ "live-dmabuf-map", "A mapping of a dma-buf keeps the module.", live_dmabuf_map },
	{ "live-import", "Another driver's import keeps the module.", live_import },
	{ "live-foreign", "An imported BO keeps the exporter's module as well.", live_foreign },
	{ "unbound-first", "After unbind, whatever is still open keeps the module.",
	  unbound_first },
	{ "reload", "The module can be removed and loaded many times.", reload },
};

int igt_main()
{
	for_each_subtest(t, tests) {
		t->run(0);
		t->run(1);
	}

	igt_fixture()
		if (observe_module_refs(DGEM_MODULE) < 0)
			igt_assert_eq(module_insert_dgem(), 0);
}
