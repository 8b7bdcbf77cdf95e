// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvme.h"

/* Registers. */
#define NVME_CAP 0x00
#define NVME_CC 0x14
#define NVME_CSTS 0x1c
#define NVME_AQA 0x24
#define NVME_ASQ 0x28
#define NVME_ACQ 0x30
#define NVME_DOORBELLS 0x1000

/* CC: enable, entries of 64 bytes to it, and of 16 from it. */
#define CC_ON (1u | 6u << 16 | 4u << 20)
#define CSTS_READY 1u

/* Commands. */
#define ADMIN_CREATE_SQ 1u
#define ADMIN_CREATE_CQ 5u
#define ADMIN_IDENTIFY 6u
#define CONTIGUOUS 1u
#define IO_WRITE 1u
#define IO_READ 2u

/* Two rings of each queue, and for each command in flight a list of pages. */
#define SQ_PAGE(id) (2ul * (id))
#define CQ_PAGE(id) (2ul * (id) + 1)
#define IDENTIFY_PAGE 4
#define LIST_PAGE(slot) (5 + (slot))
#define ENTRIES (2 * NVME_DEPTH)

struct submission {
	uint32_t command, nsid;
	uint64_t reserved, metadata, prp1, prp2;
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct completion {
	uint32_t result, reserved;
	uint16_t head, queue, id, status;
};

static void *page(const struct nvme *n, unsigned int number)
{
	return n->mem + number * NVME_PAGE;
}

static volatile uint32_t *reg(const struct nvme *n, unsigned int at)
{
	return (volatile uint32_t *)(n->regs + at);
}

static void write64(const struct nvme *n, unsigned int at, uint64_t value)
{
	*reg(n, at) = (uint32_t)value;
	*reg(n, at + 4) = (uint32_t)(value >> 32);
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int wait_ready(const struct nvme *n, uint32_t ready)
{
	time_t until = seconds() + 60;

	while ((*reg(n, NVME_CSTS) & CSTS_READY) != ready) {
		if (seconds() > until)
			return -ETIMEDOUT;
		usleep(1000);
	}
	return 0;
}

/* What was written to memory must be there when the controller looks. */
static void ring(const struct nvme *n, unsigned int doorbell, uint32_t value)
{
	unsigned int stride = 4u << (*reg(n, NVME_CAP + 4) & 15);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*reg(n, NVME_DOORBELLS + doorbell * stride) = value;
}

static void submit(struct nvme *n, struct nvme_queue *q, const struct submission *command)
{
	struct submission *sq = page(n, SQ_PAGE(q->id));

	sq[q->tail] = *command;
	q->tail = (q->tail + 1) % ENTRIES;
	ring(n, 2 * q->id, q->tail);
}

/* The ring is read where the controller writes it: the phase tells what is new. */
static int wait_end(struct nvme *n, struct nvme_queue *q)
{
	volatile struct completion *cq = page(n, CQ_PAGE(q->id));
	time_t until = seconds() + 60;
	unsigned int status;

	while (((status = cq[q->head].status) & 1) != q->phase)
		if (seconds() > until)
			return -ETIMEDOUT;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	q->head = (q->head + 1) % ENTRIES;
	q->phase ^= !q->head;
	ring(n, 2 * q->id + 1, q->head);
	return (int)(status >> 1);
}

static int administer(struct nvme *n, const struct submission *command)
{
	int status;

	submit(n, &n->queue[0], command);
	status = wait_end(n, &n->queue[0]);
	return status > 0 ? -EIO : status;
}

static int create_queue(struct nvme *n, unsigned int id)
{
	struct submission command = {
		.command = ADMIN_CREATE_CQ,
		.prp1 = n->pages[CQ_PAGE(id)],
		.cdw10 = (ENTRIES - 1) << 16 | id,
		.cdw11 = CONTIGUOUS,
	};
	int ret = administer(n, &command);

	if (ret)
		return ret;
	command.command = ADMIN_CREATE_SQ;
	command.prp1 = n->pages[SQ_PAGE(id)];
	command.cdw11 = id << 16 | CONTIGUOUS;
	return administer(n, &command);
}

int nvme_start(struct nvme *n)
{
	const struct submission identify = {
		.command = ADMIN_IDENTIFY,
		.prp1 = n->pages[IDENTIFY_PAGE],
		.cdw10 = 1,
	};
	int ret;

	memset(n->mem, 0, NVME_MEMORY);
	for (unsigned int id = 0; id < 2; id++)
		n->queue[id] = (struct nvme_queue){ .id = id, .phase = 1 };
	*reg(n, NVME_CC) = 0;
	ret = wait_ready(n, 0);
	if (ret)
		return ret;
	*reg(n, NVME_AQA) = (ENTRIES - 1) << 16 | (ENTRIES - 1);
	write64(n, NVME_ASQ, n->pages[SQ_PAGE(0)]);
	write64(n, NVME_ACQ, n->pages[CQ_PAGE(0)]);
	*reg(n, NVME_CC) = CC_ON;
	ret = wait_ready(n, CSTS_READY);
	ret = ret ? ret : administer(n, &identify);
	return ret ? ret : create_queue(n, 1);
}

const char *nvme_model(const struct nvme *n)
{
	return (const char *)page(n, IDENTIFY_PAGE) + 24;
}

void nvme_submit(struct nvme *n, bool to_disk, uint64_t disk, const uint64_t *pages,
		 unsigned int count)
{
	struct nvme_queue *q = &n->queue[1];
	unsigned int slot = q->tail % NVME_DEPTH;
	struct submission command = {
		.command = (to_disk ? IO_WRITE : IO_READ) | q->tail << 16,
		.nsid = 1,
		.prp1 = pages[0],
		.cdw10 = (uint32_t)(disk / NVME_BLOCK),
		.cdw12 = count * NVME_PAGE / NVME_BLOCK - 1,
	};

	if (count == 2)
		command.prp2 = pages[1];
	if (count > 2) {
		memcpy(page(n, LIST_PAGE(slot)), pages + 1, (count - 1) * sizeof(*pages));
		command.prp2 = n->pages[LIST_PAGE(slot)];
	}
	submit(n, q, &command);
}

int nvme_wait(struct nvme *n)
{
	return wait_end(n, &n->queue[1]);
}
