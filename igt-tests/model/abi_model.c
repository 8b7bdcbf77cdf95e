// SPDX-License-Identifier: MIT
/*
 * The contract of dgem_drm.h as a function: from an argument to the errno, negative, and
 * to what is written. The order is that of the header: an argument that is
 * malformed, with the text that it points at, is refused before anything is
 * looked up.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

/* Arguments of the uAPI are shorter; the core copies whatever it is told to. */
#define MAX_KNOWN 256

uint64_t abi_load(const void *arg, const struct abi_field *field)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)arg + field->offset, min(field->size, sizeof(value)));
	return value;
}

/* All architectures of dgem are little-endian. */
void abi_store(void *arg, const struct abi_field *field, uint64_t value)
{
	memcpy((char *)arg + field->offset, &value, min(field->size, sizeof(value)));
}

const struct abi_field *abi_find(const struct abi_ioctl *ioctl, enum abi_role role)
{
	for (unsigned int i = 0; i < ioctl->num_fields; i++)
		if (ioctl->fields[i].role == role)
			return &ioctl->fields[i];
	return NULL;
}

static size_t accessible(const struct abi_world *w, uint64_t addr, size_t size, bool write)
{
	size_t done = 0;

	for (unsigned int i = 0; i < w->num_regions && done < size; i++) {
		const struct abi_region *r = &w->regions[i];
		const uint64_t at = addr + done;

		if (at < r->start || at - r->start >= r->size ||
		    !(write ? r->writable : r->readable))
			continue;
		done += r->size - (at - r->start);
		/* what follows may be in a region that came before */
		i = -1;
	}
	return min(done, size);
}

size_t abi_readable(const struct abi_world *w, uint64_t addr, size_t size)
{
	return accessible(w, addr, size, false);
}

size_t abi_writable(const struct abi_world *w, uint64_t addr, size_t size)
{
	return accessible(w, addr, size, true);
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
	while (size--)
		if (bytes[size])
			return false;
	return true;
}

static uint64_t value_of(const struct abi_ioctl *ioctl, const void *arg, enum abi_role role)
{
	const struct abi_field *field = abi_find(ioctl, role);

	return field ? abi_load(arg, field) : 0;
}

static const struct abi_value *constant(const struct abi_ioctl *ioctl, const void *arg)
{
	const struct abi_field *field = abi_find(ioctl, ABI_ENUM);

	for (unsigned int i = 0; field && i < field->num_values; i++)
		if (field->values[i].value == abi_load(arg, field))
			return &field->values[i];
	return NULL;
}

static bool flags_are_good(const struct abi_world *w, const struct abi_ioctl *ioctl,
			   const void *arg, const struct abi_field *field)
{
	const uint64_t flags = abi_load(arg, field), heap = value_of(ioctl, arg, ABI_HEAP);

	if (!flags && (ioctl->request == DRM_IOCTL_DGEM_BO_WAIT ||
		       ioctl->request == DRM_IOCTL_DGEM_BO_MAP_DMA))
		return false;
	/* refused with the other constraints, of which it is one */
	if (ioctl->request == DRM_IOCTL_DGEM_BO_CREATE && flags == DRM_DGEM_BO_NUMA)
		return true;
	/* of those that are defined, each heap takes its own */
	if (abi_find(ioctl, ABI_HEAP) && heap < w->num_heaps && (flags & ~w->create_flags[heap]))
		return false;
	return !(flags & ~field->flags);
}

static bool is_power_of_2(uint64_t value)
{
	return value && !(value & (value - 1));
}

static bool constraint_is_good(const struct drm_dgem_bo_create *create, const char *name,
			       uint64_t value)
{
	if (!strcmp(name, "heap_offset"))
		return !value || (create->flags & DRM_DGEM_BO_FIXED);
	if (!strcmp(name, "numa_node"))
		return !value || (create->flags & DRM_DGEM_BO_NUMA);
	if (!value)
		return true;
	if (!strcmp(name, "addr_bits"))
		return value >= 12 && value <= 64;
	if (!strcmp(name, "boundary"))
		return is_power_of_2(value) && value >= dgem_page_size() && value >= create->size;
	return is_power_of_2(value) && value <= 1ULL << 30;
}

