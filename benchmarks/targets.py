"""What to reach, row by row, and whether a run reached it.

L is json.loads of the same bytes in the same rounds, for an event matched, a request
processed. Targets in seconds are those of a machine where json.loads of the reference
event takes 2.8 µs, and are held against ``standard`` times. Everything here is pure.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from benchmarks.cited import EVENT_RULER, QUAMINA, cited
from benchmarks.measurements import SELF, Measurement, Run

MET: Final = "met"
MISSED: Final = "missed"
NOT_MEASURED: Final = "not measured"
NOTED: Final = "noted"


class Reached(NamedTuple):
    """What a run says of a row: the figure in words, and one of the four verdicts."""

    text: str
    verdict: str


class Row(NamedTuple):
    """One row of "What to reach": ``question`` is what to ask the report for to repeat it."""

    name: str
    what: str
    target: str
    question: str
    judge: Callable[[Run], Reached]

    @property
    def command(self) -> str:
        """The command that measures it."""
        return f"python -m benchmarks.report --scale full --only {self.question}"


def evaluate(run: Run) -> list[tuple[Row, Reached]]:
    """Judge every row by one run, in the order of the table."""
    return [(row, row.judge(run)) for row in ROWS]


def seconds(value: float) -> str:
    """Write a time in the unit that suits it.

    >>> seconds(0.0000012345), seconds(0.0123), seconds(2)
    ('1.23 µs', '12.3 ms', '2 s')
    """
    if value >= 1:
        return f"{value:.3g} s"
    return f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"


def number(value: float) -> str:
    """Write a number in three digits, or in full where it has more.

    >>> number(0.01234), number(12345.6)
    ('0.0123', '12,346')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(*, met: bool) -> str:
    return MET if met else MISSED


def _absent(run: Run, wanted: str) -> Reached:
    return Reached(f"{wanted} not in this run, of scale {run.scale}", NOT_MEASURED)


def _rules(count: int) -> str:
    return f"{count:,} rule" + "s" * (count != 1)


# Match, in L


def _match(run: Run, shape: str, rules: Sequence[int], limit: float, per_match: float) -> Reached:
    """Hold each size to ``limit`` L and ``per_match`` µs for each match."""
    found = [run.find("match event", SELF, shape, count) for count in rules]
    measured = [each for each in found if each is not None]
    if not measured:
        return _absent(run, _rules(rules[0]))
    worst = max(measured, key=lambda each: _excess(each, limit, per_match))
    text = f"{number(worst.ratio or 0)} L at {worst.rules:,}"
    if per_match:
        allowed = _allowed(worst, limit, per_match)
        text += f" with {worst.matches:.1f} matches (allowed {number(allowed)} L)"
    is_met = _excess(worst, limit, per_match) <= 1
    if is_met and len(measured) < len(rules):
        return Reached(f"{text}; larger not in a run of scale {run.scale}", NOT_MEASURED)
    return Reached(text, _verdict(met=is_met))


def _allowed(each: Measurement, limit: float, per_item: float) -> float:
    """Return what is allowed, in L: ``limit`` L and so many µs for each match or delivery."""
    yard = (each.standard or 1) / (each.ratio or 1)
    return limit + per_item * 1e-6 * (each.matches or 0) / yard


def _excess(each: Measurement, limit: float, per_match: float) -> float:
    return (each.ratio or 0) / _allowed(each, limit, per_match)


def _growth(run: Run) -> Reached:
    series = {each.rules: each for each in run.series("match event", SELF, "selective")}
    low, high = series.get(100), series.get(100_000)
    if low is None or high is None:
        return _absent(run, "100 and 100,000 rules")
    growth = (high.ratio or 0) / (low.ratio or 1)
    return Reached(f"{growth:.2f}×", _verdict(met=growth <= 2.5))


# Text in, against the figures of others


def _against(run: Run, engine: str, shape: str, rules: int) -> Reached:
    ours = run.find("match text", SELF, shape, rules)
    theirs = cited(engine, shape, rules)
    if ours is None or theirs is None:
        return _absent(run, _rules(rules))
    microseconds = (ours.standard or 0) * 1e6
    text = f"{number(microseconds)} µs against {theirs:,g} µs (cited)"
    return Reached(text, _verdict(met=microseconds < theirs))


