"""What the bytes of a fuzzer stand for: the name of a figure and the arguments of its judge.

The first byte names one of ``KINDS``, the rest is read as that kind says. Where a kind has
several parts, they stand between bytes 0xFF, which no UTF-8 holds, so that a fuzzer can move,
double and mix them, and so that good examples are easy to write: see ``tests.trust.corpus``.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import egcore
from tests import generators
from tests.trust import hostility, matching, rendering

Case = tuple[str, list[Any]]
SEPARATOR: Final = b"\xff"
BODY: Final = b"\xff\xff"
"""Stands between the headers and the body of an HTTP message."""
CAP: Final = 100
"""Bytes that a body may have in the second half of the judgement of a render."""

JUDGES: Final[dict[str, Callable[..., str | None]]] = {
    hostility.NAME: hostility.check,
    matching.NAME: matching.check,
    rendering.NAME: rendering.check,
}
_TEXTS: Final = (
    *("parse_event", "route", "explain", "parse_request", "process", "parse_batch"),
    *("filter", "transform", "subscription"),
)
_OBJECTS: Final = ("new", "limits")
_VALUES: Final = (
    *("parse_event", "process", "filter", "transform", "subscription"),
    *("router", "matcher", "precheck", *_OBJECTS),
)


def kinds() -> tuple[str, ...]:
    """Give the names of the kinds of input, in the order of their numbers."""
    return tuple(KINDS)


def written(kind: str, *parts: bytes) -> bytes:
    """Write an input of a kind."""
    return bytes([list(KINDS).index(kind)]) + SEPARATOR.join(parts)


def read(data: bytes) -> Case | None:
    """Give the case that some bytes stand for; None when they stand for none.

    Example: ``read(written("parse_event", b"{}"))`` is
    ``("foreign", ["parse_event", b"{}"])``.
    """
    if not data:
        return None
    return list(KINDS.values())[data[0] % len(KINDS)](data[1:])


def judge(figure: str, arguments: list[Any]) -> str | None:
    """Say what is wrong with a case, or None; an exception of the judge is wrong, too."""
    try:
        return JUDGES[figure](*arguments)
    except Exception as error:  # noqa: BLE001 # the very thing that is looked for
        return f"{type(error).__name__} left the judge of {figure!r}"


# --- Kinds ------------------------------------------------------------------------------


def _as_bytes(call: str) -> Callable[[bytes], Case]:
    return lambda data: (hostility.NAME, [call, data])


def _as_text(call: str) -> Callable[[bytes], Case]:
    return lambda data: (hostility.NAME, [call, _text(data)])


def _as_value(call: str) -> Callable[[bytes], Case | None]:
    """Hand over what Python's own lax reader makes of the bytes: NaN, lone surrogates."""

    def read_value(data: bytes) -> Case | None:
        try:
            value = json.loads(data.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            return None
        if call in _OBJECTS and type(value) is not dict:
            return None
        return hostility.NAME, [call, value]

    return read_value


def _as_message(call: str) -> Callable[[bytes], Case]:
    """Names and values of headers in turn, and a body."""

    def read_message(data: bytes) -> Case:
        head, _, body = data.partition(BODY)
        words = [_text(each) for each in head.split(SEPARATOR)]
        pairs = [list(each) for each in zip(words[::2], words[1::2], strict=False)]
        return hostility.NAME, [call, (pairs, body)]

    return read_message


def _constant(data: bytes) -> Case:
    return hostility.NAME, ["transform", {"type": "CONSTANT", "value": _text(data)}]


def _variable(data: bytes) -> Case:
    return hostility.NAME, ["transform", _built_transform(data.split(SEPARATOR))]


def _texts(data: bytes) -> list[bytes]:
    return data.split(SEPARATOR)[:5]


def _rule_set(data: bytes) -> Case:
    return hostility.NAME, ["router", _texts(data)]


def _filter_set(data: bytes) -> Case:
    return hostility.NAME, ["matcher", dict(enumerate(_texts(data)))]


def _match(data: bytes) -> Case | None:
    """A filter and an event: three opinions, when both are good."""
    text, _, event_text = data.partition(SEPARATOR)
    for preset, limits in matching.PRESETS.items():
        try:
            document = egcore.Filter.from_document(text, limits=limits).document
            event = egcore.parse_event(event_text, limits=limits)
        except egcore.EgcoreError:
            continue
        return matching.NAME, [document, dict(event.members), preset]
    return None


def _render(data: bytes) -> Case | None:
    """An event and a transform: the body is the oracle's, when there is one."""
    event_text, *parts = data.split(SEPARATOR)
    document = _built_transform(parts)
    try:
        event = egcore.parse_event(event_text)
        egcore.Transform.from_document(document).render(event)
    except egcore.EgcoreError:
        return None
    return rendering.NAME, [document, dict(event.members), CAP]


def _built_transform(parts: list[bytes]) -> dict[str, Any]:
    """Make a transform of a template and of names and paths of variables in turn."""
    template, *words = [_text(each) for each in parts] or [""]
    value = json.dumps(dict(zip(words[::2], words[1::2], strict=False)), ensure_ascii=False)
    return {"type": "VARIABLE", "value": value, "template": template}


def _text(data: bytes) -> str:
    """Read bytes as text; what is no UTF-8 becomes half of a surrogate pair."""
    return data.decode("utf-8", "surrogateescape")


KINDS: Final[dict[str, Callable[[bytes], Case | None]]] = {
    **{call: _as_bytes(call) for call in _TEXTS},
    **{f"{call} as text": _as_text(call) for call in _TEXTS},
    **{f"{call} as value": _as_value(call) for call in _VALUES},
    "parse_http": _as_message("parse_http"),
    "parse_http_batch": _as_message("parse_http_batch"),
    "constant": _constant,
    "variable": _variable,
    "rule set": _rule_set,
    "filter set": _filter_set,
    "match": _match,
    "render": _render,
}
"""Every public call that takes what somebody else has written, and how it gets its input."""

WORDS: Final = (
    *(each for each in generators.TOKENS if len(each) < 40),
    *(each.encode() for each in (*generators.OPERATORS, *generators.ATTRIBUTES)),
    *(b"application/cloudevents+json", b"application/cloudevents-batch+json", b"content-type"),
    *(b"ce-specversion", b"ce-id", b"ce-source", b"ce-type", b"datacontenttype", b"events"),
    *(b"VARIABLE", b"CONSTANT", b"ORIGINAL", b"transform", b"targets", b"sources", b"filter"),
    *(b'"op":', b'"value":', b'"values":', b"$.data", b"$..", b"[*]", b"[0:1]", b"['a']", b"${a}"),
)
"""Words that a fuzzer would be long in finding by itself."""


def dictionary() -> str:
    """Give the words in the form of libFuzzer: one a line, between quotes."""
    lines = ("".join(f"\\x{byte:02X}" for byte in word) for word in dict.fromkeys(WORDS))
    return "".join(f'"{line}"\n' for line in lines)
