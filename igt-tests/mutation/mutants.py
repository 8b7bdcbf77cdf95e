# SPDX-License-Identifier: MIT
"""mutants.py LIST DRIVER: for igt-tests/mutation/run and lanes. Reads mutants from
LIST, each a block that ends with an empty line:

    > where it is to be told from the right driver, for lanes
    = name of the file in DRIVER; without it, that of the block before
    - what is there, once; each line with this mark
    + what is to be there instead; no such line takes it out

"mutants.py LIST DRIVER check" tells how many there are, and fails unless each
applies. "mutants.py LIST DRIVER apply N" changes DRIVER to mutant N, counted
from 1, and prints its file and first line, "where N" what its line says of that.
"""
import pathlib
import sys


def read(path):
    """The (file, old, new, where) of each block."""
    mutants, name = [], None
    text = [l for l in path.read_text().split("\n") if not l.startswith("#")]
    for block in "\n".join(text).strip().split("\n\n"):
        part = {">": [], "=": [], "-": [], "+": []}
        for line in block.split("\n"):
            part[line[0]].append(line[2:] if line[0] in "=>" else line[1:])
        name, = part["="] or [name]
        mutants.append((name, "\n".join(part["-"]), "\n".join(part["+"]),
                        " ".join(part[">"])))
    return mutants


def apply(driver, mutant, write):
    name, old, new, _ = mutant
    path = driver / name
    source = path.read_text()
    # Whole lines only, so that the list can be read like a patch.
    found = ("\n" + source).count("\n" + old + "\n")
    if found != 1:
        sys.exit(f"mutants: {name} has {found} of: {old}")
    if write:
        new = new + "\n" if new else ""
        path.write_text(("\n" + source).replace(
            "\n" + old + "\n", "\n" + new, 1)[1:])


def main():
    path, driver = (pathlib.Path(arg) for arg in sys.argv[1:3])
    mutants = read(path)
    if sys.argv[3] == "check":
        for mutant in mutants:
            apply(driver, mutant, False)
        print(len(mutants))
    elif sys.argv[3] == "where":
        print(mutants[int(sys.argv[4]) - 1][3])
    else:
        mutant = mutants[int(sys.argv[4]) - 1]
        apply(driver, mutant, True)
        print(mutant[0] + ":", mutant[1].split("\n")[0].strip())


main()
