"""Measure everything and write the report: Markdown, JSON and pictures.

    python -m benchmarks.report [--scale quick|full|million] [--only QUESTION] [--out DIR]
    python -m benchmarks.report --from DIR/report.json [--out DIR] [--docs]

``--only`` asks one question and may stand several times. ``--from`` measures nothing and
makes the report again from its JSON. ``--docs`` writes the generated part of
docs/explanation/performance.md and its picture, too.
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from benchmarks import pages, tables
from benchmarks.measure import QUESTIONS, objections
from benchmarks.measurements import LeftOut, Measurement, Run, from_json, to_json
from benchmarks.peers import PEERS
from benchmarks.scales import SCALES, Scale
from benchmarks.scenes import EVENTS, SEED

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "explanation" / "performance.md"
IMAGE: Final = "time.svg"


def measure(scale: Scale, questions: Sequence[str]) -> Run:
    """Ask the questions in turn, telling on a terminal how far it is."""
    found: list[Measurement] = []
    head, left_out = header(scale), objections()
    start = monotonic()
    for question in questions:
        for each in QUESTIONS[question](scale):
            if isinstance(each, LeftOut):
                left_out.append(each)
                continue
            found.append(each)
            past = f"{monotonic() - start:5.0f} s"
            _tell(f"{past}  {question}: {each.subject} {each.shape} {each.rules or ''}")
    _tell("")
    return Run(head, found, left_out)


def header(scale: Scale) -> dict[str, str]:
    """Say what the figures of a run are of."""
    peers = [f"{peer.name} {peer.version}" for peer in PEERS if peer.version]
    return {
        "scale": scale.name,
        "cpu": cpu(),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "commit": commit(),
        "workload": f"benchmarks/workloads.py, {EVENTS} events, seed {SEED}",
        "peers": ", ".join(peers) or "none installed",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def cpu() -> str:
    """Name the processor and how many of it there are."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else platform.processor() or platform.machine()


def commit() -> str:
    """Name the commit, with a plus sign when the work tree differs from it."""
    try:
        name = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", "egcore", "benchmarks", "tests/oracle.py")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name + "+" * bool(changed)


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 # git
    return done.stdout.strip()


def write(run: Run, folder: Path) -> None:
    """Write report.md, report.json and, if matplotlib is there, the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(to_json(run), encoding="utf-8")
    images = _draw(run, folder)
    (folder / "report.md").write_text(tables.report(run, images), encoding="utf-8")


def _draw(run: Run, folder: Path) -> list[str]:
    try:
        from benchmarks.plots import draw

        return draw(run, folder)
    except ImportError:
        print("no pictures: matplotlib is not installed (pip install '.[bench]')", file=sys.stderr)
        return []


def write_docs(run: Run, folder: Path) -> None:
    """Put the figures and the picture of a written report into the documentation."""
    PAGE.write_text(pages.with_section(PAGE.read_text(encoding="utf-8"), run), encoding="utf-8")
    images = PAGE.parent / "images"
    images.mkdir(exist_ok=True)
    (images / IMAGE).write_bytes((folder / IMAGE).read_bytes())


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when the report is written."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--scale", choices=[name for name in SCALES if name != "life"], default="quick"
    )
    parser.add_argument(
        "--only", action="append", choices=QUESTIONS, metavar="QUESTION", help=", ".join(QUESTIONS)
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--from", dest="source", type=Path, metavar="JSON")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args(arguments)
    if options.source:
        run = from_json(options.source.read_text(encoding="utf-8"))
    else:
        run = measure(SCALES[options.scale], options.only or list(QUESTIONS))
    write(run, options.out)
    if options.docs:
        write_docs(run, options.out)
    print(options.out / "report.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
