"""The operator table: every operator against every kind of value, and its shape."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from egcore import Filter
from egcore.operators import OPERATORS, STRING_OPERATORS
from egcore.paths import UNDEFINED
from tests.amplifiers import COLLIDING
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
        ("StringIn", ("1",), 1, False),
        ("NumberIn", (1,), "1", False),
        # Ranges are joined with the last one before them, which need not be the first.
        ("NumberInRange", ((1, 2), (5, 9), (6, 7)), 8, True),
        ("NumberInRange", ((1, 2), (5, 9), (6, 7)), 4, False),
        ("NumberInRange", ((1, 2), (5, 9), (8, 12)), 10, True),
        ("NumberInRange", ((1, 20), (5, 9), (10, 12)), 15, True),
        ("NumberInRange", ((1, 20), (30, 31), (31, 32)), 25, False),
    ],
)
def test_edges(op: str, operand: Any, value: Any, expected: bool) -> None:
    """Numbers compare exactly, booleans are no numbers, and arrays follow rules 2 to 4."""
    assert OPERATORS[op].predicate(operand)(value) is expected


class _Counted(int):
    """A number of a rule that counts what it is asked, and how."""

    asked: Counter[str] = Counter()  # noqa: RUF012 # one count for all, cleared by each test

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        self.asked["=="] += 1
        return super().__eq__(other)

    def __lt__(self, other: int) -> bool:
        self.asked["<"] += 1
        return super().__lt__(other)

    def __gt__(self, other: int) -> bool:
        self.asked["<"] += 1
        return super().__gt__(other)


def _asks(numbers: list[int], number: object) -> Counter[str]:
    """Return the comparisons that one lookup makes among a rule's numbers."""
    is_one_of = OPERATORS["NumberIn"].predicate(tuple(map(_Counted, numbers)))
    _Counted.asked.clear()
    assert is_one_of(number) is (number in numbers)
    return _Counted.asked


@pytest.mark.parametrize("others", [[], [1, 2, 3]], ids=["alone", "among others"])
def test_numbers_that_collide_are_found_by_bisection(others: list[int]) -> None:
    """Up to eight numbers of one hash stand in a set; more never make a lookup longer."""
    colliding = [COLLIDING * each for each in range(1, 10)]
    assert set(_asks(others + colliding[:8], COLLIDING * 20)) == {"=="}
    for number in (*colliding, COLLIDING * 20, -COLLIDING, 0, 5):
        asked = _asks(others + colliding, number)
        assert asked["<"] > 0
        assert asked["=="] <= 1
        assert asked.total() <= 6
    for fraction in (float(COLLIDING), 1e300, -1e300, 2.0):
        _asks(others + colliding, fraction)


def test_numbers_that_do_not_collide_stand_in_a_set() -> None:
    """A rule of many ordinary numbers asks at most a few of them, and orders none."""
    for number in (0, 500, 1_000, -1, 0.5, 2**61 + 4):
        assert _asks([*range(1_000)], number)["<"] == 0
        assert _Counted.asked.total() <= 8
