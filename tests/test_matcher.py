"""Matchers: named filters, their order, their changes, and wrong calls."""

import pickle
from typing import Any

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    EventError,
    Filter,
    FilterError,
    Matcher,
    UsageError,
)
from tests.rules import SOURCE, copies, event

ANY = {"source": SOURCE}
NEVER = {"source": [{"op": "StringIn", "values": ["never"]}]}


def test_names_in_insertion_order() -> None:
    """Names of any hashable kind come in insertion order; filters come loaded or as documents."""
    matcher = Matcher(
        {
            "b": ANY,
            1: NEVER,
            ("a", 2): Filter.from_document(ANY),
            None: '{"source":[{"op":"StringIn","values":["s"]}]}',
        }
    )
    assert matcher.match(event()) == ["b", ("a", 2), None]
    assert len(matcher) == 4
    assert 1 in matcher
    assert "c" not in matcher
    assert repr(matcher) == "<Matcher of 4 filters>"


def test_changes_make_new_matchers() -> None:
    """A changed matcher is another one; a replaced filter keeps its place."""
    matcher = Matcher({"a": ANY, "b": NEVER, "c": ANY})
    assert matcher.with_filter("d", ANY).match(event()) == ["a", "c", "d"]
    assert matcher.with_filter("b", ANY).match(event()) == ["a", "b", "c"]
    assert matcher.without("a").match(event()) == ["c"]
    assert matcher.match(event()) == ["a", "c"]
    with pytest.raises(FilterError):
        matcher.with_filter("d", {})
    with pytest.raises(UsageError):
        matcher.without("d")


def test_limits_are_kept() -> None:
    """Filters and events are checked under the matcher's limits, in changed matchers too."""
    matcher = Matcher({"a": {}}, limits=CLOUDEVENTS).with_filter("b", {}).without("a")
    assert matcher.match(event(data=[1])) == ["b"]
    with pytest.raises(FilterError):
        Matcher({"a": {}})
    with pytest.raises(EventError):
        Matcher({"a": ANY}).match(event(data=[1]))


def test_matchers_are_values() -> None:
    """Matchers compare by names, filters, order and limits, and hash, copy and pickle."""
    matcher = Matcher({"a": ANY, "b": NEVER})
    assert matcher != Matcher({"b": NEVER, "a": ANY})
    assert matcher != Matcher({"a": ANY, "b": ANY})
    assert matcher != Matcher({"a": ANY, "b": NEVER}, limits=CLOUDEVENTS)
    assert matcher != {"a": ANY, "b": NEVER}
    for again in copies(matcher):
        assert again == matcher
        assert hash(again) == hash(matcher)
        assert again.match(event()) == ["a"]
    assert pickle.loads(pickle.dumps(Matcher({}, limits=EVENTGRID))) == Matcher({})  # noqa: S301 # our own bytes


@pytest.mark.parametrize("filters", [None, [], "a", 5], ids=repr)
def test_wrong_type_of_filters(filters: Any) -> None:
    """What is no mapping is a wrong call."""
    with pytest.raises(UsageError, match="a mapping of names to filters"):
        Matcher(filters)


@pytest.mark.parametrize("name", [[], ([],), {}], ids=repr)
def test_names_must_be_hashable(name: object) -> None:
    """A name that cannot be looked up is a wrong call, and is in no matcher."""
    matcher = Matcher({"a": ANY})
    assert name not in matcher
    with pytest.raises(UsageError, match="hashable"):
        matcher.with_filter(name, ANY)
    with pytest.raises(UsageError, match="no filter of that name"):
        matcher.without(name)


def test_sparse_matchers_are_rebuilt() -> None:
    """After a thousand filters came and went nothing of them is left."""
    matcher: Matcher[Any] = Matcher({"kept": ANY})
    guest = Filter.from_document(ANY)
    for number in range(1_100):
        matcher = matcher.with_filter(number, guest).without(number)
    assert len(matcher._slots.items) < 1_100
    assert matcher == Matcher({"kept": ANY})
    assert matcher.match(event()) == ["kept"]
