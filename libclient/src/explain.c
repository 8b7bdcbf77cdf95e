// SPDX-License-Identifier: MIT
/* Why a BO could not be created, in a sentence for people. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define SIZE_TEXT 32
#define MAX_ALIGN (1ull << 30)

#define CONSTRAINT_FLAGS (DRM_DGEM_BO_FIXED | DRM_DGEM_BO_NUMA)

struct request {
	struct dgem_device *dev;
	uint64_t size;
	struct dgem_bo_options options;
	struct dgem_heap_info heap; /* of no name if it is not known */
	char size_text[SIZE_TEXT];
	char text[768]; /* the sentence so far */
};

/* Exact, so that what is told can be asked for. */
static const char *size_text(uint64_t size, char text[SIZE_TEXT])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int unit = 0;

	for (; size && size % 1024 == 0; size /= 1024)
		unit++;
	snprintf(text, SIZE_TEXT, "%" PRIu64 " %s", size,
		 size == 1 && !unit ? "byte" : units[unit]);
	return text;
}

__attribute__((format(printf, 2, 3))) static void put(struct request *r, const char *format, ...)
{
	size_t length = strlen(r->text);
	va_list args;

	va_start(args, format);
	vsnprintf(r->text + length, sizeof(r->text) - length, format, args);
	va_end(args);
}

static void put_heaps(struct request *r)
{
	struct dgem_heap_info heap;
	uint32_t i;

	put(r, "; there are:");
	for (i = 0; !dgem_heap_get_info(r->dev, i, &heap, sizeof(heap)); i++)
		put(r, "%s %s", i ? "," : "", heap.name);
}

static void put_would_work(struct request *r, uint64_t size)
{
	char text[SIZE_TEXT];

	if (size)
		put(r, "; %s would have worked", size_text(size, text));
}

static bool has_constraints(const struct dgem_bo_options *options)
{
	return options->align || options->boundary || options->addr_bits ||
	       options->flags & CONSTRAINT_FLAGS;
}

static void put_constraints(struct request *r)
{
	const struct dgem_bo_options *o = &r->options;
	const struct {
		bool set;
		const char *text;
	} all[] = {
		{ o->align, "an alignment" },
		{ o->boundary, "a boundary" },
		{ o->addr_bits, "a limit on addresses" },
		{ o->flags & DRM_DGEM_BO_FIXED, "a fixed place" },
		{ o->flags & DRM_DGEM_BO_NUMA, "a node" },
	};
	const char *before = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].set)
			continue;
		put(r, "%s%s", before, all[i].text);
		before = ", ";
	}
}

/* By their names in the header, or as a number. */
static void put_flags(struct request *r, uint64_t flags)
{
	static const struct {
		uint64_t flag;
		const char *text;
	} all[] = {
		{ DRM_DGEM_BO_POPULATE, "POPULATE" },
		{ DRM_DGEM_BO_WITH_MMAP_OFFSET, "WITH_MMAP_OFFSET" },
		{ DRM_DGEM_BO_FIXED, "FIXED" },
		{ DRM_DGEM_BO_KEEP_CONTENTS, "KEEP_CONTENTS" },
		{ DRM_DGEM_BO_NUMA, "NUMA" },
		{ DRM_DGEM_BO_DIRECT_IO, "DIRECT_IO" },
	};
	const char *before = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!(flags & all[i].flag))
			continue;
		put(r, "%sDRM_DGEM_BO_%s", before, all[i].text);
		before = ", ";
		flags &= ~all[i].flag;
	}
	if (flags)
		put(r, "%sflags 0x%" PRIx64, before, flags);
}

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

static bool label_is_valid(const char *label)
{
	size_t length = strlen(label);

	while (*label >= ' ' && *label <= '~')
		label++;
	return !*label && length <= DRM_DGEM_LABEL_MAX;
}

