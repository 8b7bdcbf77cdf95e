// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dgem/content.h"
#include "dgem/dgem.h"
#include "igt.h"
#include "model/matrix.h"

/* So many are printed; the rest is counted. */
#define MAX_PRINTED 20

/* In no order that a matrix could have: neighbouring seeds are as good as any. */
static bool left_out(const struct matrix *m)
{
	uint64_t rng = content_seed() + m->tuples;
	int each = dgem_repeat("IGT_DGEM_MATRIX_EACH", 1);

	return !m->until && each > 1 && content_random(&rng, each);
}

bool matrix_next(struct matrix *m)
{
	if (m->found)
		return false;
	m->tuples++;
	if (m->dry || left_out(m))
		return false;
	m->done++;
	return true;
}

void matrix_wrong(struct matrix *m, const char *tuple, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->found |= m->until && strstr(text, m->until);
	if (m->wrong++ < MAX_PRINTED)
		igt_info("%s: %s\n", tuple, text);
}

bool matrix_pass(struct matrix *m, int pass)
{
	m->dry = pass == 0;
	if (pass == 1)
		m->counted = m->tuples;
	if (pass == 2)
		igt_assert_eq(m->tuples, m->counted);
	m->tuples = pass == 2 ? m->tuples : 0;
	return pass < 2;
}

void matrix_assert_right(const struct matrix *m, const char *name)
{
	igt_info("%s: %lu tuples, %lu done, %lu of them succeeded, %lu were wrong\n", name,
		 m->tuples, m->done, m->succeeded, m->wrong);
	igt_assert_lt(0, m->done);
	igt_assert_eq(m->wrong, 0);
}

void matrix_assert_found(const struct matrix *m)
{
	igt_info("\"%s\" was reported of tuple %lu.\n", m->until, m->tuples);
	igt_assert(m->found);
}

const char *matrix_errno(int err)
{
	return err ? strerrorname_np(-err) : "success";
}
