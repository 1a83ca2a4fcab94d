"""Figure "fuzz": bytes that coverage leads to, through every public call, under the judges.

A deep run only. Needs atheris (``pip install '.[fuzz]'``); without it the figure is skipped.
Each job is a process of its own, so that what kills it kills no more; they share one corpus.
"""

import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from tests.trust import corpus, fuzz_inputs
from tests.trust.cases import encode, report
from tests.trust.figures import MAX_FAILURES, Budget, Figure, random_of, show_progress

NAME: Final = "fuzz"
WHAT: Final = "bytes led by coverage, to all public calls"
SECONDS: Final = 60.0
"""How long the figure runs when no time is chosen."""
INPUT_SECONDS: Final = 30
"""One input that takes this long hangs: a judge makes many calls, and is itself slow."""
GRACE_SECONDS: Final = 180
"""A process ends by itself; after its time and this it is ended."""
MEGABYTES: Final = 2_048

_STATUS: Final = re.compile(
    r"^#([0-9]+)\s+([A-Za-z]+)\s+cov: ([0-9]+) ft: [0-9]+ corp: ([0-9]+)", re.MULTILINE
)


class Progress(NamedTuple):
    """What a process says of itself: executions, and the edges reached first and last."""

    executions: int = 0
    edges_at_first: int = 0
    edges: int = 0


def figure(budget: Budget) -> Figure:
    """Fuzz for the budget's time; what is found becomes case files."""
    if importlib.util.find_spec("atheris") is None:
        reached = "skipped: atheris is not installed"
        return Figure(NAME, WHAT, "0", reached, 0.0, [], is_skipped=True)
    began = time.monotonic()
    with TemporaryDirectory() as name:
        logs, found = _fuzz(Path(name), budget)
    failures = [budget.keep({"seed": f"{budget.seed}/{NAME}", **each}) for each in found]
    reached = f"{len(found)} in {summary([progress(log) for log in logs])}"
    return Figure(NAME, WHAT, "0", reached, time.monotonic() - began, failures)


def _fuzz(folder: Path, budget: Budget) -> tuple[list[str], list[dict[str, Any]]]:
    """Run the processes in a folder; return what they said, and what they found."""
    for each in ("corpus", "found", "ended"):
        (folder / each).mkdir()
    corpus.lay_out(folder / "corpus")
    (folder / "words").write_text(fuzz_inputs.dictionary(), "ascii")
    seconds = budget.seconds or SECONDS
    show_progress(f"{NAME}: {seconds:.0f} seconds in {budget.workers.jobs} processes")
    running = [_start(folder, budget.seed, seconds, n) for n in range(budget.workers.jobs)]
    endings = [_wait(each, seconds + GRACE_SECONDS) for each in running]
    logs = [(folder / f"log-{n}").read_text("utf-8", "replace") for n in range(len(running))]
    failures = collect(folder)
    if not failures:
        failures = [
            {"what": f"a fuzzer ended with {code}: {log[-500:]}"}
            for code, log in zip(endings, logs, strict=True)
            if code != 0
        ]
    return logs, failures


def _start(folder: Path, seed: str, seconds: float, number: int) -> "subprocess.Popen[bytes]":
    """Start a process; what it says goes into a file."""
    options = {
        "max_total_time": max(1, round(seconds)),
        "seed": random_of(seed, NAME, number).randrange(1, 2**31),
        "rss_limit_mb": MEGABYTES,
        "max_len": corpus.MOST_BYTES,
        "timeout": INPUT_SECONDS,
        "dict": folder / "words",
        "artifact_prefix": f"{folder}/ended/",
        "print_final_stats": 1,
    }
    command = [sys.executable, "-m", "tests.trust.fuzz_target", folder / "found", folder / "corpus"]
    with (folder / f"log-{number}").open("wb") as log:
        line = [*map(str, command), *(f"-{name}={value}" for name, value in options.items())]
        return subprocess.Popen(line, cwd=corpus.ROOT, stdout=log, stderr=log)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> int:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


# --- What was found -----------------------------------------------------------------------


def collect(folder: Path) -> list[dict[str, Any]]:
    """Make failures of the files that the processes left, each kind of fault once."""
    ended = [_ended(path) for path in sorted((folder / "ended").iterdir())]
    judged = [each for path in sorted((folder / "found").iterdir()) for each in _judged(path)]
    kinds = {each["what"]: each for each in (*judged, *ended)}
    return list(kinds.values())[:MAX_FAILURES]


def _ended(path: Path) -> dict[str, Any]:
    """An input that ended its process is not run again here, nor made smaller."""
    kind = path.name.partition("-")[0]
    case = fuzz_inputs.read(path.read_bytes())
    if case is None:
        return {"what": f"{kind} by an input that stands for no case"}
    name, arguments = case
    what = f"{kind} in {arguments[0]}" if name == "foreign" else f"{kind} in {name}"
    return {"figure": name, "what": what, "arguments": [encode(each) for each in arguments]}


def _judged(path: Path) -> list[dict[str, Any]]:
    """An input that a judge did not like becomes the smallest such case."""
    failures: list[dict[str, Any]] = []
    case = fuzz_inputs.read(path.read_bytes())
    if case is not None:
        name, arguments = case
        report(failures, name, lambda *given: fuzz_inputs.judge(name, list(given)), *arguments)
    return failures


# --- What was done ------------------------------------------------------------------------


def progress(log: str) -> Progress:
    """Read how far a process came from what libFuzzer printed."""
    lines = _STATUS.findall(log)
    if not lines:
        return Progress()
    first = next((each for each in lines if each[1] == "INITED"), lines[0])
    return Progress(int(lines[-1][0]), int(first[2]), int(lines[-1][2]))


def summary(parts: list[Progress]) -> str:
    """Say how far all processes came together."""
    executions = sum(each.executions for each in parts)
    first = min((each.edges_at_first for each in parts), default=0)
    last = max((each.edges for each in parts), default=0)
    return f"{executions:,}, edges {first:,} to {last:,}"
