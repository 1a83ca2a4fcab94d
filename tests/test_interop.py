"""The CloudEvents SDK and JSON Schema: what goes over, what is refused, what never leaks."""

import inspect
import json
import pickle
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v03.event import CloudEvent as CloudEvent03
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as CloudEvent1x

from egcore import CLOUDEVENTS, EVENTGRID, codes, interop, parse_event
from egcore.errors import (
    MAX_PROBLEMS,
    EventError,
    HostError,
    MissingExtraError,
    RuleError,
    UsageError,
    host_error,
)
from egcore.interop import STEPS, DataSchemas, from_sdk, to_sdk
from tests.slowest import PATIENCE

TABLES = json.loads((Path(__file__).parent / "data" / "interop.json").read_text(encoding="utf-8"))
REQUIRED = {"specversion": "1.0", "id": "1", "source": "orders", "type": "order.paid"}
NOON = datetime(2025, 1, 2, 12, 0, 0, tzinfo=UTC)


def event_of(**members):
    """Make an event with more members than the required ones."""
    return parse_event(REQUIRED | members, limits=CLOUDEVENTS)


def sdk_of(data=None, **attributes):
    """Make an event of the SDK."""
    return CloudEvent({"time": NOON, **REQUIRED, **attributes}, data)


def codes_of(error):
    """List code and pointer of each problem of an error."""
    return [(each.code, each.pointer) for each in error.value.problems]


# --- to_sdk ------------------------------------------------------------------------

IDENTICAL = [
    {},
    {"time": "2025-01-02T03:04:05Z"},
    {"time": "2025-01-02T03:04:05.120Z"},
    {"time": "2025-01-02T03:04:05.123456+08:00"},
    {"time": "0001-01-01T00:00:00+23:59"},
    {"time": "9999-12-31T23:59:59.999999-23:59"},
    {"subject": "s", "datacontenttype": "application/json", "dataschema": "a:b"},
    {"tenant": "", "retries": -(2**31), "sampled": True, "knativekafkapartition": "é"},
    {"data": {}},
    {"data": {"deep": [1, 2.5, None, True, {"x": 10**600}]}},
    {"data": "", "datacontenttype": "text/plain"},
    {"data_base64": "", "datacontenttype": "application/json"},
    {"data_base64": "AP8=", "datacontenttype": "image/png"},
]


@pytest.mark.parametrize("members", IDENTICAL, ids=str)
def test_an_event_comes_back_from_the_sdk_as_it_went(members):
    """from_sdk after to_sdk is the identity on what both can express, and invents no time."""
    event = event_of(**members)
    sdk_event = to_sdk(event)
    assert type(sdk_event) is CloudEvent
    assert from_sdk(sdk_event, limits=CLOUDEVENTS) == event
    assert sdk_event.get_attributes().keys() == event.attributes.keys()
    assert sdk_event.get_data() == event.data


def test_the_sdk_writes_what_it_was_given():
    """The SDK's own JSON of a converted event parses to the event."""
    event = event_of(time="2025-01-02T03:04:05Z", data={"amount": 5}, tenant="eu")
    assert parse_event(JSONFormat().write(to_sdk(event))) == event
    timeless = event_of(data={})
    assert parse_event(JSONFormat().write(to_sdk(timeless))) == timeless


@pytest.mark.parametrize(
    ("written", "back"),
    [
        ("2025-01-02t03:04:05z", "2025-01-02T03:04:05Z"),
        ("2025-01-02T03:04:05-00:00", "2025-01-02T03:04:05Z"),
        ("2025-01-02T03:04:05.5Z", "2025-01-02T03:04:05.500Z"),
        ("2025-01-02T03:04:05.000Z", "2025-01-02T03:04:05Z"),
        ("2025-01-02T03:04:05.1234Z", "2025-01-02T03:04:05.123400Z"),
        ("2025-01-02T03:04:05.123456999Z", "2025-01-02T03:04:05.123456Z"),
    ],
)
def test_times_are_written_anew(written, back):
    """The text of a time changes as documented; the instant only behind the microsecond."""
    assert from_sdk(to_sdk(event_of(time=written))).time == back


