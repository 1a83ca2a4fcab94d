"""Hostile inputs for every way into the library: spoiled bytes, values and documents.

``MIX`` says how often each way in is taken, and what makes its input from a ``Larder``.
"""

import dataclasses
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

import egcore
from tests import generators

REBUILT_EVERY: Final = 25
"""Documents to be mutated are made anew after this many inputs of their kind."""
REQUIRED: Final = {"id": "1", "source": "s", "type": "t"}
ATTRIBUTES: Final = ("time", "subject", "datacontenttype", "dataschema", "data", "extensions")
FIELDS: Final = tuple(each.name for each in dataclasses.fields(egcore.Limits))


class Larder:
    """Documents to spoil, made once and used for some inputs, since making them is slow."""

    def __init__(self, r: Random) -> None:
        self.r = r
        self._kept: dict[str, tuple[int, Any]] = {}
        self._bodies = self._make_bodies()

    def _make_bodies(self) -> dict[str, list[bytes]]:
        r = self.r
        events = [json.dumps(generators.events(r)).encode() for _ in range(20)]
        arrays = [b"[" + b", ".join(events[n : n + 3]) + b"]" for n in range(4)]
        return {
            "event": events,
            "request": [generators.hostile_requests(r)[0] for _ in range(6)],
            "batch": [*arrays, b"[]"],
        }

    def take(self, kind: str, make: Callable[[Random], Any]) -> Any:
        """Give a document of the kind, a new one now and then."""
        uses, document = self._kept.get(kind, (0, None))
        if uses % REBUILT_EVERY == 0:
            document = make(self.r)
        self._kept[kind] = (uses + 1, document)
        return document

    def spoiled(self, kind: str, make: Callable[[Random], Any]) -> Any:
        """Give a spoiled copy of a document."""
        document = self.take(kind, make)
        return generators.mutate_document(self.r, document, cycles=self.r.random() < 0.1)

    def text(self, kind: str) -> Any:
        """Give spoiled bytes of a kind of body, now and then of another or in another type."""
        r = self.r
        bodies = self._bodies[kind if r.random() < 0.9 else r.choice(list(self._bodies))]
        data = generators.mutate_bytes(r, bodies)
        roll = r.random()
        if roll > 0.1:
            return data
        if roll > 0.04:
            return data.decode("utf-8", "surrogateescape" if roll > 0.07 else "replace")
        if roll > 0.02:
            return bytearray(data) if roll > 0.03 else memoryview(data)
        return generators.OddString(data.decode("latin-1"))


def _event_text(larder: Larder) -> Any:
    return larder.text("event")


def _request_text(larder: Larder) -> Any:
    return larder.text("request")


def _batch_text(larder: Larder) -> Any:
    return larder.text("batch")


def _event_value(larder: Larder) -> Any:
    return larder.spoiled("event", generators.events)


def _request_value(larder: Larder) -> Any:
    def make(r: Random) -> Any:
        return {"events": [generators.events(r) for _ in range(3)]}

    return larder.spoiled("request", make)


HEADER_NAMES: Final = (
    *("ce-id", "ce-source", "ce-type", "ce-specversion", "CE-Subject", "ce-time", "ce-data", "ce-"),
    *("Content-Type", "content-type", "ce-datacontenttype", "ce-tenant", "Host", "ce-a b", "", "é"),
)
HEADER_VALUES: Final = (
    *("1", "1.0", "s", "", " x ", "%", "%C3%A9", "%FF", "%00", '"a\\"b"', '"', "\ud800", "é" * 300),
    *("application/json", "application/json; charset=utf-16", "text/plain", "image/png"),
    *("application/cloudevents+json", "application/cloudevents-batch+json", "2022-01-17T12:07:00Z"),
)


