// SPDX-License-Identifier: MIT
/* Does one tuple of the matrix, and compares all there is to see with the model. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "igt.h"
#include "model/mmap.h"

/** struct attempt - a call and where it was made */
struct attempt {
	struct map_run *run;
	struct map_target *t;
	const struct map_call *call;
	char *ptr;
	char name[160];
};

static const char *signal_name(int sig)
{
	return sig ? sigabbrev_np(sig) : "no signal";
}

/* Page @in of the mapping, which has protection @prot now. */
static void compare_page(const struct attempt *a, int prot, uint64_t in)
{
	const uint64_t page = content_page_size();
	const uint64_t nr = (a->call->offset - a->t->base) / page + in;
	struct shadow *sh = a->t->bo->sh;
	char *at = map_page(a->ptr, in), *same = map_page(a->t->witness, nr);
	const int read = content_touch_read(at), write = content_touch_write(at);

	if (read != map_predict_read(prot))
		matrix_wrong(&a->run->matrix, a->name, "reading page %llu gave %s",
			     (unsigned long long)in, signal_name(read));
	if (write != map_predict_write(prot))
		matrix_wrong(&a->run->matrix, a->name, "writing page %llu gave %s",
			     (unsigned long long)in, signal_name(write));
	if (read)
		return;
	if (!content_page_is(at, sh->stamp[nr], nr)) {
		matrix_wrong(&a->run->matrix, a->name, "page %llu is page %u of the BO, not %llu",
			     (unsigned long long)in, *(uint32_t *)at, (unsigned long long)nr);
		return;
	}
	sh->checked++;
	if (write)
		return;
	sh->stamp[nr] = ++sh->stamps;
	content_fill_page(at, sh->stamp[nr], nr);
	if (content_page_is(same, sh->stamp[nr], nr))
		return;
	matrix_wrong(&a->run->matrix, a->name, "what was written to page %llu is not in the BO",
		     (unsigned long long)nr);
	content_fill_page(same, sh->stamp[nr], nr);
}

static void compare_mprotect(const struct attempt *a, uint64_t pages)
{
	static const int prots[] = {
		PROT_READ | PROT_EXEC,
		PROT_EXEC,
		PROT_READ | PROT_WRITE,
		PROT_NONE,
	};
	struct shadow *sh = a->t->bo->sh;

	for (unsigned int i = 0; i < ARRAY_SIZE(prots); i++) {
		const int expected = map_predict_mprotect(a->t, prots[i]);
		int err = mprotect(a->ptr, map_bytes(pages), prots[i]) ? -errno : 0;

		if (err != expected)
			matrix_wrong(&a->run->matrix, a->name, "mprotect(%d) gave %s, not %s",
				     prots[i], matrix_errno(err), matrix_errno(expected));
		else if (!err)
			compare_page(a, prots[i], content_random(&sh->rng, pages));
	}
}

/* First, last and two others: the shapes compare all of them. */
static void compare_contents(const struct attempt *a)
{
	const uint64_t page = content_page_size(), pages = (a->call->length + page - 1) / page;
	struct shadow *sh = a->t->bo->sh;

	compare_page(a, a->call->prot, 0);
	if (pages > 1)
		compare_page(a, a->call->prot, pages - 1);
	for (unsigned int i = 0; pages > 2 && i < 2; i++)
		compare_page(a, a->call->prot, content_random(&sh->rng, pages));
	compare_mprotect(a, pages);
}

/* @mapped: one more mapping has to be there than before the call. */
static void compare_levels(const struct attempt *a, bool mapped)
{
	const int more = mapped && a->run->levels.stats >= 0 ? LEVEL_MMAPS : -1;
	struct level_values now;
	int level;

	levels_read(&a->run->levels, &now);
	level = levels_differ(&a->run->levels, &a->run->before, &now, more);
	if (level < 0)
		return;
	matrix_wrong(&a->run->matrix, a->name, "%s changed", level_names[level]);
	/* reported once */
	if (!mapped)
		a->run->before = now;
}

void *map_call_kernel(const struct map_target *t, const struct map_call *call)
{
	return mmap(NULL, call->length, call->prot, call->flags, t->file, (off_t)call->offset);
}

void map_try(struct map_run *run, struct map_target *t, const struct map_call *call)
{
	struct attempt a = { .run = run, .t = t, .call = call };
	int expected, err;

	if (!matrix_next(&run->matrix))
		return;
	snprintf(a.name, sizeof(a.name), "%s, %llu bytes, by %s, %c%c%c, %s, %s", t->kind->name,
		 (unsigned long long)t->size, map_way_names[t->way],
		 call->prot & PROT_READ ? 'r' : '-', call->prot & PROT_WRITE ? 'w' : '-',
		 call->prot & PROT_EXEC ? 'x' : '-', call->type, call->range);
	expected = map_predict(&run->world, t, call);
	run->matrix.succeeded += !expected;
	a.ptr = run->mmap(t, call);
	err = a.ptr == MAP_FAILED ? -errno : 0;
	if (err != expected)
		matrix_wrong(&run->matrix, a.name, "gave %s, not %s", matrix_errno(err),
			     matrix_errno(expected));
	if (a.ptr != MAP_FAILED) {
		compare_levels(&a, true);
		if (!expected)
			compare_contents(&a);
		munmap(a.ptr, call->length);
	}
	compare_levels(&a, false);
}

void map_run_init(struct map_run *run, int fd)
{
	memset(run, 0, sizeof(*run));
	run->fd = fd;
	levels_open(&run->levels, fd);
	run->mmap = map_call_kernel;
	map_world_learn(&run->world, fd);
	run->num_kinds = map_kinds_find(fd, run->kinds);
}

void map_run_fini(struct map_run *run)
{
	levels_close(&run->levels);
}
