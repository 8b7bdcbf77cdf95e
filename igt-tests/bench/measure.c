// SPDX-License-Identifier: MIT
/*
 * Repeats a figure until two runs agree, and reports it. In a machine that
 * counts instructions, CLOCK_MONOTONIC advances 1 ns for each of them.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

/* Of what takes long, few samples: a timer tick more or less is nothing to it. */
#define RUN_SAMPLES 7
#define LONG_SAMPLES 3
#define LONG_NS 50000000
#define RUNS_MAX 24

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("failed ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
	exit(1);
}

void must(int err, const char *subject, const char *what)
{
	if (err)
		fail("%s: %s: %s", subject, what, strerror(-err));
}

uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

bool counting(void)
{
	const char *clock = getenv("bench_clock");

	return clock && !strcmp(clock, "instructions");
}

/*
 * The proof that this machine counts instructions: a loop of two of them must
 * take two of the clock's units each time round.
 */
void check_counting(void)
{
	const uint64_t rounds = 1000000;
	double per_round = 0;
	int i;

	for (i = 0; i < 3; i++) {
		uint64_t n = rounds, start = now();

		__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc");
		per_round = (double)(now() - start) / rounds;
		if (fabs(per_round - 2.0) < 0.02)
			break;
	}
	report("clock", "loop of two instructions", per_round, "per round", 0);
	if (fabs(per_round - 2.0) >= 0.02)
		fail("the clock does not count instructions: 2 take %.3f", per_round);
}

unsigned int repetitions(uint64_t cost)
{
	uint64_t enough = counting() ? 4000000 : 40000000;

	if (!cost)
		cost = 1;
	if (cost >= enough)
		return 1;
	return enough / cost < 2000 ? enough / cost : 2000;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

/* One run: for each figure the median of some samples. */
static void run(unsigned int n, unsigned int samples, sample_fn sample, void *ctx, double *medians)
{
	double values[MEASURE_MAX][RUN_SAMPLES], figures[MEASURE_MAX];
	unsigned int i, k;

	for (i = 0; i < samples; i++) {
		sample(ctx, figures);
		for (k = 0; k < n; k++)
			values[k][i] = figures[k];
	}
	for (k = 0; k < n; k++)
		medians[k] = median(values[k], samples);
}

double difference(double a, double b)
{
	double mean = (a + b) / 2;

	return mean ? fabs(a - b) / mean : 0;
}

void measure(const char *subject, const struct figure *figures, unsigned int n, sample_fn sample,
	     void *ctx)
{
	/* Wall time on a shared host is never that steady; its spread is told. */
	double tolerance = counting() ? 0.01 : 0.05;
	double runs[2][MEASURE_MAX], worst = 1, scratch[MEASURE_MAX];
	unsigned int i, k, limit = counting() ? RUNS_MAX : 6, samples;
	uint64_t start;

	sample(ctx, scratch);
	start = now();
	sample(ctx, scratch);
	samples = now() - start > LONG_NS ? LONG_SAMPLES : RUN_SAMPLES;
	run(n, samples, sample, ctx, runs[0]);
	for (i = 1; i < limit; i++) {
		run(n, samples, sample, ctx, runs[i % 2]);
		worst = 0;
		for (k = 0; k < n; k++)
			if (!figures[k].part)
				worst = fmax(worst, difference(runs[0][k], runs[1][k]));
		if (worst <= tolerance)
			break;
	}
	for (k = 0; k < n; k++)
		report(figures[k].metric, subject, (runs[0][k] + runs[1][k]) / 2, figures[k].unit,
		       difference(runs[0][k], runs[1][k]));
	if (counting() && worst > tolerance)
		fail("%s: %s: two runs never agreed within 1 %%", subject, figures[0].metric);
}

void report(const char *metric, const char *subject, double value, const char *unit, double spread)
{
	printf("result\t%s\t%s\t%.3f\t%s\t%.4f\n", metric, subject, value, unit, spread);
	fflush(stdout);
}
