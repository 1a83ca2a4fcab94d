"""One event: parsed from bytes and from objects, built, compared, copied."""

import copy
import json
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from egcore import codes
from egcore.decoding import compact_json
from egcore.errors import EgcoreError, EventError, HostError, UsageError
from egcore.events import Event, as_event, parse_event
from egcore.filters import Filter
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits
from egcore.requests import parse_batch, parse_request
from tests.hostile_cases import EventCase, event_cases
from tests.leaks import assert_silent
from tests.shared_folder import shared
from tests.stack import OWN_FRAMES, call_below, call_in_thread, free_frames

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


# --- What is accepted --------------------------------------------------------


@pytest.mark.parametrize("case", event_cases(), ids=lambda case: case.name)
def test_hostile_events(case: EventCase) -> None:
    """Each hostile event has its verdict under both presets, as bytes and as a dict."""
    sources: list[Any] = [case.raw, case.raw.decode()]
    if case.raw[:1] == b"{":
        sources.append(json.loads(case.raw))
    for source in sources:
        for limits, word in ((EVENTGRID, "eventgrid-rejects"), (CLOUDEVENTS, "")):
            if case.verdict in ("reject", word):
                assert_silent(refused(lambda s=source, to=limits: parse_event(s, limits=to)))
            else:
                assert parse_event(source, limits=limits).id == "1"


# Where the schema of CloudEvents and its text differ, the text holds: attribute characters,
# specversion, extension names and values, payload exclusion and base64 are not in the schema.
SCHEMA_IS_LAXER = {
    "characters": ("_nul", "_newline", "_ansi", "_c1", "_nonchar"),
    "extensions": (
        "ext_upper",
        "ext_dash",
        "ext_unicode_digit",
        "ext_kelvin",
        "ext_empty_name",
        "ext_trailing_nl",
        "ext_obj",
        "ext_float",
        "ext_int33",
    ),
    "payload": ("data_and_base64", "base64_bad", "base64_ws", "base64_url"),
    "formats": ("time_bad",),  # a format is a note, unless a checker for it is installed
}


def test_the_schema_of_cloudevents_agrees() -> None:
    """Under CLOUDEVENTS the official JSON Schema gives the same verdicts, but for the list."""
    schema = json.loads(shared("suites/cloudevents/cloudevents.json").read_bytes())
    validator = jsonschema.Draft7Validator(schema)
    laxer = tuple(ending for endings in SCHEMA_IS_LAXER.values() for ending in endings)
    differ = set()
    for case in event_cases():
        by_schema = validator.is_valid(json.loads(case.raw))
        if by_schema is not (case.verdict != "reject"):
            assert by_schema, case.name
            assert case.name.endswith(laxer), case.name
            differ.add(next(ending for ending in laxer if case.name.endswith(ending)))
    assert differ == set(laxer)


def test_parse_names_every_problem_in_order() -> None:
    """All problems of an event come at once, its size first."""
    error = refused(lambda: parse_event({**SMALL, "id": "", "data": {"a": "x" * 65_536}, "E": 1}))
    assert [(each.code, each.pointer) for each in error.problems] == [
        (codes.EVENT_SIZE, ""),
        (codes.ATTRIBUTE_EMPTY, "/id"),
        (codes.EXTENSION_NAME, "/E"),
    ]
    assert error.problems[0].service_code == codes.EVENT_TOO_LARGE


@pytest.mark.parametrize("source", [None, 1, [], (), OrderedDict(SMALL), object()])
def test_other_arguments_are_the_callers_mistake(source: Any) -> None:
    """What is neither bytes, str nor exactly a dict is not looked into."""
    with pytest.raises(UsageError, match="an event is bytes, str or dict, not ") as caught:
        parse_event(source)
    assert_silent(caught.value)


def test_null_attributes_are_absent() -> None:
    """Null means absent for every attribute, the required ones too, and stays in the text."""
    raw = json.dumps({**SMALL, "subject": None, "ext": None, "data_base64": None})
    assert parse_event(raw) == event()
    assert parse_event(raw).text == raw
    assert "subject" not in parse_event(raw).members
    error = refused(lambda: parse_event({**SMALL, "id": None}))
    assert [each.code for each in error.problems] == [codes.ATTRIBUTE_MISSING]


