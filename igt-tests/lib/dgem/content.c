// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dgem/content.h"
#include "igt.h"

size_t content_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* One seed a process; IGT_DGEM_SEED repeats a run that failed. */
uint64_t content_seed(void)
{
	static uint64_t seed;
	const char *env = getenv("IGT_DGEM_SEED");
	struct timespec now;

	if (seed)
		return seed;
	if (env)
		seed = strtoull(env, NULL, 0);
	if (!seed) {
		clock_gettime(CLOCK_REALTIME, &now);
		seed = (uint64_t)now.tv_sec << 20 ^ now.tv_nsec ^ (uint64_t)getpid() << 40;
	}
	return seed;
}

/* splitmix64: any seed will do, neighbouring ones included. */
static uint64_t next_random(uint64_t *rng)
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t content_random(uint64_t *rng, uint64_t below)
{
	return below ? next_random(rng) % below : 0;
}

/* All of it is the creator's, also what a child in another cgroup touches first. */
struct shadow *shadow_create(uint64_t pages)
{
	struct shadow *sh;

	sh = mmap(NULL, sizeof(*sh) + pages * sizeof(sh->stamp[0]), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	igt_assert(sh != MAP_FAILED);
	sh->pages = pages;
	sh->rng = content_seed();
	return sh;
}

void shadow_destroy(struct shadow *sh)
{
	munmap(sh, sizeof(*sh) + sh->pages * sizeof(sh->stamp[0]));
}

/*
 * Word 0 names stamp and page in clear, for the reader of a failure; the rest
 * is a sequence that no other page or stamp has anywhere.
 */
static uint64_t page_word(uint32_t stamp, uint64_t nr, size_t i)
{
	uint64_t head = (uint64_t)stamp << 32 | (uint32_t)nr;

	if (!stamp)
		return 0;
	return i ? (head + i) * 0x9e3779b97f4a7c15ull ^ head >> 7 : head;
}

void content_fill_page(void *page, uint32_t stamp, uint64_t nr)
{
	uint64_t *word = page;
	size_t i, words = content_page_size() / sizeof(*word);

	for (i = 0; i < words; i++)
		word[i] = page_word(stamp, nr, i);
}

bool content_page_is(const void *page, uint32_t stamp, uint64_t nr)
{
	const uint64_t *word = page;
	size_t i, words = content_page_size() / sizeof(*word);
	uint64_t wrong = 0;

	for (i = 0; i < words; i++)
		wrong |= word[i] ^ page_word(stamp, nr, i);
	return !wrong;
}

void shadow_check_at(struct shadow *sh, const void *page, uint64_t nr)
{
	uint64_t first = *(const volatile uint64_t *)page;

	igt_assert(nr < sh->pages);
	igt_assert_f(content_page_is(page, sh->stamp[nr], nr),
		     "page %llu must hold stamp %u, holds stamp %u of page %u (seed %#llx)\n",
		     (unsigned long long)nr, sh->stamp[nr], (unsigned int)(first >> 32),
		     (unsigned int)first, (unsigned long long)content_seed());
	sh->checked++;
}

static void write_at(struct shadow *sh, void *page, uint64_t nr)
{
	igt_assert(nr < sh->pages);
	sh->stamp[nr] = ++sh->stamps;
	content_fill_page(page, sh->stamp[nr], nr);
}

enum visit { VISIT_WRITE, VISIT_CHECK, VISIT_MIX };

/* Visits each page once, in an order that the seed decides. */
static void visit(struct shadow *sh, char *map, uint64_t first, uint64_t count, enum visit what)
{
	size_t page = content_page_size();
	uint32_t *order = calloc(count, sizeof(*order));
	uint64_t i;

	igt_assert(order && count);
	for (i = 0; i < count; i++) {
		uint64_t j = content_random(&sh->rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (i = 0; i < count; i++) {
		char *at = map + order[i] * page;
		uint64_t nr = first + order[i];

		if (what != VISIT_WRITE)
			shadow_check_at(sh, at, nr);
		if (what == VISIT_WRITE || (what == VISIT_MIX && content_random(&sh->rng, 2)))
			write_at(sh, at, nr);
	}
	free(order);
}

void shadow_write(struct shadow *sh, void *map, uint64_t first, uint64_t count)
{
	visit(sh, map, first, count, VISIT_WRITE);
}

void shadow_check(struct shadow *sh, const void *map, uint64_t first, uint64_t count)
{
	visit(sh, (void *)map, first, count, VISIT_CHECK);
}

/* Checks every page and rewrites about half of them on the way. */
void shadow_mix(struct shadow *sh, void *map, uint64_t first, uint64_t count)
{
	visit(sh, map, first, count, VISIT_MIX);
}

static sigjmp_buf touch_env;

static void touch_signal(int sig)
{
	siglongjmp(touch_env, sig);
}

static int touch(volatile char *addr, bool write)
{
	struct sigaction act = { .sa_handler = touch_signal }, segv, bus;
	int sig;

	sigaction(SIGSEGV, &act, &segv);
	sigaction(SIGBUS, &act, &bus);
	sig = sigsetjmp(touch_env, 1);
	if (!sig) {
		char was = *addr;

		if (write)
			*addr = was;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return sig;
}

int content_touch_read(const volatile void *addr)
{
	return touch((volatile char *)addr, false);
}

int content_touch_write(volatile void *addr)
{
	return touch(addr, true);
}

int content_touch_page(const void *page, uint32_t stamp, uint64_t nr, bool *right)
{
	struct sigaction act = { .sa_handler = touch_signal }, bus;
	int sig;

	sigaction(SIGBUS, &act, &bus);
	sig = sigsetjmp(touch_env, 1);
	if (!sig)
		*right = content_page_is(page, stamp, nr);
	sigaction(SIGBUS, &bus, NULL);
	return sig;
}