def test_the_sdk_cannot_hold_some_events():
    """All that the SDK cannot hold is refused at once, each thing with its pointer."""
    event = event_of(subject="", dataschema="", time="2016-12-31T23:59:60Z", data=None)
    with pytest.raises(EventError) as error:
        to_sdk(event)
    assert codes_of(error) == [
        (codes.ATTRIBUTE_EMPTY, "/subject"),
        (codes.ATTRIBUTE_EMPTY, "/dataschema"),
        (codes.TIME, "/time"),
        (codes.DATA_TYPE, "/data"),
    ]
    assert error.value.__context__ is None


@pytest.mark.parametrize("members", [{"data": [1]}, {"data": 1}, {"data": True}, {"data": None}])
def test_the_sdk_takes_no_other_data(members):
    """Data that the SDK would lose, or send as Python text, is refused."""
    with pytest.raises(EventError):
        to_sdk(event_of(**members))


def test_the_year_0000_is_refused():
    """A time that RFC 3339 has and a datetime has not is refused, not bent."""
    with pytest.raises(EventError) as error:
        to_sdk(event_of(time="0000-01-01T00:00:00Z"))
    assert codes_of(error) == [(codes.TIME, "/time")]


def test_to_sdk_leaves_the_event_alone():
    """Changing the attributes of the SDK's event does not change ours."""
    event = event_of(time="2025-01-02T03:04:05Z", data={})
    to_sdk(event).get_attributes()["id"] = "2"
    assert event == event_of(time="2025-01-02T03:04:05Z", data={})


def test_to_sdk_takes_events_only():
    """A dict is no checked event."""
    with pytest.raises(UsageError, match="to_sdk takes an Event, not an object of 4 members"):
        to_sdk(dict(REQUIRED))


def test_a_refusal_by_the_sdk_is_not_leaked(monkeypatch):
    """A rule that a later SDK adds shows as our error, without the event in its context."""

    def refuse(attributes, data):
        raise RuntimeError(attributes)

    monkeypatch.setattr("cloudevents.core.v1.event.CloudEvent", refuse)
    with pytest.raises(UsageError, match="refuses this event") as error:
        to_sdk(event_of())
    assert error.value.__context__ is None


def test_to_sdk_without_the_sdk(monkeypatch):
    """Without the package the error names the extra; from_sdk does not need it."""
    monkeypatch.setitem(sys.modules, "cloudevents.core.v1.event", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'egcore\[cloudevents\]'") as error:
        to_sdk(event_of())
    assert error.value.__context__ is None
    assert from_sdk(sdk_of()).id == "1"


# --- from_sdk ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "sdk_event",
    [
        sdk_of(),
        sdk_of({"a": [1]}, subject="s", dataschema="a:b", tenant="x", retries=1, sampled=False),
        sdk_of("text", datacontenttype="text/plain"),
        sdk_of(b"\x00\xff", datacontenttype="image/png"),
        sdk_of(b'{"a":1}', datacontenttype="application/json"),
        sdk_of(time=NOON.replace(microsecond=1)),
        sdk_of(time=NOON.astimezone(timezone(timedelta(hours=-9, minutes=-30)))),
        sdk_of(time=NOON.astimezone(ZoneInfo("Europe/Berlin"))),
        sdk_of(time=datetime(1890, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))),
    ],
    ids=repr,
)
def test_an_sdk_event_comes_back_as_it_went(sdk_event):
    """to_sdk after from_sdk is the identity on what both can express."""
    back = to_sdk(from_sdk(sdk_event, limits=CLOUDEVENTS))
    assert back.get_attributes() == sdk_event.get_attributes()
    assert back.get_data() == sdk_event.get_data()
    assert type(back.get_data()) is type(sdk_event.get_data())


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2025-01-02T12:00:00Z"),
        (NOON.replace(microsecond=5000), "2025-01-02T12:00:00.005Z"),
        (NOON.replace(microsecond=5), "2025-01-02T12:00:00.000005Z"),
        (NOON.astimezone(timezone(timedelta(hours=5.5))), "2025-01-02T17:30:00+05:30"),
        (NOON.astimezone(timezone(timedelta(seconds=1))), "2025-01-02T12:00:00Z"),
        (datetime(7, 1, 1, tzinfo=UTC), "0007-01-01T00:00:00Z"),
        ("2025-01-02t12:00:00.123456789z", "2025-01-02t12:00:00.123456789z"),
    ],
)
def test_datetimes_become_rfc_3339(moment, text):
    """A datetime becomes text with its offset; the text of an SDK 1.x event stays as it is."""
    sdk_event = CloudEvent1x({**REQUIRED, "time": moment}, None)
    assert from_sdk(sdk_event).time == text


