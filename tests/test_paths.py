"""Field paths: what stands at a path of keys, and what does not."""

import copy
import pickle
from collections import OrderedDict
from collections.abc import Iterator

import pytest

from egcore.paths import UNDEFINED, Undefined, field_getter

KEYS = ("a", "b.c", "", "d", "e")


@pytest.mark.parametrize("length", range(1, 6))
@pytest.mark.parametrize("value", [None, 0, False, "", [], {}, "text", [1], {"a": 1}])
def test_the_value_at_the_end_is_given_as_it_is(length: int, value: object) -> None:
    """At every length the very value comes back, null and other empty values included."""
    path = KEYS[:length]
    assert field_getter(path)(_nested(path, value)) is value


def test_no_keys_lead_to_the_root() -> None:
    """The empty path is where it starts, whatever stands there."""
    for root in ({"a": 1}, None, [1]):
        assert field_getter(())(root) is root


def _nested(path: tuple[str, ...], value: object) -> object:
    """Put a value at a path, with other keys beside each key of it."""
    for key in reversed(path):
        value = {"other": 1, key: value, "last": [2]}
    return value


def _broken() -> Iterator[tuple[tuple[str, ...], object]]:
    """Every path of each length, cut at each step by each thing that is no object."""
    for length in range(1, 6):
        path = KEYS[:length]
        for step in range(length):
            for cut in (None, True, 0, 1.5, "a", [], [{"a": 1, "b.c": 1, "": 1, "d": 1, "e": 1}]):
                yield path, _nested(path[:step], cut)
            yield path, _nested(path[:step], {})
            yield path, _nested(path[:step], {path[step] + "x": {}})


@pytest.mark.parametrize(("path", "root"), [*_broken()])
def test_nothing_is_found_behind_what_is_no_object(path: tuple[str, ...], root: object) -> None:
    """A missing key, a null, a scalar or an array on the way: undefined, not null, no error."""
    assert field_getter(path)(root) is UNDEFINED


@pytest.mark.parametrize("length", range(1, 6))
def test_only_json_objects_are_entered(length: int) -> None:
    """A mapping that decoding never makes is not entered: its methods could do anything."""
    path = KEYS[:length]
    value: object = 1
    for key in reversed(path):
        value = OrderedDict({key: value})
    assert field_getter(path)(value) is UNDEFINED


def test_undefined_is_one_object() -> None:
    """However it is made, copied or sent, there is only one undefined."""
    assert Undefined() is UNDEFINED
    assert copy.deepcopy(UNDEFINED) is UNDEFINED
    assert pickle.loads(pickle.dumps(UNDEFINED)) is UNDEFINED  # noqa: S301 # our own
    assert repr(UNDEFINED) == "undefined"
    assert not hasattr(UNDEFINED, "__dict__")
