// SPDX-License-Identifier: MIT
/* The tuples: field and value, place, size and direction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

#define MAX_VALUES 256
#define EXTRA 8

/** struct values - of one field, each once */
struct values {
	uint64_t value[MAX_VALUES];
	unsigned int num;
};

/* Whether a text at @addr is there or not is known for sure. */
static bool is_known(const struct abi_world *w, uint64_t addr)
{
	const uint64_t page = dgem_page_size(), last = addr + DRM_DGEM_LABEL_MAX;
	const uint64_t pages[] = { addr & -page, last & -page };
	unsigned char resident;

	for (unsigned int i = 0; i < w->num_regions; i++)
		if (addr - w->regions[i].start < w->regions[i].size)
			return true;
	if (last >= w->growth && addr < w->growth_end)
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i] == (uintptr_t)pages[i] &&
		    !mincore((void *)(uintptr_t)pages[i], page, &resident))
			return false;
	return true;
}

static void add(struct values *values, const struct abi_world *w, const struct abi_field *field,
		uint64_t value)
{
	if (field->size < sizeof(value))
		value &= (1ULL << 8 * field->size) - 1;
	if (field->role == ABI_POINTER && !is_known(w, value))
		return;
	for (unsigned int i = 0; i < values->num; i++)
		if (values->value[i] == value)
			return;
	igt_assert_lt(values->num, MAX_VALUES);
	values->value[values->num++] = value;
}

/* One value of each kind that a check can get wrong. */
static void typical_values(struct values *values, const struct abi_world *w,
			   const struct abi_field *field, uint64_t valid)
{
	const uint64_t page = dgem_page_size();
	const uint64_t list[] = {
		valid,	    0,
		1,	    -1,
		INT32_MAX,  INT32_MAX + 1ULL,
		UINT32_MAX, 1ULL << 32,
		1ULL << 63, INT64_MAX,
		page - 1,   page,
		page + 1,   3 * page + 8,
		-page,	    valid + 1,
		valid - 1,
	};

	values->num = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
		add(values, w, field, list[i]);
	if (field->role == ABI_POINTER) {
		add(values, w, field, to_user_pointer(w->text_read_only));
		add(values, w, field, to_user_pointer(w->text_end));
	}
	if (field->role == ABI_SIZE) {
		add(values, w, field, w->max_bo_size);
		add(values, w, field, w->max_bo_size + 1);
		add(values, w, field, w->max_bo_size - 1);
	}
	if (field->role == ABI_LEN) {
		add(values, w, field, DRM_DGEM_LABEL_MAX);
		add(values, w, field, DRM_DGEM_LABEL_MAX + 1);
	}
	if (field->role == ABI_COUNT) {
		add(values, w, field, w->max_ops);
		add(values, w, field, w->max_ops + 1);
	}
	if (field->role == ABI_HEAP)
		add(values, w, field, w->num_heaps);
	for (unsigned int i = 0; field->role == ABI_ENUM && i < field->num_values; i++)
		add(values, w, field, field->values[i].value);
}

/* Each bit alone, and each bit added to or taken from what is valid. */
static void single_bits(struct values *values, const struct abi_world *w,
			const struct abi_field *field, uint64_t valid)
{
	values->num = 0;
	for (unsigned int bit = 0; bit < 8 * field->size; bit++) {
		add(values, w, field, 1ULL << bit);
		add(values, w, field, valid ^ (1ULL << bit));
	}
}

struct encoding {
	size_t size;
	/* of what is behind the struct */
	unsigned char fill;
};

/* Cut before the field, and behind it; nothing; all; more; and the most. */
static unsigned int encodings(struct encoding *list, size_t size, const struct abi_field *field)
{
	const struct encoding all[] = {
		{ size, 0 },
		{ 0, 0 },
		{ field->offset, 0 },
		{ field->offset + field->size, 0 },
		{ size + EXTRA, 0 },
		{ size + EXTRA, 0x5a },
		{ ABI_MAX_SIZE, 0x5a },
	};
	unsigned int num = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		bool again = false;

		for (unsigned int j = 0; j < num; j++)
			again |= list[j].size == all[i].size && list[j].fill == all[i].fill;
		if (!again)
			list[num++] = all[i];
	}
	return num;
}

