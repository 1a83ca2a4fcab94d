"""Steps: verify one condition of many filters at once.

Filters of one shape stand in rows: their order number, then the operands of their
steps in columns. A step narrows a list of rows to those whose operand fits the event's
value, in one comprehension. The usual case is a scalar of the right type; what any
other value means is told by the operators' own predicates (spec 4 rules 2 and 3).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from egcore.index.elements import FITS
from egcore.index.keys import element_keys, key_of
from egcore.operators import OPERATORS

Row = tuple[Any, ...]
Rows = Sequence[Row]
Narrow = Callable[[Rows, int, object], Rows]

GENERAL: Final = "general"
IN: Final = "in"
_FEW: Final = 16  # up to here a tuple is searched as fast as a set, and costs the collector nothing


class Kind(NamedTuple):
    """A kind of step.

    ``columns`` gives the operands to store, None where only a general step will do;
    ``narrow`` takes rows, the first of the step's columns, and the event's value.
    """

    columns: Callable[[Any], tuple[Any, ...] | None]
    narrow: Narrow


def _other(op: str, width: int = 1) -> Narrow:
    """Narrow by a value that is not a scalar of the operator's type.

    An array is sorted once for all rows. Anything else fits no positive operator and
    every negative one, as an array does of which no element fits (spec 4 rule 3).
    """
    negates = OPERATORS[op].negates
    wanted = negates is None
    make_fits = FITS[negates or op]

    def narrow(rows: Rows, at: int, value: object) -> Rows:
        if type(value) is not list:
            return [] if wanted else rows
        fits = make_fits(value)
        return [row for row in rows if fits(_operand(row, at, width)) is wanted]

    return narrow


def _operand(row: Row, at: int, width: int) -> Any:
    """Put the columns of one step together again as its operator's operand."""
    if width == 2:
        return ((row[at], row[at + 1]),)
    operand = row[at]
    return (operand,) if type(operand) is str else operand


# --- Columns ---------------------------------------------------------------------------


def _one_or_more(values: tuple[str, ...]) -> tuple[Any, ...]:
    return values if len(values) == 1 else (values,)


def _members(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (values if len(values) <= _FEW else frozenset(values),)


def _few_numbers(values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    # Many may collide in a set: the operator's own predicate knows how to avoid that.
    return (values,) if len(values) <= _FEW else None


def _one_range(ranges: tuple[tuple[Any, Any], ...]) -> tuple[Any, ...] | None:
    return ranges[0] if len(ranges) == 1 else None


def _value(value: Any) -> tuple[Any, ...]:
    return (value,)


def _none(_: Any) -> tuple[Any, ...]:
    return ()


# --- Kinds -------------------------------------------------------------------------------


def _strings(op: str, columns: Any, narrow_text: Callable[[Rows, int, str], Rows]) -> Kind:
    other = _other(op)

    def narrow(rows: Rows, at: int, value: object) -> Rows:
        return narrow_text(rows, at, value) if type(value) is str else other(rows, at, value)

    return Kind(columns, narrow)


def _numbers(
    op: str, columns: Any, narrow_number: Callable[[Rows, int, Any], Rows], width: int = 1
) -> Kind:
    other = _other(op, width)

    def narrow(rows: Rows, at: int, value: object) -> Rows:
        if type(value) is int or type(value) is float:
            return narrow_number(rows, at, value)
        return other(rows, at, value)

    return Kind(columns, narrow)


def _constant(op: str) -> Kind:
    """Make the step of an operator without operand: all rows fit, or none."""
    holds = OPERATORS[op].predicate(None)
    return Kind(_none, lambda rows, _, value: rows if holds(value) else [])


def _narrow_in(rows: Rows, at: int, value: object) -> Rows:
    """Keep the rows whose keys hold the value's, or one of an array's."""
    if type(value) is list:
        # Of a long array only what some row asks for is put to every row.
        asked = {key for row in rows for key in row[at]}
        keys = {key for key in element_keys(value) if key in asked}
        return [row for row in rows if not keys.isdisjoint(row[at])]
    key = key_of(value)
    return [row for row in rows if key in row[at]]


STEPS: Final[dict[str, Kind]] = {
    IN: Kind(_members, _narrow_in),
    "StringStartsWith": _strings(
        "StringStartsWith",
        _one_or_more,
        lambda rows, at, text: [row for row in rows if text.startswith(row[at])],
    ),
    "StringNotStartsWith": _strings(
        "StringNotStartsWith",
        _one_or_more,
        lambda rows, at, text: [row for row in rows if not text.startswith(row[at])],
    ),
    "StringEndsWith": _strings(
        "StringEndsWith",
        _one_or_more,
        lambda rows, at, text: [row for row in rows if text.endswith(row[at])],
    ),
    "StringNotEndsWith": _strings(
        "StringNotEndsWith",
        _one_or_more,
        lambda rows, at, text: [row for row in rows if not text.endswith(row[at])],
    ),
    "StringNotIn": _strings(
        "StringNotIn",
        _members,
        lambda rows, at, text: [row for row in rows if text not in row[at]],
    ),
    "NumberNotIn": _numbers(
        "NumberNotIn",
        _few_numbers,
        lambda rows, at, number: [row for row in rows if number not in row[at]],
    ),
    "NumberInRange": _numbers(
        "NumberInRange",
        _one_range,
        lambda rows, at, number: [row for row in rows if row[at] <= number <= row[at + 1]],
        width=2,
    ),
    "NumberNotInRange": _numbers(
        "NumberNotInRange",
        _one_range,
        lambda rows, at, number: [row for row in rows if not row[at] <= number <= row[at + 1]],
        width=2,
    ),
    "NumberLessThan": _numbers(
        "NumberLessThan",
        _value,
        lambda rows, at, number: [row for row in rows if number < row[at]],
    ),
    "NumberNotLessThan": _numbers(
        "NumberNotLessThan",
        _value,
        lambda rows, at, number: [row for row in rows if number >= row[at]],
    ),
    "NumberGreaterThan": _numbers(
        "NumberGreaterThan",
        _value,
        lambda rows, at, number: [row for row in rows if number > row[at]],
    ),
    "NumberNotGreaterThan": _numbers(
        "NumberNotGreaterThan",
        _value,
        lambda rows, at, number: [row for row in rows if number <= row[at]],
    ),
    "IsNull": _constant("IsNull"),
    "IsNotNull": _constant("IsNotNull"),
    "IsTrue": _constant("IsTrue"),
    "IsNotTrue": _constant("IsNotTrue"),
    GENERAL: Kind(_value, lambda rows, at, value: [row for row in rows if row[at](value)]),
}
