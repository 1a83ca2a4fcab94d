"""The index: which of many filters match one event, at a cost that follows the matches.

From the outside in: ``Index`` parts the filters by their ``source`` (index/__init__),
a partition files them by the values they ask for (partition), a bucket verifies what
is left of them (buckets, steps, tables). plan says how a filter is taken apart, keys how
values are compared. docs/explanation/index.md tells why, with figures.
"""

from collections.abc import Iterable
from typing import Any, Final, Generic, NamedTuple, TypeVar

from egcore.filters import Filter
from egcore.index.partition import Partition, Place, place_of
from egcore.index.plan import Plan, make_plan
from egcore.index.shapes import Shapes

Payload = TypeVar("Payload")
SOURCE: Final = ("source",)


class _Filing(NamedTuple):
    """Where a filter goes: the sources it lists, None for any, and its place there."""

    sources: tuple[str, ...] | None
    place: Place


class Index(Generic[Payload]):
    """An immutable set of (payload, filter) pairs that finds the payloads of matching filters.

    Order numbers give the order of results: insertion order. ``plus`` and ``minus`` give
    new sets that share all but a path to the change; readers of the old one see nothing.
    """

    __slots__ = ("_anywhere", "_by_source", "_payloads", "_shapes")

    def __init__(self, pairs: Iterable[tuple[Payload, Filter]]) -> None:
        self._shapes = Shapes()
        self._payloads: list[Payload | None] = []
        by_source: dict[str, list[Place]] = {}
        anywhere: list[Place] = []
        for order, (payload, each) in enumerate(pairs):
            self._payloads.append(payload)
            sources, place = self._filing(order, each)
            if sources is None:
                anywhere.append(place)
            else:
                for source in sources:
                    by_source.setdefault(source, []).append(place)
        self._by_source = {
            source: Partition.build(places, self._shapes) for source, places in by_source.items()
        }
        self._anywhere = Partition.build(anywhere, self._shapes) if anywhere else None

    def _filing(self, order: int, each: Filter) -> _Filing:
        keys, steps = make_plan(each.fields)
        sources = keys.pop(SOURCE, None)
        return _Filing(sources, place_of(order, Plan(keys, steps), self._shapes))

    def match(self, members: dict[str, Any]) -> list[Payload]:
        """Return the payloads whose filters match the event's members, in insertion order."""
        found: list[int] = []
        twice = False
        partition = self._by_source.get(members["source"])
        if partition is not None:
            twice = partition.match(members, found)
        if self._anywhere is not None:
            twice |= self._anywhere.match(members, found)
        if twice:
            found = list(set(found))
        if len(found) > 1:
            found.sort()
        return list(map(self._payloads.__getitem__, found))  # type: ignore[arg-type] # none is None

    def plus(self, payload: Payload, each: Filter, order: int | None = None) -> "Index[Payload]":
        """Return an index with one pair more, last, or at an order number that is free."""
        payloads = self._payloads.copy()
        if order is None:
            order = len(payloads)
            payloads.append(payload)
        else:
            payloads[order] = payload
        return self._changed(payloads, self._filing(order, each), Partition.plus)

    def minus(self, order: int, each: Filter) -> "Index[Payload]":
        """Return an index without the pair of an order number."""
        payloads = self._payloads.copy()
        payloads[order] = None
        return self._changed(payloads, self._filing(order, each), Partition.minus)

    def _changed(self, payloads: Any, filing: _Filing, change: Any) -> "Index[Payload]":
        changed: Index[Payload] = object.__new__(Index)
        changed._shapes, changed._payloads = self._shapes, payloads
        changed._by_source, changed._anywhere = self._by_source, self._anywhere
        if filing.sources is None:
            anywhere = self._anywhere or Partition({}, self._shapes)
            changed._anywhere = change(anywhere, filing.place) or None
            return changed
        by_source = self._by_source.copy()
        for source in filing.sources:
            partition = change(by_source.get(source, Partition({}, self._shapes)), filing.place)
            if partition:
                by_source[source] = partition
            else:
                del by_source[source]
        changed._by_source = by_source
        return changed