def _peers(run: Run, subject: str, rules: int, least: float) -> Reached:
    """Compare with each Python loop on ``selective``, the nearest one deciding."""
    ours = run.find("peers", subject, "selective", rules)
    theirs = {
        name: found.ratio or 0
        for name in ("moto", "localstack", "rule-engine")
        if (found := run.find("peers", name, "selective", rules)) is not None
    }
    if ours is None or not theirs:
        return _absent(run, f"peers with {_rules(rules)}")
    times = {name: value / (ours.ratio or 1) for name, value in theirs.items()}
    text = ", ".join(f"{name} {number(ratio)}×" for name, ratio in times.items())
    return Reached(text, _verdict(met=min(times.values()) >= least))


# Reading, rendering, processing


def _decode(run: Run) -> Reached:
    found = run.find("decode", SELF, "324 bytes")
    if found is None:
        return _absent(run, "decoding")
    return Reached(f"{found.ratio:.2f} L", _verdict(met=(found.ratio or 0) <= 1.9))


def _process(run: Run, shape: str, per_delivery: float) -> Reached:
    found = run.find("process", SELF, shape, 10_000)
    if found is None:
        return _absent(run, "10,000 subscriptions")
    allowed = _allowed(found, 5, per_delivery)
    text = f"{number(found.ratio or 0)} L"
    if per_delivery:
        text += f" with {found.matches:.1f} deliveries (allowed {number(allowed)} L)"
    return Reached(text, _verdict(met=(found.ratio or 0) <= allowed))


def _within(run: Run, measured: tuple[str, str, str, int], limit: float) -> Reached:
    """Hold one time to a limit in seconds, on the machine of the targets."""
    found = run.find(*measured)
    if found is None or found.standard is None:
        return _absent(run, _rules(measured[3]) if measured[3] else "this")
    return Reached(seconds(found.standard), _verdict(met=found.standard <= limit))


def _original(run: Run) -> Reached:
    found = [run.find("transform", "ORIGINAL", f"{size} bytes") for size in (324, 56_000)]
    if found[0] is None or found[1] is None:
        return _absent(run, "this")
    small, large = (each.standard or 0 for each in found if each is not None)
    text = f"{seconds(small)} for 324 bytes, {seconds(large)} for 56 KB ({found[1].ratio:.4f} L)"
    return Reached(text, NOTED)


# Load, memory, pauses


def _weight(run: Run, subject: str, limit: float) -> Reached:
    found = run.find("memory", subject, "selective", 100_000)
    if found is None:
        largest = run.series("memory", subject, "selective")[-1:]
        shown = f"{largest[0].value:,.0f} bytes at {largest[0].rules:,}; " if largest else ""
        return Reached(f"{shown}100,000 not in a run of scale {run.scale}", NOT_MEASURED)
    return Reached(f"{found.value:,.0f} bytes", _verdict(met=found.value <= limit))


def _latency(run: Run) -> Reached:
    found = run.series("latency", "p99.9", "selective")[-1:]
    middle = run.series("latency", "p50", "selective")[-1:]
    if not found:
        return _absent(run, "this")
    times = found[0].value / middle[0].value
    text = f"{times:.2f}× with {found[0].rules:,} subscriptions"
    if found[0].rules < 100_000:
        return Reached(f"{text}; 100,000 not in a run of scale {run.scale}", NOT_MEASURED)
    return Reached(text, _verdict(met=times <= 5))


# The rows

SIZES: Final = (1, 100, 1_000, 10_000, 100_000)


def _match_row(
    name: str, shape: str, rules: tuple[int, ...], limit: float, per_match: float = 0
) -> Row:
    span = f"{rules[0]:,}" if len(rules) == 1 else f"{rules[0]:,} … {rules[-1]:,}"
    extra = f" + {per_match} µs a match" if per_match else ""
    judge = partial(_match, shape=shape, rules=rules, limit=limit, per_match=per_match)
    return Row(name, f"match, `{shape}`, {span}", f"≤ {limit} L{extra}", "match", judge)


def _contest_row(engine: str, shape: str, rules: int) -> Row:
    short = engine.partition(" ")[0]
    judge = partial(_against, engine=engine, shape=shape, rules=rules)
    what = f"text in, names out, `{shape}`, {rules:,}, against {short}"
    return Row(f"{short}-{shape}-{rules}", what, "ahead of the cited figure", "match", judge)


