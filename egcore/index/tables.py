"""Tables: find the rows of one step that fit a value without looking at the others.

Prefixes and suffixes stand in one dict for each of their lengths. Intervals are cut at
their ends into segments, each with the rows that cover it, as long as that does not
store rows too often. Thresholds have no table: on average half of the rows fit. A table
answers for scalars of its type; for any other value the step itself looks at all rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from egcore.index.steps import Row, Rows

Find = Callable[[Any], Rows]

WORTH: Final = 4  # a table must spare three quarters of the rows
MAX_SPREAD: Final = 8  # an interval table may hold each row this many times on average


class Table(NamedTuple):
    """``find`` takes a value of one of ``kinds``; ``cost`` is the rows it is expected to give."""

    find: Find
    kinds: tuple[type, ...]
    cost: float


def _by_affix(rows: Sequence[Row], at: int, cut: Callable[[str, int], str]) -> Table:
    """Make a table of prefixes or suffixes; ``cut`` takes that of a length from a string."""
    by_length: dict[int, dict[str, list[Row]]] = {}
    filed = 0
    for row in rows:
        affixes = (row[at],) if type(row[at]) is str else row[at]
        filed += len(affixes)
        for affix in affixes:
            by_length.setdefault(len(affix), {}).setdefault(affix, []).append(row)
    tables = tuple(by_length.items())
    repeats = filed > len(rows)

    def find(text: str) -> Rows:
        found: list[Row] = []
        for length, table in tables:
            found += table.get(cut(text, length), ())
        # A row with several affixes may be found by more than one.
        return list(dict.fromkeys(found)) if repeats else found

    return Table(find, (str,), filed / sum(map(len, by_length.values())) + len(tables))


def _prefix(text: str, length: int) -> str:
    return text[:length]


def _suffix(text: str, length: int) -> str:
    # A string shorter than the length is given whole, and equals no suffix that long.
    return text[-length:] if length else ""


def _by_prefix(rows: Sequence[Row], at: int) -> Table:
    return _by_affix(rows, at, _prefix)


def _by_suffix(rows: Sequence[Row], at: int) -> Table:
    return _by_affix(rows, at, _suffix)


def _by_range(rows: Sequence[Row], at: int) -> Table | None:
    """Make a table of intervals, ends included: between two neighbouring ends nothing changes.

    Segment 2i+1 is the i-th end itself, segment 2i what lies before it, so that the two
    bisections add up to the segment of a number.
    """
    ends = sorted({end for row in rows for end in (row[at], row[at + 1])})
    spans = [
        (2 * bisect_left(ends, row[at]) + 1, 2 * bisect_left(ends, row[at + 1]) + 2) for row in rows
    ]
    spread = sum(end - start for start, end in spans)
    if spread > MAX_SPREAD * len(rows) * 2:
        return None
    segments: list[list[Row]] = [[] for _ in range(2 * len(ends) + 1)]
    for row, (start, end) in zip(rows, spans, strict=True):
        for segment in segments[start:end]:
            segment.append(row)

    def find(number: Any) -> Rows:
        return segments[bisect_left(ends, number) + bisect_right(ends, number)]

    return Table(find, (int, float), spread / len(segments))


TABLES: Final[dict[str, Callable[[Sequence[Row], int], Table | None]]] = {
    "StringStartsWith": _by_prefix,
    "StringEndsWith": _by_suffix,
    "NumberInRange": _by_range,
}


def best_table(rows: Sequence[Row], columns: Iterable[tuple[str, int]]) -> tuple[int, Table] | None:
    """Make a table for each step that can have one, given by kind and column; keep the best.

    Returns it with the place of its step among the columns, None where none is worth it.
    """
    best: tuple[int, Table] | None = None
    for place, (kind, at) in enumerate(columns):
        table = TABLES[kind](rows, at) if kind in TABLES else None
        if table is not None and (best is None or table.cost < best[1].cost):
            best = place, table
    # Rows out of a table are out of order: sorting them costs more than looking at them all.
    return best if best is not None and best[1].cost * WORTH <= len(rows) else None