/* What is malformed in any heap; false if nothing is. */
static bool put_malformed(struct request *r)
{
	const struct dgem_bo_options *o = &r->options;

	if (!r->size)
		put(r, "a BO has a size of 1 byte at least");
	else if (o->heap_name && o->heap)
		put(r, "a heap has a name or a number, not both");
	else if (o->align && (!is_power_of_two(o->align) || o->align > MAX_ALIGN))
		put(r, "an alignment is a power of two, of a page to 1 GiB");
	else if (o->boundary && (!is_power_of_two(o->boundary) || o->boundary < r->size))
		put(r, "a boundary is a power of two that is not below the size, %s", r->size_text);
	else if (o->addr_bits && (o->addr_bits < 12 || o->addr_bits > 64))
		put(r, "addresses have 12 to 64 bits, not %" PRIu32, o->addr_bits);
	else if (o->heap_offset && !(o->flags & DRM_DGEM_BO_FIXED))
		put(r, "an offset in the heap wants the flag DRM_DGEM_BO_FIXED");
	else if (o->numa_node && !(o->flags & DRM_DGEM_BO_NUMA))
		put(r, "a node wants the flag DRM_DGEM_BO_NUMA");
	else if (o->label && !label_is_valid(o->label))
		put(r, "a label has up to %d characters of printable ASCII", DRM_DGEM_LABEL_MAX);
	else
		return false;
	return true;
}

/* What this heap does not take, though it is well-formed. */
static bool put_not_taken(struct request *r)
{
	const struct dgem_bo_options *o = &r->options;
	const struct dgem_heap_info *heap = &r->heap;
	const uint64_t preserved = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS;
	char text[SIZE_TEXT];

	if (!heap->name[0]) {
		put(r, "there is no heap %" PRIu32, o->heap);
		put_heaps(r);
	} else if (has_constraints(o) &&
		   !dgem_device_has_feature(r->dev, DRM_DGEM_FEATURE_CONSTRAINTS)) {
		put(r, "this driver has no heap that can promise ");
		put_constraints(r);
	} else if (o->flags & ~heap->create_flags) {
		put(r, "the heap '%s' does not take ", heap->name);
		put_flags(r, o->flags & ~heap->create_flags);
	} else if (heap->caps & DRM_DGEM_HEAP_CAP_PRESERVE && ~o->flags & preserved) {
		put(r, "the heap '%s' wants DRM_DGEM_BO_FIXED and DRM_DGEM_BO_KEEP_CONTENTS",
		    heap->name);
	} else if (o->heap_offset && heap->granularity && o->heap_offset % heap->granularity) {
		put(r, "an offset in the heap '%s' is a multiple of %s", heap->name,
		    size_text(heap->granularity, text));
	} else if (o->flags & DRM_DGEM_BO_FIXED && heap->size &&
		   (o->heap_offset > heap->size || r->size > heap->size - o->heap_offset)) {
		put(r, "the heap '%s' ends before that, after %s", heap->name,
		    size_text(heap->size, text));
	} else if (o->flags & DRM_DGEM_BO_NUMA) {
		put(r, "there is no node %" PRId32, o->numa_node);
	} else {
		return false;
	}
	return true;
}

/* What errno alone tells. */
static void put_error(struct request *r, int error)
{
	const char *heap = r->options.heap_name ? r->options.heap_name : r->heap.name;

	if (error == -ENOENT && r->options.heap_name) {
		put(r, "there is no heap '%s'", heap);
		put_heaps(r);
	} else if (error == -EOPNOTSUPP && has_constraints(&r->options)) {
		put(r, "the heap '%s' cannot promise ", heap);
		put_constraints(r);
	} else if (error == -EPERM) {
		put(r, "the heap '%s' is for privileged processes only (CAP_SYS_RAWIO)", heap);
	} else if (error == -ENODEV) {
		put(r, "the device is gone");
	} else if (error != -EINVAL || (!put_malformed(r) && !put_not_taken(r))) {
		/* For %m, which needs no buffer and can be used by threads. */
		errno = -error;
		put(r, "a BO of %s cannot be created: %m", r->size_text);
	}
}

