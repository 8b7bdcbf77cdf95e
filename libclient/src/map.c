// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "sys.h"

int map_length(uint64_t size, size_t *ret_length)
{
	uint64_t page = sys_page_size();

	if (size > PTRDIFF_MAX - page)
		return -EOVERFLOW;
	*ret_length = (size_t)((size + page - 1) / page * page);
	return 0;
}

int map_check_range(uint64_t total, uint64_t offset, uint64_t *size)
{
	if (offset % sys_page_size() || offset >= total)
		return -EINVAL;
	if (!*size)
		*size = total - offset;
	return *size > total - offset ? -EINVAL : 0;
}

int map_wrap(void *start, size_t length, size_t head, struct dgem_map **ret_map)
{
	struct dgem_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	map->ptr = (char *)start + head;
	map->size = length - head;
	map->head = head;
	atomic_init(&map->refs, 1);
	*ret_map = map;
	return 0;
}

DGEM_API void *dgem_map_ptr(const struct dgem_map *map)
{
	return map->ptr;
}

DGEM_API size_t dgem_map_size(const struct dgem_map *map)
{
	return map->size;
}

DGEM_API struct dgem_map *dgem_map_ref(struct dgem_map *map)
{
	atomic_fetch_add_explicit(&map->refs, 1, memory_order_relaxed);
	return map;
}

DGEM_API void dgem_map_unref(struct dgem_map *map)
{
	if (!map || atomic_fetch_sub_explicit(&map->refs, 1, memory_order_acq_rel) != 1)
		return;
	sys_munmap((char *)map->ptr - map->head, map->head + map->size);
	free(map);
}
