"""Subscription documents: what loads, every problem of what does not, ids, and secrets."""

import json
import pickle
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    Limits,
    Subscription,
    SubscriptionError,
    UsageError,
    codes,
)
from egcore.subscription_documents import DETAILS, STATUSES, derived_id
from tests import generators
from tests.rules import (
    ORIGINAL,
    SOURCE,
    Document,
    copies,
    error_of,
    source,
    subscription,
    target,
    variable,
)

DATA = Path(__file__).parent / "data"
BAD = json.loads((DATA / "bad_subscriptions.json").read_text(encoding="utf-8"))
PRESETS = {"eventgrid": EVENTGRID, "cloudevents": CLOUDEVENTS}
ID = "0123456789abcdef" * 2


def problems_of(document: Any, limits: Limits = EVENTGRID) -> list[tuple[str, str, str]]:
    """Load what must be refused; return code, pointer and message of each problem."""
    with pytest.raises(SubscriptionError) as caught:
        Subscription.from_document(document, limits=limits)
    assert caught.value.__context__ is None
    return [(each.code, each.pointer, each.message) for each in caught.value.problems]


def warnings_of(document: Any, limits: Limits = EVENTGRID) -> list[tuple[str, str, str]]:
    """Load what is good; return code, pointer and message of each warning."""
    problems = Subscription.from_document(document, limits=limits).problems
    assert {each.severity for each in problems} <= {"warning"}
    return [(each.code, each.pointer, each.message) for each in problems]


@pytest.mark.parametrize("row", BAD, ids=lambda row: row["name"])
def test_bad_subscription(row: dict[str, Any]) -> None:
    """A bad subscription is refused with all of its problems, its name first in messages."""
    document = row.get("whole") or subscription(
        **{
            "sources": [source(**row.get("source", {}))],
            "targets": [target(**row.get("target", {}))],
            **row.get("change", {}),
        }
    )
    found = problems_of(document, PRESETS[row.get("preset", "eventgrid")])
    assert [each[:2] for each in found] == [tuple(each[:2]) for each in row["problems"]]
    for each, expected in zip(found, row["problems"], strict=True):
        assert list(each[: len(expected)]) == expected  # the message where the row has one


def test_hints() -> None:
    """The nearest word is a hint."""
    error = error_of(lambda: Subscription.from_document(subscription(status="disable", type="9")))
    assert error is not None
    assert [each.hint for each in error.problems] == [None, "did you mean DISABLED?"]
    assert error.problems[1].got == "disable"
    assert {each.service_code for each in error.problems} == {codes.INVALID_PARAMETERS}


# --- Limits: L is accepted, L + 1 refused -------------------------------------------------


def _name(length: int) -> Document:
    return subscription("a" * length)


def _description(length: int) -> Document:
    return subscription(description="é" * length)


def _sources(count: int) -> Document:
    return subscription(sources=[source()] * count)


def _targets(count: int) -> Document:
    return subscription(targets=[target()] * count)


def _source_id(length: int) -> Document:
    return subscription(sources=[source(id="a" * length)])


def _target_id(length: int) -> Document:
    return subscription(targets=[target(), target(id="9" * length)])


def _connection(length: int) -> Document:
    return subscription(targets=[target(connection_id="c" * length)])


def _detail(size: int, member: str = "detail") -> Document:
    return subscription(targets=[target(**{member: {"k": "é" + "x" * (size - 10)}})])


@pytest.mark.parametrize(
    ("field", "most", "make", "code", "pointer"),
    [
        ("subscription_name_chars", 128, _name, codes.NAME, "/name"),
        ("description_chars", 255, _description, codes.DESCRIPTION_LENGTH, "/description"),
        ("subscription_sources", 1, _sources, codes.SOURCES_COUNT, "/sources"),
        ("subscription_targets", 5, _targets, codes.TARGETS_COUNT, "/targets"),
        ("resource_id_max_chars", 64, _source_id, codes.RESOURCE_ID, "/sources/0/id"),
        ("resource_id_max_chars", 64, _target_id, codes.RESOURCE_ID, "/targets/1/id"),
        ("connection_id_chars", 64, _connection, codes.CONNECTION_ID, "/targets/0/connection_id"),
        ("detail_bytes", 1_024, _detail, codes.DETAIL_SIZE, "/targets/0/detail"),
    ],
)
def test_limit(field: str, most: int, make: Any, code: str, pointer: str) -> None:
    """The limit itself is accepted, one more refused, and CLOUDEVENTS knows no such limit."""
    assert getattr(EVENTGRID, field) == most
    assert warnings_of(make(most)) == []
    ((found, place, message),) = problems_of(make(most + 1))
    assert (found, place) == (code, pointer)
    assert str(most) in message
    assert warnings_of(make(most * 2), CLOUDEVENTS) == []
    assert warnings_of(make(most + 1), replace(EVENTGRID, **{field: most + 1})) == []


