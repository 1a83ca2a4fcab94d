"""The second evaluator of filters and subscriptions: tables, sentences, equal to the fast path."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from egcore.errors import EventError, FilterError, HostError
from egcore.events import Event, parse_event
from egcore.explain import explain, explain_filter
from egcore.explanations import FieldExplanation
from egcore.filters import Filter
from egcore.limits import CLOUDEVENTS, EVENTGRID
from egcore.paths import UNDEFINED
from egcore.subscriptions import Subscription
from tests import generators
from tests.shared_folder import ROOT

DATA = ROOT / "tests" / "data"
TABLE = json.loads((DATA / "operator_table.json").read_text(encoding="ascii"))
VECTORS = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))
SENTENCES = json.loads((DATA / "explain.json").read_text(encoding="utf-8"))
SOURCE = [{"op": "StringIn", "values": ["s"]}]
EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
PAIRS = 10_000


def named(cases: list[Any]) -> list[Any]:
    """Make one pytest parameter of each case, by its name."""
    return [pytest.param(case, id=case.get("name") or case.get("about")) for case in cases]


def subscription(name: str = "orders", **members: Any) -> Subscription:
    """Make a subscription to source "s" that delivers a constant."""
    document = {
        "name": name,
        "sources": [{"name": "s", "filter": {"source": SOURCE}}],
        "targets": [{"name": "t", "transform": {"type": "CONSTANT", "value": "hello"}}],
    }
    return Subscription.from_document({**document, **members}, limits=CLOUDEVENTS)


# --- Filters ----------------------------------------------------------------------


@pytest.mark.parametrize("block", TABLE, ids=lambda block: block["op"])
def test_operator_table(block: dict[str, Any]) -> None:
    """Every operator answers for every kind of input as the table says."""
    condition = {"op": block["op"], **block["operand"]}
    document = {"source": SOURCE, "data": {"x": [condition]}}
    for case in block["cases"]:
        data = {"x": case["input"]} if "input" in case else {}
        explained = explain_filter(document, {**EVENT, "data": data})
        assert explained.holds is case["holds"], case
        assert explained.fields[1].conditions[0].holds is case["holds"], case


@pytest.mark.parametrize("case", named(VECTORS["filters"]))
def test_documented_filter(case: dict[str, Any]) -> None:
    """The documented examples match as documented."""
    explained = explain_filter(case["filter"], VECTORS["events"][case["event"]])
    assert explained.holds is case["match"]


def test_equal_to_the_fast_path_over_filters() -> None:
    """Over many pairs of both presets, the two evaluators give one verdict."""
    r = Random(20250301)
    for preset, limits in (("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS)):
        matched = 0
        for _ in range(PAIRS):
            document, event = generators.pair(r, preset)
            parsed = parse_event(event, limits=limits)
            expected = Filter.from_document(document, limits=limits).matches(parsed)
            explained = explain_filter(document, parsed, limits=limits)
            assert explained.holds is expected, (document, event)
            matched += expected
        assert 0.2 < matched / PAIRS < 0.8


@pytest.mark.parametrize("case", named(SENTENCES))
def test_sentences(case: dict[str, Any]) -> None:
    """Each condition says what it saw, and why an undefined field is undefined."""
    document = {"source": SOURCE, "data": case["filter"]}
    explained = explain_filter(document, {**EVENT, "data": case["data"]})
    field = explained.fields[1]
    found = [[each.holds, each.element, each.because] for each in field.conditions]
    assert found == case["conditions"]
    assert (field.undefined_because, field.holds) == (case["undefined"], case["holds"])


def test_a_field_shows_path_value_and_operands() -> None:
    """Fields come in document order with what stood there, conditions with their operands."""
    document = {
        "source": SOURCE,
        "data": {
            "b": {"c": {"and": [{"op": "NumberIn", "values": [1]}, {"op": "IsNotNull"}]}},
            "a": [{"op": "NumberLessThan", "value": 2}],
            "n": [{"op": "IsNull"}],
        },
    }
    event = {**EVENT, "data": {"b": {"c": [1]}, "n": None}}
    fields = explain_filter(document, event).fields
    assert [field.label for field in fields] == ["source", "data.b.c", "data.a", "data.n"]
    assert [field.value for field in fields] == ["s", [1], UNDEFINED, None]
    assert [field.combine for field in fields] == ["any", "all", "any", "any"]
    assert fields[1].path == ("data", "b", "c")
    assert [(each.op, each.operand) for each in fields[1].conditions] == [
        ("NumberIn", [1]),
        ("IsNotNull", None),
    ]
    assert fields[2].conditions[0].operand == 2


def test_fields_are_judged_behind_one_that_fails() -> None:
    """A filter fails if one field does, and still tells of the others."""
    document = {"source": SOURCE, "type": [{"op": "StringIn", "values": ["x"]}], "subject": SOURCE}
    explained = explain_filter(document, {**EVENT, "subject": "s"})
    assert not explained.holds
    assert [field.holds for field in explained.fields] == [True, False, True]


@pytest.mark.parametrize(
    ("document", "label", "undefined"),
    [
        ({"data": SOURCE}, "data", None),
        ({"tenant": SOURCE}, "tenant", None),
        ({"and": {"and": SOURCE}}, "and", None),
        ({"ttl": SOURCE}, "ttl", "ttl is missing"),
        ({"data": {"x": SOURCE}}, "data.x", "data is a string, not an object"),
        ({"data": {"and": SOURCE}}, "data.and", "data is a string, not an object"),
    ],
)
def test_attributes_and_data_of_cloudevents(
    document: dict[str, Any], label: str, undefined: str | None
) -> None:
    """Under CLOUDEVENTS every attribute is a field, and data itself may be one."""
    event = {**EVENT, "tenant": "s", "and": "s", "data": "s"}
    (field,) = explain_filter(document, event, limits=CLOUDEVENTS).fields
    assert (field.label, field.undefined_because) == (label, undefined)
    assert field.holds is (undefined is None)


def test_bad_documents_and_events_are_refused() -> None:
    """What is explained is checked first, by the engine's own readers."""
    with pytest.raises(FilterError):
        explain_filter({"source": []}, EVENT)
    with pytest.raises(EventError):
        explain_filter({"source": SOURCE}, {"id": "1"})
    with pytest.raises(EventError):
        explain([], b"{}")


