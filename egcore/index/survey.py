"""The survey: look through an index and reckon what each filter costs.

Costs are reckoned from the structure alone, since no event is at hand: as if events had
each of the values that the filters of a group ask for, and none of them, equally often,
and as if a table gave every filter as often. A wrong guess changes the ranking only.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import nsmallest
from itertools import chain
from typing import Final, NamedTuple

from egcore.errors import shorten
from egcore.index.buckets import MANY, Part, Shelf
from egcore.index.memory import bytes_of
from egcore.index.partition import MAX_GROUPS, Partition
from egcore.index.shapes import NO_STEPS, Shapes, Test
from egcore.index.statistics import (
    FilterCost,
    PartitionStatistics,
    Statistics,
    StructureStatistics,
    of_source,
)
from egcore.index.steps import GENERAL, IN
from egcore.index.tables import TABLES, WORTH

MOST_COSTLY: Final = 10

_KINDS: Final = {GENERAL: "by a predicate of its own", IN: "one of several values"}


class _Way(NamedTuple):
    """How filters are found: what a ``StructureStatistics`` tells of them, but for counts."""

    structure: str
    key_fields: tuple[str, ...]
    over: str | None
    because: str


class _Spot(NamedTuple):
    """Filters of one shape that stand together, in the bucket at ``place`` of a group.

    ``tests`` are the conditions that are verified, ``looks`` how many of the filters an
    event looks at, as a part of all.
    """

    way: _Way
    place: int
    orders: tuple[int, ...]
    tests: tuple[str, ...]
    looks: float

    @property
    def cost(self) -> float:
        """What one of the filters costs per event; what is not verified costs its match."""
        return self.looks * max(1, len(self.tests))

    @property
    def looked_at(self) -> float:
        """How many of the filters are verified for an event."""
        is_verified = self.tests or self.way.over is not None
        return self.looks * len(self.orders) if is_verified else 0.0


class Survey:
    """Looks through the partitions of an index, one after the other."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._used: set[int] = set()
        self._verified: set[int] = set()
        self._dearest: dict[int, tuple[float, str | None, _Spot]] = {}
        self._partitions: list[PartitionStatistics] = []

    def take(self, index: object, name_of: Callable[[int], Hashable]) -> Statistics:
        """Return what was seen, with the memory of the index as a whole."""
        tests = {
            (test.path, test.kind)
            for shape in self._used
            for test in self._shapes.verifiers[shape].tests
        }
        return Statistics(
            filters=len(self._dearest),
            bytes=bytes_of(index),
            verified=len(self._verified),
            shapes=len(self._used),
            steps=len(tests),
            partitions=tuple(self._partitions),
            costly=self._costly(name_of),
        )

    def _costly(self, name_of: Callable[[int], Hashable]) -> tuple[FilterCost, ...]:
        """Rank the filters: of equal ones those of any source first, then by order."""

        def rank(order: int) -> tuple[float, bool, int]:
            cost, source, _ = self._dearest[order]
            return -cost, source is not None, order

        ranked = nsmallest(MOST_COSTLY, self._dearest, key=rank)
        found = ((name_of(order), *self._dearest[order]) for order in ranked)
        return tuple(
            FilterCost(name, cost, _because(source, spot)) for name, cost, source, spot in found
        )

    def look_through(self, source: str | None, partition: Partition) -> None:
        """Count and weigh the filters of one partition."""
        ways: dict[_Way, list[_Spot]] = {}
        costs: dict[int, tuple[float, _Spot]] = {}
        for spot in chain(self._in_groups(partition), self._in_bitmap(partition)):
            ways.setdefault(spot.way, []).append(spot)
            for order in spot.orders:
                before, _ = costs.get(order, (0.0, None))
                costs[order] = before + spot.cost, spot
        for order, (cost, spot) in costs.items():
            if order not in self._dearest or cost > self._dearest[order][0]:
                self._dearest[order] = cost, source, spot
        structures = tuple(_structure(partition, *each) for each in ways.items())
        look_ups = len(partition.groups())
        if partition.bitmap is not None:
            look_ups += len(partition.bitmap.paths)
        self._partitions.append(PartitionStatistics(source, len(costs), look_ups, structures))

    def _in_groups(self, partition: Partition) -> Iterator[_Spot]:
        for signature, table in partition.groups():
            fields = _labels(signature)
            share = 1 / (len(table) + 1) if fields else 1.0
            for place, bucket in enumerate(table.values()):
                for part in bucket:
                    yield self._spot(fields, place, share, part)

    def _spot(self, fields: tuple[str, ...], place: int, share: float, part: Part) -> _Spot:
        shape, rows = part
        if shape == NO_STEPS:
            way = _Way("keys", fields, None, "nothing is left to verify")
            return _Spot(way, place, rows, (), share)  # type: ignore[arg-type] # order numbers
        tests = self._shapes.verifiers[shape].tests
        if isinstance(rows, Shelf):
            way = _way_to_shelf(fields, rows, tests)
            tests = tuple(test for test in tests if test != rows.over)
            share *= rows.looked_at / len(rows.rows)
            rows = rows.rows
        else:
            way = _Way("rows", fields, None, _FEW)
        orders = tuple(row[0] for row in rows)  # type: ignore[index] # rows
        return self._verifying(_Spot(way, place, orders, tuple(map(_label, tests)), share), shape)

    def _in_bitmap(self, partition: Partition) -> Iterator[_Spot]:
        bitmap = partition.bitmap
        if bitmap is None:
            return
        way = _Way("bitmap", _labels(bitmap.paths), None, _MANY_GROUPS)
        alike: dict[tuple[int, float], list[int]] = {}
        for (shape, row), share in zip(bitmap.rows(), bitmap.shares(), strict=True):
            if row[0] not in partition.gone:
                alike.setdefault((shape, share), []).append(row[0])
        for (shape, share), orders in alike.items():
            tests = tuple(map(_label, self._shapes.verifiers[shape].tests))
            yield self._verifying(_Spot(way, 0, tuple(orders), tests, share), shape)

    def _verifying(self, spot: _Spot, shape: int) -> _Spot:
        """Note that filters of a shape are verified, if it has anything to verify."""
        if shape != NO_STEPS:
            self._used.add(shape)
            self._verified.update(spot.orders)
        return spot


