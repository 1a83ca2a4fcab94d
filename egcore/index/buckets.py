"""Buckets: the filters that share their keys, verified by what is left of them.

A bucket is a tuple of parts, one for each shape: the fields and kinds of their steps.
The filters of a shape stand in rows of atoms, which the garbage collector forgets. A
few rows are narrowed step by step; many get a ``Shelf`` with a table over one step.
Nothing here is ever changed: adding and removing give new buckets that share the rest.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter
from threading import Lock
from typing import Any, Final, NamedTuple

from egcore.index.generated import Probe, Verify, make_probe, make_verifier
from egcore.index.plan import Path, Step
from egcore.index.steps import STEPS, Narrow, Row
from egcore.index.tables import Table, best_table
from egcore.paths import Getter, field_getter

Shape = tuple[tuple[Path, str, int], ...]
Part = tuple[int, "tuple[Row, ...] | Shelf"]
Bucket = tuple[Part, ...]

MANY: Final = 12  # rows of one shape from which on a table pays
STALE: Final = 64  # rows that a table may lack, or have too many, before it is made anew

_order: Final = itemgetter(0)


class Test(NamedTuple):
    """One step of a shape, ready to run on rows: ``at`` is its first column."""

    path: Path
    kind: str
    at: int
    get: Getter
    narrow: Narrow


def row_of(order: int, steps: Iterable[Step]) -> Row:
    """Return a filter's row: its order number and the operands of its steps."""
    return (order, *(column for step in steps for column in step.columns))


class Verifier(NamedTuple):
    """The steps of a shape, one by one and all at once."""

    tests: tuple[Test, ...]
    verify: Verify

    def without(self, place: int) -> "Verifier":
        """Return the verifier of all steps but one."""
        return make(self.tests[:place] + self.tests[place + 1 :])


def make(tests: tuple[Test, ...]) -> Verifier:
    """Compile some steps."""

    def slow(rows: Sequence[Row], members: dict[str, Any]) -> list[int]:
        for test in tests:
            rows = test.narrow(rows, test.at, test.get(members))
        return [row[0] for row in rows]

    return Verifier(tests, make_verifier([(each.path, each.kind, each.at) for each in tests], slow))


class Shapes:
    """The shapes of an index by number. Only ever grows, so snapshots may share it."""

    __slots__ = ("_growing", "_numbers", "_probes", "verifiers", "verify")

    def __init__(self) -> None:
        self._numbers: dict[Shape, int] = {}
        self._growing = Lock()
        self.verifiers: list[Verifier] = []
        self.verify: list[Verify] = []
        self._probes: dict[Any, Probe] = {}

    def probe(self, paths: tuple[Path, ...], groups: tuple[tuple[int, ...], ...]) -> Probe:
        """Return the look-up for groups of key fields: one for all partitions of that layout."""
        found = self._probes.get((paths, groups))
        if found is None:
            found = self._probes[paths, groups] = make_probe(paths, groups)
        return found

    def number(self, steps: Iterable[Step]) -> int:
        """Return the number of the shape of some steps."""
        shape = tuple((step.path, step.kind, len(step.columns)) for step in steps)
        found = self._numbers.get(shape)
        if found is None:
            with self._growing:
                found = self._numbers.get(shape)
                if found is None:
                    found = len(self.verifiers)
                    self.verifiers.append(make(_tests(shape)))
                    self.verify.append(self.verifiers[-1].verify)
                    self._numbers[shape] = found
        return found


def _tests(shape: Shape) -> tuple[Test, ...]:
    tests: list[Test] = []
    at = 1
    for path, kind, width in shape:
        tests.append(Test(path, kind, at, field_getter(path), STEPS[kind].narrow))
        at += width
    return tuple(tests)


