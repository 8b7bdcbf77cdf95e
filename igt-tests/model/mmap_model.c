// SPDX-License-Identifier: MIT
/*
 * The contract of mmap() as a function: from the arguments to the errno,
 * negative. The order is that of the checks: libc's, those of do_mmap() in the
 * kernel's core, the dma-buf's, the driver's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/mmap.h"

const char *const map_way_names[MAP_WAYS] = {
	"drm", "drm-read-only", "dmabuf", "dmabuf-read-only", "no-handle",
};

bool map_way_is_writable(enum map_way way)
{
	return way != MAP_DRM_READ_ONLY && way != MAP_DMABUF_READ_ONLY;
}

static bool is_dmabuf(enum map_way way)
{
	return way == MAP_DMABUF || way == MAP_DMABUF_READ_ONLY;
}

/* mmap2() is told the offset in pages, in a word of 32 bits. */
static bool libc_refuses(uint64_t offset)
{
	return offset % content_page_size() || (sizeof(long) == 4 && offset >> 44);
}

/* file_mmap_ok(): a file without a bound of its own has the core's. */
static bool is_overflow(uint64_t bound, uint64_t offset, uint64_t length)
{
	const size_t page = content_page_size();

	return offset / page > (bound - length) / page;
}

static int predict_type(const struct map_target *t, const struct map_call *call)
{
	const int type = call->flags & MAP_TYPE;

	if (type == MAP_PRIVATE)
		return 0;
	if (type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	/* that MAP_SHARED ignores what it does not know is why there is another */
	if (type == MAP_SHARED_VALIDATE && (call->flags & MAP_SYNC))
		return -EOPNOTSUPP;
	return (call->prot & PROT_WRITE) && !map_way_is_writable(t->way) ? -EACCES : 0;
}

/* Lengths between the two may find a place, or not. */
static bool has_place(uint64_t length)
{
	igt_assert(length <= MAP_GIANT || length >= MAP_NO_PLACE);
	return length <= MAP_GIANT;
}

static int predict_core(const struct map_world *w, const struct map_target *t,
			const struct map_call *call, uint64_t length)
{
	int err;

	if (!call->length)
		return -EINVAL;
	/* 64 bits of it were rounded up to nothing */
	if (!length || !has_place(length))
		return -ENOMEM;
	if (is_overflow(is_dmabuf(t->way) ? w->bound_dmabuf : w->bound_drm, call->offset, length))
		return -EOVERFLOW;
	err = predict_type(t, call);
	if (err)
		return err;
	if ((call->prot & PROT_EXEC) && (is_dmabuf(t->way) ? w->noexec_dmabuf : w->noexec_drm))
		return -EPERM;
	return 0;
}

static int predict_driver(const struct map_target *t, const struct map_call *call, uint64_t length)
{
	const uint64_t first = call->offset - t->base;

	if (call->offset < t->base || first > t->size || length > t->size - first)
		return -EINVAL;
	if (t->way == MAP_STRANGER)
		return -EACCES;
	if ((call->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	return call->prot & PROT_EXEC ? -EACCES : 0;
}

int map_predict(const struct map_world *w, const struct map_target *t, const struct map_call *call)
{
	const uint64_t page = content_page_size();
	const uint64_t length = ((uint64_t)call->length + page - 1) & -page;
	int err;

	if (libc_refuses(call->offset))
		return -EINVAL;
	err = predict_core(w, t, call, length);
	return err ?: predict_driver(t, call, length);
}

/* What can be written can be read, as on all architectures of dgem. */
int map_predict_read(int prot)
{
	return prot & (PROT_READ | PROT_WRITE) ? 0 : SIGSEGV;
}

int map_predict_write(int prot)
{
	return prot & PROT_WRITE ? 0 : SIGSEGV;
}

int map_predict_mprotect(const struct map_target *t, int prot)
{
	if (prot & PROT_EXEC)
		return -EACCES;
	return (prot & PROT_WRITE) && !map_way_is_writable(t->way) ? -EACCES : 0;
}

/* Answers of the core that differ by kernel, and are shown nowhere: -errno. */
static int ask(int fd, int prot, uint64_t offset, int one, int other)
{
	void *ptr = mmap(NULL, content_page_size(), prot, MAP_SHARED, fd, offset);
	int err = -errno;

	igt_assert(ptr == MAP_FAILED);
	igt_assert_f(err == one || err == other, "mmap() of a dma-buf: %d\n", err);
	return err;
}

void map_world_learn(struct map_world *w, int fd)
{
	uint32_t handle = dgem_bo_create(fd, 1);
	int dma_buf = prime_handle_to_fd_for_mmap(fd, handle);
	struct statvfs st;

	igt_assert_eq(fstatvfs(fd, &st), 0);
	w->noexec_drm = st.f_flag & ST_NOEXEC;
	/* the mount of newer kernels forbids it */
	w->noexec_dmabuf = ask(dma_buf, PROT_EXEC, 0, -EACCES, -EPERM) == -EPERM;
	/* DRM files say that their offsets have no sign; 0 stands for 1ull << 64 */
	w->bound_drm = 0;
	/* newer kernels take it for a regular file */
	w->bound_dmabuf = UINT64_MAX;
	if (sizeof(long) == 8 &&
	    ask(dma_buf, PROT_READ, 1ull << 63, -EINVAL, -EOVERFLOW) == -EOVERFLOW)
		w->bound_dmabuf = INT64_MAX;
	close(dma_buf);
	gem_close(fd, handle);
}
