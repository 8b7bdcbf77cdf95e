// SPDX-License-Identifier: MIT
/* Does one tuple of the matrix, and compares all there is to see with the model. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "igt.h"
#include "igt_abi.h"
#include "igt_dgem.h"

/* So many are told of; the rest is counted. */
#define MAX_TOLD 20

/* Behind an argument, so many bytes have to stay as they are. */
#define GUARD 64

__attribute__((format(printf, 5, 6))) static void wrong(struct abi_run *run,
							const struct abi_ioctl *ioctl,
							unsigned long request, const char *what,
							const char *fmt, ...)
{
	char text[160];
	va_list ap;

	if (run->wrong++ >= MAX_TOLD)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	igt_info("%s, %s, size %lu, direction %lu: %s\n", ioctl->name, what, _IOC_SIZE(request),
		 _IOC_DIR(request), text);
}

static void compare_arg(struct abi_run *run, const struct abi_ioctl *ioctl, unsigned long request,
			const char *what, const struct abi_answer *answer,
			const struct abi_place *place)
{
	const size_t passed = _IOC_SIZE(request), size = min(passed, place->size);

	for (size_t i = 0; i < size; i++) {
		if (answer->any[i] || place->alias[i] == answer->arg[i])
			continue;
		wrong(run, ioctl, request, what, "byte %zu is %#x, not %#x", i, place->alias[i],
		      answer->arg[i]);
		return;
	}
	for (size_t i = size; i < size + GUARD && i < place->size; i++) {
		if (place->alias[i] == 0xa5)
			continue;
		wrong(run, ioctl, request, what, "byte %zu behind the argument changed", i);
		return;
	}
}

/* Undoes what a success did to the world, in a file that goes on. */
static void undo(const struct abi_run *run, const struct abi_ioctl *ioctl,
		 const struct abi_place *place)
{
	const struct drm_dgem_bo_create *create = (const void *)place->alias;

	if (ioctl->request == DRM_IOCTL_DGEM_BO_CREATE) {
		igt_assert(create);
		igt_assert_neq(create->handle, 0);
		gem_close(run->fd, create->handle);
	}
	if (ioctl->request == DRM_IOCTL_DGEM_BO_SET_LABEL)
		dgem_bo_set_label(run->fd, run->world.handle, ABI_LABEL);
}

/* Whether a handle was made that the caller cannot know. */
static bool is_hidden(const struct abi_ioctl *ioctl, unsigned long request,
		      const struct abi_answer *answer)
{
	const size_t end = offsetof(struct drm_dgem_bo_create, handle) + sizeof(__u32);

	return ioctl->request == DRM_IOCTL_DGEM_BO_CREATE && answer->done &&
	       (answer->err || !(_IOC_DIR(request) & _IOC_READ) || _IOC_SIZE(request) < end);
}

static void compare(struct abi_run *run, const struct abi_ioctl *ioctl, unsigned long request,
		    const struct abi_place *place, const struct abi_answer *answer,
		    const char *what)
{
	const bool creates = ioctl->request == DRM_IOCTL_DGEM_BO_CREATE && answer->done;
	const bool hidden = is_hidden(ioctl, request, answer);
	struct abi_levels before, now;
	const char *name;
	int fd = run->fd, err;

	/* a file of its own, whose end frees what cannot be named */
	abi_levels_read(run->fd, run->stats, &before);
	if (hidden)
		fd = drm_reopen_driver(run->fd);
	errno = 0;
	err = run->ioctl(fd, request, place->addr);
	if (err != answer->err)
		wrong(run, ioctl, request, what, "gave %s, not %s", strerrorname_np(-err) ?: "0",
		      strerrorname_np(-answer->err) ?: "0");
	if (place->alias)
		compare_arg(run, ioctl, request, what, answer, place);
	if (hidden) {
		drm_close_driver(fd);
	} else {
		abi_levels_read(run->fd, run->stats, &now);
		name = abi_levels_changed(&before, &now, creates ? "bos" : NULL);
		if (name)
			wrong(run, ioctl, request, what, "%s changed", name);
		if (!err && answer->done)
			undo(run, ioctl, place);
		if (!creates)
			return;
	}
	abi_levels_read(run->fd, run->stats, &now);
	name = abi_levels_changed(&before, &now, NULL);
	if (name)
		wrong(run, ioctl, request, what, "%s was not given back", name);
}

void abi_try(struct abi_run *run, const struct abi_ioctl *ioctl, unsigned long request,
	     unsigned int place_nr, const void *arg, const char *what)
{
	static unsigned char copy[ABI_MAX_SIZE];
	static struct abi_answer answer;
	const struct abi_place *place = &run->places[place_nr];
	const size_t size = _IOC_SIZE(request);
	char name[96];

	if (run->enough && run->wrong >= run->enough)
		return;
	run->tuples++;
	if (run->dry)
		return;
	memset(copy, 0xa5, size);
	memcpy(copy, arg, size);
	if (place->alias) {
		memcpy(place->alias, copy, min(size, place->size));
		memset(place->alias + min(size, place->size), 0xa5,
		       min((size_t)GUARD, place->size - min(size, place->size)));
	}
	abi_predict(&run->world, ioctl, request, to_user_pointer(place->addr), copy, &answer);
	snprintf(name, sizeof(name), "%s, %s", what, place->name);
	compare(run, ioctl, request, place, &answer, name);
	run->succeeded += !answer.err;
}

static void learn_heaps(struct abi_run *run)
{
	struct abi_world *w = &run->world;
	struct drm_dgem_heap_info info;

	w->max_bo_size = dgem_get_param(run->fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	w->num_heaps = dgem_get_param(run->fd, DRM_DGEM_PARAM_NUM_HEAPS);
	igt_assert_lte(w->num_heaps, ABI_MAX_HEAPS);
	for (uint32_t i = 0; i < w->num_heaps; i++) {
		dgem_heap_info(run->fd, i, &info);
		w->create_flags[i] = info.create_flags;
		w->granularity[i] = info.granularity;
	}
}

void abi_run_init(struct abi_run *run, int fd)
{
	memset(run, 0, sizeof(*run));
	run->fd = fd;
	run->ioctl = __dgem_ioctl;
	run->stats = abi_stats_open(fd);
	learn_heaps(run);
	/* a handle that is none of the values that are tried */
	for (int i = 0; i < 5; i++)
		run->world.handle = dgem_bo_create(fd, 4096);
	for (uint32_t handle = 1; handle < run->world.handle; handle++)
		gem_close(fd, handle);
	dgem_bo_set_label(fd, run->world.handle, ABI_LABEL);
	abi_places_create(&run->world, run->places);
}

void abi_run_fini(struct abi_run *run)
{
	gem_close(run->fd, run->world.handle);
	if (run->stats >= 0)
		close(run->stats);
}