/* There was memory, but not such that lies where it has to. */
static bool put_place(struct request *r, uint32_t reason)
{
	const struct dgem_bo_options *o = &r->options;
	const char *heap = r->heap.name;
	char text[SIZE_TEXT];

	switch (reason) {
	case DRM_DGEM_REASON_FULL:
		if (o->flags & DRM_DGEM_BO_FIXED)
			put(r, "the heap '%s' has not all of the %s free that begin after %s", heap,
			    r->size_text, size_text(o->heap_offset, text));
		else
			put(r, "the heap '%s' has not %s free", heap, r->size_text);
		return true;
	case DRM_DGEM_REASON_FRAGMENTED:
		put(r, "the heap '%s' has not %s free in one piece", heap, r->size_text);
		return true;
	case DRM_DGEM_REASON_ADDR_LIMIT:
		put(r, "the heap '%s' has not %s free", heap, r->size_text);
		if (o->addr_bits)
			put(r, " whose addresses fit into %" PRIu32 " bits", o->addr_bits);
		else
			put(r, " that the device can address");
		return true;
	case DRM_DGEM_REASON_NODE:
		put(r, "the heap '%s' has not %s free on node %" PRId32, heap, r->size_text,
		    o->numa_node);
		return true;
	default:
		return false;
	}
}

static bool put_reason(struct request *r, uint32_t reason, int error)
{
	const char *heap = r->heap.name;

	switch (reason) {
	case DRM_DGEM_REASON_SIZE:
		put(r, "a BO of the heap '%s' cannot have %s", heap, r->size_text);
		return true;
	case DRM_DGEM_REASON_MEMORY:
		put(r, "there is not enough memory for %s in the heap '%s'", r->size_text, heap);
		return true;
	case DRM_DGEM_REASON_USER_LIMIT:
		put(r,
		    "%s in the heap '%s' is more than the user's limit leaves of memory that"
		    " cannot be swapped out",
		    r->size_text, heap);
		return true;
	case DRM_DGEM_REASON_MMAP_SPACE:
		put(r, "%s no offset for a mapping of %s",
		    error == -EDQUOT ? "the user's limit leaves" : "the device has", r->size_text);
		return true;
	default:
		return put_place(r, reason);
	}
}

/* What the kernel wrote, where the caller asked for it. */
static void explain(struct request *r, int error)
{
	uint32_t reason = r->options.reason ? *r->options.reason : DRM_DGEM_REASON_NONE;
	uint64_t would_work = r->options.reason_arg ? *r->options.reason_arg : 0;

	if (reason == DRM_DGEM_REASON_SIZE && !would_work)
		would_work = r->heap.max_bo_size;
	if ((reason == DRM_DGEM_REASON_FULL || reason == DRM_DGEM_REASON_FRAGMENTED) &&
	    !would_work && !has_constraints(&r->options))
		would_work = r->heap.largest_free;
	if (!put_reason(r, reason, error))
		put_error(r, error);
	put_would_work(r, would_work);
}

DGEM_API int dgem_explain_create(struct dgem_device *dev, uint64_t size,
				 const struct dgem_bo_options *options, int error, char **ret_text)
{
	struct request r = { .dev = dev, .size = size };
	uint32_t heap;
	char *text;
	int ret;

	if (error >= 0)
		return -EINVAL;
	ret = bo_take_options(options, &r.options);
	if (ret)
		return ret;
	heap = r.options.heap;
	if (!r.options.heap_name || !dgem_heap_find(dev, r.options.heap_name, &heap))
		dgem_heap_get_info(dev, heap, &r.heap, sizeof(r.heap));
	size_text(size, r.size_text);
	explain(&r, error);

	text = strdup(r.text);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}