class BrokenZone(tzinfo):
    """A time zone that cannot tell its offset."""

    def utcoffset(self, moment):
        """Fail."""
        raise KeyError(moment)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2025, 1, 1),  # noqa: DTZ001 - the case
        datetime(2025, 1, 1, tzinfo=BrokenZone()),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=1))),
    ],
    ids=["naive", "broken", "overflow"],
)
def test_datetimes_without_a_usable_offset_are_refused(moment):
    """No offset is invented, and no exception of a time zone gets out."""
    with pytest.raises(EventError) as error:
        from_sdk(CloudEvent1x({**REQUIRED, "time": moment}, None))
    assert codes_of(error) == [(codes.TIME, "/time")]
    assert error.value.__context__ is None


def test_sdk_1_events_are_taken_too():
    """The events of cloudevents.v1, whose data is any object, go through the same checks."""
    sdk_event = CloudEvent1x({**REQUIRED, "time": "2025-01-02T03:04:05Z"}, [1, "a"])
    assert from_sdk(sdk_event, limits=CLOUDEVENTS).data == [1, "a"]
    with pytest.raises(EventError) as error:
        from_sdk(sdk_event)
    assert codes_of(error) == [(codes.DATA_TYPE, "/data")]


def test_null_attributes_are_absent():
    """An attribute of the SDK that is None is an absent one."""
    sdk_event = CloudEvent1x({**REQUIRED, "time": None, "subject": None}, None)
    assert from_sdk(sdk_event) == event_of()


def test_bytearrays_are_bytes():
    """A bytearray is binary data, as the SDK's own format has it."""
    sdk_event = sdk_of(bytearray(b"\x00"))
    assert from_sdk(sdk_event, limits=CLOUDEVENTS).data == b"\x00"


@pytest.mark.parametrize(
    ("attributes", "data", "expected"),
    [
        ({"id": None}, None, [(codes.ATTRIBUTE_MISSING, "")]),
        ({"source": 5, "subject": b"x"}, None, [(codes.NOT_JSON_TYPE, "/subject")]),
        (
            {"source": 5, "x": 2**31},
            1,
            [("EGC203", "/source"), ("EGC211", "/x"), ("EGC212", "/data")],
        ),
        ({"specversion": "0.3"}, None, [(codes.SPECVERSION, "/specversion")]),
        ({"data": {}}, None, [(codes.EXTENSION_NAME, "")]),
        ({"data_base64": "AA=="}, {}, [(codes.EXTENSION_NAME, "")]),
        ({"Bad": "x", "bad\n": "x"}, None, [("EGC210", "/Bad"), ("EGC210", "/bad\\n")]),
        ({5: "x"}, None, [(codes.NOT_JSON_TYPE, "")]),
        ({"at": NOON}, None, [(codes.NOT_JSON_TYPE, "/at")]),
        ({}, b"{}", [(codes.DATA_BASE64, "/data_base64")]),
        ({}, {"x": float("nan")}, [(codes.NUMBER_RANGE, "/data")]),
        ({}, {"x": (1,)}, [(codes.NOT_JSON_TYPE, "/data")]),
        ({}, {"x": "\ud800"}, [(codes.SURROGATE, "/data")]),
        ({}, {"x": "y" * 70_000}, [(codes.EVENT_SIZE, "")]),
        ({"source": "\x00"}, None, [(codes.ATTRIBUTE_CHARACTER, "/source")]),
    ],
    ids=str,
)
def test_hostile_sdk_events_are_refused_by_our_checks(attributes, data, expected):
    """Whatever an SDK event holds, what is wrong is told in our codes."""
    parts = REQUIRED | attributes
    sdk_event = SimpleNamespace(get_attributes=lambda: parts, get_data=lambda: data)
    with pytest.raises(EventError) as error:
        from_sdk(sdk_event)
    assert codes_of(error) == expected
    assert error.value.__context__ is None