# --- Subscriptions ----------------------------------------------------------------------


def test_a_match_has_targets_and_no_reasons() -> None:
    """A subscription that matches explains its sources and its bodies."""
    wanted = subscription()
    explained = explain([wanted], EVENT)
    (only,) = explained.subscriptions
    assert explained.matched == (wanted,)
    assert (only.subscription, only.matched, only.reasons) == (wanted, True, ())
    assert [each.source for each in only.sources] == list(wanted.sources)
    assert [(each.target, each.body) for each in only.targets] == [(wanted.targets[0], b"hello")]


@pytest.mark.parametrize(
    ("members", "channel_id", "reasons"),
    [
        ({"status": "DISABLED"}, None, ["it is not routing: its status is DISABLED"]),
        ({"type": "SCHEDULED"}, None, ["it is not routing: its type is SCHEDULED"]),
        ({"channel_id": "c1"}, "c2", ["its channel is 'c1'"]),
        ({}, "c2", ["it has no channel"]),
        (
            {"status": "FROZEN", "type": "SCHEDULED", "channel_id": "c1"},
            "c2",
            [
                "it is not routing: its status is FROZEN",
                "it is not routing: its type is SCHEDULED",
                "its channel is 'c1'",
            ],
        ),
    ],
)
def test_why_a_subscription_gets_no_events(
    members: dict[str, Any], channel_id: str | None, reasons: list[str]
) -> None:
    """Status, type and channel are reasons of their own; the filter is explained all the same."""
    (only,) = explain([subscription(**members)], EVENT, channel_id=channel_id).subscriptions
    assert not only.matched
    assert list(only.reasons) == reasons
    assert only.sources[0].holds
    assert only.targets == ()