def test_properties_give_what_was_received() -> None:
    """Each attribute has its property; attributes and extensions are new dicts."""
    members = {
        **SMALL,
        "subject": "",
        "time": "2024-01-01t00:00:00z",
        "datacontenttype": "application/json; v=1",
        "dataschema": "urn:x",
        "ext": True,
        "data": {"a": 1},
    }
    found = parse_event(members)
    for name in ("id", "source", "type", "subject", "time", "datacontenttype", "dataschema"):
        assert getattr(found, name) == members[name]
    assert found.data == {"a": 1}
    assert found.extensions == {"ext": True}
    assert found.attributes == {name: members[name] for name in members if name != "data"}
    found.attributes.clear()
    found.extensions.clear()
    assert found.members == members
    bare = event()
    assert (bare.subject, bare.time, bare.datacontenttype, bare.dataschema, bare.data) == (
        None,
    ) * 5
    assert repr(found) == f"<Event of {len(found.original)} bytes>"


def test_payloads_under_cloudevents() -> None:
    """Null data is present, and data_base64 gives bytes."""
    null = parse_event({**SMALL, "data": None}, limits=CLOUDEVENTS)
    assert null.data is None
    assert "data" in null.members
    assert null != event()
    raw = parse_event({**SMALL, "data_base64": "AAH/"}, limits=CLOUDEVENTS)
    assert raw.data == b"\x00\x01\xff"
    assert raw.attributes == SMALL


def test_as_event_takes_events_as_they_are() -> None:
    """An event passes unchanged, anything else is parsed with the limits."""
    found = event()
    assert as_event(found, EVENTGRID) is found
    assert as_event(found.original, EVENTGRID) == found
    refused(lambda: as_event({**SMALL, "data": 1}, EVENTGRID))


# --- Sizes -------------------------------------------------------------------


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
def test_the_size_of_an_event_is_exact(character: str) -> None:
    """65,536 bytes pass and 65,537 do not, counted in UTF-8 and without outer white space."""
    empty = len(compact_json({**SMALL, "data": {"a": ""}}))
    count, rest = divmod(65_536 - empty, len(character.encode()))
    full = {**SMALL, "data": {"a": character * count + "x" * rest}}
    wide = replace(EVENTGRID, raw_event_bytes=100_000)
    for source in (full, compact_json(full), f"  {compact_json(full)}\n".encode()):
        assert parse_event(source, limits=wide).size == 65_536
    over = {**SMALL, "data": {"a": character * count + "x" * (rest + 1)}}
    for source in (over, compact_json(over)):
        error = refused(lambda source=source: parse_event(source, limits=wide))
        assert [each.code for each in error.problems] == [codes.EVENT_SIZE]


def test_raw_input_is_bounded_before_it_is_parsed() -> None:
    """65,536 bytes with white space are parsed; one more is refused by its length alone."""
    raw = event().original
    for wrap in (bytes, bytearray, memoryview, bytes.decode):
        assert parse_event(wrap(raw.ljust(65_536))) == event()  # type: ignore[operator] # any of the four
        error = refused(lambda wrap=wrap: parse_event(wrap(raw.ljust(65_537))))
        assert [each.code for each in error.problems] == [codes.RAW_SIZE]
        assert error.problems[0].service_code == codes.EVENT_TOO_LARGE
    refused(lambda: parse_event(memoryview(b"[" * 65_540).cast("I")))


def test_a_released_view_is_a_wrong_call() -> None:
    """There is nothing left to read: that is said as our own error."""
    view = memoryview(b"{}")
    view.release()
    with pytest.raises(UsageError, match="the memoryview was released"):
        parse_event(view)