def test_least_length_of_ids() -> None:
    """A source or target id has 32 characters at least; under CLOUDEVENTS one will do."""
    assert warnings_of(_source_id(32)) == []
    assert problems_of(_source_id(31))[0][:2] == (codes.RESOURCE_ID, "/sources/0/id")
    assert warnings_of(_source_id(1), CLOUDEVENTS) == []


@pytest.mark.parametrize("member", DETAILS)
def test_every_detail_has_the_limit(member: str) -> None:
    """Each kind of detail is counted by itself, in bytes."""
    assert warnings_of(_detail(1_024, member)) == []
    ((_, pointer, message),) = problems_of(_detail(1_025, member))
    assert pointer == f"/targets/0/{member}"
    assert message == f"sub: targets/0: {member} has more than 1024 bytes"


# --- What loads ---------------------------------------------------------------------------


def test_defaults_and_derived_ids() -> None:
    """Status, type and ids have the defaults of spec 6, recomputed here by hand."""
    loaded = Subscription.from_document(subscription("t-1", targets=[target()] * 2))

    def derived(text: str) -> str:
        return sha256(text.encode()).hexdigest()

    own = derived('["sub","t-1"]')
    assert loaded.id == own == derived_id("sub", "t-1")
    assert loaded.sources[0].id == derived(f'["source","{own}",0]')
    assert [each.id for each in loaded.targets] == [
        derived(f'["target","{own}",0]'),
        derived(f'["target","{own}",1]'),
    ]
    assert (loaded.type, loaded.status, loaded.channel_id) == ("EVENT", "ENABLED", None)
    assert loaded.is_routing
    assert loaded.limits == EVENTGRID


def test_given_ids_stay() -> None:
    """Given ids are kept, and ids below are derived from a given one above."""
    document = subscription(id="given", sources=[source(id=ID)], targets=[target()])
    loaded = Subscription.from_document(document)
    assert loaded.id == "given"
    assert loaded.sources[0].id == ID
    assert loaded.targets[0].id == sha256(b'["target","given",0]').hexdigest()


def test_null_is_absent() -> None:
    """A null member is an absent one, and the document keeps it."""
    members = ("id", "description", "type", "status", "channel_id", "channel_name", "created_time")
    document = subscription(**dict.fromkeys(members))
    loaded = Subscription.from_document(document)
    assert loaded.id == Subscription.from_document(subscription()).id
    assert loaded.is_routing
    assert loaded.document == document


def test_unknown_members_are_echoed() -> None:
    """Members that are not known are kept in their places, and so are all the known ones."""
    document = subscription(
        description="",
        used=[{"resource_id": "r", "owner": "o", "description": "d"}],
        channel_name="",
        created_time="2025-01-01T00:00:00Z",
        sources=[source(provider_type="OFFICIAL", detail={"é": [1.0, None]}, x={"y": 2})],
        targets=[target(connection_id="", retry_times=0, dead_letter_queue={"q": 1}, z=True)],
        unknown={"a": [10**30]},
    )
    assert Subscription.from_document(document).document == document
    again = Subscription.from_document(json.dumps(document)).document
    assert json.dumps(again) == json.dumps(document)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("of_type", ["EVENT", "SCHEDULED"])
def test_routing(status: str, of_type: str) -> None:
    """Only ENABLED subscriptions of type EVENT route events."""
    loaded = Subscription.from_document(subscription(status=status, type=of_type))
    assert loaded.is_routing is (status == "ENABLED" and of_type == "EVENT")


