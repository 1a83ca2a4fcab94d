"""Buckets: the filters that share their keys, verified by what is left of them.

A bucket is a tuple of parts, one for each shape: the fields and kinds of their steps.
The filters of a shape stand in rows of atoms, which the garbage collector forgets. A
few rows are narrowed step by step; many get a ``Shelf`` with a table over one step.
Nothing here is ever changed: adding and removing give new buckets that share the rest.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final

from egcore.index.plan import Step
from egcore.index.shapes import NO_STEPS, Shapes, Test, Verifier
from egcore.index.steps import Row
from egcore.index.tables import Table, best_table

Part = tuple[int, "tuple[Row, ...] | tuple[int, ...] | Shelf"]
Bucket = tuple[Part, ...]

MANY: Final = 12  # rows of one shape from which on a table pays
STALE: Final = 64  # rows that a table may lack, or have too many, before it is made anew

_order: Final = itemgetter(0)


def row_of(order: int, steps: Iterable[Step]) -> Row:
    """Return a filter's row: its order number and the operands of its steps."""
    return (order, *(column for step in steps for column in step.columns))


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
        self._found_by: Test | None = None
        self._rest = verifier.verify
        best = best_table(rows, [(test.kind, test.at) for test in verifier.tests])
        if best is not None:
            place, self._table = best
            self._found_by = verifier.tests[place]
            self._rest = verifier.without(place)

    def match(self, members: dict[str, Any]) -> list[int]:
        """Return the order numbers of the rows of which every step holds."""
        table, found_by = self._table, self._found_by
        if table is None or found_by is None:
            return self._verifier.verify(self.rows, members)
        value = found_by.get(members)
        if type(value) not in table.kinds:
            return self._verifier.verify(self.rows, members)
        orders = self._rest(table.find(value), members)
        if self._gone:
            orders = [order for order in orders if order not in self._gone]
        if self._tail:  # in which a number that is gone from the table may be back
            orders += self._verifier.verify(self._tail, members)
        return orders

    @property
    def over(self) -> Test | None:
        """The step that the table is over; None where there is no table."""
        return self._found_by

    @property
    def looked_at(self) -> float:
        """How many rows are expected to be verified for an event; all without a table."""
        if self._table is None:
            return len(self.rows)
        return min(len(self.rows), self._table.cost + len(self._tail))

    def __bool__(self) -> bool:
        return bool(self.rows)

    def plus(self, row: Row) -> "Shelf":
        """Return a shelf with one row more."""
        place = bisect_left(self.rows, row[0], key=_order)
        rows = (*self.rows[:place], row, *self.rows[place:])
        if len(self._tail) >= STALE:
            return self._remade(rows)
        return self._changed(rows, (*self._tail, row), self._gone)

    def minus(self, order: int) -> "Shelf":
        """Return a shelf without the rows of an order number."""
        rows = _without(self.rows, order)
        if len(rows) == len(self.rows):
            return self
        if any(row[0] == order for row in self._tail):
            tail = tuple(row for row in self._tail if row[0] != order)
            return self._changed(rows, tail, self._gone)
        if len(self._gone) >= STALE:
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
    """Leave out the rows of an order number, if there are any; rows stand in order."""
    start, end = bisect_left(rows, order, key=_order), bisect_right(rows, order, key=_order)
    return rows[:start] + rows[end:]


def _shelve(shape: int, rows: tuple[Row, ...], shapes: Shapes) -> Part:
    """Make the part of a shape: order numbers alone where there is nothing to verify."""
    if shape == NO_STEPS:
        return shape, tuple(row[0] for row in rows)
    return shape, Shelf(rows, shapes.verifiers[shape]) if len(rows) >= MANY else rows


def make_bucket(rows_by_shape: dict[int, list[Row]], shapes: Shapes) -> Bucket:
    """Make a bucket of rows in order, given by the numbers of their shapes."""
    return tuple(_shelve(shape, tuple(rows), shapes) for shape, rows in rows_by_shape.items())


def bucket_plus(bucket: Bucket, shape: int, row: Row, shapes: Shapes) -> Bucket:
    """Return a bucket with one row more."""
    for place, (of_shape, rows) in enumerate(bucket):
        if of_shape == shape:
            part = _part_plus(shape, rows, row, shapes)
            return (*bucket[:place], part, *bucket[place + 1 :])
    return (*bucket, _shelve(shape, (row,), shapes))


def _part_plus(shape: int, rows: Any, row: Row, shapes: Shapes) -> Part:
    # Rows stay in order: one that takes an earlier place is put there.
    if shape == NO_STEPS:
        return shape, tuple(sorted((*rows, row[0])))
    if isinstance(rows, Shelf):
        return shape, rows.plus(row)
    return _shelve(shape, tuple(sorted((*rows, row), key=_order)), shapes)


def bucket_minus(bucket: Bucket, shape: int, order: int) -> Bucket:
    """Return a bucket without the rows of an order number, if it has any."""
    parts = (
        _part_minus(of_shape, rows, order) if of_shape == shape else (of_shape, rows)
        for of_shape, rows in bucket
    )
    return tuple((of_shape, rows) for of_shape, rows in parts if rows)


def _part_minus(shape: int, rows: Any, order: int) -> Part:
    if shape == NO_STEPS:
        return shape, rows[: bisect_left(rows, order)] + rows[bisect_right(rows, order) :]
    return shape, rows.minus(order) if isinstance(rows, Shelf) else _without(rows, order)