def _message(larder: Larder) -> Any:
    """Headers of a good message with a few changed, and a body."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}
    if larder.r.random() < 0.5:
        headers["content-type"] = larder.r.choice(HEADER_VALUES[-7:])
    return _spoiled_headers(larder.r, headers), larder.text("event")


def _batch_message(larder: Larder) -> Any:
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    return _spoiled_headers(larder.r, headers), larder.text("batch")


def _spoiled_headers(r: Random, headers: dict[str, str]) -> Any:
    for _ in range(int(r.random() * 3)):
        headers[r.choice(HEADER_NAMES)] = r.choice(HEADER_VALUES)
    if r.random() < 0.05:
        return generators.mutate_document(r, headers)
    if r.random() < 0.5:
        return headers
    pairs = [[name, value] for name, value in headers.items()]
    return generators.mutate_document(r, pairs) if r.random() < 0.1 else pairs


def _filter(larder: Larder) -> Any:
    preset = larder.r.choice((generators.EVENTGRID, generators.CLOUDEVENTS))
    return larder.spoiled(f"filter {preset}", lambda r: generators.filters(r, preset))


def _make_transform(r: Random) -> Any:
    return generators.transforms(r, generators.events(r))


def _make_subscription(r: Random) -> Any:
    return generators.subscriptions(r, 1)[0]


def _text_of(make: Callable[[Random], Any]) -> Callable[[Larder], Any]:
    """Give documents as text, spoiled as bytes."""

    def text(larder: Larder) -> Any:
        document = larder.take(make.__name__, make)
        corpus = [json.dumps(document, ensure_ascii=False).encode()] * 4
        return generators.mutate_bytes(larder.r, [*corpus, b'{"and":[]}'])

    return text


def _transform(larder: Larder) -> Any:
    """A transform with something spoiled: the document, its template, or its variables."""
    r = larder.r
    if r.random() < 0.4:
        return larder.spoiled("transform", _make_transform)
    document = dict(larder.take("transform", _make_transform))
    member = r.choice(("value", "template"))
    text = document.get(member) or '{"x":"$.data.a"}'
    corpus = [text.encode()] * 4
    corpus += [b'"${x}\\u00${x}"', b"$.data['a'][0:1]..*", b'{"k":${x},"${x}":1}']
    document[member] = generators.mutate_bytes(r, corpus).decode("utf-8", "replace")
    return document


def _subscription_value(larder: Larder) -> Any:
    return larder.spoiled("subscription", _make_subscription)


def _rule_set(larder: Larder) -> Any:
    return larder.spoiled("rule set", lambda r: generators.subscriptions(r, 2))


def _filter_set(larder: Larder) -> Any:
    text = b'{"source":[{"op":"StringIn","values":["s"]}]}'
    return larder.spoiled("filter set", lambda r: {"a": generators.filters(r), 1: text})


def _sources(larder: Larder) -> Any:
    document = {"sources": [{"channel_id": "channel-1", "source_name": "HC.OBS"}]}
    return generators.mutate_document(larder.r, document)


def _attributes(larder: Larder) -> Any:
    """Arguments of ``Event.new``: the names are its own, the values are anything."""
    r = larder.r
    event: dict[str, Any] = {}
    for _ in range(1 + int(r.random() * 2)):
        event[r.choice((*REQUIRED, *ATTRIBUTES))] = r.choice(generators.ODD_VALUES)
    return event


def _fields(larder: Larder) -> Any:
    return {larder.r.choice(FIELDS): larder.r.choice(generators.ODD_VALUES)}


# How often each way in is taken, and with what; the quick ones carry the volume.
MIX: Final[tuple[tuple[int, str, Callable[[Larder], Any]], ...]] = (
    (31, "parse_event", _event_text),
    (10, "route", _event_text),
    (6, "parse_request", _request_text),
    (5, "process", _request_text),
    (8, "parse_batch", _batch_text),
    (6, "parse_http", _message),
    (3, "parse_http_batch", _batch_message),
    (6, "parse_event", _event_value),
    (4, "route", _event_value),
    (3, "process", _request_value),
    (2, "parse_request", _request_value),
    (5, "filter", _filter),
    (2, "filter", _text_of(generators.filters)),
    (4, "transform", _transform),
    (1, "transform", _text_of(_make_transform)),
    (2, "subscription", _subscription_value),
    (1, "subscription", _text_of(_make_subscription)),
    (1, "router", _rule_set),
    (1, "matcher", _filter_set),
    (1, "explain", _event_text),
    (2, "precheck", _sources),
    (1, "new", _attributes),
    (1, "limits", _fields),
)
WAYS: Final = tuple((call, make) for times, call, make in MIX for _ in range(times))
