#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""report.py DIR KERNEL: runs in the testing image. Reads DIR/*.results, writes
DIR/results.json and DIR/bench.png, prints the table, and fails if a figure that
a bar needs was not measured. A bar that is missed is told, not an error: the
benchmark measures, and the reader judges."""

import json
import os
import sys

import plot

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = ("dgem-pinned", "dgem-system")
FLOORS_SHOWN = ("floor-pinned", "floor-system")
FLOORS = {"dgem-pinned": "floor-pinned", "dgem-system": "floor-system"}
# Which no peer is compared with: of one physical range, whose pages can be pinned,
# and of small objects.
ALONE = ("dgem-contiguous", "dgem-carveout", "dgem-pinned-direct", "dgem-system-direct",
         "pool")
PEERS = ("dma-heap", "vgem", "udmabuf", "memfd", "memfd-rw", "anonymous", "malloc")
# In wall time a figure is comparable within its machine only.
SUFFIX = {"count": "", "bounce": "", "device": "", "big": "", "noinit": "-noinit", "wall": "-wall",
          "smp": ""}
MORE_IS_BETTER = ("two-threads-64k", "two-threads-1m",
                  "two-threads-pool-4k", "two-processes-64k", "two-processes-1m")


def unit_of(unit, machine):
    if unit in ("each", "per page", "per round"):
        return ("ns " if machine in ("wall", "smp") else "instructions ") + unit
    return unit


def load(directory, kernel):
    results = []
    for machine in SUFFIX:
        path = os.path.join(directory, machine + ".results")
        if not os.path.exists(path):
            continue
        with open(path, encoding="ascii") as lines:
            for line in lines:
                fields = line.rstrip("\n").split("\t")
                if fields[0] != "result":
                    continue
                metric, subject, value, unit, spread = fields[1:]
                results.append({
                    "metric": metric + SUFFIX[machine],
                    "subject": subject,
                    "value": float(value),
                    "unit": unit_of(unit, machine),
                    "kernel": kernel,
                    "spread": float(spread),
                    "machine": machine,
                })
    return results


class Figures:
    def __init__(self, results):
        self.by = {(r["metric"], r["subject"]): r for r in results}
        self.metrics = list(dict.fromkeys(
            r["metric"] for r in results
            if not r["metric"].startswith(("clock", "host-load"))))

    def get(self, metric, subject):
        found = self.by.get((metric, subject))
        return found["value"] if found else None

    def best_peer(self, metric):
        peers = [(self.get(metric, p), p) for p in PEERS
                 if self.get(metric, p) is not None]
        if not peers:
            return None, None
        return max(peers) if metric in MORE_IS_BETTER else min(peers)


class Bar:
    """One line of the file of bars."""

    def __init__(self, line):
        self.metric, self.subject, limit, self.reason = line.split("\t")
        words = limit.split()
        self.at_most = {"<=": True, ">=": False}[words[0]]
        self.limit = float(words[1])
        self.base = tuple(words[3:5]) if len(words) > 2 else None

    def judge(self, figures):
        """The value compared with the limit, or None where it is missing."""
        value = figures.get(self.metric, self.subject)
        if value is None:
            return None
        if self.base:
            base = figures.get(*self.base)
            return value / base if base else None
        return value

    def met(self, value):
        return value <= self.limit if self.at_most else value >= self.limit

    def text(self):
        sign = "<=" if self.at_most else ">="
        of = " of %s, %s" % self.base if self.base else ""
        return "%s %s%s" % (sign, number(self.limit), of)


def load_bars():
    with open(os.path.join(HERE, "bars"), encoding="ascii") as lines:
        return [Bar(line.rstrip("\n")) for line in lines
                if line.strip() and not line.startswith("#")]


def number(value):
    if value is None:
        return "-"
    if value < 10:
        return "%.2f" % value
    return "{:,.0f}".format(value)


def ratio(value, base):
    return "%.2f" % (value / base) if value is not None and base else "-"


def print_table(figures):
    head = ("metric", "unit") + OURS + ALONE + FLOORS_SHOWN + PEERS + \
        ("best peer", "pinned/best", "system/best", "pinned/floor", "system/floor",
         "spread %")
    rows = [head]
    for metric in figures.metrics:
        best, best_name = figures.best_peer(metric)
        entries = [r for (m, _), r in figures.by.items() if m == metric]
        row = [metric, entries[0]["unit"]]
        row += [number(figures.get(metric, s)) for s in OURS + ALONE + FLOORS_SHOWN + PEERS]
        row += [best_name or "-"]
        row += [ratio(figures.get(metric, s), best) for s in OURS]
        row += [ratio(figures.get(metric, s), figures.get(metric, FLOORS[s]))
                for s in OURS]
        row.append("%.2f" % (100 * max(r["spread"] for r in entries)))
        rows.append(tuple(row))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        cells = [row[i].ljust(widths[i]) if i < 2 else row[i].rjust(widths[i])
                 for i in range(len(head))]
        print("  ".join(cells))


def print_load(results):
    """Wall time and scaling are only as good as the host was quiet."""
    loads = [r["value"] for r in results if r["metric"].startswith("host-load")]
    if loads and max(loads) > 0.5:
        print("\nThe host was busy with other things (load %.1f before a machine"
              "\nthat measures real time started): what ends in -wall and begins"
              "\nwith two- says little, measure again on a quiet host." % max(loads))


def print_bars(bars, figures):
    """Returns how many were met, missed, and not measured."""
    counts = {"met": 0, "MISSED": 0, "NOT MEASURED": 0}
    print()
    for bar in bars:
        value = bar.judge(figures)
        verdict = "NOT MEASURED"
        if value is not None:
            verdict = "met" if bar.met(value) else "MISSED"
        counts[verdict] += 1
        floor = figures.get(bar.metric, FLOORS.get(bar.subject))
        floor_text = "" if bar.base or floor is None else \
            ", floor %s" % number(floor)
        print("%-12s %-22s %-12s %10s, bar %s%s (%s)" % (
            verdict, bar.metric, bar.subject, number(value), bar.text(),
            floor_text, bar.reason))
    print("\nbars: %d met, %d missed, %d not measured" % (
        counts["met"], counts["MISSED"], counts["NOT MEASURED"]))
    return counts


def main():
    directory, kernel = sys.argv[1:3]
    results = load(directory, kernel)
    if not results:
        sys.exit("bench: no results in " + directory)
    figures = Figures(results)
    with open(os.path.join(directory, "results.json"), "w", encoding="ascii") as out:
        json.dump(results, out, indent=1)
        out.write("\n")
    print("Instructions that the guest executed, user space and kernel together;"
          "\ncaches, TLB misses and memory bandwidth do not show in them. The"
          "\nmetrics that end in -wall are nanoseconds under emulation.\n")
    print_table(figures)
    print_load(results)
    counts = print_bars(load_bars(), figures)
    plot.draw(figures, os.path.join(directory, "bench.png"), kernel,
              OURS + ALONE + FLOORS_SHOWN + PEERS)
    print("%d figures of kernel %s in %s/results.json, plot in %s/bench.png" % (
        len(results), kernel, directory, directory))
    sys.exit(1 if counts["NOT MEASURED"] else 0)


if __name__ == "__main__":
    main()