_FEW: Final = f"fewer than {MANY} filters of one shape: a table would not pay"
_MANY_GROUPS: Final = f"more than {MAX_GROUPS} sets of key fields: a look-up for each costs more"


def _labels(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(map(".".join, paths))


def _label(test: Test) -> str:
    """Name a condition by its field and operator, without its operand."""
    return f"{shorten('.'.join(test.path))} {_KINDS.get(test.kind, test.kind)}"


def _way_to_shelf(fields: tuple[str, ...], shelf: Shelf, tests: tuple[Test, ...]) -> _Way:
    if shelf.over is None:
        return _Way("shelf", fields, None, _why_no_table(tests))
    over = _label(shelf.over)
    return _Way("table", fields, over, f"a table over {over} spares most")


def _why_no_table(tests: tuple[Test, ...]) -> str:
    able = [_label(test) for test in tests if test.kind in TABLES]
    if able:
        return f"a table over {' or '.join(able)} would spare less than {WORTH - 1} of {WORTH}"
    return f"no table can be made over {' and '.join(map(_label, tests))}"


def _structure(partition: Partition, way: _Way, spots: list[_Spot]) -> StructureStatistics:
    """Add up the buckets in which filters are found one way."""
    bitmap = partition.bitmap if way.structure == "bitmap" else None
    return StructureStatistics(
        way.structure,
        way.key_fields,
        way.over,
        filters=len({order for spot in spots for order in spot.orders}),
        keys=len({spot.place for spot in spots}) if bitmap is None else bitmap.values,
        looked_at=sum(spot.looked_at for spot in spots),
        because=way.because,
    )


def _because(source: str | None, spot: _Spot) -> str:
    """Tell in a sentence what a filter costs."""
    way, where = spot.way, f"of {of_source(source)}"
    found = f"{_found(way)}, nothing to verify" if spot.looked_at == 0 else _found(way)
    does = "matches" if spot.looked_at == 0 else "looked at for"
    events = f"an event {where} that has its values" if way.key_fields else f"every event {where}"
    if way.over is not None:
        events = f"about 1 in {round(1 / spot.looks):,} events {where}"
    left = f"; to verify: {', '.join(spot.tests)}" if spot.tests else ""
    return f"{found}: {does} {events}{left}"


def _found(way: _Way) -> str:
    """Tell what a filter is found by."""
    if way.structure == "bitmap":
        return f"found by a bitmap over {len(way.key_fields):,} fields"
    by = ["a table over " + way.over] if way.over is not None else []
    if way.key_fields:
        return f"found by {', '.join([shorten(', '.join(way.key_fields)), *by])}"
    return ", ".join(["no key field", *by])
