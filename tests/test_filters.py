"""Filters: one filter, one event; documented cases, the oracle, and filters as values."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import ANY

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    EventError,
    Field,
    Filter,
    FilterError,
    Limits,
    UsageError,
    matches,
    parse_event,
)
from egcore.codes import CODES
from tests import generators, oracle
from tests.rules import SOURCE, copies, error_of, event

DATA = Path(__file__).parent / "data"
VECTORS = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))
NUMBER = {"op": "NumberLessThan", "value": int("9" * 30)}
CASES = json.loads((DATA / "oracle_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["filters"], ids=lambda case: case["name"])
def test_documented_filter(case: dict[str, Any]) -> None:
    """The documented examples match as documented, from dicts and from text."""
    given = VECTORS["events"][case["event"]]
    assert matches(case["filter"], given) is case["match"]
    assert matches(json.dumps(case["filter"]), json.dumps(given).encode()) is case["match"]


@pytest.mark.parametrize("case", CASES["rules"], ids=lambda case: ascii(case["name"]))
def test_rule(case: dict[str, Any]) -> None:
    """Each rule of spec 4 holds on the cases that were written by hand."""
    document = case.get("filter") or {"source": SOURCE, "data": case["field"]}
    given = case.get("event") or event(data=case["data"])
    given = {**event(), **given}
    limits = EVENTGRID if "source" in document else CLOUDEVENTS
    assert matches(document, given, limits=limits) is case["match"]


@pytest.mark.parametrize(
    ("preset", "limits"), [("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS)]
)
def test_filters_agree_with_the_oracle(preset: str, limits: Limits) -> None:
    """Generated filters answer as the oracle does; both answers are frequent."""
    r = Random(f"filters {preset}")
    held = 0
    for _ in range(3_000):
        document, given = generators.pair(r, preset)
        expected = oracle.matches(document, given)
        assert matches(document, given, limits=limits) is expected, (document, given)
        held += expected
    assert 600 < held < 2_400


@pytest.mark.parametrize("limits", [EVENTGRID, CLOUDEVENTS])
def test_hostile_filters_load_or_raise_filter_errors(limits: Limits) -> None:
    """A spoiled filter loads or raises one of two errors with known codes, nothing else."""
    r = Random("hostile filters")
    refused = 0
    for _ in range(1_200):
        document = generators.mutate_document(r, generators.filters(r), cycles=True)
        error = error_of(partial(Filter.from_document, document, limits=limits))
        if error is not None:
            refused += 1
            assert type(error) in (FilterError, UsageError)
            assert error.problems[0].severity == "error"
            assert {each.code for each in error.problems} <= CODES.keys()
            assert error.__context__ is None
    assert refused > 600


def test_an_unrelated_field_changes_nothing() -> None:
    """Members of an event that a filter does not name cannot change its answer."""
    r = Random("unrelated")
    for _ in range(500):
        document, given = generators.pair(r)
        more = {**given, "unrelated": "x", "data": {**(given.get("data") or {}), "unrelated~": [1]}}
        if len(json.dumps(more)) < 60_000:
            assert matches(document, given) is matches(document, more)


def test_negated_conditions_are_true_through_arrays() -> None:
    """A path through an array is undefined: the negative twin holds (rules 1, 3 and 10)."""
    given = event(data={"items": [{"size": 1}]})
    field = {"items": {"size": [{"op": "NumberNotIn", "values": [1]}]}}
    assert matches({"source": SOURCE, "data": field}, given)
    field = {"items": {"size": [{"op": "NumberIn", "values": [1]}]}}
    assert not matches({"source": SOURCE, "data": field}, given)


def test_events_in_every_form() -> None:
    """An event may be an Event, bytes, str or a dict; what is no event raises."""
    loaded = Filter.from_document(b'{"source": [{"op": "StringIn", "values": ["s"]}]}')
    text = json.dumps(event())
    forms = [parse_event(text), text, text.encode(), bytearray(text.encode()), event()]
    assert all(loaded.matches(each) for each in forms)
    with pytest.raises(EventError):
        loaded.matches(b"{}")
    with pytest.raises(UsageError):
        loaded.matches(5)


def test_the_limits_are_those_of_the_call() -> None:
    """The event is parsed under the limits of the call."""
    loaded = Filter.from_document({"source": SOURCE})
    with pytest.raises(EventError):
        loaded.matches(event(data=[1]))
    assert loaded.matches(event(data=[1]), limits=CLOUDEVENTS)
    assert matches({}, event(data=[1]), limits=CLOUDEVENTS)


@pytest.mark.parametrize("as_given", [dict, json.dumps], ids=["dict", "text"])
@pytest.mark.parametrize(
    ("data", "field", "most"),
    [({"a": {"b": [{"op": "IsNull"}]}}, "nesting", 5), ({"n": [NUMBER]}, "number_digits", 30)],
)
def test_a_filter_is_decoded_under_the_limits_of_the_call(
    as_given: Any, data: Any, field: str, most: int
) -> None:
    """Nesting and long numbers of a filter are judged by the given limits, not by a preset's."""
    document = as_given({"source": SOURCE, "data": data})
    assert Filter.from_document(document, limits=replace(EVENTGRID, **{field: most}))
    fewer = replace(EVENTGRID, **{field: most - 1})
    for call in (Filter.from_document, partial(matches, event=event())):
        with pytest.raises(FilterError):
            call(document, limits=fewer)


