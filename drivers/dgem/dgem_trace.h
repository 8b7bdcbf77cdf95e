/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dgem

#if !defined(__DGEM_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __DGEM_TRACE_H__

#include <linux/tracepoint.h>

#include "dgem_bo.h"
#include "dgem_heap.h"
#include "dgem_request.h"

/*
 * A BO is named by its id, the same as in BO_INFO and debugfs. No addresses:
 * readers of traces are not to learn where memory is.
 */

DECLARE_EVENT_CLASS(dgem_bo,
	TP_PROTO(struct dgem_bo *bo),
	TP_ARGS(bo),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, size)
		__string(heap, bo->heap ? bo->heap->name : "imported")
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->size = bo->base.size;
		__assign_str(heap);
	),
	TP_printk("bo=%llu size=%llu heap=%s", __entry->id, __entry->size,
		  __get_str(heap))
);

DEFINE_EVENT(dgem_bo, dgem_bo_create,
	TP_PROTO(struct dgem_bo *bo),
	TP_ARGS(bo)
);

DEFINE_EVENT(dgem_bo, dgem_bo_free,
	TP_PROTO(struct dgem_bo *bo),
	TP_ARGS(bo)
);

DEFINE_EVENT(dgem_bo, dgem_bo_export,
	TP_PROTO(struct dgem_bo *bo),
	TP_ARGS(bo)
);

DEFINE_EVENT(dgem_bo, dgem_bo_import,
	TP_PROTO(struct dgem_bo *bo),
	TP_ARGS(bo)
);

TRACE_EVENT(dgem_bo_reserve,
	TP_PROTO(struct dgem_bo *bo, const struct dgem_request *request, int ret),
	TP_ARGS(bo, request, ret),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, pages)
		__field(u64, align)
		__field(u64, boundary)
		__field(unsigned int, bits)
		__field(int, node)
		__field(int, ret)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->pages = bo->pages.nr_pages;
		__entry->align = request->align;
		__entry->boundary = request->boundary;
		__entry->bits = request->addr_bits;
		__entry->node = request->node;
		__entry->ret = min(ret, 0);
		__entry->reason = request->reason;
	),
	TP_printk("bo=%llu pages=%lu align=%llu boundary=%llu bits=%u node=%d ret=%d reason=%u",
		  __entry->id, __entry->pages, __entry->align, __entry->boundary,
		  __entry->bits, __entry->node, __entry->ret, __entry->reason)
);

TRACE_EVENT(dgem_bo_populate,
	TP_PROTO(struct dgem_bo *bo, unsigned long chunk, unsigned long pages),
	TP_ARGS(bo, chunk, pages),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, chunk)
		__field(unsigned long, pages)
		__field(bool, run)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->chunk = chunk;
		__entry->pages = pages;
		__entry->run = !dgem_pages_table(&bo->pages, chunk);
	),
	TP_printk("bo=%llu chunk=%lu pages=%lu run=%d", __entry->id,
		  __entry->chunk, __entry->pages, __entry->run)
);

TRACE_EVENT(dgem_bo_evict,
	TP_PROTO(struct dgem_bo *bo, unsigned long chunk, unsigned long pages),
	TP_ARGS(bo, chunk, pages),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, chunk)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->chunk = chunk;
		__entry->pages = pages;
	),
	TP_printk("bo=%llu chunk=%lu pages=%lu", __entry->id, __entry->chunk,
		  __entry->pages)
);

TRACE_EVENT(dgem_bo_purge,
	TP_PROTO(struct dgem_bo *bo, unsigned long pages),
	TP_ARGS(bo, pages),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->pages = pages;
	),
	TP_printk("bo=%llu pages=%lu", __entry->id, __entry->pages)
);

TRACE_EVENT(dgem_bo_zap,
	TP_PROTO(struct dgem_bo *bo, unsigned long chunk),
	TP_ARGS(bo, chunk),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, chunk)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->chunk = chunk;
	),
	TP_printk("bo=%llu chunk=%lu", __entry->id, __entry->chunk)
);

TRACE_EVENT(dgem_bo_fault,
	TP_PROTO(struct dgem_bo *bo, unsigned long page, unsigned int order,
		 bool write),
	TP_ARGS(bo, page, order, write),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned long, page)
		__field(unsigned int, order)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->id = bo->id;
		__entry->page = page;
		__entry->order = order;
		__entry->write = write;
	),
	TP_printk("bo=%llu page=%lu order=%u write=%d", __entry->id,
		  __entry->page, __entry->order, __entry->write)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE dgem_trace
#include <trace/define_trace.h>
