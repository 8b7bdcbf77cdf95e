// SPDX-License-Identifier: MIT
/*
 * Each operation again and again, with the first, the second, ... request for
 * memory or copy of user memory failed, until there are no more to fail. It
 * works or gives an errno of the contract, and leaves nothing either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/bind.h"
#include "dgem/dgem.h"
#include "dgem/fault.h"
#include "dgem/observe.h"
#include "igt.h"
#include "model/abi.h"
#include "model/fault_ops.h"

IGT_TEST_DESCRIPTION("Every request for memory of every operation fails once.");

#define MAX_NTH 20000

/* What one run asks for may be less than another's: so many have to see none. */
#define QUIET_RUNS 3

/** struct sweep - what is found while N goes up */
struct sweep {
	const char *name;
	bool allocates;
	unsigned int nth, quiet, runs, injected;
	unsigned long before[FAULT_KINDS];

	/** @results: how often 0, each errno, and SIGBUS (the last). */
	unsigned int results[134];

	struct level_values levels;
};

static struct abi_run driver;
static char node[PATH_MAX];

static void begin(struct sweep *s, const char *name, bool allocates)
{
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->allocates = allocates;
	for (int i = 0; i < FAULT_KINDS; i++)
		s->before[i] = fault_count(i);
}

static bool is_in_contract(int ret)
{
	return !ret || ret == -ENOMEM || ret == -EFAULT;
}

/* Whether to go on. */
static bool count_run(struct sweep *s, int ret, bool injected)
{
	s->runs++;
	s->results[ret == FAULT_SIGBUS ? (int)ARRAY_SIZE(s->results) - 1 : -ret]++;
	igt_assert_f(injected || !ret, "%s: gave %d without a fault\n", s->name, ret);
	if (injected) {
		s->injected++;
		s->quiet = 0;
	} else {
		s->quiet++;
	}
	igt_assert_lt(s->nth, MAX_NTH);
	return s->quiet < QUIET_RUNS;
}

/* The table: operation, runs, faults by kind, results. */
static void report(const struct sweep *s)
{
	const unsigned int last = ARRAY_SIZE(s->results) - 1;
	unsigned long count[FAULT_KINDS];
	char results[256] = "";

	for (int i = 0; i < FAULT_KINDS; i++)
		count[i] = fault_count(i) - s->before[i];
	/* more than that were met by fault_disarm() itself */
	count[FAULT_USERCOPY] = s->injected - count[FAULT_SLAB] - count[FAULT_PAGE];
	for (unsigned int i = 0; i <= last; i++)
		if (s->results[i])
			snprintf(results + strlen(results), sizeof(results) - strlen(results),
				 " %s %u",
				 i == last ? "SIGBUS" :
				 i	   ? strerrorname_np(i) :
					     "0",
				 s->results[i]);
	igt_info("%-24s | %5u runs | slab %4lu page %4lu usercopy %4lu |%s\n", s->name, s->runs,
		 count[FAULT_SLAB], count[FAULT_PAGE], count[FAULT_USERCOPY], results);
	igt_assert_lt(0, s->injected);
	if (s->allocates)
		igt_assert_lt(0, count[FAULT_SLAB] + count[FAULT_PAGE]);
}

static void snapshot(struct sweep *s)
{
	levels_read(&driver.levels, &s->levels);
}

static void assert_same(const struct sweep *s)
{
	struct level_values now;
	int level;

	levels_read(&driver.levels, &now);
	level = levels_differ(&driver.levels, &s->levels, &now, -1);
	igt_assert_f(level < 0, "%s, fault %u: %s: %ld, was %ld\n", s->name, s->nth,
		     level_names[level], now.value[level], s->levels.value[level]);
}

static int lowest_fd(void)
{
	int fd = dup(driver.fd);

	igt_assert_fd(fd);
	close(fd);
	return fd;
}

static bool sweep_once(struct sweep *s, const struct fault_op *op, const struct abi_ioctl *ioctl,
		       struct vivid *vivid)
{
	struct fault_run run = { .node = node, .ioctl = ioctl, .vivid = vivid, .dmabuf = -1 };
	const int first = lowest_fd();
	bool injected;
	int ret, next;

	run.fd = drm_reopen_driver(driver.fd);
	if (op->prepare)
		op->prepare(&run);
	next = lowest_fd();

	fault_arm(++s->nth);
	ret = op->run(&run);
	injected = fault_disarm();

	igt_assert_f(is_in_contract(ret) || (ret == FAULT_SIGBUS && run.map) ||
			     ret == -op->importer_errno,
		     "%s, fault %u: %s\n", s->name, s->nth, strerrorname_np(-ret) ?: "SIGBUS");
	/* the core makes an fd before it copies the answer: EFAULT loses it */
	if (ret && ret != -EFAULT)
		igt_assert_eq(lowest_fd(), next);
	if (run.map)
		dgem_unmap(run.map, run.size);
	if (op->undo)
		op->undo(&run);
	close_range(first, ~0U, 0);
	assert_same(s);
	return count_run(s, ret, injected);
}

