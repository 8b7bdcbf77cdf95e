// SPDX-License-Identifier: MIT
/*
 * Access to a mapping from elsewhere than its own loads and stores: system
 * calls that read or write through it, debuggers, /proc/PID/mem, other
 * processes; and what happens across its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgem/observe.h"
#include "dgem/peer.h"
#include "dgem/subtests.h"
#include "igt.h"

IGT_TEST_DESCRIPTION("System calls, debuggers and other processes can access mappings.");

#define RW (PROT_READ | PROT_WRITE)

struct access_map {
	struct peer_bo *bo;
	char *map;
};

static uint64_t bytes(uint64_t pages)
{
	return pages * content_page_size();
}

/*
 * Filled through another mapping: this one has no page-table entry yet. Behind
 * its end lies nothing at all, since debuggers read even inaccessible memory.
 */
static struct access_map access_map(int fd, unsigned int heap, enum peer_map how)
{
	struct access_map m = { .bo = peer_create(fd, PEER_CHUNK + bytes(3), heap) };

	peer_fill(m.bo, PEER_DRM);
	m.map = peer_reserve(m.bo->size, 0);
	igt_assert(peer_mmap(m.bo, how, m.map, MAP_FIXED, RW, 0, m.bo->pages) == m.map);
	munmap(m.map - PEER_CHUNK, PEER_CHUNK);
	munmap(m.map + m.bo->size, PEER_CHUNK);
	return m;
}

static void access_unmap(struct access_map *m)
{
	shadow_check(m->bo->sh, m->map, 0, m->bo->pages);
	munmap(m->map, m->bo->size);
	peer_free(m->bo);
}

/* Two pages at a time, compared with what the shadow says. */
static void expect_pages(struct access_map *m, char *got, uint64_t nr, uint64_t count)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		shadow_check_at(m->bo->sh, got + bytes(i), nr + i);
}

/* read() and write() of a file with the mapping as their buffer. */
static void syscall_buffer(struct access_map *m)
{
	uint64_t n = m->bo->pages, nr;
	char *copy = malloc(m->bo->size);
	int mem = memfd_create("content", MFD_CLOEXEC);

	igt_assert(copy && mem >= 0);
	igt_assert_eq(write(mem, m->map, m->bo->size), (ssize_t)m->bo->size);
	igt_assert_eq(pread(mem, copy, m->bo->size, 0), (ssize_t)m->bo->size);
	expect_pages(m, copy, 0, n);
	for (nr = 0; nr < n; nr++) {
		m->bo->sh->stamp[nr] = ++m->bo->sh->stamps;
		content_fill_page(copy + bytes(nr), m->bo->sh->stamp[nr], nr);
	}
	igt_assert_eq(pwrite(mem, copy, m->bo->size, 0), (ssize_t)m->bo->size);
	madvise(m->map, m->bo->size, MADV_DONTNEED);
	igt_assert_eq(pread(mem, m->map, m->bo->size, 0), (ssize_t)m->bo->size);
	free(copy);
	close(mem);
}

/* The first touch of a new BO is a store by the kernel: the rest is zero. */
static void first_touch_in_read(struct access_map *m)
{
	struct peer_bo *bo = peer_create(m->bo->fd, PEER_CHUNK, 0);
	char *map = peer_map(bo, PEER_DRM, 0, bo->pages), *page = malloc(bytes(1));
	uint64_t nr = content_random(&bo->sh->rng, bo->pages);
	int mem = memfd_create("content", MFD_CLOEXEC);

	igt_assert(page && mem >= 0);
	bo->sh->stamp[nr] = ++bo->sh->stamps;
	content_fill_page(page, bo->sh->stamp[nr], nr);
	igt_assert_eq(write(mem, page, bytes(1)), (ssize_t)bytes(1));
	igt_assert_eq(pread(mem, map + bytes(nr), bytes(1), 0), (ssize_t)bytes(1));
	shadow_check(bo->sh, map, 0, bo->pages);
	munmap(map, bo->size);
	free(page);
	close(mem);
	peer_free(bo);
}

