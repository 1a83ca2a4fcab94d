"""The index: which of many filters match one event, at a cost that follows the matches.

From the outside in: ``Index`` parts the filters by their ``source`` (index/__init__),
a partition files them by the values they ask for (partition), a bucket verifies what
is left of them (buckets, steps, tables). plan says how a filter is taken apart, keys how
values are compared. statistics, survey and memory tell what came of it.
docs/explanation/index.md tells why.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, NamedTuple

from egcore.conditions import Field
from egcore.index.partition import Partition, Place, place_of
from egcore.index.plan import Plan, make_plan
from egcore.index.shapes import Shapes
from egcore.index.statistics import Statistics
from egcore.index.survey import Survey

Fields = tuple[Field, ...]
Change = Callable[[Partition, Place], Partition]
SOURCE: Final = ("source",)


class _Filing(NamedTuple):
    """Where a filter goes: the sources it lists, None for any, and its place there."""

    sources: tuple[str, ...] | None
    place: Place


class Index:
    """An immutable set of filters under order numbers: finds the numbers of those that match.

    Several filters may stand under one number: any of them is enough. ``plus`` and
    ``minus`` give new sets that share all but a path to the change; readers of the old
    one see nothing of it.
    """

    __slots__ = ("_anywhere", "_by_source", "_repeats", "_shapes")

    def __init__(self, filters: Iterable[tuple[int, Fields]] = ()) -> None:
        self._shapes = Shapes()
        self._repeats = False
        by_source: dict[str, list[Place]] = {}
        anywhere: list[Place] = []
        last = -1
        for order, fields in filters:
            self._repeats |= order == last
            last = order
            sources, place = self._filing(order, fields)
            if sources is None:
                anywhere.append(place)
            else:
                for source in sources:
                    by_source.setdefault(source, []).append(place)
        self._by_source = {
            source: Partition.build(places, self._shapes) for source, places in by_source.items()
        }
        self._anywhere = Partition.build(anywhere, self._shapes) if anywhere else None

    def _filing(self, order: int, fields: Fields) -> _Filing:
        keys, steps = make_plan(fields)
        sources = keys.pop(SOURCE, None)
        return _Filing(sources, place_of(order, Plan(keys, steps), self._shapes))

    def match(self, members: dict[str, Any]) -> list[int]:
        """Return the order numbers of the filters that match an event's members, in order."""
        found: list[int] = []
        twice = self._repeats
        partition = self._by_source.get(members["source"])
        if partition is not None:
            twice |= partition.match(members, found)
        if self._anywhere is not None:
            twice |= self._anywhere.match(members, found)
        if len(found) > 1:
            if twice:
                found = list(set(found))
            found.sort()
        return found

    def filed_under(self, source: str) -> tuple[list[int], list[int]]:
        """Return the numbers of the filters that list a source, and of those that list none."""
        partition = self._by_source.get(source)
        listing = [] if partition is None else partition.orders()
        return listing, [] if self._anywhere is None else self._anywhere.orders()

    def stats(self, name_of: Callable[[int], Hashable]) -> Statistics:
        """Look through the whole index: what it holds, how, and what costs most."""
        survey = Survey(self._shapes)
        for source, partition in self._by_source.items():
            survey.look_through(source, partition)
        if self._anywhere is not None:
            survey.look_through(None, self._anywhere)
        return survey.take(self, name_of)

    def plus(self, order: int, filters: Iterable[Fields]) -> "Index":
        """Return an index with more filters, all under one number."""
        index = self
        for count, fields in enumerate(filters):
            index = index._changed(order, fields, Partition.plus, repeats=count > 0)
        return index

    def minus(self, order: int, filters: Iterable[Fields]) -> "Index":
        """Return an index without the filters of a number; they are told again."""
        index = self
        for fields in filters:
            index = index._changed(order, fields, Partition.minus)
        return index

    def _changed(
        self, order: int, fields: Fields, change: Change, *, repeats: bool = False
    ) -> "Index":
        sources, place = self._filing(order, fields)
        changed = object.__new__(Index)
        changed._shapes, changed._repeats = self._shapes, self._repeats or repeats
        changed._by_source, changed._anywhere = self._by_source, self._anywhere
        if sources is None:
            anywhere = self._anywhere or Partition({}, self._shapes)
            changed._anywhere = change(anywhere, place) or None
            return changed
        by_source = self._by_source.copy()
        for source in sources:
            partition = change(by_source.get(source) or Partition({}, self._shapes), place)
            if partition:
                by_source[source] = partition
            else:
                by_source.pop(source, None)
        changed._by_source = by_source
        return changed
