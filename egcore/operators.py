"""The table of the 18 operators (spec section 4).

A row says what operand an operator takes and how one scalar is tested. The rules for
arrays, wrong types and undefined fields stand once, in ``_over_strings`` and
``_over_numbers``, and negation once, in ``_complement``: a negative operator is
exactly not its positive twin (rule 3). ``NumberNotLessThan`` and
``NumberNotGreaterThan`` are at-least and at-most, hence positive (rule 3).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from functools import partial
from operator import ge, gt, le, lt
from typing import Any, Final, Literal, NamedTuple

from egcore.paths import UNDEFINED

Predicate = Callable[[object], bool]
OperandKind = Literal["strings", "numbers", "number", "ranges", "none"]


class Operator(NamedTuple):
    """One row: ``predicate`` makes, from an operand, the test of a field's value."""

    name: str
    operand: OperandKind
    predicate: Callable[[Any], Predicate]
    negates: str | None = None


def _over_strings(make_test: Callable[[Any], Predicate]) -> Callable[[Any], Predicate]:
    """Lift a test of one string to a field: a string, or any string in an array (rule 2)."""

    def make_predicate(operand: Any) -> Predicate:
        test = make_test(operand)

        def holds(value: object) -> bool:
            if type(value) is str:
                return test(value)
            if type(value) is list:
                return any(test(element) for element in value if type(element) is str)
            return False

        return holds

    return make_predicate


def _over_numbers(make_test: Callable[[Any], Predicate]) -> Callable[[Any], Predicate]:
    """Lift a test of one number to a field; booleans are not numbers (rules 2 and 6)."""

    def make_predicate(operand: Any) -> Predicate:
        test = make_test(operand)

        def holds(value: object) -> bool:
            if type(value) is int or type(value) is float:
                return test(value)
            if type(value) is list:
                return any(
                    test(element)
                    for element in value
                    if type(element) is int or type(element) is float
                )
            return False

        return holds

    return make_predicate


def _complement(make_predicate: Callable[[Any], Predicate]) -> Callable[[Any], Predicate]:
    """Negate a whole field's predicate, undefined and wrong types included (rule 3)."""

    def make_complement(operand: Any) -> Predicate:
        holds = make_predicate(operand)
        return lambda value: not holds(value)

    return make_complement


def _is_one_of(values: tuple[Any, ...]) -> Predicate:
    # The event's value is looked up in the rule's set, never the reverse: an event
    # cannot choose what collides (reliability, threat 6).
    return frozenset(values).__contains__


def _is_one_of_numbers(values: tuple[Any, ...]) -> Predicate:
    """Find a number in a set, or by bisection where the rule's numbers collide there.

    Hashes of strings are seeded, those of numbers are not: a rule with many multiples of
    2**61-1 would make each lookup as long as the rule (reliability, threat 6).
    """
    if max(Counter(map(hash, values)).values()) <= _COLLISIONS:
        return frozenset(values).__contains__
    ordered = sorted(values)

    def is_one(number: Any) -> bool:
        place = bisect_left(ordered, number)
        return place < len(ordered) and bool(ordered[place] == number)

    return is_one


_COLLISIONS: Final = 8  # ours: so many comparisons cost as much as a bisection


def _starts_with(prefixes: tuple[str, ...]) -> Predicate:
    return lambda text: text.startswith(prefixes)  # type: ignore[attr-defined] # lifted: a str


def _ends_with(suffixes: tuple[str, ...]) -> Predicate:
    return lambda text: text.endswith(suffixes)  # type: ignore[attr-defined] # lifted: a str


def _compares(operation: Callable[[Any, Any], bool]) -> Callable[[Any], Predicate]:
    """Make tests that compare the operand, on the left, with the event's number."""
    return partial(partial, operation)


def _in_range(ranges: tuple[tuple[Any, Any], ...]) -> Predicate:
    lows, highs = _disjoint(ranges)
    if len(lows) == 1:
        low, high = lows[0], highs[0]
        return lambda number: low <= number <= high

    def in_range(number: Any) -> bool:
        place = bisect_right(lows, number)
        return place > 0 and bool(number <= highs[place - 1])

    return in_range


def _disjoint(ranges: tuple[tuple[Any, Any], ...]) -> tuple[list[Any], list[Any]]:
    """Join ranges that overlap; return the bounds of what is left, in order."""
    lows: list[Any] = []
    highs: list[Any] = []
    for low, high in sorted(ranges):
        if highs and low <= highs[-1]:
            highs[-1] = max(highs[-1], high)
        else:
            lows.append(low)
            highs.append(high)
    return lows, highs


def _is_null(value: object) -> bool:
    return value is None or value is UNDEFINED


_POSITIVE: Final = (
    Operator("StringIn", "strings", _over_strings(_is_one_of)),
    Operator("StringStartsWith", "strings", _over_strings(_starts_with)),
    Operator("StringEndsWith", "strings", _over_strings(_ends_with)),
    Operator("NumberIn", "numbers", _over_numbers(_is_one_of_numbers)),
    Operator("NumberInRange", "ranges", _over_numbers(_in_range)),
    Operator("NumberLessThan", "number", _over_numbers(_compares(gt))),
    Operator("NumberNotLessThan", "number", _over_numbers(_compares(le))),
    Operator("NumberGreaterThan", "number", _over_numbers(_compares(lt))),
    Operator("NumberNotGreaterThan", "number", _over_numbers(_compares(ge))),
    Operator("IsNull", "none", lambda _: _is_null),
    Operator("IsTrue", "none", lambda _: lambda value: value is True),
    Operator("IsNotTrue", "none", lambda _: lambda value: value is False),
)
_NEGATIVE: Final = {
    "StringNotIn": "StringIn",
    "StringNotStartsWith": "StringStartsWith",
    "StringNotEndsWith": "StringEndsWith",
    "NumberNotIn": "NumberIn",
    "NumberNotInRange": "NumberInRange",
    "IsNotNull": "IsNull",
}


def _build_table() -> dict[str, Operator]:
    table = {row.name: row for row in _POSITIVE}
    for name, twin in _NEGATIVE.items():
        row = table[twin]
        table[name] = Operator(name, row.operand, _complement(row.predicate), twin)
    return table


OPERATORS: Final = _build_table()
STRING_OPERATORS: Final = frozenset(
    name for name, row in OPERATORS.items() if row.operand == "strings"
)