def test_scheduled_without_filter() -> None:
    """A SCHEDULED subscription needs no filter, and receives nothing."""
    loaded = Subscription.from_document(subscription(type="SCHEDULED", sources=[{"name": "s"}]))
    assert loaded.sources[0].filter is None
    assert not loaded.receives("s")


def test_receives_looks_at_the_source_condition_alone() -> None:
    """Only the ``source`` conditions count, of any source; none at all lets every name in."""
    strict = {"source": SOURCE, "type": [{"op": "StringIn", "values": ["never"]}]}
    loaded = Subscription.from_document(subscription(sources=[source(filter=strict)]))
    assert loaded.receives("s")
    assert not loaded.receives("S")
    prefix = {"source": [{"op": "StringStartsWith", "values": ["b"]}]}
    document = subscription(sources=[source(filter=prefix), source()])
    several = Subscription.from_document(document, limits=CLOUDEVENTS)
    assert [several.receives(name) for name in ("s", "bx", "c")] == [True, True, False]
    document = subscription(sources=[source(filter={"type": [{"op": "IsNull"}]})])
    assert Subscription.from_document(document, limits=CLOUDEVENTS).receives("whatever")


# --- Warnings -----------------------------------------------------------------------------


def test_source_name_outside_of_its_filter() -> None:
    """A source whose name its filter lacks is warned of."""
    assert warnings_of(subscription(sources=[source(name="x")])) == [
        (
            codes.SOURCE_NAME,
            "/sources/0/name",
            "sub: sources/0: name is not among the sources of the filter",
        )
    ]
    two = {"source": [*SOURCE, {"op": "StringIn", "values": ["x"]}]}
    assert warnings_of(subscription(sources=[source(name="x", filter=two)])) == []
    prefix = {"source": [{"op": "StringStartsWith", "values": ["b"]}]}
    assert warnings_of(subscription(sources=[source(filter=prefix)]), CLOUDEVENTS) == []


def test_twin_keys_in_a_filter() -> None:
    """In a filter of a subscription given as text the last key counts, with a warning."""
    text = json.dumps(subscription()).replace('"source":', '"source": [], "source":')
    assert warnings_of(text) == [
        (
            codes.FILTER_DUPLICATE_KEY,
            "/sources/0/filter/source",
            "sub: a key stands twice; the last one counts",
        )
    ]
    assert Subscription.from_document(text).document == subscription()


def test_template_that_lost_its_escaping() -> None:
    """A template that looks like JSON and is not is warned of, with its place."""
    document = subscription(targets=[target(transform=variable("{"))])
    assert warnings_of(document) == [
        (
            codes.TEMPLATE_NOT_JSON,
            "/targets/0/transform/template",
            "sub: targets/0: the template looks like JSON but is not; it is rendered as text",
        )
    ]


@pytest.mark.parametrize(
    ("transform", "is_json"),
    [
        (ORIGINAL, True),
        ({"type": "CONSTANT", "value": "{}"}, True),
        ({"type": "CONSTANT", "value": "x"}, False),
        (variable('{"a": 1}'), True),
        (variable("x"), False),
    ],
)
def test_function_targets_need_json(transform: Document, is_json: bool) -> None:
    """A body that is no JSON is a warning on HC.FunctionGraph, or an error by the limits."""
    document = subscription(targets=[target(name="HC.FunctionGraph", transform=transform)])
    found = (
        codes.FUNCTION_NEEDS_JSON,
        "/targets/0/transform",
        "sub: targets/0: HC.FunctionGraph needs a JSON body; this transform renders text",
    )
    assert warnings_of(document) == ([] if is_json else [found])
    strict = replace(EVENTGRID, function_needs_json=True)
    if is_json:
        assert warnings_of(document, strict) == []
    else:
        assert problems_of(document, strict) == [found]


# --- Values -------------------------------------------------------------------------------


