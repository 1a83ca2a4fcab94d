"""Type-tagged keys: what an event's value and a filter's value are compared by.

In Python ``True == 1``; in JSON it does not. Strings and numbers are their own keys:
they never equal each other, and ``1 == 1.0`` is right (spec 4 rule 6). What is neither
has a tag. Event values are only ever looked up in tables made of filters' values:
an event must not choose what collides (reliability, threat 6). Nor may the author of a rule:
numbers from ``COLLIDING`` on are no keys, and are compared by the operators themselves.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from egcore.paths import UNDEFINED

COLLIDING: Final = 2**64  # ours: Python hashes numbers modulo 2**61-1, below it 16 are alike


class _Tag:
    """A key that equals nothing but itself."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


TRUE: Final = _Tag("TRUE")
FALSE: Final = _Tag("FALSE")
NULL: Final = _Tag("NULL")  # null and undefined alike (rule 1)
NOTHING: Final = _Tag("NOTHING")  # an object: equal to no key of any filter


def key_of(value: object) -> Any:
    """Return the key of an event's scalar; arrays have a key for each element."""
    kind = type(value)
    if kind is str or kind is int or kind is float:
        return value
    if value is None or value is UNDEFINED:
        return NULL
    if kind is bool:
        return TRUE if value else FALSE
    return NOTHING


def element_keys(array: list[object]) -> list[Any]:
    """Return the keys of an array, each once: strings and numbers; nothing else matches (rule 2).

    Integers can be made to collide, so numbers are told apart without hashing them.
    """
    strings = {element for element in array if type(element) is str}
    numbers: list[Any] = [each for each in array if type(each) is int or type(each) is float]
    numbers.sort()
    return [*strings, *(number for number, _ in groupby(numbers))]


def keys_of(value: object) -> list[Any]:
    """Return all keys of an event's value."""
    return element_keys(value) if type(value) is list else [key_of(value)]


def may_collide(values: Iterable[Any]) -> bool:
    """Whether some numbers are so large that any number of others may share their hash."""
    return any(abs(value) >= COLLIDING for value in values)