static bool field_is_good(const struct abi_world *w, const struct abi_ioctl *ioctl, const void *arg,
			  const struct abi_field *field)
{
	const uint64_t value = abi_load(arg, field);

	switch (field->role) {
	case ABI_ZERO:
	case ABI_OUT:
	case ABI_OUT_ZERO:
		return is_zero((const unsigned char *)arg + field->offset, field->size);
	case ABI_HEAP:
		return value < w->num_heaps;
	case ABI_ENUM:
		return constant(ioctl, arg);
	case ABI_INDEX:
		return !value || (constant(ioctl, arg) && constant(ioctl, arg)->indexed);
	case ABI_FLAGS:
		return flags_are_good(w, ioctl, arg, field);
	case ABI_SIZE:
		return value;
	case ABI_CONSTRAINT:
		return constraint_is_good(arg, field->name, value);
	case ABI_COUNT:
		return value && value <= w->max_ops;
	case ABI_STRIDE:
		return abi_sync_stride_is_good(value);
	case ABI_PART:
		return !(value % dgem_page_size());
	case ABI_LEN:
		return ioctl->request != DRM_IOCTL_DGEM_BO_SET_LABEL || value <= DRM_DGEM_LABEL_MAX;
	case ABI_IGNORED:
	case ABI_HANDLE:
	case ABI_TIME:
	case ABI_POINTER:
	case ABI_ROOM:
	case ABI_MAP:
		return true;
	}
	return false;
}

/*
 * Heap 0 takes what each page meets by itself, and a zone that ends at 4 GiB. No other
 * heap is asked for more than a page without a constraint.
 */
static int check_constraints(const struct drm_dgem_bo_create *create)
{
	const uint64_t page = dgem_page_size();

	if (create->align > page || (create->flags & DRM_DGEM_BO_NUMA) ||
	    (create->boundary && create->size > page) ||
	    (create->addr_bits && create->addr_bits < 32))
		return -EOPNOTSUPP;
	return 0;
}

/* Too large alone is told apart by the reason. */
static int check_create(const struct abi_world *w, const struct abi_ioctl *ioctl, void *arg)
{
	struct drm_dgem_bo_create *create = arg;
	bool needs_ram;
	int err;

	if (ioctl->request != DRM_IOCTL_DGEM_BO_CREATE)
		return 0;
	err = check_constraints(create);
	if (err)
		return err;
	needs_ram = !w->swappable[create->heap] || (create->flags & DRM_DGEM_BO_POPULATE);
	if (create->size > w->max_bo_size) {
		create->reason = DRM_DGEM_REASON_SIZE;
		if (!needs_ram)
			create->reason_arg = w->max_bo_size;
		return -EINVAL;
	}
	if (needs_ram && create->size > w->ram) {
		create->reason = DRM_DGEM_REASON_MEMORY;
		return -ENOMEM;
	}
	return 0;
}

static int check_text(const struct abi_world *w, const struct drm_dgem_bo_label *label)
{
	if (abi_readable(w, label->text, label->len) < label->len)
		return -EFAULT;
	for (uint32_t i = 0; i < label->len; i++) {
		const char c = ((const char *)from_user_pointer(label->text))[i];

		if (c < 0x20 || c > 0x7e)
			return -EINVAL;
	}
	return 0;
}

bool abi_needs_device(const struct abi_ioctl *ioctl)
{
	return ioctl->request == DRM_IOCTL_DGEM_BO_MAP_DMA ||
	       ioctl->request == DRM_IOCTL_DGEM_BO_UNMAP_DMA;
}

static int check(const struct abi_world *w, const struct abi_ioctl *ioctl, void *arg)
{
	int err;

	for (unsigned int i = 0; i < ioctl->num_fields; i++)
		if (!field_is_good(w, ioctl, arg, &ioctl->fields[i]))
			return -EINVAL;
	err = check_create(w, ioctl, arg);
	if (!err && ioctl->request == DRM_IOCTL_DGEM_BO_SET_LABEL)
		err = check_text(w, arg);
	if (!err && ioctl->request == DRM_IOCTL_DGEM_BO_SYNC)
		err = abi_check_sync(w, arg);
	if (!err && abi_needs_device(ioctl))
		err = ioctl->request == DRM_IOCTL_DGEM_BO_MAP_DMA ? -EOPNOTSUPP : -ENOENT;
	if (!err && abi_find(ioctl, ABI_HANDLE) && value_of(ioctl, arg, ABI_HANDLE) != w->handle)
		err = -ENOENT;
	return err;
}

static void zero_ignored(const struct abi_ioctl *ioctl, unsigned char *arg)
{
	for (unsigned int i = 0; i < ioctl->num_fields; i++)
		if (ioctl->fields[i].role == ABI_IGNORED)
			memset(arg + ioctl->fields[i].offset, 0, ioctl->fields[i].size);
}