def test_events_of_version_0_3_are_refused():
    """The SDK's events of CloudEvents 0.3 are not 1.0."""
    with pytest.raises(EventError) as error:
        from_sdk(CloudEvent03({**REQUIRED, "specversion": "0.3", "time": NOON}))
    assert codes_of(error) == [(codes.SPECVERSION, "/specversion")]


def test_data_that_holds_itself_is_refused():
    """A cycle ends in our error."""
    data = {}
    data["self"] = data
    with pytest.raises(EventError) as error:
        from_sdk(sdk_of(data))
    assert codes_of(error) == [(codes.NESTING, "/data")]


@pytest.mark.parametrize("wrong", [None, {}, "x", event_of(), CloudEvent, SimpleNamespace()])
def test_from_sdk_takes_sdk_events_only(wrong):
    """What is no event of the SDK is a wrong call."""
    with pytest.raises(UsageError, match="from_sdk takes an event of the CloudEvents SDK"):
        from_sdk(wrong)


@pytest.mark.parametrize(
    ("raised", "expected"), [(ZeroDivisionError, UsageError), (RecursionError, HostError)]
)
def test_exceptions_of_the_sdk_do_not_leak(raised, expected):
    """An event that fails while it is read is our error, without the other in its context."""

    def fail():
        raise raised

    with pytest.raises(expected) as error:
        from_sdk(SimpleNamespace(get_attributes=fail, get_data=fail))
    assert error.value.__context__ is None


def test_the_attributes_of_the_sdk_event_are_not_changed():
    """The SDK hands out its own dict; it is left as it was."""
    sdk_event = sdk_of(b"x")
    from_sdk(sdk_event, limits=CLOUDEVENTS)
    assert sdk_event.get_attributes() == {**REQUIRED, "time": NOON}


# --- Schemas: loading ----------------------------------------------------------------


def schemas_of(*schemas, limits=CLOUDEVENTS):
    """Load schemas, the first for all events, others for a source each."""
    names = [{}, *({"source": f"s{i}"} for i in range(1, len(schemas)))]
    documents = [{"schema": s, **name} for s, name in zip(schemas, names, strict=True)]
    return DataSchemas.from_documents(documents, limits=limits)


@pytest.mark.parametrize("row", TABLES["bad_documents"], ids=lambda row: str(row["document"]))
def test_bad_documents(row):
    """Every bad document is refused with its pointers, by one code, and nothing is fetched."""
    with pytest.raises(RuleError) as error:
        DataSchemas.from_documents([row["document"]])
    assert [[p.pointer, p.message] for p in error.value.problems] == row["problems"]
    assert {p.code for p in error.value.problems} == {codes.SCHEMA_DOCUMENT}
    assert error.value.__context__ is None


def test_nothing_is_fetched(monkeypatch):
    """Neither loading nor checking opens a socket or a URL."""
    used = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *args, **_: used.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: used.append(args))
    with pytest.raises(RuleError):
        schemas_of({"$ref": "http://example.com/schema"})
    with pytest.raises(RuleError):
        schemas_of({"$id": "http://example.com/a/", "items": {"$ref": "b"}})
    dialects = interop._dialects()
    meta = "http://json-schema.org/draft-07/schema"
    unchecked = dialects[meta].validator({"$ref": "http://example.com/schema"})
    assert interop._Check(unchecked)({})[0].message == "data cannot be checked"
    assert used == []