def _peers_row(name: str, subject: str, entry: str, rules: int, least: int) -> Row:
    judge = partial(_peers, subject=subject, rules=rules, least=least)
    what = f"against the loops in Python, {rules:,} `selective`, {entry}"
    return Row(name, what, f"≥ {least:,}×", "peers", judge)


def _time_row(
    name: str, what: str, measured: tuple[str, str, str, int], limit: float, question: str
) -> Row:
    judge = partial(_within, measured=measured, limit=limit)
    return Row(name, what, f"≤ {seconds(limit)}", question, judge)


CONTESTS: Final = (
    (EVENT_RULER, "mixed", 10_000),
    (EVENT_RULER, "residual", 10_000),
    (EVENT_RULER, "wide", 10_000),
    (EVENT_RULER, "selective", 100_000),
    (EVENT_RULER, "mixed", 100_000),
    (EVENT_RULER, "residual", 100_000),
    (EVENT_RULER, "wide", 100_000),
    (QUAMINA, "selective", 100_000),
    (QUAMINA, "mixed", 100_000),
    (QUAMINA, "wide", 100_000),
)
HOLDING: Final = "with 100,000 subscriptions"
INDEX: Final = "the index of it"
LOADED: Final = ("selective", 100_000)

ROWS: Final = (
    _match_row("selective", "selective", SIZES, 0.4),
    Row("growth", "growth of `selective` from 100 to 100,000", "≤ 2.5×", "match", _growth),
    _match_row("service-1000", "service", (1, 100, 1_000), 0.5),
    _match_row("service-10000", "service", (10_000,), 0.8),
    _match_row("service-100000", "service", (100_000,), 1.2, 0.25),
    _match_row("residual", "residual", (100_000,), 1.5),
    _match_row("wide-10000", "wide", (10_000,), 1.5),
    _match_row("wide-100000", "wide", (100_000,), 12),
    _match_row("mixed", "mixed", SIZES, 0.4, 0.1),
    _match_row("hostile", "hostile", SIZES, 0.4, 0.1),
    *(_contest_row(*each) for each in CONTESTS),
    _peers_row("peers-1", SELF, "a dict, checked first", 1, 5),
    _peers_row("peers-1-event", f"{SELF}, Event", "an Event", 1, 5),
    _peers_row("peers-10000", SELF, "a dict, checked first", 10_000, 1_000),
    _peers_row("peers-10000-event", f"{SELF}, Event", "an Event", 10_000, 1_000),
    Row("decode", "strict decode and attribute check of one event", "≤ 1.9 L", "decode", _decode),
    Row(
        "process-selective",
        "`process` of 20 `selective` events, 10,000 subscriptions, rendered",
        "≤ 5 L",
        "process",
        partial(_process, shape="selective", per_delivery=0),
    ),
    Row(
        "process-mixed",
        "the same of 20 `mixed` events",
        "≤ 5 L + 2 µs a delivery",
        "process",
        partial(_process, shape="mixed", per_delivery=2),
    ),
    _time_row(
        "variable",
        "VARIABLE with 3 scalars",
        ("transform", "VARIABLE, 3 scalars", "324 bytes", 0),
        1.5e-6,
        "transform",
    ),
    Row("original", "ORIGINAL", "a slice", "transform", _original),
    _time_row("load", "load, each of 100,000", ("load", SELF, *LOADED), 45e-6, "load"),
    _time_row("load-index", "the index's share of it", ("load", INDEX, *LOADED), 10e-6, "load"),
    _time_row(
        "collection",
        f"full garbage collection {HOLDING}",
        ("collection", "collection", *LOADED),
        25e-3,
        "memory",
    ),
    Row("latency", f"p99.9 of `process` over its median, {HOLDING}", "≤ 5×", "memory", _latency),
    Row(
        "memory",
        "memory of a loaded subscription",
        "≤ 3 KB",
        "memory",
        partial(_weight, subject=SELF, limit=3_000),
    ),
    Row(
        "memory-index",
        "the index's share of it",
        "≤ 1 KB",
        "memory",
        partial(_weight, subject=INDEX, limit=1_000),
    ),
    _time_row("one-more", f"one more {HOLDING}", ("change", "one more", *LOADED), 1e-3, "load"),
    _time_row("one-less", f"one less {HOLDING}", ("change", "one less", *LOADED), 1e-3, "load"),
    _time_row("import", "`import egcore`", ("import", SELF, "", 0), 40e-3, "import"),
)
