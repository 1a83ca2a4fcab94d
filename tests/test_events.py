"""One event: parsed from bytes and from objects, built, compared, copied."""

from collections.abc import Callable
from typing import Any

import pytest

from egcore import codes
from egcore.errors import EgcoreError, EventError, HostError, UsageError
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


def nested(levels: int) -> dict[str, Any]:
    """Give objects inside each other."""
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def refused(call: Callable[[], object]) -> EventError:
    """Call, and give the error that must come."""
    with pytest.raises(EventError) as caught:
        call()
    return caught.value


def test_what_is_not_json_is_named_with_its_own_member() -> None:
    """Code and pointer belong together, though another member's fault lies less deep."""
    error = refused(lambda: event(first=[float("nan")], second=10**640))
    assert [(each.code, each.pointer) for each in error.problems] == [
        (codes.NUMBER_RANGE, "/first")
    ]


def test_a_bad_member_beside_a_deep_one_needs_no_stack_to_be_named() -> None:
    """The refusal of objects that are not JSON is a HostError when the stack is full."""
    bad = {**SMALL, "data": nested(63), "last": float("nan")}
    outcomes: set[type[EgcoreError]] = set()
    for frames in range(free_frames() - 150, free_frames() - OWN_FRAMES):
        with pytest.raises(EgcoreError) as caught:
            call_below(frames, lambda: parse_event(bad))
        outcomes.add(type(caught.value))
    assert outcomes <= {EventError, HostError}
    assert EventError in outcomes


def test_new_writes_what_is_given_and_nothing_else() -> None:
    """An attribute that is left out does not stand in the event's text as a null."""
    built = Event.new(id="1", source="/s", type="t", extensions={"gone": None})  # type: ignore[dict-item] # None is absent
    assert built.original == b'{"specversion":"1.0","id":"1","source":"/s","type":"t"}'


def test_new_takes_extensions_as_a_mapping() -> None:
    """A wrong type of argument is the caller's mistake."""
    with pytest.raises(UsageError, match="extensions are a mapping, not an array of 1 elements"):
        Event.new(id="1", source="/s", type="t", extensions=["ext"])  # type: ignore[arg-type] # wrong on purpose


def test_raw_size_is_the_same_for_text_and_its_bytes() -> None:
    """Input of more than 65,536 bytes is not parsed, also when it comes as fewer characters."""
    text = parse_event({**SMALL, "subject": "\u20ac" * 20_000}).text
    text += " " * (65_536 - len(text.encode()))
    assert parse_event(text) == parse_event(text.encode())
    for raw in (text + " ", (text + " ").encode()):
        assert [each.code for each in refused(lambda raw=raw: parse_event(raw)).problems] == [
            codes.RAW_SIZE
        ]
