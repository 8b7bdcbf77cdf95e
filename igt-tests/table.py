# SPDX-License-Identifier: MIT
"""Tables in text files, as contract.txt and peers.txt are."""
import re


def read_table(path, columns):
    """The rows, of as many cells between "|"; a line that starts with a blank goes on."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"\n[ \t]+", " ", file.read())
    rows = []
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != len(columns):
            raise ValueError(f"not '{' | '.join(columns)}': {line}")
        rows.append(cells)
    return rows