/* Past the end the transfer stops; nothing of what follows is given away. */
static void proc_mem(struct access_map *m)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *two = malloc(bytes(2));
	uint64_t last = m->bo->pages - 1;
	off_t end = (uintptr_t)m->map + m->bo->size;
	ssize_t got;

	observe_require_vma_access();
	igt_assert(mem >= 0 && two);
	igt_assert_eq(pread(mem, two, bytes(2), (uintptr_t)m->map + bytes(5)), (ssize_t)bytes(2));
	expect_pages(m, two, 5, 2);

	memset(two, 0x5a, bytes(2));
	got = pread(mem, two, bytes(2), end - bytes(1));
	igt_assert_f(got == (ssize_t)bytes(1), "read across the end: %zd\n", got);
	expect_pages(m, two, last, 1);
	igt_assert_eq(two[bytes(1)], 0x5a);
	igt_assert_eq(pread(mem, two, bytes(1), end), -1);
	igt_assert_eq(errno, EIO);

	m->bo->sh->stamp[last] = ++m->bo->sh->stamps;
	content_fill_page(two, m->bo->sh->stamp[last], last);
	got = pwrite(mem, two, bytes(2), end - bytes(1));
	igt_assert_f(got == (ssize_t)bytes(1), "write across the end: %zd\n", got);
	igt_assert_eq(pwrite(mem, two, bytes(1), end), -1);
	free(two);
	close(mem);
}

/* Unaligned lengths at unaligned places, down to single bytes over a seam. */
static void proc_mem_unaligned(struct access_map *m)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *shown = malloc(m->bo->size);
	char part[700];
	int i;

	observe_require_vma_access();
	igt_assert(mem >= 0 && shown);
	memcpy(shown, m->map, m->bo->size);
	for (i = 0; i < 500; i++) {
		uint64_t at = content_random(&m->bo->sh->rng, m->bo->size - sizeof(part));
		size_t len = 1 + content_random(&m->bo->sh->rng, sizeof(part) - 1);

		if (i % 2)
			at = bytes(1 + at / bytes(1)) - len / 2;
		if (at + len > m->bo->size)
			continue;
		igt_assert_eq(pread(mem, part, len, (uintptr_t)m->map + at), (ssize_t)len);
		igt_assert(!memcmp(part, shown + at, len));
		igt_assert_eq(pwrite(mem, part, len, (uintptr_t)m->map + at), (ssize_t)len);
	}
	free(shown);
	close(mem);
}

/*
 * The kernel pins no page of such a mapping for process_vm_readv(): refused,
 * or done right, but never other memory.
 */
static void process_vm(struct access_map *m)
{
	char *two = malloc(bytes(2));
	struct iovec to = { two, bytes(2) };
	struct iovec from = { m->map + m->bo->size - bytes(1), bytes(2) };
	ssize_t got;

	igt_assert(two);
	memset(two, 0x5a, bytes(2));
	got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (got < 0) {
		igt_assert_eq(errno, EFAULT);
		igt_assert_eq(two[0], 0x5a);
	} else {
		igt_assert_eq(got, (ssize_t)bytes(1));
		expect_pages(m, two, m->bo->pages - 1, 1);
	}
	igt_assert_eq(two[bytes(1)], 0x5a);
	free(two);
}

/* A debugger peeks and pokes a stopped child, on its untouched pages. */
static void debugger(struct access_map *m)
{
	uint64_t nr = m->bo->pages / 2, word = 0x0123456789abcdefull, i;
	long *at = (long *)(m->map + bytes(nr));
	long shown[8], poke = (long)word;
	int status;
	pid_t pid;

	observe_require_vma_access();
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(at[3] == poke ? 0 : 1);
	}
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFSTOPPED(status));
	errno = 0;
	for (i = 0; i < 8; i++)
		shown[i] = ptrace(PTRACE_PEEKDATA, pid, at + i, 0);
	igt_assert_f(!errno, "PEEKDATA: %s\n", strerror(errno));
	igt_assert(!memcmp(shown, at, sizeof(shown)));
	igt_assert_f(!ptrace(PTRACE_POKEDATA, pid, at + 3, poke), "POKEDATA: %s\n",
		     strerror(errno));
	igt_assert_eq(at[3], poke);
	igt_assert_eq(ptrace(PTRACE_POKEDATA, pid, m->map + m->bo->size, poke), -1);
	at[3] = shown[3];
	ptrace(PTRACE_POKEDATA, pid, at + 3, poke);
	igt_assert_eq(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	at[3] = shown[3];
}

