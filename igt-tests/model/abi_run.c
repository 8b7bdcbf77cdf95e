// SPDX-License-Identifier: MIT
/* Does one tuple of the matrix, and compares all there is to see with the model. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dgem/dgem.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"

/* Behind an argument, so many bytes have to stay as they are. */
#define GUARD 64

/** struct tuple - a call and its name for people */
struct tuple {
	struct abi_run *run;
	const struct abi_ioctl *ioctl;
	unsigned long request;
	const struct abi_place *place;
	const struct abi_answer *answer;
	char name[160];
};

static void compare_arg(const struct tuple *t)
{
	const struct abi_answer *answer = t->answer;
	const struct abi_place *place = t->place;
	const size_t passed = _IOC_SIZE(t->request), size = min(passed, place->size);

	for (size_t i = 0; i < size; i++) {
		if (answer->any[i] || place->alias[i] == answer->arg[i])
			continue;
		matrix_wrong(&t->run->matrix, t->name, "byte %zu is %#x, not %#x", i,
			     place->alias[i], answer->arg[i]);
		return;
	}
	for (size_t i = size; i < size + GUARD && i < place->size; i++) {
		if (place->alias[i] == 0xa5)
			continue;
		matrix_wrong(&t->run->matrix, t->name, "byte %zu behind the argument changed", i);
		return;
	}
}

/* Undoes what a success did to the world, in a file that goes on. */
static void undo(const struct tuple *t)
{
	const struct drm_dgem_bo_create *create = (const void *)t->place->alias;
	const struct abi_run *run = t->run;

	if (t->ioctl->request == DRM_IOCTL_DGEM_BO_CREATE) {
		igt_assert(create);
		igt_assert_neq(create->handle, 0);
		gem_close(run->fd, create->handle);
	}
	if (t->ioctl->request == DRM_IOCTL_DGEM_BO_SET_LABEL)
		dgem_bo_set_label(run->fd, run->world.handle, ABI_LABEL);
}

/* Whether a handle was made that the caller cannot know. */
static bool is_hidden(const struct tuple *t)
{
	const size_t end = offsetof(struct drm_dgem_bo_create, handle) + sizeof(__u32);

	return t->ioctl->request == DRM_IOCTL_DGEM_BO_CREATE && t->answer->done &&
	       (t->answer->err || !(_IOC_DIR(t->request) & _IOC_READ) ||
		_IOC_SIZE(t->request) < end);
}

static void compare_levels(const struct tuple *t, const struct level_values *before, int more,
			   const char *what)
{
	struct level_values now;
	int level;

	levels_read(&t->run->levels, &now);
	level = levels_differ(&t->run->levels, before, &now, more);
	if (level >= 0)
		matrix_wrong(&t->run->matrix, t->name, "%s %s", level_names[level], what);
}

static void compare(const struct tuple *t)
{
	const bool creates = t->ioctl->request == DRM_IOCTL_DGEM_BO_CREATE && t->answer->done;
	const bool hidden = is_hidden(t);
	struct abi_run *run = t->run;
	struct level_values before;
	int fd = run->fd, err;

	/* a file of its own, whose end frees what cannot be named */
	levels_read(&run->levels, &before);
	if (hidden)
		fd = drm_reopen_driver(run->fd);
	errno = 0;
	err = run->ioctl(fd, t->request, t->place->addr);
	if (err != t->answer->err)
		matrix_wrong(&run->matrix, t->name, "gave %s, not %s", matrix_errno(err),
			     matrix_errno(t->answer->err));
	if (t->place->alias)
		compare_arg(t);
	if (hidden) {
		drm_close_driver(fd);
	} else {
		compare_levels(t, &before, creates ? LEVEL_BOS : -1, "changed");
		if (!err && t->answer->done)
			undo(t);
		if (!creates)
			return;
	}
	compare_levels(t, &before, -1, "was not given back");
}

void abi_try(struct abi_run *run, const struct abi_ioctl *ioctl, unsigned long request,
	     unsigned int place_nr, const void *arg, const char *what)
{
	static unsigned char copy[ABI_MAX_SIZE];
	static struct abi_answer answer;
	const struct abi_place *place = &run->places[place_nr];
	const size_t size = _IOC_SIZE(request);
	struct tuple t = {
		.run = run,
		.ioctl = ioctl,
		.request = request,
		.place = place,
		.answer = &answer,
	};

	if (!matrix_next(&run->matrix))
		return;
	memset(copy, 0xa5, size);
	memcpy(copy, arg, size);
	if (place->alias) {
		memcpy(place->alias, copy, min(size, place->size));
		memset(place->alias + min(size, place->size), 0xa5,
		       min((size_t)GUARD, place->size - min(size, place->size)));
	}
	abi_predict(&run->world, ioctl, request, to_user_pointer(place->addr), copy, &answer);
	snprintf(t.name, sizeof(t.name), "%s, %s, %s, size %zu, direction %lu", ioctl->name, what,
		 place->name, size, _IOC_DIR(request));
	compare(&t);
	run->matrix.succeeded += !answer.err;
}

static void learn_heaps(struct abi_run *run)
{
	struct abi_world *w = &run->world;
	struct drm_dgem_heap_info info;

	w->max_bo_size = dgem_get_param(run->fd, DRM_DGEM_PARAM_MAX_BO_SIZE);
	w->max_ops = dgem_get_param(run->fd, DRM_DGEM_PARAM_SYNC_MAX_OPS);
	w->num_heaps = dgem_get_param(run->fd, DRM_DGEM_PARAM_NUM_HEAPS);
	igt_assert_lte(w->num_heaps, ABI_MAX_HEAPS);
	for (uint32_t i = 0; i < w->num_heaps; i++) {
		dgem_heap_info(run->fd, i, &info);
		w->create_flags[i] = info.create_flags;
		w->granularity[i] = info.granularity;
		w->swappable[i] = info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE;
	}
	w->ram = observe_meminfo("MemTotal") << 10;
}

void abi_run_init(struct abi_run *run, int fd)
{
	memset(run, 0, sizeof(*run));
	run->fd = fd;
	run->ioctl = __dgem_ioctl;
	levels_open(&run->levels, fd);
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
	levels_close(&run->levels);
}