def test_all_documents_are_reported():
    """Problems of every document are collected, those of the decoder too, by its index."""
    documents = [
        {"schema": True},
        "{",
        {"schema": {"type": 5}},
        {"schema": False},
        b'{"schema":NaN}',
    ]
    with pytest.raises(RuleError) as error:
        DataSchemas.from_documents(documents)
    assert codes_of(error) == [
        (codes.SYNTAX, "/1"),
        (codes.SCHEMA_DOCUMENT, "/2/schema/type"),
        (codes.SCHEMA_DOCUMENT, "/3"),
        (codes.NUMBER_RANGE, "/4"),
    ]


@pytest.mark.parametrize("wrong", [None, 5, {"schema": True}, '{"schema":true}', b"[]"])
def test_documents_come_as_a_list(wrong):
    """A single document, or its text, is a wrong call."""
    with pytest.raises(UsageError, match="data schemas are a list of documents"):
        DataSchemas.from_documents(wrong)


def test_a_document_is_a_dict_or_text():
    """Another type of document is a wrong call."""
    with pytest.raises(UsageError, match="a data schema document is a dict, bytes or str"):
        DataSchemas.from_documents([5])


def test_schemas_without_jsonschema(monkeypatch):
    """Without the package the error names the extra."""
    interop._dialects.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'egcore\[schema\]'") as error:
        schemas_of(True)
    assert error.value.__context__ is None


