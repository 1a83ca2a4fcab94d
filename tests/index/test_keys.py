"""Keys: what stands for a value when it is looked up."""

from random import Random
from time import process_time
from typing import Any

import pytest

from egcore.index.keys import (
    FALSE,
    NOTHING,
    NULL,
    TRUE,
    element_keys,
    key_of,
    keys_of,
    may_collide,
)
from egcore.paths import UNDEFINED
from tests.slowest import PATIENCE


@pytest.mark.parametrize(
    ("value", "key"),
    [
        *[("", ""), ("1", "1"), (0, 0), (-0.0, 0), (1.5, 1.5), (2**53 + 1, 2**53 + 1)],
        *[(None, NULL), (UNDEFINED, NULL), (True, TRUE), (False, FALSE), ({}, NOTHING)],
    ],
)
def test_keys_of_scalars(value: object, key: object) -> None:
    """Strings and numbers are their own keys; all else has a tag."""
    assert key_of(value) == key
    assert keys_of(value) == [key]


def test_keys_are_told_apart() -> None:
    """Values that differ in JSON have keys that differ, though Python may call them equal."""
    values: list[Any] = [
        True,
        1,
        "1",
        "true",
        False,
        0,
        "0",
        "",
        None,
        "null",
        {},
        2**53,
        2**53 + 1,
    ]
    assert len({key_of(value) for value in values}) == len(values)
    assert {key_of(1), key_of(1.0)} == {1}
    assert [repr(tag) for tag in (TRUE, FALSE, NULL, NOTHING)] == [
        *("TRUE", "FALSE", "NULL", "NOTHING")
    ]


def test_keys_of_arrays() -> None:
    """An array has the keys of its strings and numbers, each once, and of nothing else."""
    array = ["a", 1, True, 1.0, None, "a", [2], {"a": 3}, False, 0, -0.0, "1", 2**53, 2**53 + 1]
    keys = keys_of(array)
    assert sorted(map(str, keys)) == sorted(map(str, ["a", "1", 0, 1, 2**53, 2**53 + 1]))
    assert [type(key) for key in keys if key in ("a", "1")] == [str, str]
    assert element_keys([]) == element_keys([None, True, [1]]) == []


def test_elements_cannot_collide() -> None:
    """Thousands of integers of one hash cost no more than others (reliability, threat 6)."""
    colliding: list[object] = [k * (2**61 - 1) for k in range(8_000)]
    Random("collide").shuffle(colliding)
    began = process_time()
    assert len(element_keys(colliding)) == 8_000
    assert process_time() - began < 0.1 * PATIENCE  # a set of them takes a second


def test_numbers_that_may_collide() -> None:
    """Below the bound few numbers share a hash; from it on, any number may."""
    assert not may_collide([0, -5, 1.5, 2**64 - 1, 1 - 2**64, 2.0**63])
    assert all(may_collide([1, each]) for each in (2**64, -(2**64), 2.0**64, -1e300))
    alike = [n for k in range(40) for n in (1 + k * (2**61 - 1), 1 - k * (2**61 - 1))]
    assert len({n for n in alike if not may_collide([n]) and hash(n) == 1}) <= 16