static void sweep(const struct fault_op *op, const struct abi_ioctl *ioctl)
{
	struct sigaction old;
	struct vivid vivid;
	struct sweep s;

	begin(&s, ioctl ? ioctl->name : op->name, op->allocates);
	if (op->vivid) {
		vivid_load(VIVID_CONTIG);
		vivid_open(&vivid, V4L2_BUF_TYPE_VIDEO_OUTPUT, 64, 64);
	}
	snapshot(&s);
	fault_confine(op->within, NULL);
	fault_catch_sigbus(&old);
	while (sweep_once(&s, op, ioctl, &vivid))
		;
	igt_assert_eq(sigaction(SIGBUS, &old, NULL), 0);
	if (op->vivid)
		vivid_close(&vivid);
	report(&s);
}

/* Copies only, but for what makes or names a BO, or its offset. */
static void sweep_ioctl(const struct abi_ioctl *ioctl)
{
	const struct fault_op op = {
		.prepare = fault_prepare_ioctl,
		.run = fault_run_ioctl,
		.allocates = ioctl->request == DRM_IOCTL_DGEM_BO_CREATE ||
			     ioctl->request == DRM_IOCTL_DGEM_BO_SYNC ||
			     ioctl->request == DRM_IOCTL_DGEM_BO_SET_LABEL,
	};

	sweep(&op, ioctl);
}

static void open_driver(void)
{
	char link[64];
	ssize_t len;

	abi_run_init(&driver, drm_open_driver(DRIVER_DGEM));
	driver.levels.system = true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", driver.fd);
	len = readlink(link, node, sizeof(node) - 1);
	igt_assert_lt(0, len);
	node[len] = '\0';
}

static void close_driver(void)
{
	abi_run_fini(&driver);
	drm_close_driver(driver.fd);
}

/* Bound anew, the device has the lowest number that is free. */
static void rebind(const struct bound *bound)
{
	if (bound_is_bound(bound))
		igt_assert_eq(bound_unbind(bound), 0);
	igt_assert_eq(bound_bind(bound), 0);
	open_driver();
}

/*
 * The device comes and goes; it must be the same one with the same number in
 * the end, for a number that was lost would be missing. 6.12's
 * drm_minor_alloc_release() puts a device that drm_minor_alloc() could not make,
 * an error pointer.
 */
static void sweep_bind(bool unbind)
{
	const long dmabufs = observe_dmabufs();
	char before[PATH_MAX];
	struct bound bound;
	struct sweep s;
	bool injected, on;
	int ret;

	begin(&s, unbind ? "unbind" : "bind", true);
	bound_find(&bound, driver.fd);
	close_driver();
	rebind(&bound);
	strcpy(before, node);
	close_driver();
	fault_confine(NULL, "drm_minor_alloc");
	do {
		if (bound_is_bound(&bound) != unbind)
			igt_assert_eq(unbind ? bound_bind(&bound) : bound_unbind(&bound), 0);
		fault_arm(++s.nth);
		ret = unbind ? bound_unbind(&bound) : bound_bind(&bound);
		injected = fault_disarm();
		igt_assert_f(is_in_contract(ret), "%s, fault %u: %s\n", s.name, s.nth,
			     strerrorname_np(-ret));
		/* an error says that nothing happened */
		on = bound_is_bound(&bound);
		igt_assert_eq(on, unbind ? ret != 0 : ret == 0);
		igt_assert_eq(observe_module_refs("dgem"), 0);
	} while (count_run(&s, ret, injected));
	rebind(&bound);
	igt_assert_f(!strcmp(node, before), "%s became %s\n", before, node);
	igt_assert_eq(observe_dmabufs(), dmabufs);
	report(&s);
}

int igt_main()
{
	igt_fixture() {
		fault_init();
		igt_assert_eq(module_load("vgem", ""), 0);
		open_driver();
		/* what a run opens has the highest numbers, and can be closed */
		igt_assert_lt(driver.levels.stats, lowest_fd());
	}

	for (unsigned int i = 0; i < abi_table_size; i++) {
		/* Of the default instance, they end before they allocate. */
		if (abi_needs_device(&abi_table[i]))
			continue;
		igt_describe_f("%s, with each of its faults.", abi_table[i].name);
		igt_subtest(abi_table[i].name)
			sweep_ioctl(&abi_table[i]);
	}

	for (unsigned int i = 0; i < num_fault_ops; i++) {
		igt_describe_f("%s, with each of its faults.", fault_ops[i].what);
		igt_subtest(fault_ops[i].name)
			sweep(&fault_ops[i], NULL);
	}

	igt_describe("Binding the device, with each of its faults.");
	igt_subtest("bind")
		sweep_bind(false);

	igt_describe("Unbinding the device, with each of its faults.");
	igt_subtest("unbind")
		sweep_bind(true);

	igt_fixture()
		close_driver();
}