def test_neither_package_is_imported_early():
    """Importing the module imports neither the SDK nor jsonschema."""
    program = (
        "import sys, egcore.interop; print({'cloudevents', 'jsonschema'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert run.stdout == "set()\n"


def test_schemas_are_values():
    """Loaded schemas compare, hash and pickle by their documents and limits."""
    schemas = schemas_of({"minimum": 5}, True)
    again = pickle.loads(pickle.dumps(schemas))  # noqa: S301 - our own
    assert again == schemas
    assert hash(again) == hash(schemas)
    assert again.check(event_of(data=1)) == schemas.check(event_of(data=1)) != ()
    assert schemas != schemas_of({"minimum": 6}, True)
    assert schemas != schemas_of({"minimum": 5}, True, limits=EVENTGRID)
    assert schemas != "schemas"


def test_schemas_do_not_change_with_their_documents():
    """A document that is changed after loading does not change the check."""
    document = {"schema": {"properties": {"a": {"minimum": 5}}}}
    schemas = DataSchemas.from_documents([document])
    document["schema"]["properties"]["a"]["minimum"] = 0
    assert len(schemas.check(event_of(data={"a": 1}))) == 1


# --- Schemas: checking ---------------------------------------------------------------


@pytest.mark.parametrize("row", TABLES["checks"], ids=lambda row: json.dumps(row["schema"])[:80])
def test_checks(row):
    """Each keyword has a sentence that names it, at the whole pointer, and no value of data."""
    found = schemas_of(row["schema"]).check(event_of(data=row["data"]))
    assert [[p.pointer, p.message] for p in found] == row["problems"]
    assert {p.code for p in found} <= {codes.DATA_SCHEMA}


@pytest.mark.parametrize("row", TABLES["checks"], ids=lambda row: json.dumps(row["schema"])[:80])
def test_checks_agree_with_jsonschema(row):
    """Our own keywords, and all of the table, give jsonschema's verdict where it gives one."""
    draft = jsonschema.validators.validator_for(row["schema"])
    try:
        fits = draft(row["schema"]).is_valid(row["data"])
    except OverflowError:
        fits = True  # a multiple of 0.5 that is too large for a double
    assert fits == (not row["problems"])


@pytest.mark.parametrize(
    ("divisor", "number", "fits"),
    [
        (0.1, 0.3, True),
        (0.1, 0.35, False),
        (1e-300, 1e308, True),
        (3, 10**600, False),
        (0.01, 19.99, True),
    ],
)
def test_multiples_are_exact(divisor, number, fits):
    """Multiples are those of the decimal digits: where doubles overflow or round, ours do not."""
    assert schemas_of({"multipleOf": divisor}).check(event_of(data=number)) == () or not fits
    assert (not schemas_of({"multipleOf": divisor}).check(event_of(data=number))) is fits


def test_the_most_specific_schema_is_used_alone():
    """Source and type, then source, then type, then any; the others are not looked at."""
    ranks = [("s", "t"), ("s", None), (None, "t"), (None, None)]
    documents = [
        {"schema": {"minimum": 10 - rank}}
        | {k: v for k, v in zip(("source", "type"), key, strict=True) if v}
        for rank, key in enumerate(ranks)
    ]
    events = [event_of(source=s, type=t, data=0) for s in "sx" for t in "tx"]
    expected = {("s", "t"): 10, ("s", "x"): 9, ("x", "t"): 8, ("x", "x"): 7}
    for order in (documents, documents[::-1]):
        schemas = DataSchemas.from_documents(order)
        for event in events:
            [found] = schemas.check(event)
            assert (
                found.message
                == f"the value must be at least {expected[event.source, event.type]} (minimum)"
            )


def test_no_schema_applies():
    """An event that no schema applies to fits."""
    schemas = DataSchemas.from_documents([{"source": "s", "type": "t", "schema": False}])
    assert schemas.check(event_of(data={})) == ()
    assert DataSchemas.from_documents([]).check(event_of(data={})) == ()


@pytest.mark.parametrize(
    ("members", "is_checked"),
    [
        ({"data": {}}, True),
        ({"data": None}, True),
        ({"data": {}, "datacontenttype": "Application/JSON ; charset=utf-8"}, True),
        ({"data": {}, "datacontenttype": "application/vnd.order+json"}, True),
        ({"data": "<a/>", "datacontenttype": "text/xml"}, False),
        ({"data": {}, "datacontenttype": "application/jsonl"}, False),
        ({"data_base64": "AA=="}, False),
        ({}, False),
    ],
    ids=str,
)
def test_only_json_data_is_checked(members, is_checked):
    """Data is checked when its content type is absent or JSON, and there is data."""
    assert bool(schemas_of(False).check(event_of(**members))) is is_checked


def test_events_come_in_any_form():
    """Bytes and dicts are parsed first, under the limits that the schemas were loaded with."""
    document = REQUIRED | {"data": 5}
    [found] = schemas_of({"minimum": 6}).check(json.dumps(document).encode())
    assert (found.pointer, found.got, found.service_code) == ("/data", "a number", "EG.00513000")
    with pytest.raises(EventError):
        schemas_of(True, limits=EVENTGRID).check(document)


def test_values_are_never_told():
    """No part of a problem but the pointer holds anything of the event."""
    schemas = [row["schema"] for row in TABLES["checks"]]
    secrets = ["s3cret", {"s3cret": "s3cret"}, ["s3cret", "s3cret"], {"a": ["s3cret"]}]
    for schema in schemas:
        for secret in secrets:
            for found in schemas_of(schema).check(event_of(data=secret)):
                assert "s3cret" not in repr(replace(found, pointer=""))


def test_problems_are_capped_and_ordered():
    """The first problems by place are given, indexes as numbers, whatever the order found."""
    schemas = schemas_of({"additionalProperties": {"items": {"minimum": 1}}})
    data = {"b": [0] * 150, "a": [0] * 30}
    found = schemas.check(event_of(data=data))
    assert len(found) == MAX_PROBLEMS
    expected = [f"/data/a/{i}" for i in range(30)] + [f"/data/b/{i}" for i in range(70)]
    assert [each.pointer for each in found] == expected
    assert schemas.check(event_of(data=dict(reversed(data.items())))) == found


def doubling(levels):
    """Make a schema that asks for 2**levels evaluations."""
    steps = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": steps | {f"d{levels}": {"type": "object"}}}


def test_work_is_bounded():
    """A check that takes too many steps is one problem, and the next check starts anew."""
    schemas = schemas_of(doubling(20))
    event = event_of(data={})
    found = schemas.check(event)
    assert [each.message for each in found] == [f"the check takes more than {STEPS} steps"]
    assert schemas_of(doubling(8)).check(event) == ()


def test_a_full_event_is_within_the_steps():
    """An event of full size with a plain schema is checked to its end."""
    schemas = schemas_of(
        {"items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number", "minimum": 0}}}
    )
    assert schemas.check(event_of(data=[1] * 32_000)) == ()


