"""CloudEvents over HTTP: the modes, the headers, the body."""

from collections.abc import Callable
from ctypes import c_char
from typing import Any

import pytest

from egcore import codes
from egcore.errors import EventError
from egcore.http import BATCH, STRUCTURED, parse_http, parse_http_batch
from egcore.limits import CLOUDEVENTS

EITHER = f"the content type is {STRUCTURED} or {BATCH}"
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
