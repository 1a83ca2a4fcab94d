"""Run the figures and print one table: ``python -m tests.trust --ci``.

Exit code 0 when all figures hold, 1 when one does not, 2 for a wrong call. Failures are
written as case files into tests/regressions, where the test suite replays them for ever.
``--chunk FIGURE/NUMBER`` runs one chunk again, by itself, as the seed of a failure says.
"""

import argparse
import os
import sys
from random import SystemRandom
from typing import Any

from tests.trust import cases
from tests.trust.figures import Budget, Figure, Tally, Workers, random_of, show_progress
from tests.trust.table import DEEP, FIGURES, VOLUMES, weight

CI_SEED = "1"


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen figures; return the exit code."""
    options = _parser().parse_args(arguments)
    seed = options.seed or (str(SystemRandom().randrange(10**9)) if options.time else CI_SEED)
    if options.chunk:
        return _run_one_chunk(seed, *options.chunk.rsplit("/", 1))
    names = options.only or [each for each in FIGURES if options.time or each not in DEEP]
    total = sum(map(weight, names))
    figures = []
    with Workers(options.jobs) as workers:
        for name in names:
            seconds = options.time * weight(name) / total if options.time else None
            figures.append(FIGURES[name](Budget(seed, workers, seconds, _keep)))
    show_progress("")
    print_table(figures, seed)
    return 1 if any(each.failures for each in figures) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--ci", action="store_true", help="fixed counts (the default)")
    length.add_argument("--time", type=float, metavar="SECONDS", help="a deep run of this time")
    parser.add_argument("--seed", help="text; 1 by default, for --time a new one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", nargs="+", choices=FIGURES, metavar="NAME", help="figures")
    parser.add_argument("--chunk", metavar="FIGURE/NUMBER", help="run one chunk again")
    return parser


def _keep(failure: dict[str, Any]) -> str:
    """Write a failure as a case file, and say where; one without arguments has its seed."""
    if "arguments" not in failure:
        return f"{failure['what']} (seed {failure['seed']})"
    path = cases.write(**failure)
    return f"{failure['what']} (seed {failure['seed']}, case tests/regressions/{path.name})"


def _run_one_chunk(seed: str, figure: str, number: str) -> int:
    tally = Tally()
    VOLUMES[figure].chunk(random_of(seed, figure, int(number)), tally)
    print(f"{figure}, chunk {number}, seed {seed}: {len(tally.failures)} in {tally.count:,}")
    for failure in tally.failures:
        print(f"  {failure['what']}: {failure['arguments']}")
    return 1 if tally.failures else 0


COLUMNS = ("figure", "what", "target", "reached", "seed", "seconds", "verdict")


def print_table(figures: list[Figure], seed: str) -> None:
    """Print a line for each figure, and below the table what failed."""
    rows = [COLUMNS] + [
        (f.name, f.what, f.target, f.reached, seed, f"{f.seconds:.0f}", f.verdict) for f in figures
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    for figure in figures:
        for failure in figure.failures:
            print(f"{figure.name}: {failure}")


if __name__ == "__main__":
    sys.exit(main())
