"""The operator table: every operator against every kind of value, and its shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from egcore import Filter
from egcore.operators import OPERATORS, STRING_OPERATORS
from egcore.paths import UNDEFINED
from tests.rules import SOURCE, event

DATA = Path(__file__).parent / "data"
TABLE = json.loads((DATA / "operator_table.json").read_text(encoding="ascii"))


@pytest.mark.parametrize("block", TABLE, ids=lambda block: f"{block['op']}-{block['operand']}")
def test_table_through_filters(block: dict[str, Any]) -> None:
    """A filter of one condition answers as the table says, for every input."""
    condition = {"op": block["op"], **block["operand"]}
    loaded = Filter.from_document({"source": SOURCE, "data": {"x": [condition]}})
    for case in block["cases"]:
        data = {"x": case["input"]} if "input" in case else {}
        assert loaded.matches(event(data=data)) is case["holds"], case


@pytest.mark.parametrize("name", OPERATORS)
def test_rows(name: str) -> None:
    """A row names itself, and the twin that it is the exact complement of."""
    row = OPERATORS[name]
    assert row.name == name
    if row.negates is None:
        return
    operand = {"strings": ("a",), "numbers": (1,), "ranges": ((1, 2), (4, 5)), "none": None}
    holds = row.predicate(operand[row.operand])
    twin = OPERATORS[row.negates].predicate(operand[row.operand])
    for value in (UNDEFINED, None, True, False, "a", "", 1, 1.0, 3, 5, [], ["a"], [1], [[1]], {}):
        assert holds(value) is not twin(value), value


def test_groups() -> None:
    """There are 18 operators; six are complements, six take strings."""
    assert len(OPERATORS) == 18
    negative = {name for name, row in OPERATORS.items() if row.negates}
    assert negative == {
        "StringNotIn",
        "StringNotStartsWith",
        "StringNotEndsWith",
        "NumberNotIn",
        "NumberNotInRange",
        "IsNotNull",
    }
    assert {name for name in OPERATORS if name.startswith("String")} == STRING_OPERATORS


@pytest.mark.parametrize(
    ("op", "operand", "value", "expected"),
    [
        ("NumberIn", (2**53,), 2**53 + 1, False),
        ("NumberIn", (2**53,), 2.0**53, True),
        ("NumberIn", (10**639,), 10**639, True),
        ("NumberIn", (0,), -0.0, True),
        ("NumberIn", (0, 1), True, False),
        ("NumberIn", (0, 1), [False, True], False),
        ("NumberLessThan", 10**400, 1e308, True),
        ("NumberGreaterThan", 1e308, 10**400, True),
        ("NumberInRange", ((2**53 + 1, 2**53 + 1),), 2.0**53, False),
        ("NumberNotLessThan", 5, ["a", None, 5], True),
        ("NumberNotLessThan", 5, [], False),
        ("NumberNotGreaterThan", 5, UNDEFINED, False),
        ("NumberNotGreaterThan", 5, None, False),
        ("IsTrue", None, [True], False),
        ("IsNotTrue", None, [False], False),
        ("IsNotTrue", None, 0, False),
        ("IsTrue", None, 1, False),
        ("IsNull", None, [], False),
        ("StringEndsWith", ("",), "", True),
        ("StringStartsWith", ("",), [], False),
        ("StringIn", ("é",), "e\u0301", False),
        ("StringNotIn", ("a",), ["b", "a"], False),
        ("StringNotIn", ("1",), 1, True),
    ],
)
def test_edges(op: str, operand: Any, value: Any, expected: bool) -> None:
    """Numbers compare exactly, booleans are no numbers, and arrays follow rules 2 to 4."""
    assert OPERATORS[op].predicate(operand)(value) is expected
