"""The index: the same answers as every filter by itself, in insertion order."""

from itertools import combinations
from random import Random

import pytest

from egcore import CLOUDEVENTS, EVENTGRID, Filter, Limits, parse_event
from egcore.index import Index
from tests import generators
from tests.rules import SOURCE, Document, event


def _index(documents: list[Document], limits: Limits = CLOUDEVENTS) -> Index:
    loaded = (Filter.from_document(each, limits=limits) for each in documents)
    return Index((number, each.fields) for number, each in enumerate(loaded))


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
        index = Index((number, each.fields) for number, each in enumerate(filters))
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


def test_one_number_for_several_filters() -> None:
    """A number stands once, however many of its filters match, also after changes."""
    filters = [Filter.from_document({"source": SOURCE}).fields] * 2
    index = Index([(0, filters[0]), (0, filters[1])])
    assert index.match(event()) == [0]
    assert index.plus(1, filters).match(event()) == [0, 1]
    assert Index().plus(0, filters).match(event()) == [0]
    assert index.minus(0, filters).match(event()) == []
    assert Index([]).match(event()) == []


def test_number_that_is_filed_in_two_ways_goes_whole() -> None:
    """Of many signatures, a number with a filter of no key field leaves nothing behind."""
    pairs = combinations("abcdefghijkl", 2)
    key = [{"op": "StringIn", "values": ["v"]}]
    many: list[Document] = [{"source": SOURCE, "data": dict.fromkeys(pair, key)} for pair in pairs]
    filters = [Filter.from_document(each, limits=CLOUDEVENTS).fields for each in many]
    two = [Filter.from_document({"source": SOURCE}).fields, filters[0]]
    numbered = [*enumerate(filters), *((len(filters), each) for each in two)]
    index = Index(numbered).minus(len(filters), two)
    assert index.match(event()) == []
    assert index.match(event(data={"a": "v", "b": "v"})) == [0]
