"""Keys: what stands for a value when it is looked up."""

from random import Random
from time import process_time
from typing import Any

import pytest

from egcore.index.keys import (
    FALSE,
    LARGE,
    NOTHING,
    NULL,
    NUMBER,
    TRUE,
    element_keys,
    key_of,
    keys_of,
    number_key,
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
    assert process_time() - began < 0.3 * PATIENCE  # a set of them takes a second


def test_large_numbers_are_known_by_their_digits() -> None:
    """Below 2**60 a number is its own key; from there on its digits are, which have no set hash."""
    assert [number_key(each) for each in (0, -5, 1.5, LARGE - 1, 1 - LARGE)] == [
        0,
        -5,
        1.5,
        LARGE - 1,
        1 - LARGE,
    ]
    assert number_key(2**64) == number_key(2.0**64) == (NUMBER, str(2**64))
    assert number_key(-(2**64)) == (NUMBER, str(-(2**64)))
    assert number_key(2**64) != number_key(2**64 + 1)
    alike = [1 + k * (2**61 - 1) for k in range(1, 100)]
    assert {hash(each) for each in alike} == {1}
    assert len({hash(number_key(each)) for each in alike}) > 90