@pytest.mark.parametrize("members", [{"channel_id": "c1"}, {"status": None, "type": None}])
def test_members_that_do_not_stand_in_the_way(members: dict[str, Any]) -> None:
    """The subscription's own channel, or null for what may be absent, is no reason."""
    given = subscription(**members)
    assert explain([given], EVENT).matched == (given,)
    assert explain([given], EVENT, channel_id=given.channel_id).matched == (given,)


def test_which_fields_fail() -> None:
    """A reason names the source and its failing fields."""
    other = [{"op": "StringIn", "values": ["other"]}]
    document = {"source": SOURCE, "type": other, "data": {"x": other}}
    given = subscription(sources=[{"name": "s", "filter": document}])
    (only,) = explain([given], EVENT).subscriptions
    assert only.reasons == ("source s fails at type, data.x",)


def test_any_of_several_sources_matches() -> None:
    """One source whose filter holds is enough; when none does, each gives its reason."""
    other = {"name": "o", "filter": {"source": [{"op": "StringIn", "values": ["other"]}]}}
    own = {"name": "s", "filter": {"source": SOURCE}}
    either = subscription(sources=[other, own])
    explained = explain([either, subscription("no", sources=[other, other])], EVENT)
    assert explained.matched == (either,)
    assert [each.holds for each in explained.subscriptions[0].sources] == [False, True]
    assert explained.subscriptions[1].reasons == ("source o fails at source",) * 2


def test_a_source_without_a_filter() -> None:
    """A SCHEDULED subscription may have no filter: no fields, and it does not hold."""
    (only,) = explain(
        [subscription(type="SCHEDULED", sources=[{"name": "s"}])], EVENT
    ).subscriptions
    assert only.reasons == ("it is not routing: its type is SCHEDULED", "source s has no filter")
    assert only.sources[0].fields == ()


def test_equal_to_the_fast_path_over_subscriptions() -> None:
    """What is said to match is what routes and whose filter matches; bodies are the rendered."""
    r = Random(20250302)
    given = [Subscription.from_document(each) for each in generators.subscriptions(r, 200)]
    channels = [None, *{each.channel_id for each in given}, "nowhere"]
    reached = 0
    for number in range(30):
        event = parse_event(generators.events(r))
        channel_id = channels[number % len(channels)]
        expected = [each for each in given if _is_reached(each, event, channel_id)]
        explained = explain(given, event, channel_id=channel_id)
        assert list(explained.matched) == expected
        for each in explained.subscriptions:
            bodies = [target.body for target in each.targets]
            wanted = each.subscription.targets if each.matched else ()
            assert bodies == [target.transform.render(event) for target in wanted]
        reached += len(expected)
    assert reached > 100


def _is_reached(each: Subscription, event: Event, channel_id: str | None) -> bool:
    if not each.is_routing or channel_id not in (None, each.channel_id):
        return False
    return any(
        source.filter is not None and source.filter.matches(event) for source in each.sources
    )


def test_a_full_stack_is_the_hosts_matter() -> None:
    """Too little free stack is a HostError that holds nothing of the event."""

    def full() -> Iterator[Subscription]:
        yield subscription()
        raise RecursionError

    with pytest.raises(HostError) as caught:
        explain(full(), EVENT)
    assert caught.value.__context__ is None


def test_sentences_stay_on_one_line() -> None:
    """Keys of the rule are printable and cut in every sentence."""
    document = {"source": SOURCE, "data": {"a\nb" + "c" * 90: [{"op": "IsNotNull"}]}}
    field: FieldExplanation = explain_filter(document, EVENT).fields[1]
    assert field.undefined_because == "data is missing"
    field = explain_filter(document, {**EVENT, "data": {}}).fields[1]
    assert field.undefined_because is not None
    assert field.undefined_because.isprintable()
    assert len(field.undefined_because) < 80