def test_nesting_is_exact() -> None:
    """64 levels from the event object pass and 65 do not, from bytes and from a dict."""
    full, over = {**SMALL, "data": nested(63)}, {**SMALL, "data": nested(64)}
    assert parse_event(full) == parse_event(compact_json(full))
    for source in (over, compact_json(over)):
        error = refused(lambda source=source: parse_event(source))
        assert [(each.code, each.pointer) for each in error.problems] == [(codes.NESTING, "")]


# --- From Python objects -----------------------------------------------------


def cycle() -> Any:
    """Give a dict that holds itself."""
    value: dict[str, Any] = {}
    value["a"] = [value]
    return value


def laughs() -> Any:
    """Give a list of 10**60 words that holds ten lists."""
    value: Any = ["s3cr3t"] * 10
    for _ in range(59):
        value = [value] * 10
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"s3cr3t", codes.NOT_JSON_TYPE),
        (("s3cr3t",), codes.NOT_JSON_TYPE),
        (OrderedDict(s3cr3t=1), codes.NOT_JSON_TYPE),
        ({1: "s3cr3t"}, codes.NOT_JSON_TYPE),
        (float("inf"), codes.NUMBER_RANGE),
        (10**640, codes.NUMBER_LENGTH),
        ("\ud800s3cr3t", codes.SURROGATE),
        ({"\udfff": "s3cr3t"}, codes.SURROGATE),
        (cycle(), codes.NESTING),
        (laughs(), codes.EVENT_SIZE),
    ],
)
def test_what_is_not_json_is_refused(value: Any, code: str) -> None:
    """Nothing is coerced; the pointer names the member, and the value is not told."""
    error = refused(lambda: event(data={"k": value}))
    (found,) = error.problems
    assert found.code == code
    assert found.pointer == ("" if code == codes.EVENT_SIZE else "/data")
    service_code = codes.EVENT_TOO_LARGE if code == codes.EVENT_SIZE else codes.INVALID_PARAMETERS
    assert found.service_code == service_code
    assert_silent(error)


def test_a_key_that_is_no_string_is_refused() -> None:
    """A non-string key of the event itself has no pointer; a value beside it is not blamed."""
    error = refused(lambda: parse_event({**SMALL, 1: 2, None: float("nan")}))  # type: ignore[dict-item] # wrong on purpose
    assert [(each.code, each.pointer) for each in error.problems] == [(codes.NOT_JSON_TYPE, "")]


def test_shared_containers_below_the_limit_pass() -> None:
    """The same list may stand in many places."""
    shared_list = [1, 2]
    found = event(data={"a": [shared_list] * 3, "b": shared_list})
    assert parse_event(found.original) == found


def test_the_text_of_a_dict_is_compact_utf_8() -> None:
    """Members stand in their order, without spaces, characters as themselves."""
    found = event(data={"é": [1, 1.5, True, None]})
    assert found.text == (
        '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"é":[1,1.5,true,null]}}'
    )
    assert found.original == found.text.encode()
    assert found.size == len(found.original)


# --- Building ----------------------------------------------------------------


def test_new_gives_what_parsing_gives() -> None:
    """An event built from all its arguments equals the parsed one."""
    built = Event.new(
        id="1",
        source="/s",
        type="t",
        time="2024-01-01T00:00:00Z",
        subject="x",
        datacontenttype="application/json",
        dataschema="urn:x",
        data={"a": 1},
        extensions={"ext": 5},
    )
    assert built == parse_event(built.original)
    assert built.members == {
        **SMALL,
        "time": "2024-01-01T00:00:00Z",
        "subject": "x",
        "datacontenttype": "application/json",
        "dataschema": "urn:x",
        "data": {"a": 1},
        "ext": 5,
    }
    assert built.extensions == {"ext": 5}


@pytest.mark.parametrize(
    "name", ["id", "specversion", "data", "data_base64", "time", "datacontenttype"]
)
def test_new_refuses_attributes_as_extensions(name: str) -> None:
    """An extension cannot stand in for an attribute or the payload."""
    error = refused(lambda: Event.new(id="1", source="/s", type="t", extensions={name: "1.0"}))
    assert [each.code for each in error.problems] == [codes.EXTENSION_NAME]


