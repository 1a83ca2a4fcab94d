"""What people and programs read: diagnostics, lines of deliveries and refusals, the summary.

Every function here returns text; the command line writes it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from egcore.deliveries import Outcome
from egcore.ruletexts import Finding
from egcore.subscriptions import Subscription

WINDOW_CHARS: Final = 100
"""How much of a long source line a diagnostic shows."""

_LEAD_CHARS: Final = 60


def diagnostic(found: Finding) -> str:
    """Tell one problem: where, which code, what, the source line with a caret, and a hint.

    Without its last newline. Characters that do not print are shown as U+FFFD, so that
    no file can steer a terminal.
    """
    place = f"{found.path}:"
    if found.position is not None:
        place += f"{found.position.line}:{found.position.column}:"
    said = found.problem
    lines = [f"{place} {said.code} {said.severity}: {said.message}"]
    if found.position is not None and found.line is not None:
        lines += _caret(found.line, found.position.column)
    if said.hint:
        lines.append(f"hint: {said.hint}")
    return "\n".join(map(_printable, lines))


def _caret(line: str, column: int) -> list[str]:
    """Return the part of a source line around a column, and a line with a caret under it."""
    start = max(0, column - 1 - _LEAD_CHARS) if len(line) > WINDOW_CHARS else 0
    shown = line[start : start + WINDOW_CHARS].replace("\t", " ")
    return [f"  {shown}", f"  {' ' * (column - 1 - start)}^"]


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def diagnostics(findings: Iterable[Finding]) -> str:
    """Tell all problems in the order of files and lines, each text ending in a newline."""
    ordered = sorted(findings, key=lambda each: (each.path, each.position or (0, 0)))
    return "".join(f"{diagnostic(each)}\n" for each in ordered)


def delivery_lines(outcome: Outcome) -> str:
    """Return the deliveries of one outcome as JSON Lines (spec section 6)."""
    return "".join(f"{each.to_json()}\n" for each in outcome.deliveries)


Unnumbered = tuple[int, str]
"""The index of a refusal among some events, and its JSON line from behind the index on."""

_INDEX_ZERO: Final = '{"index":0'


def refusal_lines(outcome: Outcome, first: int) -> str:
    """Return what was refused and what could not be rendered as JSON Lines (spec section 6).

    ``first`` is the index in the whole input of the outcome's first event.
    """
    return number(unnumbered_refusals(outcome), first)


def unnumbered_refusals(outcome: Outcome, first: int = 0) -> list[Unnumbered]:
    """Return the lines of refusals and failures, for who does not know yet where they stand.

    ``first`` is added to the index that each has in the outcome.
    """
    if not outcome.refused and not outcome.failed:
        return []
    found = [(each.index + first, each.to_json(0)) for each in outcome.refused]
    found += [(each.index + first, each.to_json(0)) for each in outcome.failed]
    found.sort(key=lambda each: each[0])
    return [(index, line.removeprefix(_INDEX_ZERO)) for index, line in found]


def number(refusals: Iterable[Unnumbered], first: int) -> str:
    """Return the JSON Lines of refusals; ``first`` is added to the index of each."""
    return "".join(f'{{"index":{first + index}{rest}\n' for index, rest in refusals)


def internal_error(error: BaseException) -> str:
    """Name the type of an error and where it arose; its message may hold event data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return f"internal error: {type(error).__name__}{place}; please report it"


# --- The summary -----------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What has become of the events so far; ``add`` counts the next outcome in.

    Deliveries and failures are counted by subscription id and target id.
    """

    received: int = 0
    accepted: int = 0
    refused: int = 0
    unrouted: int = 0
    delivered: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count the events of one outcome."""
        self.received += outcome.received
        self.accepted += outcome.accepted
        self.refused += len(outcome.refused)
        self.unrouted += outcome.unrouted
        for delivery in outcome.deliveries:
            self.delivered[delivery.subscription_id, delivery.target_id] += 1
        for failure in outcome.failed:
            delivery = failure.delivery
            self.failed[delivery.subscription_id, delivery.target_id] += 1

    def merge(self, other: "Tally") -> None:
        """Count in what another tally has counted."""
        self.received += other.received
        self.accepted += other.accepted
        self.refused += other.refused
        self.unrouted += other.unrouted
        self.delivered.update(other.delivered)
        self.failed.update(other.failed)

    @property
    def not_done(self) -> int:
        """How many events were refused and how many deliveries could not be rendered."""
        return self.refused + self.failed.total()

    @property
    def is_balanced(self) -> bool:
        """Whether each event that was received was accepted or refused (spec section 3.1)."""
        return self.received == self.accepted + self.refused


def summary(tally: Tally, subscriptions: Iterable[Subscription]) -> str:
    """Return the table of subscriptions, in their order, and the totals under it.

    Each subscription has the number of events that it matched, of deliveries, and of
    deliveries whose body could not be rendered.
    """
    counts = _by_subscription(tally)
    head = ("subscription", "matched", "deliveries", "failed")
    rows = [(each.name, *map(str, counts.get(each.id, (0, 0, 0)))) for each in subscriptions]
    totals = (
        f"received {tally.received}  accepted {tally.accepted}  refused {tally.refused}  "
        f"unrouted {tally.unrouted}  deliveries {tally.delivered.total()}  "
        f"failed {tally.failed.total()}\n"
    )
    return _table([head, *rows]) + "\n" + totals


def _by_subscription(tally: Tally) -> dict[str, tuple[int, int, int]]:
    """Count matched events, deliveries and failures by subscription id.

    An event that a subscription matches reaches each of its targets once, so the
    count of any one target is that of the events.
    """
    counts: dict[str, tuple[int, int, int]] = {}
    for key in tally.delivered.keys() | tally.failed.keys():
        delivered, failed = tally.delivered[key], tally.failed[key]
        matched, deliveries, failures = counts.get(key[0], (0, 0, 0))
        matched = max(matched, delivered + failed)
        counts[key[0]] = (matched, deliveries + delivered, failures + failed)
    return counts


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Align rows of cells: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]) + "\n")
    return "".join(lines)
