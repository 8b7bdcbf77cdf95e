// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The module parameter by which the administrator names memory for BOs. */

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <kunit/visibility.h>

#include "dgem_carveout.h"

/**
 * DOC: carve-outs
 *
 * A carve-out is memory that the kernel was told at boot not to use. Each one that the
 * parameter ``carveout`` names becomes a heap of that name, of the default instance.
 * The parameter is a list, separated by commas, and can be given several times, for up
 * to 8 carve-outs in all. Each is
 *
 * NAME@START+SIZE[:preserve]
 *     A physical range, of which ``memmap=SIZE$START`` on the kernel's command line
 *     has made reserved memory. On x86 only. START and SIZE are multiples of
 *     2 MiB, written in any base and with the suffixes K, M and G.
 *
 * NAME[:preserve]
 *     The region that ``reserve_mem=SIZE:ALIGN:NAME`` has reserved.
 *
 * A name consists of the characters a-z, 0-9 and "-". To memory that is marked with
 * ``preserve``, dgem itself never writes, so that what another processor or
 * the last kernel has left there can be read.
 *
 * What cannot be had is left out with a sentence in the log. A carve-out in which there
 * is still a BO of an instance that was unbound cannot be had; once that is gone, the
 * next bind finds it again.
 */

/* Set while the module is loaded, or the kernel boots, and constant from then on. */
static struct dgem_carveout dgem_carveouts[DGEM_CARVEOUTS];
static unsigned int dgem_num_carveouts;

static bool dgem_carveout_is_taken(const char *name)
{
	static const char * const others[] = { "system", "pinned", "contiguous" };
	unsigned int i;

	if (match_string(others, ARRAY_SIZE(others), name) >= 0)
		return true;

	for (i = 0; i < dgem_num_carveouts; i++)
		if (!strcmp(dgem_carveouts[i].name, name))
			return true;
	return false;
}

/* START+SIZE; returns what follows, or NULL if that is none. */
static const char *dgem_carveout_parse_range(const char *text,
					     struct dgem_carveout *carveout)
{
	char *rest;
	u64 end;

	if (!isdigit(*text))
		return NULL;

	carveout->start = memparse(text, &rest);
	if (rest[0] != '+' || !isdigit(rest[1]))
		return NULL;

	carveout->size = memparse(rest + 1, &rest);
	if (!carveout->size ||
	    check_add_overflow(carveout->start, carveout->size, &end))
		return NULL;

	return rest;
}

/**
 * dgem_carveout_parse() - read one item of the parameter
 * @text: the item
 * @carveout: filled in
 *
 * Return: NULL, or what is wrong with it.
 */
const char *dgem_carveout_parse(const char *text, struct dgem_carveout *carveout)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const char *rest = text + len;

	memset(carveout, 0, sizeof(*carveout));
	if (!len || len >= sizeof(carveout->name) || (*rest && !strchr("@:", *rest)))
		return "a name is 1 to 31 of the characters a-z, 0-9 and -";
	memcpy(carveout->name, text, len);

	if (dgem_carveout_is_taken(carveout->name))
		return "there is a heap of that name";

	if (*rest == '@') {
		rest = dgem_carveout_parse_range(rest + 1, carveout);
		if (!rest)
			return "a range is START+SIZE, in bytes or with K, M or G";
	}

	carveout->preserve = !strcmp(rest, ":preserve");
	if (*rest && !carveout->preserve)
		return "nothing but :preserve can follow";

	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_carveout_parse);

/* One item, which is not terminated. */
static const char *dgem_carveout_add(const char *item, size_t len)
{
	char text[128];
	const char *why;

	if (len >= sizeof(text))
		return "it is too long";
	if (dgem_num_carveouts == DGEM_CARVEOUTS)
		return "there are 8 already";

	memcpy(text, item, len);
	text[len] = '\0';
	why = dgem_carveout_parse(text, &dgem_carveouts[dgem_num_carveouts]);
	if (!why)
		dgem_num_carveouts++;
	return why;
}

/* One wrong item is no reason to be without the others, and without a device. */
static int dgem_carveout_param_set(const char *val, const struct kernel_param *kp)
{
	const char *why;
	size_t len;

	for (; *val; val += len + (val[len] == ',')) {
		len = strcspn(val, ",");
		why = dgem_carveout_add(val, len);
		if (why)
			pr_warn("dgem: carve-out %.*s is left out: %s\n", (int)len, val, why);
	}

	return 0;
}

static int dgem_carveout_param_get(char *buffer, const struct kernel_param *kp)
{
	const struct dgem_carveout *carveout;
	unsigned int i;
	int at = 0;

	for (i = 0; (carveout = dgem_carveout_get(i)); i++) {
		at += sysfs_emit_at(buffer, at, "%s%s", i ? "," : "", carveout->name);
		if (carveout->size)
			at += sysfs_emit_at(buffer, at, "@0x%llx+0x%llx",
					    carveout->start, carveout->size);
		if (carveout->preserve)
			at += sysfs_emit_at(buffer, at, ":preserve");
	}

	return at + sysfs_emit_at(buffer, at, "\n");
}

static const struct kernel_param_ops dgem_carveout_param_ops = {
	.set = dgem_carveout_param_set,
	.get = dgem_carveout_param_get,
};

module_param_cb(carveout, &dgem_carveout_param_ops, NULL, 0444);
MODULE_PARM_DESC(carveout,
		 "Heaps of reserved memory: NAME@START+SIZE[:preserve] or NAME[:preserve],...");

/**
 * dgem_carveout_get() - what the administrator named
 * @nr: number of the carve-out, from 0 on
 *
 * Return: the carve-out, or NULL if there are not so many.
 */
const struct dgem_carveout *dgem_carveout_get(unsigned int nr)
{
	return nr < dgem_num_carveouts ? &dgem_carveouts[nr] : NULL;
}
