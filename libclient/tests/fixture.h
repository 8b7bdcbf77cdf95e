/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_FIXTURE_H
#define DGEM_TESTS_FIXTURE_H

#include "../src/internal.h"
#include "fake.h"
#include "harness.h"

static inline struct dgem_device *open_default(void)
{
	struct dgem_device *dev;

	fake_add_default();
	CHECK_EQ(dgem_device_open(&dev), 0);
	return dev;
}

static inline struct dgem_bo *create(struct dgem_device *dev, uint64_t size)
{
	struct dgem_bo *bo;

	CHECK_EQ(dgem_bo_create(dev, size, NULL, &bo), 0);
	return bo;
}

static inline struct dgem_bo *import(struct dgem_device *dev, int fd)
{
	struct dgem_bo *bo;

	CHECK_EQ(dgem_bo_import(dev, fd, &bo), 0);
	return bo;
}

#endif /* DGEM_TESTS_FIXTURE_H */
