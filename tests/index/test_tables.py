"""Tables: they find what looking at every row finds."""

from random import Random
from typing import Any

import pytest

from egcore import CLOUDEVENTS, Filter
from egcore.index.plan import make_plan
from egcore.index.steps import STEPS
from egcore.index.tables import MAX_SPREAD, TABLES, WORTH, best_table
from tests import homogeneous

Row = tuple[Any, ...]


def rows_of(op: str, operands: list[Any]) -> list[Row]:
    """Make rows of operands as the plan does."""
    rows: list[Row] = []
    for order, operand in enumerate(operands):
        document = {"data": {"a": [{"op": op, "values": operand}]}}
        (step,) = make_plan(Filter.from_document(document, limits=CLOUDEVENTS).fields).steps
        assert step.kind == op
        rows.append((order, *step.columns))
    return rows


def check(op: str, rows: list[Row], values: list[Any]) -> int:
    """Hold a table to its step for values; return how many rows they found."""
    table = TABLES[op](rows, 1)
    assert table is not None
    found = 0
    for value in values:
        assert type(value) in table.kinds
        wanted = sorted(row[0] for row in STEPS[op].narrow(rows, 1, value))
        assert sorted(row[0] for row in table.find(value)) == wanted
        found += len(wanted)
    return found


@pytest.mark.parametrize("op", ["StringStartsWith", "StringEndsWith"])
def test_affixes(op: str) -> None:
    """Prefixes and suffixes of every length, the empty one and ones longer than the text."""
    r = Random(op)
    for count in (1, 3):
        operands = [[homogeneous.word(r) for _ in range(count)] for _ in range(150)]
        values = [
            "",
            "a",
            "ab" * 9,
            *homogeneous.STRINGS,
            *(homogeneous.word(r) for _ in range(99)),
        ]
        assert check(op, rows_of(op, operands), values) > 500


@pytest.mark.parametrize(
    ("op", "text", "wanted"),
    [
        ("StringStartsWith", "ab", [0, 1, 2, 4]),
        ("StringStartsWith", "", [0]),
        ("StringEndsWith", "ab", [0, 2, 4]),
        ("StringEndsWith", "b", [0, 4]),
    ],
)
def test_affixes_by_hand(op: str, text: str, wanted: list[int]) -> None:
    """A row is found once, though several of its affixes fit."""
    both = ["b", "ab"] if op == "StringEndsWith" else ["a", "ab"]
    table = TABLES[op](rows_of(op, [[""], ["a"], ["ab"], ["abc"], both]), 1)
    assert table is not None
    assert sorted(row[0] for row in table.find(text)) == wanted


def test_ranges() -> None:
    """Ranges that touch, nest, are points, are equal, of integers and floats mixed."""
    r = Random("ranges")
    edges = [[0, 1], [1, 2], [1, 1], [1.0, 1], [0, 2], [-0.0, 0], [0.5, 0.5], [0, 1]]
    edges += [[2**53 - 1, 2**53], [2**53 + 1, 2**53 + 1], [2**53, 2.0**53], [10**30, 1e30]]
    edges = [sorted(each) for each in edges]
    operands = [[each] for each in edges + [homogeneous.pair(r) for _ in range(30)]]
    ends = [end for (each,) in operands for end in each]
    near = [end + step for end in ends for step in (-1, -0.5, 0, 0.5, 1)]
    assert check("NumberInRange", rows_of("NumberInRange", operands), ends + near) > 500


def test_ranges_that_nest_have_no_table() -> None:
    """Ranges that all overlap would be stored too often."""
    rows = rows_of("NumberInRange", [[[-n, n]] for n in range(2 * MAX_SPREAD)])
    assert TABLES["NumberInRange"](rows[: MAX_SPREAD // 2], 1) is not None
    assert TABLES["NumberInRange"](rows * 4, 1) is None


def test_the_best_table_is_taken() -> None:
    """Of several steps the one that leaves the fewest rows is found by a table."""
    rows = [(n, f"{n % 7}", n, n + 0.5, "x") for n in range(100)]
    kinds = [("StringStartsWith", 1), ("NumberInRange", 2), ("StringNotIn", 4)]
    best = best_table(rows, kinds)
    assert best is not None
    assert best[0] == 1
    first = best_table(rows, [kinds[2], kinds[0]])
    assert first is not None
    assert first[0] == 1
    assert best_table(rows, [kinds[1], kinds[0]])[0] == 0  # type: ignore[index]


def test_no_table_is_taken() -> None:
    """A table that spares too little, or none at all, is not worth it."""
    rows = [(n, f"{n % (WORTH - 1)}", n) for n in range(100)]
    assert best_table(rows, [("StringStartsWith", 1)]) is None
    assert best_table(rows, [("NumberLessThan", 2)]) is None
    assert best_table(rows, []) is None
