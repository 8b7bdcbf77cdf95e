# SPDX-License-Identifier: MIT
"""Bar charts of the lifecycles, with cairo."""

import cairo

# metric, title
PANELS = (
    ("lifecycle-4k", "lifecycle of 4 KiB"),
    ("lifecycle-64k", "lifecycle of 64 KiB"),
    ("lifecycle-1m", "lifecycle of 1 MiB"),
    ("lifecycle-64m", "lifecycle of 64 MiB, per page"),
    ("create-close", "create and close, untouched, 20,000 alive"),
    ("attach-map-64m-second", "export, attach, map, 64 MiB, second time"),
)
COLUMNS = 2
WIDTH, HEIGHT, MARGIN = 620, 300, 24
LABELS, VALUES = 110, 90
BLUE, GREY, LIGHT = (0.12, 0.38, 0.70), (0.60, 0.60, 0.60), (0.80, 0.80, 0.80)


def colour(subject):
    if subject.startswith("dgem"):
        return BLUE
    return LIGHT if subject.startswith("floor") else GREY


def text(ctx, x, y, string, size=12, bold=False):
    ctx.select_font_face("sans-serif", cairo.FONT_SLANT_NORMAL,
                         cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
    ctx.set_font_size(size)
    ctx.set_source_rgb(0, 0, 0)
    ctx.move_to(x, y)
    ctx.show_text(string)


def panel(ctx, x, y, title, values):
    """One chart: a bar for each (subject, value), all to one scale from 0."""
    text(ctx, x, y + 14, title, 14, True)
    most = max(value for _, value in values)
    step = (HEIGHT - 50) / len(values)
    for i, (subject, value) in enumerate(values):
        top = y + 26 + i * step
        length = (WIDTH - LABELS - VALUES) * value / most
        ctx.set_source_rgb(*colour(subject))
        ctx.rectangle(x + LABELS, top, length, step * 0.75)
        ctx.fill()
        text(ctx, x, top + step * 0.6, subject)
        text(ctx, x + LABELS + length + 6, top + step * 0.6,
             "{:,.0f}".format(value))


def draw(figures, path, kernel, subjects):
    rows = (len(PANELS) + COLUMNS - 1) // COLUMNS
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24,
                                 COLUMNS * (WIDTH + MARGIN) + MARGIN,
                                 rows * (HEIGHT + MARGIN) + MARGIN + 30)
    ctx = cairo.Context(surface)
    ctx.set_source_rgb(1, 1, 1)
    ctx.paint()
    text(ctx, MARGIN, 28, "Instructions, Linux " + kernel +
         " (shorter is better; light grey is what the kernel itself takes)", 16, True)
    drawn = 0
    for metric, title in PANELS:
        values = [(s, figures.get(metric, s)) for s in subjects
                  if figures.get(metric, s) is not None]
        if not values:
            continue
        panel(ctx, MARGIN + drawn % COLUMNS * (WIDTH + MARGIN),
              MARGIN + 24 + drawn // COLUMNS * (HEIGHT + MARGIN), title, values)
        drawn += 1
    if not drawn:
        raise SystemExit("bench: nothing to plot")
    surface.write_to_png(path)