def test_unique_items_are_linear():
    """An event full of small objects is compared in well under a second."""
    event = event_of(data=[{"a": i} for i in range(5_000)])
    schemas = schemas_of({"uniqueItems": True})
    started = time.process_time()
    assert schemas.check(event) == ()
    assert time.process_time() - started < 2 * PATIENCE


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, True]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$dynamicAnchor": "n", "$dynamicRef": "#n"},
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveRef": "#"},
    ],
    ids=str,
)
def test_endless_schemas_end(schema):
    """A schema that refers to itself on the same value is one problem for any event."""
    [found] = schemas_of(schema).check(event_of(data={}))
    assert found.message == "the schema refers to itself without end"


def nested(levels):
    """Make an object of so many levels."""
    data = {}
    for _ in range(levels):
        data = {"a": data}
    return data


def test_recursive_schemas_follow_deep_data():
    """Data of the full nesting is checked by a schema that refers to itself."""
    schemas = schemas_of({"type": "object", "additionalProperties": {"$ref": "#"}})
    assert schemas.check(event_of(data=nested(60))) == ()


def at_depth(frames, call):
    """Make a call with so many frames more on the stack."""
    return at_depth(frames - 1, call) if frames else call()


def outcome_at(frames, call):
    """Return what a call gives with so many frames more on the stack, or its HostError."""
    try:
        return at_depth(frames, call)
    except HostError as error:
        return error


def test_a_full_stack_is_a_host_error():
    """Wherever the stack ends, in loading or in checking, it is HostError or no error."""
    data = event_of(data=nested(40))
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}}}
    schemas = schemas_of(schema)
    used = len(inspect.stack())
    outcomes = set()
    for frames in range(
        sys.getrecursionlimit() - used - 600, sys.getrecursionlimit() - used - 40, 20
    ):
        for call in (lambda: schemas.check(data), lambda: schemas_of(schema) == schemas):
            outcomes.add(outcome_at(frames, call))
    assert outcomes == {(), True, host_error()}


def test_what_jsonschema_fails_on_does_not_fit():
    """A valid schema that makes jsonschema raise is a problem, not an exception."""
    schema = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "items": True,
        "additionalItems": {"minimum": 5},
    }
    [found] = schemas_of(schema).check(event_of(data=[1]))
    assert (found.code, found.pointer) == (codes.DATA_SCHEMA, "/data")
    assert found.message == "data cannot be checked"


PanicError = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})


@pytest.mark.parametrize(
    ("raised", "expected"), [(PanicError, HostError), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_panics_do_not_leak_and_interrupts_pass(raised, expected):
    """A panic of jsonschema's compiled part is a full stack; an interrupt is the user's."""

    def fail(_):
        raise raised

    check = interop._Check(SimpleNamespace(iter_errors=fail))
    with pytest.raises(expected):
        check({})


def test_unknown_keywords_have_a_sentence():
    """A keyword that a later jsonschema adds is named without details."""
    error = jsonschema.ValidationError("s3cret", validator="newKeyword", instance="s3cret")
    [found] = interop._describe(codes.DATA_SCHEMA, "/data", [error])
    assert found.message == "the value must fit the schema (newKeyword)"
