"""The index: which of many filters match one event.

Filters are partitioned by the values of their ``source`` field, which the service
demands of every filter; what the event's own source selects is then verified by
compiled predicates. Filters without a list of sources are always verified.
"""

from collections.abc import Callable, Iterable
from heapq import merge
from typing import Any, Final, Generic, NamedTuple, TypeVar

from egcore.conditions import Field
from egcore.filters import Filter
from egcore.operators import Predicate
from egcore.paths import field_getter

Payload = TypeVar("Payload")


class _Entry(NamedTuple):
    """One filter in the index; ``position`` gives the order of results."""

    position: int
    payload: Any
    tests: tuple[tuple[Callable[[object], object], Predicate], ...]


_SOURCE: Final = ("source",)


class Index(Generic[Payload]):
    """An immutable set of (payload, filter) pairs that finds the payloads of matching filters."""

    __slots__ = ("_anywhere", "_by_source")

    def __init__(self, pairs: Iterable[tuple[Payload, Filter]]) -> None:
        self._by_source: dict[str, list[_Entry]] = {}
        self._anywhere: list[_Entry] = []
        for position, (payload, each) in enumerate(pairs):
            self._place(position, payload, each)

    def _place(self, position: int, payload: Payload, each: Filter) -> None:
        sources: set[str] | None = None
        tests = []
        for field in each.fields:
            listed = _listed_sources(field)
            if listed is None:
                tests.append((field_getter(field.path), field.predicate()))
            else:
                sources = listed
        entry = _Entry(position, payload, tuple(tests))
        if sources is None:
            self._anywhere.append(entry)
        else:
            for source in sources:
                self._by_source.setdefault(source, []).append(entry)

    def match(self, members: dict[str, Any]) -> list[Payload]:
        """Return the payloads whose filters match the event's members, in insertion order."""
        candidates: Iterable[_Entry] = self._by_source.get(members["source"], ())
        if self._anywhere:
            candidates = merge(candidates, self._anywhere, key=_position)
        return [
            entry.payload
            for entry in candidates
            if all(holds(get(members)) for get, holds in entry.tests)
        ]


def _position(entry: _Entry) -> int:
    return entry.position


def _listed_sources(field: Field) -> set[str] | None:
    """Return the sources a field lists, if equality with one of them is all it asks."""
    if field.path != _SOURCE or field.combine != "any":
        return None
    if any(condition.op != "StringIn" for condition in field.conditions):
        return None
    return {value for condition in field.conditions for value in condition.operand}