def test_subscriptions_are_values() -> None:
    """Subscriptions, sources and targets compare, hash, copy and pickle."""
    loaded = Subscription.from_document(subscription(sources=[source(name="x")]))
    assert loaded == Subscription.from_document(loaded.text)
    assert loaded != Subscription.from_document(subscription())
    assert loaded != Subscription.from_document({**loaded.document, "x": 1})
    assert loaded != loaded.document
    for again in copies(loaded):
        assert again == loaded
        assert hash(again) == hash(loaded)
        assert again.problems == loaded.problems
        assert again.limits == loaded.limits
        assert (again.sources, again.targets) == (loaded.sources, loaded.targets)
        assert hash(again.sources + again.targets) == hash(loaded.sources + loaded.targets)
    with pytest.raises(AttributeError):
        loaded.status = "DISABLED"


@pytest.mark.parametrize("document", [None, [], 5], ids=repr)
def test_wrong_type_of_document(document: Any) -> None:
    """What is neither dict nor text is a wrong call."""
    with pytest.raises(UsageError, match="a subscription is a dict, bytes or str"):
        Subscription.from_document(document)


def test_repr_holds_no_secrets() -> None:
    """A subscription shows its name; the details of its sources and targets are secret."""
    secret = {"password": "sentinel-7f3a"}
    document = subscription(sources=[source(detail=secret)], targets=[target(kafka_detail=secret)])
    loaded = Subscription.from_document(document)
    assert repr(loaded) == "<Subscription sub>"
    assert "sentinel" not in repr((loaded, loaded.sources, loaded.targets))
    assert loaded.document == document


@pytest.mark.parametrize("member", DETAILS)
@pytest.mark.parametrize(
    "detail",
    [
        "sentinel",
        ["sentinel"],
        {"password": "sentinel" * 200},
        {"password": "sentinel", "n": float("nan")},
        {"password": "sentinel\ud800"},
        {"password": "sentinel", "s": {1}},
    ],
    ids=["string", "list", "too long", "NaN", "surrogate", "set"],
)
def test_problems_hold_no_secrets(member: str, detail: Any) -> None:
    """Whatever is wrong in or around a detail, no error holds a word of it."""
    document = subscription(
        "bad name", sources=[source(filter={}, detail=detail)], targets=[target(**{member: detail})]
    )
    error = error_of(lambda: Subscription.from_document(document))
    assert error is not None
    assert "sentinel" not in repr((str(error), error, error.args, error.problems))
    assert b"sentinel" not in pickle.dumps(error)
    assert error.__context__ is None


def test_twin_keys_of_a_detail_hold_no_secrets() -> None:
    """Text that breaks off, or holds a key twice, in a detail is told by its place alone."""
    good = json.dumps(subscription(targets=[target(detail={"password": "sentinel"})]))
    for text in (
        good.replace('{"password"', '{"password": "sentinel", "password"'),
        good.replace('"sentinel"', '"sentinel'),
        good.replace('"sentinel"', '"sentinel" "sentinel"'),
        good.encode().replace(b"sentinel", b"sentinel\xff"),
    ):
        error = error_of(partial(Subscription.from_document, text))
        assert error is not None
        assert "sentinel" not in repr((str(error), error, error.args, error.problems))
        assert b"sentinel" not in pickle.dumps(error)
        assert error.__context__ is None


def test_hostile_subscriptions_load_or_raise_subscription_errors() -> None:
    """A spoiled subscription loads, and then loads again from its text, or raises one error."""
    r = Random("hostile subscriptions")
    refused = 0
    for _ in range(800):
        document = generators.mutate_document(r, generators.subscriptions(r, 1)[0], cycles=True)
        error = error_of(partial(Subscription.from_document, document))
        if error is None:
            loaded = Subscription.from_document(document)
            assert Subscription.from_document(loaded.text) == loaded
            continue
        refused += 1
        assert type(error) in (SubscriptionError, UsageError)
        assert error.problems[0].severity == "error"
        assert error.__context__ is None
    assert 400 < refused < 800


def test_subscriptions_cannot_be_changed() -> None:
    """No attribute of a loaded subscription is set or deleted."""
    loaded = Subscription.from_document(subscription())
    with pytest.raises(AttributeError, match="name cannot be set"):
        loaded.name = "x"
    with pytest.raises(AttributeError, match="text cannot be deleted"):
        del loaded.text
