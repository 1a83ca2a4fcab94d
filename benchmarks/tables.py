"""The report as Markdown, from a run alone."""

from collections.abc import Iterable, Sequence

from benchmarks.cited import CITED
from benchmarks.measurements import Measurement, Run
from benchmarks.targets import Reached, Row, evaluate, number, seconds

QUESTION_TITLES = {
    "match event": "Match: a parsed Event in, names out",
    "match dict": "Match: a dict in, checked, names out",
    "match text": "Match: bytes in, strictly checked, names out",
    "peers": "Peers: a dict in, names out",
    "decode": "Decode: bytes to an event",
    "transform": "Transform: an Event to a body",
    "path": "JSONPath: one path on an event of 1.8 KB",
    "process": "Process: a request of 20 events to rendered deliveries",
    "load": "Load: a parsed document to its place in a router",
    "change": "Change: one subscription more or less",
    "memory": "Memory: of the process, for one subscription",
    "memory, traced": "Memory: as Python's allocator counts it, for one subscription",
    "collection": "Full garbage collections, and before anything was loaded",
    "latency": "Latency of one `process` of 20 events",
    "import": "Import",
}


def report(run: Run, images: Sequence[str]) -> str:
    """Write the whole report; ``images`` are the names of the plots beside it."""
    parts = [
        "# egcore, measured",
        header(run),
        READING,
        "## What to reach",
        target_table(evaluate(run), with_command=False),
        "## Pictures",
        *(f"![{name}]({name})" for name in images),
        "## Everything measured",
        *measured(run),
        "## Cited, not measured",
        CITING,
        cited_table(),
        "## Left out",
        left_out(run),
    ]
    return "\n\n".join(parts) + "\n"


READING = """\
**L** is json.loads of the same bytes, timed in the same rounds: the figure to compare between
machines. A lone time holds for the machine and the minute it was taken on. Where a target is a
time, so is what was reached, but of the machine of the targets: json.loads of one event of 324
bytes was timed in every round, too. It takes 2.8 µs there, and times were scaled by it. *Slowness*
is how much longer that event took, in the middle of the run. All figures are medians of rounds in
which the subjects took turns, in one thread, in processor time; those of latency alone are by the
clock on the wall. What is timed was compared with the tests' oracle on a sample of events first."""

CITING = """\
Microseconds for one event, text in, names out, on another day on the machine of the targets.
quamina has no ranges, so its rules were measured without them and match more."""


def header(run: Run) -> str:
    """Write what the run was made on, and how slow the machine was."""
    rows = [[name, value] for name, value in run.header.items()]
    return table(["", ""], [*rows, ["slowness", f"{run.slowness:.2f}"]])


def target_table(judged: Iterable[tuple[Row, Reached]], *, with_command: bool) -> str:
    """Write the rows of "What to reach" with what was reached."""
    rows = []
    for row, reached in judged:
        command = [f"`{row.command}`"] if with_command else []
        rows.append([row.what, row.target, reached.text, f"**{reached.verdict}**", *command])
    command = ["command"] if with_command else []
    return table(["", "target", "reached", "", *command], rows)


def measured(run: Run) -> list[str]:
    """Write one table for each question, numbers of rules as columns where there are any."""
    parts = []
    for question, title in QUESTION_TITLES.items():
        found = [each for each in run.measurements if each.question == question]
        if found:
            parts += [f"### {title}", _grid(found)]
    return parts


def _grid(found: Sequence[Measurement]) -> str:
    """Put figures of one shape and subject into one row, numbers of rules side by side."""
    sizes = sorted({each.rules for each in found})
    shapes = list(dict.fromkeys(each.shape for each in found))
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for each in sorted(found, key=lambda each: shapes.index(each.shape)):
        cells.setdefault((each.shape, each.subject), {})[each.rules] = _figure(each)
    rows = [[*names, *(row.get(size, "") for size in sizes)] for names, row in cells.items()]
    return table(["", "", *(f"{size:,}" if size else "" for size in sizes)], rows)


def _figure(each: Measurement) -> str:
    value = seconds(each.value) if each.unit == "s" else f"{each.value:,.0f} {each.unit}"
    if each.ratio is None:
        return value
    return f"{number(each.ratio)} L ({value})"


def cited_table() -> str:
    """Write the figures of engines that were not run."""
    sizes = (1, 100, 1_000, 10_000, 100_000)
    rows = [
        [
            each.engine,
            each.shape,
            *(f"{each.microseconds[n]:,g}" if n in each.microseconds else "" for n in sizes),
        ]
        for each in CITED
    ]
    return table(["cited", "", *(f"{size:,}" for size in sizes)], rows)


def left_out(run: Run) -> str:
    """Name what was not measured and why."""
    return "\n".join(f"- {name}: {why}" for name, why in run.left_out) or "Nothing."


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; bars in cells are escaped.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [heads, *rows]
    texts = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    texts.insert(1, "|" + "---|" * len(heads))
    return "\n".join(texts)
