"""CloudEvents over HTTP: the modes, the headers, the body."""

import pickle
from collections.abc import Callable
from ctypes import c_char
from typing import Any

import pytest

from egcore import codes
from egcore.attributes import PAYLOAD
from egcore.errors import EventError, HostError, UsageError
from egcore.events import parse_event
from egcore.http import BATCH, STRUCTURED, parse_http, parse_http_batch
from egcore.limits import CLOUDEVENTS, EVENTGRID
from tests.leaks import assert_silent
from tests.stack import OWN_FRAMES, call_below, free_frames

EITHER = f"the content type is {STRUCTURED} or {BATCH}"
EVENT = '{"specversion":"1.0","id":"1","source":"/s","type":"t"}'
REQUIRED = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}


def test_a_body_of_any_buffer_shape_is_its_bytes() -> None:
    """A view of a single C value has bytes and no length."""
    body: Any = memoryview(c_char(b"5")).cast("B")
    scalar = memoryview(c_char(b"5"))
    assert scalar.ndim == 0
    assert parse_http(REQUIRED, scalar, limits=CLOUDEVENTS) == parse_http(
        REQUIRED, body, limits=CLOUDEVENTS
    )


def refused(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Call, and give code and pointer of each problem of the error that must come."""
    with pytest.raises(EventError) as caught:
        call()
    return [(each.code, each.pointer) for each in caught.value.problems]


def test_headers_of_others_may_hold_any_bytes() -> None:
    """Only a header that matters to the event must be UTF-8."""
    raw = [(name.encode(), value.encode()) for name, value in REQUIRED.items()]
    others = [(b"user-agent", b"caf\xe9"), (b"caf\xe9", b"x")]
    assert parse_http([*others, *raw], b"") == parse_http(REQUIRED, b"")
    for name, pointer in ((b"ce-subject", "/subject"), (b"content-type", "/content-type")):
        assert refused(lambda name=name: parse_http([*raw, (name, b"caf\xe9")], b"")) == [
            (codes.HTTP_HEADER, pointer)
        ]


@pytest.mark.parametrize("name", ["ce-\u212aey", "Ce-\u0130d", "CE-k\xe9y"])
def test_only_ascii_letters_of_a_header_name_are_folded(name: str) -> None:
    """A letter that folds to ASCII makes no attribute."""
    for key in (name, name.encode()):
        problems = refused(lambda key=key: parse_http([*REQUIRED.items(), (key, "x")], b""))
        assert [code for code, _ in problems] == [codes.EXTENSION_NAME]


@pytest.mark.parametrize(
    ("parse", "content_type", "hint"),
    [
        (parse_http, BATCH, "parse_http_batch takes batches"),
        (
            parse_http,
            "application/cloudevents+avro",
            EITHER,
        ),
        (parse_http_batch, STRUCTURED, "parse_http takes a single event"),
        (parse_http_batch, "application/json", "parse_http takes a single event"),
        (
            parse_http_batch,
            "application/cloudevents-batch+avro",
            EITHER,
        ),
    ],
)
def test_a_message_of_another_mode_is_refused_with_the_way_out(
    parse: Callable[..., object], content_type: str, hint: str
) -> None:
    """A batch is no event, an event no batch, and other CloudEvents formats are neither."""
    with pytest.raises(EventError) as caught:
        parse({**REQUIRED, "Content-Type": content_type}, b"[]")
    (found,) = caught.value.problems
    assert (found.code, found.hint) == (codes.HTTP_MODE, hint)


# --- Binary mode -----------------------------------------------------------------


def test_binary_mode_joins_headers_and_body() -> None:
    """Attributes in header order, then the data as it was sent: every digit survives."""
    headers = {**REQUIRED, "Content-Type": "application/json; charset=UTF-8", "CE-Ext": " x "}
    found = parse_http(headers, b' {"a": 1.50, "b": 0.10000000000000000001}\n')
    assert found.text == (
        '{"specversion":"1.0","id":"1","source":"/s","type":"t","ext":"x",'
        '"datacontenttype":"application/json; charset=UTF-8",'
        '"data":{"a": 1.50, "b": 0.10000000000000000001}}'
    )
    assert parse_event(found.text) == found
    twin = pickle.loads(pickle.dumps(found))  # noqa: S301 # our own bytes
    assert twin.original == found.original


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%2525", "%25"),
        ('"quoted, %20 too"', "quoted,   too"),
        (r'"a \"b\" \\ c"', r'a "b" \ c'),
        ('"a%5C%22"', 'a\\"'),
        ('"', '"'),
        ('""', ""),
        ('say "hi"', 'say "hi"'),
        ("\t padded \t", "padded"),
        ("", ""),
        ("raw é", "raw é"),
        ("raw é%C3%A9", "raw éé"),
    ],
)
def test_header_values_are_unquoted_then_decoded_once(value: str, expected: str) -> None:
    """Quotes and their escapes go first, then one round of percent-decoding."""
    assert parse_http({**REQUIRED, "ce-subject": value}, b"").subject == expected
    raw: list[Any] = [[name.encode(), text.encode()] for name, text in REQUIRED.items()]
    raw.append([b"Ce-Subject", value.encode()])
    assert parse_http(raw, b"").subject == expected


@pytest.mark.parametrize(
    ("header", "value", "code", "pointer"),
    [
        ("ce-subject", "%ff", codes.HTTP_HEADER, "/subject"),
        ("ce-subject", "%C3", codes.HTTP_HEADER, "/subject"),
        ("ce-subject", "%ED%A0%80", codes.HTTP_HEADER, "/subject"),
        ("ce-subject", "%0A", codes.ATTRIBUTE_CHARACTER, "/subject"),
        ("ce-subject", "a\r\nb: c", codes.ATTRIBUTE_CHARACTER, "/subject"),
        ("ce-subject", "\ud800", codes.SURROGATE, ""),
        ("ce-id", "", codes.ATTRIBUTE_EMPTY, "/id"),
        ("ce-time", "now", codes.TIME, "/time"),
        ("ce-specversion", "0.3", codes.SPECVERSION, "/specversion"),
        ("ce-data", "{}", codes.HTTP_HEADER, "/data"),
        ("ce-data_base64", "AA==", codes.HTTP_HEADER, "/data_base64"),
        ("ce-datacontenttype", "application/json", codes.HTTP_HEADER, "/datacontenttype"),
        ("ce-a-b", "x", codes.EXTENSION_NAME, "/a-b"),
        ("ce-", "x", codes.EXTENSION_NAME, "/"),
        ("content-type", "text/plain", codes.CONTENT_TYPE, "/datacontenttype"),
        ("content-type", "application/vnd.x+json", codes.CONTENT_TYPE, "/datacontenttype"),
        ("content-type", "application/json; charset=latin1", codes.HTTP_MODE, ""),
        ("content-type", 'application/json;charset="UTF-16"', codes.HTTP_MODE, ""),
    ],
)
def test_bad_headers(header: str, value: str, code: str, pointer: str) -> None:
    """Each bad header has its code and names its attribute."""
    assert refused(lambda: parse_http({**REQUIRED, header: value}, b"{}")) == [(code, pointer)]


def test_repeated_headers_are_refused() -> None:
    """Two readers might take different ones; the case of the name makes no difference."""
    json_type = ("content-type", "application/json")
    for name, pointer in (("Ce-Id", "/id"), ("CE-ID", "/id"), ("Content-Type", "/content-type")):
        pairs = [*REQUIRED.items(), json_type, (name, "1")]
        found = refused(lambda pairs=pairs: parse_http(pairs, b"{}"))
        assert found == [(codes.HTTP_HEADER, pointer)]
    assert refused(lambda: parse_http({**REQUIRED, "CE-ID": "2"}, b""))
    pairs = [*REQUIRED.items(), ("x-a", "1"), ("x-a", "2")]
    assert parse_http(pairs, b"") == parse_http(REQUIRED, b"")


@pytest.mark.parametrize(
    "headers",
    [
        None,
        1,
        "ce-id: 1",
        b"",
        ["ab"],
        [("a",)],
        [("a", "b", "c")],
        [("a", 1)],
        {"a": None},
        {1: "a"},
    ],
)
@pytest.mark.parametrize("parse", [parse_http, parse_http_batch])
def test_wrong_types_of_headers_are_the_callers_mistake(parse: Any, headers: Any) -> None:
    """Headers are a mapping or pairs, of str or bytes."""
    with pytest.raises(UsageError, match=r"header") as caught:
        parse(headers, b"")
    assert_silent(caught.value)


@pytest.mark.parametrize("body", [None, {}, 1, ["{}"]])
@pytest.mark.parametrize("parse", [parse_http, parse_http_batch])
def test_a_body_is_bytes_or_text(parse: Any, body: Any) -> None:
    """A decoded body is not taken: it has lost its bytes."""
    with pytest.raises(UsageError, match="a body is bytes or str"):
        parse(REQUIRED, body)


@pytest.mark.parametrize(
    "body",
    [
        '{} , "type": "evil"',
        '{}, "type": "evil"',
        '{}} , {"type": "evil"',
        '{"a":1},"data":{"a":2}',
        "{}{}",
        ",",
        "}",
        " ",
        '{"a":1,"a":2}',
        "\ufeff{}",
    ],
)
def test_a_body_cannot_break_out_of_data(body: str) -> None:
    """A body that is not exactly one JSON value is refused before it is joined."""
    for raw in (body, body.encode()):
        for limits in (EVENTGRID, CLOUDEVENTS):
            with pytest.raises(EventError) as caught:
                parse_http(REQUIRED, raw, limits=limits)
            assert caught.value.problems[0].service_code == codes.BAD_REQUEST
            assert_silent(caught.value)


def test_headers_cannot_break_out_of_their_strings() -> None:
    """Quotes and braces in a header stay characters of the attribute."""
    evil = 'x","type":"evil","data":{"a":1},"z":"'
    found = parse_http({**REQUIRED, "ce-subject": evil}, b'{"a":2}')
    assert (found.type, found.subject, found.data) == ("t", evil, {"a": 2})
    assert parse_event(found.text) == found


@pytest.mark.parametrize(
    ("content_type", "body", "payload"),
    [
        (None, b"", {}),
        ("application/json", b"", {}),
        ("text/plain", b"", {}),
        (None, b"[1]", {"data": [1]}),
        ("application/json", b"null", {"data": None}),
        ("text/json", b"1.5", {"data": 1.5}),
        ("Application/Vnd.X+JSON;a=b", b'"x"', {"data": "x"}),
        ("text/plain; charset=utf-8", "é [[[".encode(), {"data": "é [[["}),
        ("text/plain", b"\xff", {"data_base64": "/w=="}),
        ("text/plain", "\ud800", {"data_base64": "7aCA"}),
        ("application/octet-stream", b"\x00\x01", {"data_base64": "AAE="}),
        ("application/xml", "<é/>", {"data_base64": "PMOpLz4="}),
        ("text/xml", bytearray(b"<a/>"), {"data": "<a/>"}),
    ],
)
def test_bodies_under_cloudevents(
    content_type: str | None, body: Any, payload: dict[str, Any]
) -> None:
    """JSON is data, other text a string, anything else base64, and an empty body is no data."""
    headers = REQUIRED if content_type is None else {**REQUIRED, "Content-Type": content_type}
    found = parse_http(headers, body, limits=CLOUDEVENTS)
    assert {key: found.members[key] for key in PAYLOAD if key in found.members} == payload
    assert found.datacontenttype == content_type
    assert parse_event(found.text, limits=CLOUDEVENTS) == found


def test_sizes_and_nesting_are_those_of_the_whole_event() -> None:
    """Body and headers count together; the event object is the first level."""
    assert parse_http(REQUIRED, '{"a":' * 62 + "{}" + "}" * 62)
    deeper = '{"a":' * 63 + "{}" + "}" * 63
    assert refused(lambda: parse_http(REQUIRED, deeper)) == [(codes.NESTING, "")]
    empty = parse_http(REQUIRED, b'{"a":""}').size
    assert parse_http(REQUIRED, '{"a":"%s"}' % ("x" * (65_536 - empty))).size == 65_536
    over = '{"a":"%s"}' % ("x" * (65_537 - empty))
    assert refused(lambda: parse_http(REQUIRED, over)) == [(codes.EVENT_SIZE, "")]
    assert refused(lambda: parse_http(REQUIRED, b"{}".ljust(65_537))) == [(codes.RAW_SIZE, "")]
    large = {**REQUIRED, "ce-x": "x" * 65_536}
    assert refused(lambda: parse_http(large, b"")) == [(codes.EVENT_SIZE, "")]


# --- Structured and batch mode -----------------------------------------------------


def test_structured_mode_is_the_event_of_the_body() -> None:
    """The body decides; ce- headers that repeat attributes are not looked at."""
    headers = {"Content-Type": " Application/CloudEvents+JSON ; charset=utf-8", "ce-id": "2"}
    assert parse_http(headers, EVENT) == parse_event(EVENT)
    headers = {"content-type": STRUCTURED}
    assert refused(lambda: parse_http(headers, b"")) == [(codes.SYNTAX, "")]
    assert refused(lambda: parse_http(headers, f"[{EVENT}]")) == [(codes.EVENT_SHAPE, "")]


def test_batch_mode_gives_each_event_its_result() -> None:
    """A batch is an array under its own content type, and may be empty."""
    headers = [(b"Content-Type", BATCH.upper().encode())]
    found = parse_http_batch(headers, f"[{EVENT}, 1]")
    assert found.events == (parse_event(EVENT),)
    assert [each.index for each in found.refused] == [1]
    assert parse_http_batch(headers, b"[]").members == ()
    assert refused(lambda: parse_http_batch(headers, EVENT)) == [(codes.REQUEST_SHAPE, "")]


@pytest.mark.parametrize("parse", [parse_http, parse_http_batch])
@pytest.mark.parametrize("charset", ["latin1", '"utf-16"', "utf-8x"])
def test_json_of_another_charset_is_refused(parse: Any, charset: str) -> None:
    """JSON is UTF-8 only, in every mode."""
    mode = STRUCTURED if parse is parse_http else BATCH
    headers = {"content-type": f"{mode}; a=b; charset={charset}"}
    assert refused(lambda: parse(headers, EVENT)) == [(codes.HTTP_MODE, "")]


def test_a_message_without_mode_is_refused() -> None:
    """Neither a CloudEvents content type nor ce-specversion: not an event."""
    headers = {"content-type": "application/json"}
    assert refused(lambda: parse_http(headers, EVENT)) == [(codes.HTTP_MODE, "")]
    with pytest.raises(EventError) as caught:
        parse_http_batch({}, b"[]")
    assert caught.value.problems[0].hint == EITHER


def test_a_deep_caller_gets_the_same_answer_or_a_host_error() -> None:
    """From every depth of the caller down to the last frames, and never a RecursionError."""
    body = '{"a":' * 62 + "{}" + "}" * 62
    expected = parse_http(REQUIRED, body)
    hosts = []
    for frames in range(free_frames() - 150, free_frames() - OWN_FRAMES):
        try:
            assert call_below(frames, lambda: parse_http(REQUIRED, body)) == expected
        except HostError as error:
            hosts.append(error)
    for error in hosts:
        assert_silent(error)
