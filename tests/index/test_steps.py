"""Steps, one by one: each keeps the rows whose operand fits, as its operator says."""

from random import Random

import pytest

from egcore.conditions import Condition
from egcore.index.keys import FALSE, NULL, TRUE
from egcore.index.plan import in_step
from egcore.index.steps import GENERAL, IN, STEPS
from egcore.operators import OPERATORS
from egcore.paths import UNDEFINED
from tests import homogeneous, oracle

VALUES = (
    *(UNDEFINED, None, True, False, {}, [], [None], [[1]], [True, "a"]),
    *(0, -0.0, 1, 1.0, 2**53, 2.0**53, 2**53 + 1, 10**30, 1e30, [1, "a"], [0.5, 2**53 + 1]),
    *("", "a", "ab", "1", "b", ["", "ab"], ["b", 1, 1]),
)


@pytest.mark.parametrize("op", [each for each in STEPS if each not in (GENERAL, IN)])
def test_steps_agree_with_operators(op: str) -> None:
    """A step keeps exactly the rows for which the operator holds, on values of every type."""
    r = Random(op)
    documents = [homogeneous.condition(r, op, several=n % 5 == 4) for n in range(60)]
    operands = [_operand(each) for each in documents]
    step = STEPS[op]
    columns = [step.columns(operand) for operand in operands]
    rows = [(n, None, *each) for n, each in enumerate(columns) if each is not None]
    assert len(rows) >= 40
    values = [*VALUES, *(homogeneous.value(r) for _ in range(40))]
    for value in values:
        wanted = [row[0] for row in rows if OPERATORS[op].predicate(operands[row[0]])(value)]
        assert [row[0] for row in step.narrow(rows, 2, value)] == wanted
        plain = oracle.UNDEFINED if value is UNDEFINED else value
        assert wanted == [
            row[0] for row in rows if oracle.condition_holds(documents[row[0]], plain)
        ]


def _operand(document: dict[str, object]) -> object:
    operand = document.get("values", document.get("value"))
    if type(operand) is list:
        return tuple(tuple(each) if type(each) is list else each for each in operand)
    return operand


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        *[("a", [0, 3]), (1, [0]), (1.0, [0]), (True, [1]), (False, [1]), ("1", [])],
        *[(None, [2]), (UNDEFINED, [2]), ({}, []), ([], []), ([None, True, [1]], [])],
        *[(["x", "a"], [0, 3]), ([1.0, 1.0], [0]), ([17], [3]), ([16, "a"], [0, 3])],
    ],
    ids=str,
)
def test_keys_that_are_verified(value: object, wanted: list[int]) -> None:
    """The step of keys tells true from 1, takes null as undefined and any element of an array."""
    many = tuple(range(10, 30))
    keys = [("a", 1), (TRUE, FALSE), (NULL,), ("a", *many)]
    rows = [(n, *in_step(("a",), each).columns) for n, each in enumerate(keys)]
    assert [row[0] for row in STEPS[IN].narrow(rows, 1, value)] == wanted


def test_general_steps() -> None:
    """What no other step can say is said by the filter's own predicate."""
    columns = STEPS[GENERAL].columns(Condition("NumberInRange", ((1, 2), (5, 6))).predicate())
    rows = [(7, *(columns or ()))]
    assert STEPS[GENERAL].narrow(rows, 1, 5) == rows
    assert STEPS[GENERAL].narrow(rows, 1, 3) == []
