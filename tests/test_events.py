"""One event: parsed from bytes and from objects, built, compared, copied."""

from typing import Any

import pytest

from egcore.events import Event, parse_event
from tests.stack import OWN_FRAMES, call_below, free_frames

SMALL: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


def event(**members: Any) -> Event:
    """Parse a small event with some members added."""
    return parse_event({**SMALL, **members})


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": True}, {"a": 1}, False),
        ({"a": False}, {"a": 0.0}, False),
        ({"a": [{"b": [1, True]}]}, {"a": [{"b": [1, 1]}]}, False),
        ({"a": [{"b": [1, True]}]}, {"a": [{"b": [1, True]}]}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": []}, {"a": {}}, False),
        ({"a": {}}, {"a": None}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_equality_is_that_of_json_values(
    left: dict[str, Any], right: dict[str, Any], same: bool
) -> None:
    """Members have no order, numbers compare by value, and a boolean is not a number."""
    first, second = event(data=left), event(data=right)
    assert (first == second) is same
    assert (second == first) is same
    assert hash(first) == hash(second)


def test_equality_takes_no_stack() -> None:
    """Events nested to the limit compare in a caller whose stack is nearly full."""
    data: dict[str, Any] = {}
    for _ in range(62):
        data = {"a": data}
    one, other = event(data=data), parse_event(event(data=data).original)
    for frames in range(free_frames() - 2 * OWN_FRAMES, free_frames() - OWN_FRAMES):
        assert call_below(frames, lambda: one == other)