def test_new_invents_nothing_and_checks_everything() -> None:
    """Wrong arguments are problems of the event, all of them, under the limits given."""
    wrong: Any = None
    error = refused(
        lambda: Event.new(id=wrong, source="", type="t", data=[], extensions={"A": "x"})
    )
    assert sorted(each.code for each in error.problems) == [
        codes.ATTRIBUTE_MISSING,
        codes.ATTRIBUTE_EMPTY,
        codes.EXTENSION_NAME,
        codes.DATA_TYPE,
    ]
    assert Event.new(id="1", source="/s", type="t", data=[], limits=CLOUDEVENTS).data == []


# --- Values ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        (
            '{"specversion":"1.0","id":"1","source":"/s","type":"t","x":null,"data":{"a":1.50}}',
            EVENTGRID,
        ),
        ('{"specversion":"1.0","id":"é","source":"/s","type":"t","data":null}', CLOUDEVENTS),
        (
            '{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"AA=="}',
            CLOUDEVENTS,
        ),
        (
            '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":%s}' % ("9" * 640),
            CLOUDEVENTS,
        ),
    ],
)
def test_events_pickle_from_their_bytes(raw: str, limits: Limits) -> None:
    """Every protocol gives an equal event with the same bytes; copies are the event itself."""
    found = parse_event(raw, limits=limits)
    assert copy.copy(found) is found
    assert copy.deepcopy([found])[0] is found
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(found, protocol))  # noqa: S301 # our own bytes
        assert twin == found
        assert hash(twin) == hash(found)
        assert twin.original == found.original == raw.encode()
        assert twin.members == found.members


def test_events_equal_events_only() -> None:
    """Bytes, spaces and order do not matter; other types are left to answer for themselves."""
    found = event(data={"a": 1.0})
    respelled = parse_event(
        ' {"data": {"a": 10e-1}, "type":"t","id":"1","source":"/s", "specversion":"1.0"}'
    )
    assert found == respelled
    assert len({found, respelled, event()}) == 2
    assert found != SMALL
    assert found.__eq__(SMALL) is NotImplemented


# --- Stacks ------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        compact_json({**SMALL, "data": nested(63)}),
        {**SMALL, "data": nested(63)},
        {**SMALL, "data": nested(64)},
        {"id": 1, "A\nb": "x", "time": "x"},
        "{",
        3,
    ],
    ids=lambda source: type(source).__name__,
)
def test_a_deep_caller_gets_the_same_answer_or_a_host_error(source: Any) -> None:
    """From every depth of the caller down to the last frames, and never a RecursionError."""

    def outcome() -> object:
        try:
            return parse_event(source)
        except (EventError, UsageError) as error:
            return error

    expected = outcome()
    same = 0
    hosts = []
    for frames in range(free_frames() - 150, free_frames() - OWN_FRAMES):
        try:
            assert call_below(frames, outcome) == expected
            same += 1
        except HostError as error:
            hosts.append(error)
    assert same
    for error in hosts:
        assert_silent(error)


def test_an_event_unpickles_in_a_thread_with_a_small_stack() -> None:
    """256 KiB are enough for an event nested to the limit, from all sides."""
    found = event(data=nested(63))
    data = pickle.dumps(found)
    assert call_in_thread(lambda: pickle.loads(data)) == found  # noqa: S301 # our own bytes
    assert call_in_thread(lambda: event(data=nested(63))) == found


def test_a_released_memoryview_is_a_wrong_call() -> None:
    """It has no bytes any more: that is said of the argument, not of an event or a rule."""
    view = memoryview(b"{}")
    view.release()
    for call in (parse_event, parse_request, parse_batch, Filter.from_document):
        with pytest.raises(UsageError, match="released"):
            call(view)


@pytest.mark.parametrize("name", ["id", "members", "text", "data", "anything"])
def test_an_event_cannot_be_changed(name: str) -> None:
    """No attribute of an event is set or deleted."""
    event = Event.new(id="1", source="s", type="t")
    with pytest.raises(AttributeError):
        setattr(event, name, {})
    with pytest.raises(AttributeError):
        delattr(event, name)
