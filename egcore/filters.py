"""Filters: one filter against one event.

``Filter.from_document`` loads a document, ``matches`` is the fast path for a single
filter. Many filters at once are the matter of ``egcore.index``.
"""

from collections.abc import Mapping
from typing import Any

from egcore.conditions import Field
from egcore.decoding import Raw, decode, decode_rule
from egcore.errors import FilterError, Problem, raise_errors, with_stack
from egcore.events import Event, as_event
from egcore.filter_documents import duplicate_key, read_filter
from egcore.limits import EVENTGRID, Limits
from egcore.operators import Predicate
from egcore.paths import Getter, field_getter


class Filter:
    """A checked filter. Immutable, comparable, picklable.

    ``problems`` holds the warnings that loading found.
    """

    __slots__ = ("_compiled", "_text", "fields", "problems")

    fields: tuple[Field, ...]
    problems: tuple[Problem, ...]

    def __init__(self, fields: tuple[Field, ...], text: str, problems: tuple[Problem, ...]) -> None:
        self.fields = fields
        self.problems = problems
        self._text = text
        self._compiled: tuple[tuple[Getter, Predicate], ...] | None = None

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any] | Raw, *, limits: Limits = EVENTGRID
    ) -> "Filter":
        """Load a filter document, a dict or JSON text (spec section 4).

        Raises ``FilterError`` with every problem, ``UsageError``, ``HostError``.

        >>> document = {"source": [{"op": "StringIn", "values": ["orders"]}]}
        >>> Filter.from_document(document).matches(
        ...     {"specversion": "1.0", "id": "1", "source": "orders", "type": "t"}
        ... )
        True
        """
        rule = decode_rule(document, "a filter", limits=limits, error=FilterError)
        problems = [duplicate_key(pointer, limits) for pointer in rule.twice]
        fields = with_stack(read_filter, rule.value, limits, problems)
        raise_errors(problems, FilterError)
        return cls(fields, rule.text, tuple(problems))

    @property
    def document(self) -> dict[str, Any]:
        """A new copy of the document that the filter was loaded from."""
        return decode(self._text).value  # type: ignore[no-any-return] # an object, as loaded

    def matches(self, event: Event | Raw | dict[str, Any], *, limits: Limits = EVENTGRID) -> bool:
        """Whether the event fulfils every field of the filter.

        Bytes, str or a dict are parsed under ``limits`` first; raises ``EventError``,
        ``UsageError`` or ``HostError`` as ``parse_event`` then.
        """
        members = as_event(event, limits).members
        compiled = self._compiled
        if compiled is None:  # on first use: in an index, filters are never asked one by one
            compiled = tuple((field_getter(each.path), each.predicate()) for each in self.fields)
            self._compiled = compiled
        return all(holds(get(members)) for get, holds in compiled)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Filter:
            return NotImplemented
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"<Filter {self._text}>"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Filter, (self.fields, self._text, self.problems)


def matches(
    document: Mapping[str, Any] | Raw,
    event: Event | Raw | dict[str, Any],
    *,
    limits: Limits = EVENTGRID,
) -> bool:
    """Whether an event matches a filter document: one filter, one event, one answer.

    Loads the filter each time; keep a ``Filter`` to ask again. Raises as
    ``Filter.from_document`` and ``parse_event``.

    >>> matches(
    ...     {"source": [{"op": "StringIn", "values": ["orders"]}]},
    ...     {"specversion": "1.0", "id": "1", "source": "refunds", "type": "t"},
    ... )
    False
    """
    return Filter.from_document(document, limits=limits).matches(event, limits=limits)
