"""Figure "foreign": whatever comes in, a public call returns or raises our own error.

``CALLS`` names the ways in. Each takes one hostile input, calls what the library offers
for it, and where the input was accepted holds the result to what the library promises of
it; a broken promise is a ``BrokenPromise``. ``HostError`` is not expected here.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any, Final

import egcore
from tests import generators, oracle
from tests.trust import inputs
from tests.trust.cases import report
from tests.trust.figures import Tally

NAME: Final = "foreign"
INPUTS: Final = 1_500
PRESETS: Final = (egcore.EVENTGRID, egcore.CLOUDEVENTS)


class BrokenPromise(Exception):  # noqa: N818 # it says what is the matter
    """The library accepted an input and did not keep what it promises of it."""


def promise(kept: bool, what: str) -> None:
    """Raise if a promise is not kept."""
    if not kept:
        raise BrokenPromise(what)


# --- What accepted inputs must do ---------------------------------------------------------


def _event_holds(event: egcore.Event, limits: egcore.Limits) -> None:
    """Writing an event and reading it again changes nothing."""
    again = egcore.parse_event(event.original, limits=limits)
    promise(again == event, "an event that is written and read is another one")
    promise(again.original == event.original, "the bytes of an event change")
    promise(event.size == len(event.original) <= limits.event_bytes, "an event is too large")


def _outcome_holds(outcome: egcore.Outcome) -> None:
    """The sums of an outcome agree, and its documents are JSON."""
    received = 1 if outcome.error is not None else len(outcome.results)
    promise(outcome.received == received, "received is not what was submitted")
    promise(outcome.accepted + len(outcome.refused) == received, "the sums differ")
    promise(0 <= outcome.unrouted <= outcome.accepted, "more unrouted than accepted")
    promise(outcome.status == (400 if outcome.refused else 200), "the status is wrong")
    lines = [each.to_json() for each in (*outcome.refused, *outcome.deliveries, *outcome.failed)]
    for text in (*lines, json.dumps(outcome.document("r"), allow_nan=False)):
        json.loads(text.encode())


def _transform_holds(transform: egcore.Transform) -> None:
    """A loaded transform renders, or goes over a limit; a JSON body is JSON."""
    for event in _events():
        try:
            body = transform.render(event)
        except egcore.RenderError:
            continue
        body.decode()
        if transform.content_type == "application/json":
            json.loads(body)
    again = egcore.Transform.from_document(transform.document)
    promise(again == transform, "a transform's document loads as another transform")


def _filter_holds(loaded: egcore.Filter, limits: egcore.Limits) -> None:
    """A loaded filter never raises, and answers as the oracle does."""
    document = loaded.document
    for event in _events():
        found = loaded.matches(event)
        promise(found == oracle.matches(document, event.members), "the oracle disagrees")
    again = egcore.Filter.from_document(document, limits=limits)
    promise(again == loaded, "a filter's document loads as another filter")


@cache
def _events() -> tuple[egcore.Event, ...]:
    """Some good events for what was loaded to meet."""
    r = Random("events")
    return tuple(egcore.parse_event(generators.events(r)) for _ in range(6))


@cache
def _router() -> egcore.Router:
    """A router of all kinds of subscriptions, whose bodies go over their limit now and then."""
    limits = replace(egcore.EVENTGRID, body_bytes=2_000)
    documents = generators.subscriptions(Random("router"), 25)
    return egcore.Router.from_documents(documents, limits=limits)


@cache
def _matcher() -> "egcore.Matcher[int]":
    r = Random("matcher")
    return egcore.Matcher({n: generators.filters(r) for n in range(25)})


# --- The ways in --------------------------------------------------------------------------


def _under_each(use: Callable[[egcore.Limits], None]) -> None:
    """Do something under each preset; raise as the last one when all of them refuse it."""
    errors: list[egcore.EgcoreError] = []
    for limits in PRESETS:
        try:
            use(limits)
        except egcore.EgcoreError as error:
            _error_holds(error)
            errors.append(error)
    if len(errors) == len(PRESETS):
        raise errors[-1]


def _parse_event(value: Any) -> None:
    _under_each(lambda limits: _event_holds(egcore.parse_event(value, limits=limits), limits))


def _route_event(value: Any) -> None:
    """Match, route and process one bare event."""
    _outcome_holds(_router().process_event(value))
    names = _matcher().match(value)
    event = egcore.parse_event(value)
    promise(_matcher().match(event) == names, "an event matches otherwise when it is parsed first")
    try:
        delivered = _router().route(value)
    except egcore.RenderError:
        return
    promise(tuple(delivered) == _router().process_event(value).deliveries, "two sets of deliveries")


def _explain(value: Any) -> None:
    """An explanation agrees with what is routed, and can be shown."""
    explanation = _router().explain(value)
    promise(list(explanation.matched) == _router().match(value), "explain matches otherwise")
    str(explanation).encode()
    json.dumps(explanation.document(), allow_nan=False)


def _parse_request(value: Any) -> None:
    request = egcore.parse_request(value)
    for event in request.events:
        _event_holds(event, egcore.EVENTGRID)
    for refusal in request.refused:
        json.loads(refusal.to_json())


def _process(value: Any) -> None:
    outcome = _router().process(value)
    _outcome_holds(outcome)
    promise((outcome.error is not None) == _is_refused(value), "process and parse_request disagree")


def _is_refused(value: Any) -> bool:
    try:
        egcore.parse_request(value)
    except egcore.EventError:
        return True
    return False


def _parse_batch(value: Any) -> None:
    for event in egcore.parse_batch(value, limits=egcore.CLOUDEVENTS).events:
        _event_holds(event, egcore.CLOUDEVENTS)


def _parse_http(value: Any) -> None:
    _under_each(lambda limits: _event_holds(egcore.parse_http(*value, limits=limits), limits))


def _parse_http_batch(value: Any) -> None:
    headers, body = value
    for event in egcore.parse_http_batch(headers, body).events:
        _event_holds(event, egcore.EVENTGRID)


def _load_filter(value: Any) -> None:
    _under_each(
        lambda limits: _filter_holds(egcore.Filter.from_document(value, limits=limits), limits)
    )


def _load_transform(value: Any) -> None:
    _transform_holds(egcore.Transform.from_document(value))


def _load_subscription(value: Any) -> None:
    loaded = egcore.Subscription.from_document(value)
    again = egcore.Subscription.from_document(loaded.document)
    promise(again == loaded, "a subscription's document loads as another one")


def _load_router(value: Any) -> None:
    """Load a list of documents; what loads routes, and nothing but bodies over a limit fails."""
    router = egcore.Router.from_documents(value)
    for event in _events():
        _outcome_holds(router.process_event(event))
    promise(len(router.rules_digest) == 64, "a rule set has no digest")
    router.precheck({"sources": [{"source_name": "HC.OBS"}]})


def _load_matcher(value: Any) -> None:
    egcore.Matcher(value).match(_events()[0])


def _precheck(value: Any) -> None:
    answer = _router().precheck(value)
    failed = sum(not each["check_result"] for each in answer["sources"])
    promise(answer["failed_count"] == failed, "the failures of a precheck are miscounted")
    json.dumps(answer)


def _new_event(value: Any) -> None:
    given = {name: value[name] for name in (*inputs.REQUIRED, *inputs.ATTRIBUTES) if name in value}
    given = {**inputs.REQUIRED, **given}
    _under_each(lambda limits: _event_holds(egcore.Event.new(**given, limits=limits), limits))


def _limits(value: Any) -> None:
    """What makes limits at all makes limits that parse and load."""
    given = {name: value[name] for name in inputs.FIELDS if name in value}
    limits = replace(egcore.EVENTGRID, **given)
    for load in (egcore.parse_event, egcore.parse_request, egcore.Subscription.from_document):
        try:
            load({"id": "1", "events": [{"data": [1]}], "name": "n"}, limits=limits)
        except egcore.EgcoreError as error:
            _error_holds(error)


CALLS: Final[dict[str, Callable[[Any], None]]] = {
    "parse_event": _parse_event,
    "route": _route_event,
    "explain": _explain,
    "parse_request": _parse_request,
    "process": _process,
    "parse_batch": _parse_batch,
    "parse_http": _parse_http,
    "parse_http_batch": _parse_http_batch,
    "filter": _load_filter,
    "transform": _load_transform,
    "subscription": _load_subscription,
    "router": _load_router,
    "matcher": _load_matcher,
    "precheck": _precheck,
    "new": _new_event,
    "limits": _limits,
}


def check(call: str, value: Any) -> str | None:
    """Say what left the library that should not have, or None. ``call`` is a key of CALLS."""
    enter = CALLS[call]
    try:
        enter(value)
    except egcore.HostError:
        return "HostError where there was enough stack"
    except egcore.EgcoreError as error:
        try:
            _error_holds(error)
        except BrokenPromise as broken:
            return str(broken)
    except BrokenPromise as broken:
        return str(broken)
    except Exception as error:  # noqa: BLE001 # the very thing that is looked for
        return f"{type(error).__name__} left {call}"
    return None


def _error_holds(error: egcore.EgcoreError) -> None:
    """An error names problems, is one clean text, and carries no other exception."""
    promise(0 < len(error.problems) <= 100, "an error without problems")
    promise(not isinstance(error, egcore.HostError), "HostError where there was enough stack")
    promise(error.__context__ is None, "an error carries another one")
    str(error).encode()


def chunk(r: Random, tally: Tally) -> None:
    """Make inputs and hand each to its way in."""
    larder = inputs.Larder(r)
    for _ in range(INPUTS):
        call, make = inputs.WAYS[int(r.random() * len(inputs.WAYS))]
        value = make(larder)
        wrong = check(call, value)
        tally.count += 1
        tally.counters[call] += 1
        if wrong is not None:
            report(tally.failures, NAME, check, call, value)
