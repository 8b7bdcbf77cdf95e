// SPDX-License-Identifier: MIT
/* Requests that must be refused, and leave no trace. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dgem/dgem.h"
#include "igt.h"

#define MAX_ARG 256

/* The reason is written also on failure, and must be one that is defined. */
static void forgive_reason(struct drm_dgem_bo_create *after,
			   const struct drm_dgem_bo_create *before)
{
	igt_assert_lte_u32(after->reason, DRM_DGEM_REASON_NODE);
	after->reason = before->reason;
	after->reason_arg = before->reason_arg;
}

void dgem_assert_refused(int fd, unsigned long request, void *arg, int err)
{
	const size_t size = _IOC_SIZE(request);
	struct dgem_counters counters;
	char before[MAX_ARG];
	int ret;

	igt_assert_lte(size, sizeof(before));
	memcpy(before, arg, size);
	dgem_counters_read(fd, &counters);

	ret = __dgem_ioctl(fd, request, arg);
	errno = 0;
	igt_assert_f(ret == -err, "returned %d (%s), expected %d (%s)\n", ret, strerror(-ret), -err,
		     strerror(err));

	if (request == DRM_IOCTL_DGEM_BO_CREATE)
		forgive_reason(arg, (struct drm_dgem_bo_create *)before);
	igt_assert_f(!memcmp(before, arg, size), "The argument of a refused ioctl changed.\n");
	dgem_counters_assert_same(fd, &counters);
}

static uint64_t field_load(const void *arg, const struct dgem_field *field)
{
	uint64_t value = 0;

	igt_assert_lte(field->size, sizeof(value));
	memcpy(&value, (const char *)arg + field->offset, field->size);
	return value;
}

/* All architectures of dgem are little-endian. */
static void field_store(void *arg, const struct dgem_field *field, uint64_t value)
{
	memcpy((char *)arg + field->offset, &value, field->size);
}

void dgem_assert_refused_bits(int fd, unsigned long request, void *arg,
			      const struct dgem_field *field, uint64_t mask)
{
	const uint64_t valid = field_load(arg, field);
	unsigned int refused = 0;

	for (unsigned int bit = 0; bit < 8 * field->size; bit++) {
		if (!(mask & (1ULL << bit)))
			continue;
		field_store(arg, field, valid | (1ULL << bit));
		igt_debug("%s, bit %u\n", field->name, bit);
		dgem_assert_refused(fd, request, arg, EINVAL);
		refused++;
	}
	field_store(arg, field, valid | mask);
	dgem_assert_refused(fd, request, arg, EINVAL);
	field_store(arg, field, valid);
	igt_assert_lt(0, refused);
}

void dgem_assert_refused_nonzero(int fd, unsigned long request, void *arg,
				 const struct dgem_field *field)
{
	for (size_t i = 0; i < field->size; i++) {
		const struct dgem_field byte = { field->name, field->offset + i, 1 };

		dgem_assert_refused_bits(fd, request, arg, &byte, 0xff);
	}
}