class Shelf:
    """Many rows of one shape, found by a table over one of their steps.

    The table is that of an earlier shelf as long as few rows came or went since: the
    ``tail`` that it lacks is narrowed by itself, the ``gone`` that it has are left out.
    """

    __slots__ = ("_found_by", "_gone", "_rest", "_table", "_tail", "_verifier", "rows")

    def __init__(self, rows: tuple[Row, ...], verifier: Verifier) -> None:
        self.rows = rows
        self._verifier = verifier
        self._tail: tuple[Row, ...] = ()
        self._gone: frozenset[int] = frozenset()
        self._table: Table | None = None
        best = best_table(rows, [(test.kind, test.at) for test in verifier.tests])
        if best is not None:
            place, self._table = best
            self._found_by = verifier.tests[place]
            self._rest = verifier.without(place).verify

    def match(self, members: dict[str, Any]) -> list[int]:
        """Return the order numbers of the rows of which every step holds."""
        table = self._table
        if table is None:
            return self._verifier.verify(self.rows, members)
        value = self._found_by.get(members)
        if type(value) not in table.kinds:
            return self._verifier.verify(self.rows, members)
        orders = self._rest(table.find(value), members)
        if self._gone:
            orders = [order for order in orders if order not in self._gone]
        if self._tail:
            orders += self._verifier.verify(self._tail, members)
        return orders

    def plus(self, row: Row) -> "Shelf":
        """Return a shelf with one row more."""
        if self._table is None or len(self._tail) >= STALE:
            return self._remade((*self.rows, row))
        return self._changed((*self.rows, row), (*self._tail, row), self._gone)

    def minus(self, order: int) -> "Shelf":
        """Return a shelf without the row of an order number."""
        rows = _without(self.rows, order)
        if any(row[0] == order for row in self._tail):
            return self._changed(rows, _without(self._tail, order), self._gone)
        if self._table is None or len(self._gone) >= STALE:
            return self._remade(rows)
        return self._changed(rows, self._tail, self._gone | {order})

    def _remade(self, rows: tuple[Row, ...]) -> "Shelf":
        return Shelf(rows, self._verifier)

    def _changed(
        self, rows: tuple[Row, ...], tail: tuple[Row, ...], gone: frozenset[int]
    ) -> "Shelf":
        changed = object.__new__(Shelf)
        changed.rows, changed._verifier = rows, self._verifier
        changed._table, changed._found_by, changed._rest = self._table, self._found_by, self._rest
        changed._tail, changed._gone = tail, gone
        return changed


def _without(rows: tuple[Row, ...], order: int) -> tuple[Row, ...]:
    """Leave out the row of an order number; rows stand in order."""
    place = bisect_left(rows, order, key=_order)
    return rows[:place] + rows[place + 1 :]


def make_bucket(rows_by_shape: dict[int, list[Row]], shapes: Shapes) -> Bucket:
    """Make a bucket of rows in order, given by the numbers of their shapes."""
    return tuple(
        (number, _shelve(tuple(rows), shapes.verifiers[number]))
        for number, rows in rows_by_shape.items()
    )


def _shelve(rows: tuple[Row, ...], verifier: Verifier) -> "tuple[Row, ...] | Shelf":
    return Shelf(rows, verifier) if verifier.tests and len(rows) >= MANY else rows


def bucket_plus(bucket: Bucket, number: int, row: Row, shapes: Shapes) -> Bucket:
    """Return a bucket with one row more."""
    for place, (of_shape, rows) in enumerate(bucket):
        if of_shape == number:
            if isinstance(rows, Shelf):
                more: tuple[Row, ...] | Shelf = rows.plus(row)
            else:
                more = _shelve((*rows, row), shapes.verifiers[number])
            return (*bucket[:place], (number, more), *bucket[place + 1 :])
    return (*bucket, (number, (row,)))


def bucket_minus(bucket: Bucket, number: int, order: int) -> Bucket:
    """Return a bucket without the row of an order number."""
    parts: list[Part] = []
    for of_shape, rows in bucket:
        if of_shape != number:
            parts.append((of_shape, rows))
            continue
        left = rows.minus(order) if isinstance(rows, Shelf) else _without(rows, order)
        if left if isinstance(left, tuple) else left.rows:
            parts.append((of_shape, left))
    return tuple(parts)
