"""One array against the operands of many filters: sorted once, then a bisection for each.

An array holds when any of its elements does (spec 4 rule 2). Trying every element on
every operand would let one event of 64 KiB cost seconds where there are many filters.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Final

Fits = Callable[[Any], bool]


def _strings(array: list[object]) -> list[str]:
    return sorted({element for element in array if type(element) is str})


def _numbers(array: list[object]) -> list[Any]:
    # Not a set: integers can be made to collide there.
    return sorted(each for each in array if type(each) is int or type(each) is float)


def _starts_with(array: list[object]) -> Fits:
    return _any_prefix(_strings(array))


def _ends_with(array: list[object]) -> Fits:
    has_prefix = _any_prefix(sorted(text[::-1] for text in _strings(array)))
    return lambda suffixes: has_prefix([suffix[::-1] for suffix in suffixes])


def _any_prefix(texts: list[str]) -> Fits:
    """Test whether any text has a prefix: the least text not below the prefix then has it."""

    def fits(prefixes: Any) -> bool:
        for prefix in prefixes:
            place = bisect_left(texts, prefix)
            if place < len(texts) and texts[place].startswith(prefix):
                return True
        return False

    return fits


def _is_string(array: list[object]) -> Fits:
    texts = frozenset(_strings(array))
    return lambda values: not texts.isdisjoint(values)


def _is_number(array: list[object]) -> Fits:
    in_range = _in_range(array)
    return lambda values: any(in_range(((value, value),)) for value in values)


def _in_range(array: list[object]) -> Fits:
    numbers = _numbers(array)
    return lambda ranges: any(
        bisect_left(numbers, low) < bisect_right(numbers, high) for low, high in ranges
    )


def _below(array: list[object]) -> Fits:
    numbers = _numbers(array)[:1]
    return lambda limit: any(number < limit for number in numbers)


def _at_most(array: list[object]) -> Fits:
    numbers = _numbers(array)[:1]
    return lambda limit: any(number <= limit for number in numbers)


def _above(array: list[object]) -> Fits:
    numbers = _numbers(array)[-1:]
    return lambda limit: any(number > limit for number in numbers)


def _at_least(array: list[object]) -> Fits:
    numbers = _numbers(array)[-1:]
    return lambda limit: any(number >= limit for number in numbers)


FITS: Final[dict[str, Callable[[list[object]], Fits]]] = {
    "StringIn": _is_string,
    "StringStartsWith": _starts_with,
    "StringEndsWith": _ends_with,
    "NumberIn": _is_number,
    "NumberInRange": _in_range,
    "NumberLessThan": _below,
    "NumberNotLessThan": _at_least,
    "NumberGreaterThan": _above,
    "NumberNotGreaterThan": _at_most,
}
"""By positive operator: makes, of an array, the test whether any element fits an operand."""
