"""Arrays against many operands: the same answers as the operators' own predicates."""

from random import Random
from time import process_time
from typing import Any

import pytest

from egcore import Filter, parse_event
from egcore.index import Index
from egcore.index.elements import FITS
from egcore.operators import OPERATORS
from tests.slowest import PATIENCE

TEXTS = ["", "a", "ab", "abc", "b", "ba", "cab", "\u00e9", "\U0001f600x"]
NUMBERS = [0, -0.0, 1, 1.5, -3, 2**53, 2**53 + 1, 2.0**53, 2**61, 1e300]
OTHERS = [True, False, None, [1, "a"], {"a": 1}]


def _operand(r: Random, kind: str) -> Any:
    if kind == "strings":
        return tuple(r.choices(TEXTS, k=r.randint(1, 3)))
    if kind == "numbers":
        return tuple(r.choices(NUMBERS, k=r.randint(1, 3)))
    if kind == "number":
        return r.choice(NUMBERS)
    return tuple(tuple(sorted(r.choices(NUMBERS, k=2))) for _ in range(r.randint(1, 2)))


@pytest.mark.parametrize("op", FITS)
def test_an_array_fits_as_the_operator_says(op: str) -> None:
    """Over random arrays of mixed elements, operand by operand."""
    r = Random(op)
    row = OPERATORS[op]
    held = 0
    for _ in range(400):
        array = r.choices(TEXTS + NUMBERS + OTHERS, k=r.randint(0, 6))
        fits = FITS[op](array)
        for _ in range(5):
            operand = _operand(r, row.operand)
            assert fits(operand) is row.predicate(operand)(array), (array, operand)
            held += fits(operand)
    assert 100 < held < 1_900


@pytest.mark.parametrize(
    ("condition", "element"),
    [
        (lambda j: {"op": "NumberInRange", "values": [[j, j + 7]]}, -1),
        (lambda j: {"op": "NumberGreaterThan", "value": j}, -1),
        (lambda j: {"op": "StringStartsWith", "values": [f"p{j}"]}, "q"),
        (lambda j: {"op": "StringNotEndsWith", "values": [f"p{j}"]}, "q"),
        (lambda j: {"op": "NumberNotIn", "values": [j]}, -1),
    ],
)
def test_a_long_array_against_many_filters(condition: Any, element: object) -> None:
    """Ten thousand elements against four thousand filters: no product of the two."""
    source = [{"op": "StringIn", "values": ["s"]}]
    filters = [
        Filter.from_document({"source": source, "data": {"x": [condition(j)]}}).fields
        for j in range(4_000)
    ]
    index = Index(enumerate(filters))
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    members = parse_event({**event, "data": {"x": [element] * 10_000}}).members
    index.match(members)
    began = process_time()
    index.match(members)
    assert process_time() - began < 0.05 * PATIENCE
