"""Many filters under any names, matched in one pass."""

from collections.abc import Hashable, Mapping
from typing import Any, Generic, Self, TypeGuard, TypeVar

from egcore.decoding import Raw
from egcore.errors import kind, usage
from egcore.events import Event, as_event
from egcore.filters import Filter
from egcore.index import Index
from egcore.index.slots import Slots
from egcore.index.statistics import Statistics
from egcore.limits import EVENTGRID, Limits

Name = TypeVar("Name", bound=Hashable)


class Matcher(Generic[Name]):
    """An immutable set of named filters. Equal when names, filters, order and limits are.

    ``filters`` maps names to ``Filter`` objects or filter documents. Raises
    ``FilterError`` for a bad document, ``UsageError`` for another argument.

    >>> orders = {"source": [{"op": "StringIn", "values": ["orders"]}]}
    >>> matcher = Matcher({"eu": orders})
    >>> matcher.match({"specversion": "1.0", "id": "1", "source": "orders", "type": "t"})
    ['eu']
    """

    __slots__ = ("_index", "_limits", "_slots")

    def __init__(
        self,
        filters: Mapping[Name, Filter | Mapping[str, Any] | Raw],
        *,
        limits: Limits = EVENTGRID,
    ) -> None:
        if not isinstance(filters, Mapping):
            raise usage(f"a matcher takes a mapping of names to filters, not {kind(filters)}")
        self._limits = limits
        self._slots: Slots[tuple[Name, Filter]] = Slots()
        for name, each in filters.items():
            self._slots.add(name, (name, _as_filter(each, limits)))
        self._index = Index((number, (each.fields)) for number, (_, each) in enumerate(self._slots))

    def match(self, event: Event | Raw | dict[str, Any]) -> list[Name]:
        """Return the names of the filters that match, in insertion order.

        Bytes, str or a dict are parsed first; raises as ``parse_event`` then.
        """
        if type(event) is not Event:
            event = as_event(event, self._limits)
        items: Any = self._slots.items
        return [items[number][0] for number in self._index.match(event.members)]

    def stats(self) -> Statistics:
        """Tell how the filters are filed, what they take in memory, and which cost most.

        Looks at everything: takes time and memory in proportion to the filters.

        >>> orders = {"source": [{"op": "StringIn", "values": ["orders"]}]}
        >>> Matcher({"eu": orders}).stats().costly[0].because
        'no key field, nothing to verify: matches every event of source orders'
        """
        items: Any = self._slots.items
        return self._index.stats(lambda number: items[number][0])

    def with_filter(self, name: Name, document: Filter | Mapping[str, Any] | Raw) -> Self:
        """Return a matcher with one filter more, or with another filter in a name's place.

        Shares all but a little with this one. Raises as the class, and ``UsageError``
        for a name that is not hashable.
        """
        if not _is_hashable(name):
            raise usage(f"a filter's name must be hashable, not {kind(name)}")
        loaded = _as_filter(document, self._limits)
        index = self._index
        taken = self._slots.number(name)
        if taken is not None:
            index = index.minus(taken, [self._filter(taken).fields])
        slots, number = self._slots.plus(name, (name, loaded))
        return self._changed(slots, index.plus(number, [loaded.fields]))

    def without(self, name: Name) -> Self:
        """Return a matcher without the named filter. Raises ``UsageError`` if there is none."""
        number = self._slots.number(name) if _is_hashable(name) else None
        if number is None:
            raise usage("the matcher has no filter of that name")
        slots = self._slots.minus(name)
        if slots.is_sparse:
            return type(self)(dict(slots), limits=self._limits)
        return self._changed(slots, self._index.minus(number, [self._filter(number).fields]))

    def _filter(self, number: int) -> Filter:
        item = self._slots.items[number]
        return item[1]  # type: ignore[index] # a number in use

    def _changed(self, slots: Slots[tuple[Name, Filter]], index: Index) -> Self:
        changed = object.__new__(type(self))
        changed._limits, changed._slots, changed._index = self._limits, slots, index
        return changed

    def __contains__(self, name: object) -> bool:
        return _is_hashable(name) and self._slots.number(name) is not None

    def __len__(self) -> int:
        return len(self._slots)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Matcher:
            return NotImplemented
        return self._limits == other._limits and list(self._slots) == list(other._slots)

    def __hash__(self) -> int:
        return hash((tuple(self._slots), self._limits))

    def __repr__(self) -> str:
        return f"<Matcher of {len(self)} filters>"

    def __reduce__(self) -> tuple[object, tuple[dict[Name, Filter], Limits]]:
        return _restore, (dict(self._slots), self._limits)


def _is_hashable(name: object) -> TypeGuard[Hashable]:
    try:
        hash(name)  # a tuple may hold a list: only this tells
    except TypeError:
        return False
    return True


def _as_filter(value: Filter | Mapping[str, Any] | Raw, limits: Limits) -> Filter:
    return value if isinstance(value, Filter) else Filter.from_document(value, limits=limits)


def _restore(filters: dict[Name, Filter], limits: Limits) -> Matcher[Name]:
    return Matcher(filters, limits=limits)