static int get_label(const struct abi_world *w, struct drm_dgem_bo_label *label)
{
	const size_t room = label->len, len = min(strlen(ABI_LABEL), room);

	if (abi_writable(w, label->text, len) < len)
		return -EFAULT;
	label->len = strlen(ABI_LABEL);
	return 0;
}

/* What a success writes: @any where the header does not say which value. */
static void write_results(const struct abi_world *w, const struct abi_ioctl *ioctl,
			  unsigned char *arg, unsigned char *any)
{
	struct drm_dgem_bo_create *create = (void *)arg;

	for (unsigned int i = 0; i < ioctl->num_fields; i++)
		if (ioctl->fields[i].role == ABI_OUT)
			memset(any + ioctl->fields[i].offset, 1, ioctl->fields[i].size);
	if (ioctl->request != DRM_IOCTL_DGEM_BO_CREATE)
		return;
	create->size += w->granularity[create->heap] - 1;
	create->size -= create->size % w->granularity[create->heap];
	if (!(create->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET))
		memset(any + offsetof(struct drm_dgem_bo_create, mmap_offset), 0,
		       sizeof(create->mmap_offset));
}

static int contract(const struct abi_world *w, const struct abi_ioctl *ioctl, unsigned char *arg,
		    unsigned char *any)
{
	int err;

	zero_ignored(ioctl, arg);
	err = check(w, ioctl, arg);
	if (!err && ioctl->request == DRM_IOCTL_DGEM_BO_GET_LABEL)
		err = get_label(w, (void *)arg);
	if (!err)
		write_results(w, ioctl, arg, any);
	return err;
}

void abi_predict(const struct abi_world *w, const struct abi_ioctl *ioctl, unsigned long request,
		 uint64_t addr, const unsigned char *arg, struct abi_answer *answer)
{
	const size_t size = _IOC_SIZE(request), known = _IOC_SIZE(ioctl->request);
	const size_t in = _IOC_DIR(request) & _IOC_WRITE ? size : 0;
	const size_t out = _IOC_DIR(request) & _IOC_READ ? size : 0;
	unsigned char seen[MAX_KNOWN] = {}, any[MAX_KNOWN] = {};

	igt_assert_lte(known, sizeof(seen));
	memcpy(answer->arg, arg, size);
	memset(answer->any, 0, size);
	answer->done = false;
	answer->err = -EFAULT;
	if (abi_readable(w, addr, in) < in)
		return;

	memcpy(seen, arg, min(in, known));
	answer->err = contract(w, ioctl, seen, any);
	answer->done = !answer->err;

	if (abi_writable(w, addr, out) < out) {
		answer->err = -EFAULT;
		/* the core may have got as far as this */
		memset(answer->any, 1, abi_writable(w, addr, out));
		return;
	}
	memcpy(answer->arg, seen, min(out, known));
	memcpy(answer->any, any, min(out, known));
	/* the tail of a longer one comes back as it was read */
	if (out > known && !in)
		memset(answer->arg + known, 0, out - known);
}

void abi_valid(const struct abi_world *w, const struct abi_ioctl *ioctl, void *arg)
{
	memset(arg, 0, _IOC_SIZE(ioctl->request));
	for (unsigned int i = 0; i < ioctl->num_fields; i++) {
		const struct abi_field *field = &ioctl->fields[i];

		if (field->role == ABI_HANDLE)
			abi_store(arg, field, w->handle);
		else if (field->role == ABI_SIZE)
			abi_store(arg, field, 1);
		else if (field->role == ABI_POINTER)
			abi_store(arg, field,
				  to_user_pointer(ioctl->request == DRM_IOCTL_DGEM_BO_SYNC ?
							  w->ops :
							  w->text));
		else if (field->role == ABI_COUNT)
			abi_store(arg, field, ABI_SYNC_COUNT);
		else if (field->role == ABI_STRIDE)
			abi_store(arg, field, ABI_SYNC_STRIDE);
		else if (field->role == ABI_LEN)
			abi_store(arg, field, strlen(ABI_LABEL));
		else if (field->role == ABI_IGNORED)
			abi_store(arg, field, 0x5a5a5a5a5a5a5a5a);
		else if (field->role == ABI_FLAGS && (ioctl->request == DRM_IOCTL_DGEM_BO_WAIT ||
						      ioctl->request == DRM_IOCTL_DGEM_BO_MAP_DMA))
			abi_store(arg, field, field->flags);
	}
}
