"""The survey: look through an index and reckon what each filter costs.

Costs are reckoned from the structure alone, since no event is at hand: as if events had
each of the values that the filters of a group ask for, and none of them, equally often,
and as if a table gave every filter as often. A wrong guess changes the ranking only.
"""

from collections.abc import Callable, Hashable
from heapq import nsmallest
from typing import Final, NamedTuple

from egcore.errors import shorten
from egcore.index.buckets import MANY, Part, Shelf
from egcore.index.memory import bytes_of
from egcore.index.partition import Partition
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
    """Filters of one shape that stand together in the bucket at ``place`` of a group.

    ``share`` is how often an event has their key, ``looked_at`` how many of ``orders``
    it verifies then; ``tests`` are the conditions that are verified.
    """

    way: _Way
    place: int
    orders: tuple[int, ...]
    tests: tuple[str, ...]
    share: float
    looked_at: float

    @property
    def cost(self) -> float:
        """What one of the filters costs per event; what is not verified costs its match."""
        looks = 1 if self.way.structure == "keys" else self.looked_at / len(self.orders)
        return self.share * looks * max(1, len(self.tests))


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
        look_ups = 0
        for signature, table in partition.groups():
            look_ups += 1
            fields = tuple(map(".".join, signature))
            share = 1 / (len(table) + 1) if fields else 1.0
            for place, bucket in enumerate(table.values()):
                for part in bucket:
                    spot = self._spot(fields, place, share, part)
                    ways.setdefault(spot.way, []).append(spot)
                    for order in spot.orders:
                        before, _ = costs.get(order, (0.0, None))
                        costs[order] = before + spot.cost, spot
        for order, (cost, spot) in costs.items():
            if order not in self._dearest or cost > self._dearest[order][0]:
                self._dearest[order] = cost, source, spot
        structures = tuple(_structure(way, spots) for way, spots in ways.items())
        self._partitions.append(PartitionStatistics(source, len(costs), look_ups, structures))

    def _spot(self, fields: tuple[str, ...], place: int, share: float, part: Part) -> _Spot:
        shape, rows = part
        if shape == NO_STEPS:
            way = _Way("keys", fields, None, "nothing is left to verify")
            return _Spot(way, place, rows, (), share, 0.0)  # type: ignore[arg-type] # order numbers
        tests = self._shapes.verifiers[shape].tests
        self._used.add(shape)
        if isinstance(rows, Shelf):
            way = _way_to_shelf(fields, rows, tests)
            tests = tuple(test for test in tests if test != rows.over)
            looked_at, rows = rows.looked_at, rows.rows
        else:
            way, looked_at = _Way("rows", fields, None, _FEW), len(rows)
        orders = tuple(row[0] for row in rows)  # type: ignore[index] # rows
        self._verified.update(orders)
        return _Spot(way, place, orders, tuple(map(_label, tests)), share, looked_at)


_FEW: Final = f"fewer than {MANY} filters of one shape: a table would not pay"


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


def _structure(way: _Way, spots: list[_Spot]) -> StructureStatistics:
    """Add up the buckets in which filters are found one way."""
    return StructureStatistics(
        way.structure,
        way.key_fields,
        way.over,
        filters=len({order for spot in spots for order in spot.orders}),
        keys=len({spot.place for spot in spots}),
        looked_at=sum(spot.share * spot.looked_at for spot in spots),
        because=way.because,
    )


def _because(source: str | None, spot: _Spot) -> str:
    """Tell in a sentence what a filter costs."""
    where = f"of {of_source(source)}"
    way = spot.way
    if way.key_fields:
        fields = ", ".join(map(shorten, way.key_fields))
        found, events = f"found by {fields}", f"an event {where} that has its values there"
    else:
        found, events = "no key field", f"every event {where}"
    if way.structure == "keys":
        return f"{found}, nothing to verify: matches {events}"
    if way.structure == "table":
        some = f"about {max(1, round(spot.looked_at)):,} of {len(spot.orders):,} filters"
        return f"{found}: {way.because}, {some} are looked at for {events}"
    left = f"; to verify: {', '.join(spot.tests)}"
    return f"{found}: looked at for {events}{left}"
