"""Put faults into modules of the library, one at a time, and see whether tests notice.

    python -m tests.mutants operators paths --jobs 2
    python -m tests.mutants decoding --sample 200 --seed 1

Survivors are printed as diffs, the score per module last.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import hypothesis.strategies
import jsonpath_ng.ext
import pytest

from tests.mutants.operators import Mutant, mutants
from tests.mutants.suites import QUICK, SUITES
from tests.mutants.trial import start

_LOADED_BEFORE_THE_FORKS = (hypothesis.strategies, jsonpath_ng.ext, pytest)
_ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Judge the modules; return 0 if no mutant survives."""
    options = _options(arguments)
    os.environ["CI"] = "1"  # derandomized laws: the same answer each time
    totals = [_judge(module, options) for module in options.modules or _all_modules()]
    print(*totals, sep="\n")
    return int(any(", 0 survived" not in total for total in totals))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as paths or index.keys")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, help="at most so many mutants of each module")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--thorough", action="store_true", help="ask the slow tests too")
    parser.add_argument("--only", type=int, nargs="*", help="these mutants by number")
    return parser.parse_args(arguments)


def _all_modules() -> list[str]:
    parts = sorted((_ROOT / "egcore/index").glob("*.py"))
    index = [f"index.{path.stem}".removesuffix(".__init__") for path in parts]
    return [*(name for name in SUITES if name != "index"), *index]


def _judge(module: str, options: argparse.Namespace) -> str:
    path = _path(module)
    original = path.read_bytes()
    everything = mutants(original)
    chosen = _chosen(everything, options)
    trial = partial(start, module, str(path), select="" if options.thorough else QUICK)
    seconds = _baseline(module, trial, original)
    survivors = _survivors(trial, original, chosen, jobs=options.jobs, seconds=seconds)
    for mutant in survivors:
        print(f"{module}: {mutant.diff(original)}\n", flush=True)
    killed = len(chosen) - len(survivors)
    total = (
        f"{module}: {len(everything)} mutants, {len(chosen)} run, {killed} killed, "
        f"{len(survivors)} survived: {killed / max(len(chosen), 1):.1%}"
    )
    print(total, flush=True)
    return total


def _path(module: str) -> Path:
    path = _ROOT / "egcore" / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _chosen(everything: list[Mutant], options: argparse.Namespace) -> list[Mutant]:
    if options.only:
        return [each for each in everything if each.number in options.only]
    if options.sample is None or options.sample >= len(everything):
        return everything
    return sorted(random.Random(options.seed).sample(everything, options.sample))


def _baseline(module: str, trial: Callable[..., int], original: bytes) -> int:
    """Run the tests without a fault; return how many seconds a mutant may take."""
    begun = time.monotonic()
    _, status = os.waitpid(trial(original, seconds=60), 0)
    if status:
        raise SystemExit(f"{module}: the tests fail without any fault")
    return int(4 * (time.monotonic() - begun)) + 2


def _survivors(
    trial: Callable[..., int], original: bytes, chosen: list[Mutant], *, jobs: int, seconds: int
) -> list[Mutant]:
    running: dict[int, Mutant] = {}
    survivors = []
    waiting = chosen[::-1]
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[trial(mutant.source(original), seconds=seconds)] = mutant
        child, status = os.waitpid(-1, 0)
        mutant = running.pop(child)
        if not status:
            survivors.append(mutant)
    return sorted(survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
