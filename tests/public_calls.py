"""Every public call that takes what somebody else has written, under one shape.

A call takes a JSON text, good or bad, and returns or raises as the library does. The
texts are used as they are, and inside documents that are good but for them. Imports
nothing but the library: also for interpreters without the tools of the tests.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import egcore
from egcore import EVENTGRID, Limits

Call = Callable[[str], object]

SOURCE: Final[list[dict[str, Any]]] = [{"op": "StringIn", "values": ["s"]}]
FILTER: Final[dict[str, Any]] = {"source": SOURCE}
EVENT: Final[dict[str, Any]] = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
TARGET: Final[dict[str, Any]] = {"name": "t", "transform": {"type": "ORIGINAL"}}
SUBSCRIPTION: Final[dict[str, Any]] = {
    "name": "s",
    "sources": [{"name": "s", "filter": FILTER}],
    "targets": [TARGET],
}
BINARY: Final = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}
STRUCTURED: Final = {"content-type": "application/cloudevents+json"}
BATCH: Final = {"content-type": "application/cloudevents-batch+json"}

_TEXT: Final = "the text goes here"


def text_calls(limits: Limits = EVENTGRID) -> dict[str, Call]:
    """Give the calls that take a text of the producer or of the rule author."""
    return {**_event_calls(limits), **_rule_calls(limits)}


def _event_calls(limits: Limits) -> dict[str, Call]:
    router = egcore.Router.from_documents([SUBSCRIPTION], limits=limits)
    live = egcore.LiveRouter(router)
    matcher = egcore.Matcher({"f": FILTER}, limits=limits)
    loaded = egcore.Filter.from_document(FILTER, limits=limits)
    transform = egcore.Transform.from_document(
        {"type": "VARIABLE", "value": '{"a":"$..*"}', "template": '{"a":${a},"b":"${a}"}'},
        limits=limits,
    )
    as_event = _around({**EVENT, "data": {"a": _TEXT}})
    as_request = _around({"events": [{**EVENT, "data": {"a": _TEXT}}, EVENT]})
    return {
        "parse_event": lambda text: egcore.parse_event(text, limits=limits),
        "parse_event of bytes": lambda text: egcore.parse_event(_encoded(text), limits=limits),
        "parse_request": lambda text: egcore.parse_request(text, limits=limits),
        "parse_request of events": lambda text: egcore.parse_request(as_request(text)),
        "parse_batch": lambda text: egcore.parse_batch(text, limits=limits),
        "parse_http, structured": lambda text: egcore.parse_http(STRUCTURED, text, limits=limits),
        "parse_http, binary": lambda text: egcore.parse_http(BINARY, text, limits=limits),
        "parse_http_batch": lambda text: egcore.parse_http_batch(BATCH, text, limits=limits),
        "process": router.process,
        "process of events": lambda text: router.process(as_request(text)),
        "process_event": lambda text: router.process_event(as_event(text)),
        "live process": live.process,
        "match": lambda text: router.match(as_event(text)),
        "route": lambda text: router.route(as_event(text)),
        "route_many": lambda text: router.route_many([as_event(text)] * 2),
        "explain": lambda text: router.explain(as_event(text)),
        "matcher": lambda text: matcher.match(as_event(text)),
        "filter": lambda text: loaded.matches(as_event(text), limits=limits),
        "render": lambda text: transform.render(as_event(text), limits=limits),
        "event and back": lambda text: _event_and_back(as_event(text), limits),
    }


def _rule_calls(limits: Limits) -> dict[str, Call]:
    def load(kind: Any, document: dict[str, Any]) -> Call:
        around = _around(document)
        return lambda text: kind.from_document(around(text), limits=limits)

    def transform(**members: Any) -> Call:
        def call(text: str) -> object:
            document = {name: text if value is _TEXT else value for name, value in members.items()}
            return egcore.Transform.from_document(document, limits=limits)

        return call

    router = egcore.Router.from_documents([SUBSCRIPTION], limits=limits)
    return {
        "Filter": lambda text: egcore.Filter.from_document(text, limits=limits),
        "Filter of data": load(egcore.Filter, {**FILTER, "data": {"a": _TEXT}}),
        "Filter of source": load(egcore.Filter, {"source": _TEXT}),
        "matches": lambda text: egcore.matches(text, EVENT, limits=limits),
        "Transform": lambda text: egcore.Transform.from_document(text, limits=limits),
        "Transform of value": transform(type="VARIABLE", value=_TEXT, template="${a}"),
        "Transform of template": transform(type="VARIABLE", value="{}", template=_TEXT),
        "Transform of constant": transform(type="CONSTANT", value=_TEXT),
        "Transform of path": lambda text: egcore.Transform.from_document(
            {"type": "VARIABLE", "value": json.dumps({"a": "$" + text}), "template": "${a}"},
            limits=limits,
        ),
        "Subscription": lambda text: egcore.Subscription.from_document(text, limits=limits),
        "Subscription of members": load(egcore.Subscription, {**SUBSCRIPTION, "more": _TEXT}),
        "Subscription of sources": load(egcore.Subscription, {**SUBSCRIPTION, "sources": _TEXT}),
        "Subscription of targets": load(egcore.Subscription, {**SUBSCRIPTION, "targets": _TEXT}),
        "Router": lambda text: egcore.Router.from_documents([text], limits=limits),
        "with_subscription": router.with_subscription,
        "subscription and back": lambda text: _subscription_and_back(text, limits),
    }


def object_calls(limits: Limits = EVENTGRID) -> dict[str, Callable[[Any], object]]:
    """Give the calls that take Python objects: what a framework has decoded before us."""
    router = egcore.Router.from_documents([], limits=limits)
    return {
        "parse_event of a dict": lambda value: egcore.parse_event(value, limits=limits),
        "Event.new": lambda value: egcore.Event.new(id="1", source="s", type="t", data=value),
        "parse_request of a dict": lambda value: egcore.parse_request({"events": [value]}),
        "Filter of a dict": lambda value: egcore.Filter.from_document(value, limits=limits),
        "Transform of a dict": lambda value: egcore.Transform.from_document(value, limits=limits),
        "Subscription of a dict": egcore.Subscription.from_document,
        "precheck": router.precheck,
        "process of a dict": router.process,
        "headers": lambda value: egcore.parse_http(value, b"{}", limits=limits),
    }


def _around(document: dict[str, Any]) -> Callable[[str], str]:
    """Return what puts a text, as it is, where the mark stands in the document's JSON."""
    before, after = json.dumps(document, separators=(",", ":")).split(f'"{_TEXT}"')
    return lambda text: f"{before}{text}{after}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _event_and_back(text: str, limits: Limits) -> object:
    """Do what an embedding program may do with an event that it has got."""
    event = egcore.parse_event(text, limits=limits)
    twin = egcore.parse_event(event.original, limits=limits)
    return event == twin, hash(event), repr(event), event.size, event.attributes, event.data


def _subscription_and_back(text: str, limits: Limits) -> object:
    document = _around({**SUBSCRIPTION, "more": _TEXT})(text)
    router = egcore.Router.from_documents([document], limits=limits)
    return router.rules_digest, repr(router), [each.document for each in router.subscriptions]
