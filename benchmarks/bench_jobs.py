"""What ``egcore route --jobs`` gains: events per second of the whole command, start included.

The runs of the different numbers of jobs take turns, so that other work on the machine
falls on all of them; the medians are compared. A busy machine has no processors to give
away, and shows less gain than there is: the processor seconds of all processes together
tell what dividing the work costs, whoever else is at work. Each run must write the same
bytes as the first. As a command, with the defaults shown::

    python -m benchmarks.bench_jobs --events 100000 --rules 1000 --shape selective --rounds 5

prints a table and, with ``--json FILE``, writes the same figures for programs.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, NamedTuple

from benchmarks.workloads import SHAPES, make, write

REPOSITORY: Final = Path(__file__).parent.parent
SEED: Final = 1


class Run(NamedTuple):
    """One run of the command: what it took, and the digest of all that it wrote."""

    seconds: float
    processor_seconds: float
    digest: str


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the figures."""
    arguments = _parse(argv)
    with TemporaryDirectory() as folder:
        load = make(arguments.shape, arguments.rules, arguments.events, SEED)
        write(load, Path(folder))
        figures = measure(Path(folder), arguments.jobs, arguments.rounds)
    report = {
        "shape": arguments.shape,
        "rules": arguments.rules,
        "events": arguments.events,
        "seed": SEED,
        "rounds": arguments.rounds,
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "seconds": {str(jobs): [run.seconds for run in runs] for jobs, runs in figures.items()},
        "processor_seconds": {
            str(jobs): [run.processor_seconds for run in runs] for jobs, runs in figures.items()
        },
    }
    print(table(report))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_jobs")
    parser.add_argument("--shape", choices=SHAPES, default="selective")
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args(argv)


def measure(folder: Path, jobs: Sequence[int], rounds: int) -> dict[int, list[Run]]:
    """Return the runs by number of jobs; all must have written the same."""
    expected = _run(folder, 1).digest
    figures: dict[int, list[Run]] = {each: [] for each in jobs}
    for _ in range(rounds):
        for each in jobs:
            run = _run(folder, each)
            assert run.digest == expected, f"the output of {each} jobs is another one"
            figures[each].append(run)
    return figures


def _run(folder: Path, jobs: int) -> Run:
    command = [sys.executable, "-m", "egcore", "route", "--summary", "--jobs", str(jobs)]
    command += ["--refusals", str(folder / "refused.jsonl")]
    command += [str(folder / "subscriptions.jsonl"), str(folder / "events.jsonl")]
    written = folder / "written"
    with written.open("wb") as output:
        start, used = perf_counter(), _processor_seconds()
        subprocess.run(  # noqa: S603 - our own command
            command, stdout=output, stderr=subprocess.STDOUT, cwd=REPOSITORY, check=True
        )
        seconds, used = perf_counter() - start, _processor_seconds() - used
    with written.open("rb") as output:
        return Run(seconds, used, file_digest(output, "sha256").hexdigest())


def _processor_seconds() -> float:
    """Return what processes that have ended used, those that they had started included."""
    times = os.times()
    return times.children_user + times.children_system


def table(report: dict[str, Any]) -> str:
    """Return the figures as a Markdown table; the ratio is to the first number of jobs."""
    events = report["events"]
    title = (
        f"{report['shape']}, {report['rules']:,} rules, {events:,} events, "
        f"{report['processors']} processors, Python {report['python']}, "
        f"median of {report['rounds']} interleaved runs"
    )
    lines = [
        title,
        "",
        "| jobs | events/s | ratio | seconds: least … most | processor seconds |",
        "|---|---|---|---|---|",
    ]
    first = median(next(iter(report["seconds"].values())))
    for jobs, runs in report["seconds"].items():
        middle = median(runs)
        used = median(report["processor_seconds"][jobs])
        lines.append(
            f"| {jobs} | {events / middle:,.0f} | {first / middle:.2f} | "
            f"{min(runs):.2f} … {max(runs):.2f} | {used:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
