"""From a filter to its plan: the keys it can be found by, and the steps that verify the rest.

A field that asks for equality with one of some values has *keys*: the index finds the
filter by looking the event's value up. Every other condition becomes a *step* with its
operands in columns, so that filters of one shape are verified together, row by row,
without an object of their own.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from egcore.conditions import Condition, Field
from egcore.index.keys import FALSE, NULL, TRUE, may_collide
from egcore.index.steps import GENERAL, IN, STEPS

Path = tuple[str, ...]


class Step(NamedTuple):
    """What is to be verified on one field: the kind of step, and its operands."""

    path: Path
    kind: str
    columns: tuple[Any, ...]


class Plan(NamedTuple):
    """A filter as the index sees it: keys by field path, and the steps for the rest."""

    keys: dict[Path, tuple[Any, ...]]
    steps: tuple[Step, ...]


def make_plan(fields: Iterable[Field]) -> Plan:
    """Plan a filter. A field is in ``keys`` or in ``steps``, never in both."""
    keys: dict[Path, tuple[Any, ...]] = {}
    steps: list[Step] = []
    for field in fields:
        found = _keys(field)
        if found is None:
            steps += _steps(field)
        else:
            keys[field.path] = found
    return Plan(keys, tuple(sorted(steps, key=_shape_order)))


def _shape_order(step: Step) -> tuple[Path, str]:
    return step.path, step.kind


def in_step(path: Path, keys: tuple[Any, ...]) -> Step:
    """Make the step that verifies keys by which the filter is not found."""
    return Step(path, IN, STEPS[IN].columns(keys) or ())


_FIXED_KEYS: Final = {"IsTrue": (TRUE,), "IsNotTrue": (FALSE,), "IsNull": (NULL,)}


def _keys(field: Field) -> tuple[Any, ...] | None:
    """Return the keys one of which the field's value must have; None if it asks for more."""
    if field.combine == "all" and len(field.conditions) > 1:
        return None
    found: list[Any] = []
    for condition in field.conditions:
        if condition.op == "NumberIn" and may_collide(condition.operand):
            return None
        if condition.op in ("StringIn", "NumberIn"):
            found += condition.operand
        elif condition.op in _FIXED_KEYS:
            found += _FIXED_KEYS[condition.op]
        else:
            return None
    return tuple(dict.fromkeys(found))


def _steps(field: Field) -> list[Step]:
    conditions = field.conditions
    if field.combine == "any" and len(conditions) > 1:
        merged = _merge(conditions)
        if merged is None:
            return [Step(field.path, GENERAL, (field.predicate(),))]
        conditions = (merged,)
    return [_step(field.path, each) for each in conditions]


_MERGEABLE: Final = ("StringStartsWith", "StringEndsWith", "NumberInRange")


def _merge(conditions: tuple[Condition, ...]) -> Condition | None:
    """Join alternatives of one operator whose values are alternatives themselves."""
    op = conditions[0].op
    if op not in _MERGEABLE or any(each.op != op for each in conditions):
        return None
    return Condition(op, tuple(value for each in conditions for value in each.operand))


def _step(path: Path, condition: Condition) -> Step:
    kind = STEPS.get(condition.op)
    columns = None if kind is None else kind.columns(condition.operand)
    if columns is None:
        return Step(path, GENERAL, (condition.predicate(),))
    return Step(path, condition.op, columns)
