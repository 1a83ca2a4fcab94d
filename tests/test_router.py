"""Routers: loading, processing, matching, routing, prechecks, digests, and the live router."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    EgcoreError,
    HostError,
    RenderError,
    Router,
    Subscription,
    SubscriptionError,
    parse_event,
)
from tests.rules import event, source, subscription, target, variable
from tests.stack import OWN_FRAMES, call_below, free_frames


def test_warnings_do_not_hide_errors() -> None:
    """A document with more warnings than an exception keeps is refused for its one error."""
    bad = subscription("n", sources=[source(filter={"source": [{"op": "Nope"}], "type": 1})])
    text = json.dumps(bad).replace('"type": 1', ",".join(['"type": [{"op": "IsNull"}]'] * 130))
    with pytest.raises(SubscriptionError) as caught:
        Router.from_documents([subscription(), text], limits=EVENTGRID)
    assert [each.severity for each in caught.value.problems] == ["error"] + ["warning"] * 99
    assert caught.value.problems[0].pointer == "/1/sources/0/filter/source/0/op"


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


DEEP_EVENT = event(data=_nested(61))
DEEP_CALLS: dict[str, Callable[[Router], Any]] = {
    "from_documents": lambda router: Router.from_documents([router.subscriptions[0].document]),
    "document": lambda router: router.subscriptions[0].document,
    "match": lambda router: router.match(parse_event(DEEP_EVENT)),
    "process": lambda router: router.process({"events": [DEEP_EVENT]}),
    "process_event": lambda router: router.process_event(DEEP_EVENT),
    "route": lambda router: router.route(DEEP_EVENT),
    "rules_digest": lambda router: Router(router.subscriptions).rules_digest,
    "with_subscription": lambda router: router.with_subscription(subscription("another")),
    "without": lambda router: router.without(router.subscriptions[0].id),
    "precheck": lambda router: router.precheck({"sources": [{"source_name": "s"}]}),
    "to_json": lambda router: [each.to_json() for each in router.route(DEEP_EVENT)],
}


@pytest.mark.parametrize("name", DEEP_CALLS)
def test_deep_callers_get_results_or_host_errors(name: str) -> None:
    """However deep the caller is, a call gives its result or HostError, and no other error."""
    transform = variable('{"a": ${d}, "b": "${e}"}', '{"d": "$..*", "e": "$.data"}')
    document = subscription(unknown=_nested(61), targets=[target(transform=transform)])
    router = Router.from_documents([document])
    expected = DEEP_CALLS[name](router)
    for free in (*range(OWN_FRAMES + 15, 100, 3), 100, 150):
        result = call_below(free_frames() - free, partial(_result_or_error, name, router))
        if isinstance(result, EgcoreError):
            assert type(result) is HostError
            assert result.__context__ is None
            assert free < 140
        else:
            assert result == expected


def _result_or_error(name: str, router: Router) -> Any:
    try:
        return DEEP_CALLS[name](router)
    except EgcoreError as error:
        return error


def test_loaded_subscriptions_obey_the_limits_of_the_router() -> None:
    """A subscription that was loaded under other limits is loaded again, and may be refused."""
    anywhere = Subscription.from_document(
        subscription(sources=[source(filter={})]), limits=CLOUDEVENTS
    )
    with pytest.raises(SubscriptionError, match="sub: the filter has no source"):
        Router.from_documents([anywhere], limits=EVENTGRID)
    assert Router.from_documents([anywhere], limits=CLOUDEVENTS).subscriptions[0] is anywhere
    small = replace(EVENTGRID, body_bytes=10)
    loaded = Subscription.from_document(subscription())
    with pytest.raises(RenderError):
        Router.from_documents([loaded], limits=small).route(event())