def test_a_filter_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not loading but the first event compiles the conditions, and no later one does again."""
    compiled: list[str] = []
    compile_field = Field.predicate

    def counted(field: Field) -> Any:
        compiled.append(field.label)
        return compile_field(field)

    monkeypatch.setattr(Field, "predicate", counted)
    loaded = Filter.from_document({"source": SOURCE, "type": [{"op": "IsNotNull"}]})
    assert compiled == []
    for _ in range(3):
        assert loaded.matches(event())
    assert compiled == ["source", "type"]


@pytest.mark.parametrize("document", [None, [], 5, {1, 2}, object()], ids=repr)
def test_wrong_type_of_document(document: Any) -> None:
    """What is neither dict nor text is a wrong call."""
    with pytest.raises(UsageError, match=": a filter is a dict, bytes or str"):
        Filter.from_document(document)


def test_a_released_view_is_a_wrong_call() -> None:
    """A view is read as its bytes; of a released one there is nothing left."""
    view = memoryview(b'{"source":[{"op":"StringIn","values":["s"]}]}')
    assert Filter.from_document(view).matches(event())
    view.release()
    with pytest.raises(UsageError, match="the memoryview was released"):
        Filter.from_document(view)


def test_filters_are_values() -> None:
    """Filters compare by document, hash, copy and pickle with their warnings."""
    text = '{"source":[],"source":[{"op":"StringIn","values":["s"]}]}'
    loaded = Filter.from_document(text)
    same = Filter.from_document({"source": SOURCE})
    other = Filter.from_document({"source": SOURCE, "type": [{"op": "IsNull"}]})
    assert loaded == same
    assert hash(loaded) == hash(same)
    assert loaded != other
    assert loaded != loaded.document
    assert loaded == ANY  # the other side is asked where a filter does not know
    for again in copies(loaded):
        assert again == loaded
        assert again.fields == loaded.fields
        assert again.problems == loaded.problems
        assert again.matches(event())
        assert not again.matches(event(source="S"))


def test_document_is_a_new_copy() -> None:
    """Changing a document, the given or the returned one, does not change the filter."""
    given = {"source": [{"op": "StringIn", "values": ["s"]}]}
    loaded = Filter.from_document(given)
    given["source"][0]["values"].append("x")
    loaded.document["source"].clear()
    assert loaded.document == {"source": SOURCE}
    assert not loaded.matches(event(source="x"))


def test_repr() -> None:
    """A filter shows its document."""
    document = {"source": SOURCE}
    assert repr(Filter.from_document(document)) == (
        '<Filter {"source":[{"op":"StringIn","values":["s"]}]}>'
    )
