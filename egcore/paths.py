"""Field paths: from the event object to one value, by object keys.

A path is a tuple of keys (spec 4 rule 1) and compiles to a plain function. There is
no value where a key is missing or something on the way is not an object: that is
``UNDEFINED``, which null is not.
"""

from collections.abc import Callable
from typing import Final


class Undefined:
    """The type of ``UNDEFINED``: there is no value at a path, which null is not.

    One object only; it pickles and copies as itself.
    """

    __slots__ = ()

    def __new__(cls) -> "Undefined":
        """Return the one object."""
        return UNDEFINED

    def __repr__(self) -> str:
        return "undefined"

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final[Undefined] = object.__new__(Undefined)

Value = object
"""Any JSON value, or ``UNDEFINED``."""

Getter = Callable[[object], Value]


def field_getter(path: tuple[str, ...]) -> Getter:
    """Compile a path of object keys to a function from the root to the value there.

    A missing key, or anything but an object on the way, gives ``UNDEFINED``; a null
    at the end is given as None. Arrays are not entered (spec 4 rule 1). Keys are
    literal: a dot is part of the key (rule 7).

    >>> field_getter(("data", "name"))({"data": {"name": "test01"}})
    'test01'
    """
    if len(path) == 1:
        return _one_key(*path)
    if len(path) == 2:
        return _two_keys(*path)
    if len(path) == 3:
        return _three_keys(*path)
    return _many_keys(path)


# Written out for the lengths that rules use: a loop takes twice as long.
def _one_key(key: str) -> Getter:
    def get(root: object) -> Value:
        return root.get(key, UNDEFINED) if type(root) is dict else UNDEFINED

    return get


def _two_keys(first: str, second: str) -> Getter:
    def get(root: object) -> Value:
        if type(root) is dict:
            child = root.get(first)
            if type(child) is dict:
                return child.get(second, UNDEFINED)
        return UNDEFINED

    return get


def _three_keys(first: str, second: str, third: str) -> Getter:
    def get(root: object) -> Value:
        if type(root) is dict:
            child = root.get(first)
            if type(child) is dict:
                child = child.get(second)
                if type(child) is dict:
                    return child.get(third, UNDEFINED)
        return UNDEFINED

    return get


def _many_keys(keys: tuple[str, ...]) -> Getter:
    def get(root: object) -> Value:
        value = root
        for key in keys:
            if type(value) is not dict:
                return UNDEFINED
            value = value.get(key, UNDEFINED)
        return value

    return get
