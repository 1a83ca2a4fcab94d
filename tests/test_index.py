"""The index: the same answers as every filter by itself, in insertion order."""

from random import Random

import pytest

from egcore import CLOUDEVENTS, EVENTGRID, Filter, Limits, parse_event
from egcore.index import Index
from tests import generators
from tests.rules import SOURCE, Document, event


def _index(documents: list[Document], limits: Limits = CLOUDEVENTS) -> Index[int]:
    return Index(enumerate(Filter.from_document(each, limits=limits) for each in documents))


@pytest.mark.parametrize(
    ("preset", "limits"), [("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS)]
)
def test_index_agrees_with_each_filter(preset: str, limits: Limits) -> None:
    """The index finds exactly the filters that match by themselves, in insertion order."""
    r = Random(f"index {preset}")
    found = 0
    for _ in range(12):
        filters = [
            Filter.from_document(generators.filters(r, preset), limits=limits) for _ in range(40)
        ]
        index = Index(enumerate(filters))
        for _ in range(25):
            given = parse_event(generators.events(r, preset), limits=limits)
            expected = [n for n, each in enumerate(filters) if each.matches(given)]
            assert index.match(given.members) == expected
            found += len(expected)
    assert found > 100


def test_order_over_both_parts() -> None:
    """Filters with listed sources and without come in one order of insertion."""
    anywhere = {"type": [{"op": "StringIn", "values": ["t"]}]}
    index = _index([anywhere, {"source": SOURCE}, {}, {"source": SOURCE}, anywhere])
    assert index.match(event()) == [0, 1, 2, 3, 4]
    assert index.match(event(source="other")) == [0, 2, 4]
    assert index.match(event(type="x")) == [1, 2, 3]


@pytest.mark.parametrize(
    "field",
    [
        [{"op": "StringIn", "values": ["a", "s", "s"]}, {"op": "StringIn", "values": ["s", "b"]}],
        [{"op": "StringIn", "values": ["q"]}, {"op": "StringStartsWith", "values": ["s"]}],
        [{"op": "StringNotIn", "values": ["x"]}],
    ],
)
def test_every_form_of_source(field: object) -> None:
    """A source is found once, listed once, twice or not at all, and never where it is not."""
    index = _index([{"source": field, "type": [{"op": "StringIn", "values": ["t"]}]}])
    assert index.match(event()) == [0]
    assert index.match(event(source="x")) == []
    assert index.match(event(type="u")) == []


def test_one_payload_of_several_filters() -> None:
    """A payload stands once for each of its filters that match."""
    filters = [Filter.from_document({"source": SOURCE})] * 2
    assert Index([("a", filters[0]), ("a", filters[1])]).match(event()) == ["a", "a"]
    assert Index([]).match(event()) == []