/* Direct I/O needs struct pages, which these mappings do not offer. */
static void direct_io(struct access_map *m)
{
	char path[] = "/var/tmp/dgem-direct-XXXXXX";
	int fd = mkstemp(path), direct;
	ssize_t got;

	igt_assert(fd >= 0);
	direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	unlink(path);
	if (direct < 0) {
		igt_assert_eq(errno, EINVAL);
		direct = dup(fd);
	}
	got = write(direct, m->map, bytes(2));
	if (got < 0)
		igt_assert_eq(errno, EFAULT);
	else
		igt_assert_eq(got, (ssize_t)bytes(2));
	close(direct);
	close(fd);
}

/* A pipe would have to pin the page itself. */
static void splice_out(struct access_map *m)
{
	struct iovec from = { m->map, bytes(1) };
	int ends[2];

	igt_assert_eq(pipe(ends), 0);
	igt_assert_eq(vmsplice(ends[1], &from, 1, 0), -1);
	igt_assert_eq(errno, EFAULT);
	close(ends[0]);
	close(ends[1]);
}

/* Waits for no time, since the word never has the value. */
static long futex(uint32_t *word, int op, uint32_t value)
{
	long ret = syscall(SYS_futex, word, op, value, NULL, NULL, 0);

	return ret < 0 ? -errno : ret;
}

/*
 * The kernel finds a futex that processes share by its struct page, which these
 * mappings do not offer; one of a single process it finds by its address.
 */
static void futexes(struct access_map *m)
{
	uint32_t *word = (uint32_t *)m->map, other = *word + 1;

	igt_assert_eq(futex(word, FUTEX_WAIT, other), -EFAULT);
	igt_assert_eq(futex(word, FUTEX_WAKE, 1), -EFAULT);
	igt_assert_eq(futex(word, FUTEX_WAIT_PRIVATE, other), -EAGAIN);
	igt_assert_eq(futex(word, FUTEX_WAKE_PRIVATE, 1), 0);
}

static const struct {
	const char *name, *what;
	void (*run)(struct access_map *m);
} tests[] = {
	{ "syscall-buffer", "A mapping can be the buffer of read() and write().", syscall_buffer },
	{ "first-touch-in-read", "read() touches a page first, and the rest of the BO is zero.",
	  first_touch_in_read },
	{ "proc-mem", "/proc/self/mem reads a mapping up to its end and not beyond.", proc_mem },
	{ "proc-mem-unaligned", "/proc/self/mem reads and writes a mapping at any byte.",
	  proc_mem_unaligned },
	{ "process-vm-readv", "process_vm_readv() reads a mapping up to its end and not beyond.",
	  process_vm },
	{ "ptrace", "PTRACE_PEEKDATA and PTRACE_POKEDATA read and write a mapping.", debugger },
	{ "direct-io", "O_DIRECT from a mapping gives EFAULT or the right contents.", direct_io },
	{ "vmsplice", "vmsplice(), which pins pages, gives EFAULT.", splice_out },
	{ "futex", "A futex that processes share gives EFAULT, and a private one works.", futexes },
};

int igt_main()
{
	int fd = -1;
	unsigned int heap, how;

	igt_fixture()
		fd = peer_open();

	for_each_subtest(t, tests)
		for (heap = 0; heap < peer_heaps(); heap++)
			for (how = 0; how < PEER_MAPS; how++) {
				struct access_map m = access_map(fd, heap, how);

				t->run(&m);
				access_unmap(&m);
			}

	igt_fixture()
		close(fd);
}