/** struct tuple - what a tuple is made of */
struct tuple {
	const struct abi_ioctl *ioctl;
	const struct abi_field *field;
	uint64_t value;
	unsigned char arg[ABI_MAX_SIZE];
};

static void try_tuple(struct abi_run *run, struct tuple *t, const struct encoding *enc,
		      unsigned int dir, unsigned int place)
{
	const size_t known = _IOC_SIZE(t->ioctl->request);
	char what[64];

	if (enc->size > known)
		memset(t->arg + known, enc->fill, enc->size - known);
	snprintf(what, sizeof(what), "%s = %#llx%s", t->field->name, (unsigned long long)t->value,
		 enc->fill ? ", tail" : "");
	abi_try(run, t->ioctl,
		_IOC(dir, _IOC_TYPE(t->ioctl->request), _IOC_NR(t->ioctl->request), enc->size),
		place, t->arg, what);
}

static const unsigned int dirs[] = { _IOC_NONE, _IOC_READ, _IOC_WRITE, _IOC_READ | _IOC_WRITE };

/* One value of a field, with all sizes and directions, and then in all places. */
static void whole_product(struct abi_run *run, struct tuple *t, bool all_places)
{
	const size_t known = _IOC_SIZE(t->ioctl->request);
	const struct encoding exact = { known, 0 };
	struct encoding list[8];
	unsigned int num = encodings(list, known, t->field);

	for (unsigned int i = 0; i < num; i++)
		for (unsigned int d = 0; d < ARRAY_SIZE(dirs); d++)
			try_tuple(run, t, &list[i], dirs[d], ABI_NORMAL);
	for (unsigned int p = 0; p < ABI_PLACES; p++) {
		if (p == ABI_NORMAL)
			continue;
		if (!all_places) {
			try_tuple(run, t, &exact, _IOC_READ | _IOC_WRITE, p);
			continue;
		}
		for (unsigned int i = 0; i < num; i++)
			for (unsigned int d = 0; d < ARRAY_SIZE(dirs); d++)
				try_tuple(run, t, &list[i], dirs[d], p);
	}
}

static void whole_field(struct abi_run *run, struct tuple *t)
{
	static const struct encoding tail = { 0, 0x5a };
	const size_t known = _IOC_SIZE(t->ioctl->request);
	const struct encoding exact = { known, 0 }, longer = { known + EXTRA, tail.fill };
	const uint64_t valid = abi_load(t->arg, t->field);
	struct values values;

	typical_values(&values, &run->world, t->field, valid);
	for (unsigned int i = 0; i < values.num; i++) {
		t->value = values.value[i];
		abi_store(t->arg, t->field, t->value);
		whole_product(run, t, t->value == valid);
	}
	single_bits(&values, &run->world, t->field, valid);
	for (unsigned int i = 0; i < values.num; i++) {
		t->value = values.value[i];
		abi_store(t->arg, t->field, t->value);
		try_tuple(run, t, &exact, _IOC_READ | _IOC_WRITE, ABI_NORMAL);
		try_tuple(run, t, &exact, _IOC_WRITE, ABI_NORMAL);
		try_tuple(run, t, &longer, _IOC_READ | _IOC_WRITE, ABI_NORMAL);
	}
	abi_store(t->arg, t->field, valid);
}

void abi_matrix(struct abi_run *run, const struct abi_ioctl *ioctl)
{
	struct tuple *t = calloc(1, sizeof(*t));

	igt_assert(t);
	t->ioctl = ioctl;
	abi_valid(&run->world, ioctl, t->arg);
	for (unsigned int i = 0; i < ioctl->num_fields; i++) {
		struct abi_field part = ioctl->fields[i];
		size_t left = part.size;

		/* a text is as many numbers */
		for (; left; left -= part.size, part.offset += part.size) {
			part.size = min(left, sizeof(uint64_t));
			t->field = &part;
			whole_field(run, t);
		}
	}
	free(t);
}
