"""CloudEvents over HTTP: headers and body to events (HTTP protocol binding 1.0.2).

Binary mode carries the attributes in ``ce-`` headers and the data as the body;
structured mode is one JSON event, batch mode a JSON array of them. Nothing here
opens a socket: headers come as a mapping or as pairs.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from egcore import codes
from egcore.attributes import PAYLOAD
from egcore.decoding import RAW_TYPES, Decoded, Raw, compact_json, decode
from egcore.errors import EventError, Problem, escape_pointer, kind, problem, shorten, usage
from egcore.events import Event, event_from, parse_event, raw_size, raw_too_large
from egcore.limits import EVENTGRID, Limits
from egcore.requests import Request, parse_batch

Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_FAMILY: Final = "application/cloudevents"  # no binary mode with these (binding 3)
_CHARSET: Final = re.compile(r';[ \t]*charset="?([^";]*)"?', re.IGNORECASE)
_ESCAPED: Final = re.compile("(?:%[0-9A-Fa-f]{2})+")
_QUOTED_PAIR: Final = re.compile(r"\\(.)")


class _Message(NamedTuple):
    """The headers of one message that matter here."""

    content_type: str | None
    attributes: dict[str, str]

    @property
    def media_type(self) -> str:
        return (self.content_type or "").partition(";")[0].strip(" \t").lower()


def parse_http(headers: Headers, body: Raw, *, limits: Limits = EVENTGRID) -> Event:
    """Parse one event from an HTTP message in binary or structured mode.

    In binary mode the event's text is its attributes and the body joined, so the
    digits of the data survive. A JSON body, or one without a content type, becomes
    ``data``; under CLOUDEVENTS a ``text/*`` body becomes a string and any other body
    ``data_base64``. An empty body is no data. Raises ``EventError`` with every
    problem, ``UsageError`` for another type of argument, ``HostError``.

    >>> headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}
    >>> parse_http(headers, b'{"amount": 5}').data
    {'amount': 5}
    """
    message = _read_message(headers)
    _check_body(body)
    if message.media_type == STRUCTURED:
        _check_charset(message)
        return parse_event(body, limits=limits)
    if message.media_type.startswith(_FAMILY):
        raise EventError([_wrong_mode(message)])
    if not _is_binary(message):
        text = "neither a CloudEvents content type nor a ce-specversion header"
        raise EventError([problem(codes.HTTP_MODE, text)])
    return _parse_binary(message, body, limits)


def parse_http_batch(headers: Headers, body: Raw, *, limits: Limits = EVENTGRID) -> Request:
    """Parse the events of an HTTP message in batch mode, each accepted or refused by itself.

    Raises ``EventError`` when the message is not a batch or is refused as a whole,
    ``UsageError``, ``HostError``.

    >>> parse_http_batch({"Content-Type": "application/cloudevents-batch+json"}, b"[]").events
    ()
    """
    message = _read_message(headers)
    _check_body(body)
    if message.media_type != BATCH:
        raise EventError([_wrong_mode(message)])
    _check_charset(message)
    return parse_batch(body, limits=limits)


def _read_message(headers: Headers) -> _Message:
    """Sort the headers into content type and ``ce-`` attributes, each at most once."""
    content_type: str | None = None
    attributes: dict[str, str] = {}
    for name, value in _pairs(headers):
        if name == "content-type":
            if content_type is not None:
                raise EventError([_bad_header(name, "is repeated")])
            content_type = _as_text(name, value)
        elif name.startswith("ce-"):
            attribute = name.removeprefix("ce-")
            if attribute in attributes:
                raise EventError([_bad_header(name, "is repeated")])
            if attribute in PAYLOAD or attribute == "datacontenttype":
                raise EventError([_bad_header(name, "is not carried by a header")])
            attributes[attribute] = _unescape(name, _as_text(name, value))
    return _Message(content_type, attributes)


def _pairs(headers: object) -> Iterable[tuple[str, str | bytes]]:
    """Give names in lower case with values as they came: others' headers may hold any bytes."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
        raise usage("headers are a mapping or an iterable of (name, value) pairs")
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise usage("headers are a mapping or an iterable of (name, value) pairs")
        for part in pair:
            if not isinstance(part, (str, bytes)):
                raise usage(f"a header is made of str or bytes, not {kind(part)}")
        name, value = pair
        yield _lower(name if isinstance(name, str) else name.decode("latin-1")), value


def _lower(name: str) -> str:
    """Fold ASCII letters only: the Kelvin sign must not become a plain k."""
    if name.isascii():
        return name.lower()
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _as_text(name: str, value: str | bytes) -> str:
    text = value if isinstance(value, str) else _from_utf8(value)
    if text is None:
        raise EventError([_bad_header(name, "is not UTF-8")])
    return text.strip(" \t")


def _unescape(name: str, value: str) -> str:
    """Undo quoting, then percent-encoding once (binding 3.1.3.2); stray percents stay."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = _QUOTED_PAIR.sub(r"\1", value[1:-1])
    parts: list[str] = []
    position = 0
    for match in _ESCAPED.finditer(value):
        text = _from_utf8(bytes.fromhex(match[0].replace("%", "")))
        if text is None:
            raise EventError([_bad_header(name, "is not percent-encoded UTF-8")])
        parts += value[position : match.start()], text
        position = match.end()
    return "".join(parts) + value[position:]


def _from_utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _check_body(body: Raw) -> None:
    if not isinstance(body, RAW_TYPES):
        raise usage(f"a body is bytes or str, not {kind(body)}")


def _check_charset(message: _Message) -> None:
    """JSON is UTF-8 only (spec section 3): a content type that says otherwise is refused."""
    charset = _CHARSET.search(message.content_type or "")
    if charset and charset[1].strip(" \t").lower() not in ("utf-8", "utf8"):
        raise EventError([problem(codes.HTTP_MODE, "the charset of JSON must be utf-8")])


def _parse_binary(message: _Message, body: Raw, limits: Limits) -> Event:
    if raw_size(body) > limits.raw_event_bytes:
        raise EventError([raw_too_large(limits)])
    attributes: dict[str, str] = dict(message.attributes)
    if message.content_type is not None:
        attributes["datacontenttype"] = message.content_type
    head = decode(compact_json(attributes), limits=limits)  # refuses lone surrogates
    payload = _read_payload(message, body, limits)
    if payload is None:
        return event_from(head, limits)
    name, data = payload
    members = {**attributes, name: data.value}
    text = f'{head.text[:-1]},"{name}":{data.text}}}'
    return event_from(Decoded(members, text), limits)


def _read_payload(message: _Message, body: Raw, limits: Limits) -> tuple[str, Decoded] | None:
    """Read the body as its content type says; return the member it becomes, None when empty."""
    if not raw_size(body):
        return None
    media_type = message.media_type
    if is_json_media_type(media_type):
        _check_charset(message)
        return "data", decode(body, limits=limits, inside=1)
    if limits.content_types == "json":
        return None  # the content type is refused with the attributes
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
    text = _from_utf8(data) if media_type.startswith("text/") else None
    if text is not None:
        return "data", decode(compact_json(text), limits=limits)
    encoded = b2a_base64(data, newline=False).decode()
    return "data_base64", Decoded(encoded, compact_json(encoded))


def is_json_media_type(media_type: str) -> bool:
    """Whether data of this media type, lower case and without parameters, is JSON; "" is."""
    return media_type in ("", "application/json", "text/json") or media_type.endswith("+json")


def _bad_header(name: str, what: str) -> Problem:
    attribute = escape_pointer(shorten(name.removeprefix("ce-")))
    return problem(codes.HTTP_HEADER, f"the header of an attribute {what}", f"/{attribute}")


def _is_binary(message: _Message) -> bool:
    return "specversion" in message.attributes and not message.media_type.startswith(_FAMILY)


def _wrong_mode(message: _Message) -> Problem:
    if message.media_type == BATCH:
        hint = "parse_http_batch takes batches"
    elif message.media_type == STRUCTURED or _is_binary(message):
        hint = "parse_http takes a single event"
    else:
        hint = f"the content type is {STRUCTURED} or {BATCH}"
    return problem(codes.HTTP_MODE, "the content type is of another mode", hint=hint)
