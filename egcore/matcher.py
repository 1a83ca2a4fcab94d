"""Many filters under any names, matched in one pass."""

from collections.abc import Hashable, Mapping
from typing import Any, Generic, Self, TypeVar

from egcore.decoding import Raw
from egcore.errors import kind, usage
from egcore.events import Event, as_event
from egcore.filters import Filter
from egcore.index import Index
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

    __slots__ = ("_filters", "_index", "_limits")

    def __init__(
        self,
        filters: Mapping[Name, Filter | Mapping[str, Any] | Raw],
        *,
        limits: Limits = EVENTGRID,
    ) -> None:
        if not isinstance(filters, Mapping):
            raise usage(f"a matcher takes a mapping of names to filters, not {kind(filters)}")
        self._limits = limits
        self._filters = {name: _as_filter(each, limits) for name, each in filters.items()}
        self._index = Index(self._filters.items())

    def match(self, event: Event | Raw | dict[str, Any]) -> list[Name]:
        """Return the names of the filters that match, in insertion order.

        Bytes, str or a dict are parsed first; raises as ``parse_event`` then.
        """
        if type(event) is not Event:
            event = as_event(event, self._limits)
        return self._index.match(event.members)

    def with_filter(self, name: Name, document: Filter | Mapping[str, Any] | Raw) -> Self:
        """Return a matcher with one filter more, or with another filter under its name.

        Raises as the class, and ``UsageError`` for a name that is not hashable.
        """
        if not _is_hashable(name):
            raise usage(f"a filter's name must be hashable, not {kind(name)}")
        return type(self)({**self._filters, name: document}, limits=self._limits)

    def without(self, name: Name) -> Self:
        """Return a matcher without the named filter. Raises ``UsageError`` if there is none."""
        if name not in self:
            raise usage("the matcher has no filter of that name")
        rest = {each: value for each, value in self._filters.items() if each != name}
        return type(self)(rest, limits=self._limits)

    def __contains__(self, name: object) -> bool:
        return _is_hashable(name) and name in self._filters

    def __len__(self) -> int:
        return len(self._filters)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Matcher:
            return NotImplemented
        same_limits = self._limits == other._limits
        return same_limits and list(self._filters.items()) == list(other._filters.items())

    def __hash__(self) -> int:
        return hash((tuple(self._filters.items()), self._limits))

    def __repr__(self) -> str:
        return f"<Matcher of {len(self)} filters>"

    def __reduce__(self) -> tuple[object, tuple[dict[Name, Filter], Limits]]:
        return _restore, (self._filters, self._limits)


def _is_hashable(name: object) -> bool:
    try:
        hash(name)  # a tuple may hold a list: only this tells
    except TypeError:
        return False
    return True


def _as_filter(value: Filter | Mapping[str, Any] | Raw, limits: Limits) -> Filter:
    return value if isinstance(value, Filter) else Filter.from_document(value, limits=limits)


def _restore(filters: dict[Name, Filter], limits: Limits) -> Matcher[Name]:
    return Matcher(filters, limits=limits)
