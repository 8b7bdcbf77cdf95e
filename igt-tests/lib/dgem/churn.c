// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/churn.h"
#include "dgem/content.h"
#include "dgem/dgem.h"
#include "dgem/foreign.h"
#include "igt.h"

#define RW (PROT_READ | PROT_WRITE)
/* What is taken anew at once: less than what the kernel moves at once. */
#define PIECE (64ull << 10)
#define NULL_BLOCK "/dev/nullb0"
#define READY_S 240

const char *const churn_names[CHURN_KINDS] = { "anon", "shmem", "file" };

/** struct churn_shared - what the process is told, and what it tells */
struct churn_shared {
	/* rounds that are wanted, and that are done */
	atomic_uint wanted, done;
	atomic_bool stop;
	/* pages that were compared, and that were not right */
	atomic_ulong checked, wrong;
};

/** struct churner - the process's own */
struct churner {
	enum churn_kind kind;
	int file;
	uint64_t size, rng;
	char *mem;
	/* of each piece: what its pages have */
	uint64_t *stamp;
};

/*
 * The page cache of a device that has no contents: what is read is in memory, as
 * any file's is, and dropped when there is no room.
 */
static int open_null_block(void)
{
	int file;

	igt_require_f(!module_load("null_blk", "gb=16 nr_devices=1 memory_backed=0"),
		      "the kernel has no null_blk\n");
	file = open(NULL_BLOCK, O_RDONLY | O_CLOEXEC);
	igt_assert_fd(file);
	return file;
}

static void piece_drop(struct churner *ch, uint64_t at)
{
	int ret;

	if (ch->kind == CHURN_FILE)
		ret = posix_fadvise(ch->file, at, PIECE, POSIX_FADV_DONTNEED);
	else
		ret = madvise(ch->mem + at, PIECE,
			      ch->kind == CHURN_ANON ? MADV_DONTNEED : MADV_REMOVE);
	igt_assert_eq(ret, 0);
}

static void piece_take(struct churner *ch, uint64_t at)
{
	char buffer[PIECE];

	if (ch->kind == CHURN_FILE) {
		igt_assert_eq_u64(pread(ch->file, buffer, PIECE, at), PIECE);
		return;
	}
	ch->stamp[at / PIECE] = content_random(&ch->rng, UINT64_MAX);
	for (uint64_t i = 0; i < PIECE; i += dgem_page_size())
		*(uint64_t *)(ch->mem + at + i) = ch->stamp[at / PIECE] + i;
}

static void piece_check(const struct churner *ch, uint64_t at, struct churn_shared *shared)
{
	if (ch->kind == CHURN_FILE)
		return;
	for (uint64_t i = 0; i < PIECE; i += dgem_page_size()) {
		shared->checked++;
		if (*(uint64_t *)(ch->mem + at + i) != ch->stamp[at / PIECE] + i)
			shared->wrong++;
	}
}

/* First an eighth is given back, and then as much is taken, which lies elsewhere. */
static void churn_round(struct churner *ch, struct churn_shared *shared)
{
	const uint64_t pieces = ch->size / PIECE;
	uint64_t first = content_random(&ch->rng, pieces), order = first;

	for (uint64_t i = 0; i < pieces / 8; i++) {
		uint64_t at = content_random(&order, pieces) * PIECE;

		if (ch->stamp[at / PIECE])
			piece_check(ch, at, shared);
		ch->stamp[at / PIECE] = 0;
		piece_drop(ch, at);
	}
	for (uint64_t i = 0; i < pieces / 8; i++)
		piece_take(ch, content_random(&first, pieces) * PIECE);
}

static void churn_run(struct churner *ch, struct churn_shared *shared, bool busy)
{
	const int flags = ch->kind == CHURN_SHMEM ? MAP_SHARED : MAP_PRIVATE;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What is given back of a huge page is not free before the rest is. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	ch->stamp = mmap(NULL, ch->size / PIECE * 8, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	igt_assert(ch->stamp != MAP_FAILED);
	if (ch->kind != CHURN_FILE) {
		ch->mem = mmap(NULL, ch->size, RW, flags | MAP_ANONYMOUS, -1, 0);
		igt_assert(ch->mem != MAP_FAILED);
	}
	for (uint64_t at = 0; at < ch->size; at += PIECE)
		piece_take(ch, at);
	for (shared->done = 1; !shared->stop; busy ? sched_yield() : usleep(1000)) {
		if (!busy && shared->wanted < shared->done)
			continue;
		churn_round(ch, shared);
		shared->done++;
	}
	for (uint64_t at = 0; at < ch->size; at += PIECE)
		if (ch->stamp[at / PIECE])
			piece_check(ch, at, shared);
}

static void churn_wait(struct churn *c, unsigned int rounds)
{
	igt_until_timeout(READY_S) {
		if (c->shared->done >= rounds)
			return;
		igt_assert_f(!waitpid(c->pid, NULL, WNOHANG), "the churner has died\n");
		usleep(1000);
	}
	igt_assert_f(false, "the churner has no memory yet\n");
}

void churn_start(struct churn *c, enum churn_kind kind, uint64_t size, bool busy)
{
	struct churner ch = { .kind = kind, .file = -1, .size = size / PIECE * PIECE };

	if (kind == CHURN_FILE)
		ch.file = open_null_block();
	ch.rng = content_seed() + kind;
	c->shared = mmap(NULL, sizeof(*c->shared), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(c->shared != MAP_FAILED);
	c->pid = fork();
	igt_assert(c->pid >= 0);
	if (!c->pid) {
		churn_run(&ch, c->shared, busy);
		_exit(0);
	}
	if (ch.file >= 0)
		close(ch.file);
	churn_wait(c, 1);
}

void churn_more(struct churn *c)
{
	unsigned int done = c->shared->done;

	c->shared->wanted = done;
	churn_wait(c, done + 1);
}

void churn_stop(struct churn *c)
{
	int status;

	c->shared->stop = true;
	igt_assert_eq(waitpid(c->pid, &status, 0), c->pid);
	igt_assert_f(WIFEXITED(status) && !WEXITSTATUS(status), "the churner ended with %#x\n",
		     status);
	igt_assert_eq_u64(c->shared->wrong, 0);
	igt_info("%u rounds, %lu pages compared\n", c->shared->done, c->shared->checked);
	munmap(c->shared, sizeof(*c->shared));
}
