"""Routers: loading, processing, matching, routing, prechecks, digests, and the live router."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from egcore import (
    CLOUDEVENTS,
    EVENTGRID,
    EgcoreError,
    EventError,
    HostError,
    LiveRouter,
    RenderError,
    Router,
    RuleError,
    Subscription,
    SubscriptionError,
    UsageError,
    codes,
    parse_event,
)
from tests import generators, homogeneous, oracle
from tests.rules import SOURCE, Document, copies, event, source, subscription, target, variable
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
    "rules_digest": lambda router: Router.from_documents(router.subscriptions).rules_digest,
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


# --- Loading ------------------------------------------------------------------------------


def _named(name: str, value: str = "s", **members: Any) -> Document:
    """Make a subscription to events of one source."""
    its_filter = {"source": [{"op": "StringIn", "values": [value]}]}
    members.setdefault("sources", [source(name=value, filter=its_filter)])
    return subscription(name, **members)


def test_documents_in_every_form() -> None:
    """Documents come as dicts, texts, bytes or loaded subscriptions, from any iterable."""
    texts = json.dumps(_named("b")), json.dumps(_named("c")).encode()
    loaded = Subscription.from_document(_named("d"))
    router = Router.from_documents(iter([_named("a"), *texts, loaded]))
    assert [each.name for each in router.subscriptions] == ["a", "b", "c", "d"]
    assert repr(router) == "<Router of 4 subscriptions>"


@pytest.mark.parametrize("documents", [None, 5, {}, "{}", b"{}", [5], [None], bytearray(b"{}")])
def test_wrong_type_of_documents(documents: Any) -> None:
    """What is no list of documents is a wrong call."""
    with pytest.raises(UsageError):
        Router.from_documents(documents)


def test_every_problem_of_every_document() -> None:
    """All documents are checked; pointers start with the index, messages with the name."""
    documents = [
        _named("good"),
        _named("warned", sources=[source(name="x")]),
        _named("bad", status="ON", targets=[]),
        "{",
        _named("good"),
        _named("other", id=Subscription.from_document(_named("good")).id),
    ]
    with pytest.raises(SubscriptionError) as caught:
        Router.from_documents(documents)
    assert [(each.code, each.pointer, each.message) for each in caught.value.problems] == [
        (
            codes.ENUM,
            "/2/status",
            "bad: status is one of CREATED, ENABLED, DISABLED, FROZEN, ERROR",
        ),
        (codes.TARGETS_COUNT, "/2/targets", "bad: targets holds 0; it must hold 1 to 5"),
        (codes.SYNTAX, "/3", "not JSON at line 1, column 2"),
        (codes.SUBSCRIPTION_TWICE, "/4/id", "good: the id is that of document 0 too"),
        (codes.SUBSCRIPTION_TWICE, "/4/name", "good: the name is that of document 0 too"),
        (codes.SUBSCRIPTION_TWICE, "/5/id", "other: the id is that of document 0 too"),
        (
            codes.SOURCE_NAME,
            "/1/sources/0/name",
            "warned: sources/0: name is not among the sources of the filter",
        ),
    ]


def test_warnings_are_kept() -> None:
    """A router keeps the warnings of its documents."""
    router = Router.from_documents([_named("a"), _named("b", sources=[source(name="x")])])
    assert [(each.severity, each.pointer) for each in router.problems] == [
        ("warning", "/1/sources/0/name")
    ]


# --- Matching and routing -----------------------------------------------------------------


def _names(found: list[Subscription]) -> list[str]:
    return [each.name for each in found]


def test_order_of_deliveries() -> None:
    """Deliveries come in load order of subscriptions, then in document order of targets."""
    targets = [target(name="x"), target(name="y")]
    router = Router.from_documents(
        [_named("b", targets=targets), _named("c", "other"), _named("a", targets=targets)]
    )
    assert _names(router.match(event())) == ["b", "a"]
    found = [(each.subscription, each.target) for each in router.route(event())]
    assert found == [("b", "x"), ("b", "y"), ("a", "x"), ("a", "y")]
    outcome = router.process({"events": [event(), event(id="2", source="other")]})
    assert [(each.event_id, each.subscription) for each in outcome.deliveries] == [
        *[("1", "b")] * 2,
        *[("1", "a")] * 2,
        ("2", "c"),
    ]


def test_only_routing_subscriptions() -> None:
    """Disabled and scheduled subscriptions stand in the router and get no event."""
    router = Router.from_documents(
        [
            _named("on"),
            _named("off", status="DISABLED"),
            _named("made", status="CREATED"),
            _named("timer", type="SCHEDULED", sources=[{"name": "s"}]),
            _named("timer2", type="SCHEDULED"),
        ]
    )
    assert len(router.subscriptions) == 5
    assert _names(router.match(event())) == ["on"]


def test_channels() -> None:
    """A channel's events reach its own subscriptions; without a channel, all are reached."""
    router = Router.from_documents(
        [_named("none"), _named("c1", channel_id="c1"), _named("c2", channel_id="c2")]
    )
    assert _names(router.match(event())) == ["none", "c1", "c2"]
    assert _names(router.match(event(), channel_id="c1")) == ["c1"]
    assert router.match(event(), channel_id="c3") == []
    body = {"events": [event()]}
    assert len(router.process(body).deliveries) == 3
    assert [each.subscription for each in router.route(event(), channel_id="c2")] == ["c2"]
    (delivery,) = router.process(body, channel_id="c2").deliveries
    assert delivery.subscription == "c2"
    assert router.process(body, channel_id="c3").unrouted == 1
    assert router.process_event(event(), channel_id="c3").unrouted == 1
    assert router.route_many([event()], channel_id="c3") == [[]]


def test_several_sources() -> None:
    """Under CLOUDEVENTS any source of a subscription lets an event in, and in once only."""
    starts = {"source": [{"op": "StringStartsWith", "values": ["s"]}]}
    several = subscription("many", sources=[source(), source(filter=starts), source(filter={})])
    router = Router.from_documents([_named("a"), several, _named("z")], limits=CLOUDEVENTS)
    assert _names(router.match(event())) == ["a", "many", "z"]
    assert _names(router.match(event(source="sx"))) == ["many"]
    assert len(router.route(event())) == 3


def test_routing_agrees_with_the_oracle() -> None:
    """Generated subscriptions get exactly the events that the oracle gives them."""
    r = Random("router")
    reached = 0
    for _ in range(25):
        documents = generators.subscriptions(r, 12)
        router = Router.from_documents(documents)
        for _ in range(15):
            given = generators.events(r)
            expected = [
                each["name"]
                for each in documents
                if each.get("type", "EVENT") == "EVENT"
                and each.get("status", "ENABLED") == "ENABLED"
                and any(oracle.matches(its["filter"], given) for its in each["sources"])
            ]
            assert _names(router.match(given)) == expected
            reached += len(expected)
    assert reached > 100


def test_hostile_requests() -> None:
    """Each event of a spoiled request has one result, good or bad, and the sums agree."""
    r = Random("hostile requests")
    router = Router.from_documents(generators.subscriptions(r, 8))
    for _ in range(150):
        body, good = generators.hostile_requests(r)
        outcome = router.process(body)
        if outcome.error is not None:
            assert outcome.results == ()
            continue
        assert [each.error_code is None for each in outcome.results] == good
        assert outcome.received == outcome.accepted + len(outcome.refused) == len(good)
        assert outcome.document()["failed_count"] == good.count(False)


@pytest.mark.parametrize("body", [None, 5, [], object()], ids=repr)
def test_wrong_type_of_body(body: Any) -> None:
    """What can be no body is a wrong call; what is one, is answered."""
    with pytest.raises(UsageError):
        Router.from_documents([]).process(body)


def test_render_failures() -> None:
    """``route`` raises for a body over a limit; ``process`` lists it and delivers the rest."""
    limits = replace(EVENTGRID, body_bytes=20)
    short = {"type": "CONSTANT", "value": "x"}
    document = _named("a", targets=[target(), target(name="u", transform=short)])
    router = Router.from_documents([document], limits=limits)
    with pytest.raises(RenderError):
        router.route(event())
    outcome = router.process({"events": [event()]})
    assert [each.target for each in outcome.deliveries] == ["u"]
    assert [each.delivery.target for each in outcome.failed] == ["t"]
    assert outcome.results[0].error_code is None


def test_one_bare_event() -> None:
    """A bare event is processed as a request of one; bytes that are no event are refused."""
    router = Router.from_documents([_named("a")])
    good = router.process_event(event())
    assert good == router.process({"events": [event()]})
    assert router.process_event(parse_event(event())) == good
    bad = router.process_event(b"{")
    assert (bad.status, bad.received, len(bad.refused), bad.error) == (400, 1, 1, None)
    assert bad.document()["failed_count"] == 1


def test_route_many() -> None:
    """There is one list for each event, and one that is no event raises."""
    router = Router.from_documents([_named("a")])
    found = router.route_many([event(), event(source="x"), event()])
    assert [len(each) for each in found] == [1, 0, 1]
    with pytest.raises(EventError):
        router.route_many([{}])
    for wrong in (5, None, {}, b"[]", "[]"):
        with pytest.raises(UsageError, match="route_many takes a list of events"):
            router.route_many(wrong)  # type: ignore[arg-type] # the very mistake


def test_events_wanted_by_nobody() -> None:
    """Such an event is accepted and counted, or refused where the limits say so."""
    document = subscription(
        channel_id="c", sources=[source(filter={"source": SOURCE, "type": [{"op": "IsNull"}]})]
    )
    body = {"events": [event(), event(id="2", source="x")]}
    outcome = Router.from_documents([document]).process(body)
    assert (outcome.status, outcome.unrouted, outcome.accepted) == (200, 2, 2)
    strict = replace(EVENTGRID, require_subscription=True)
    outcome = Router.from_documents([document], limits=strict).process(body)
    # The source of the first is wanted, though its type is not.
    assert [each.error_code for each in outcome.results] == [None, "EG.00014040"]
    assert outcome.results[1].error_msg == "Not request resource found"
    assert (outcome.status, outcome.unrouted, outcome.accepted) == (400, 1, 1)
    (refused,) = outcome.refused
    assert (refused.index, refused.event_id, refused.event_source) == (1, "2", "x")
    assert refused.problems[0].code == codes.NO_SUBSCRIPTION
    router = Router.from_documents([document], limits=strict)
    assert len(router.process(body, channel_id="d").refused) == 2
    assert router.process_event(b"{").refused[0].error_code != "EG.00014040"


def test_receivers_do_not_fill_the_memory() -> None:
    """However many sources events name, what was found for them is not kept for ever."""
    prefix = {"source": [{"op": "StringStartsWith", "values": ["s"]}]}
    router = Router.from_documents(
        [subscription(sources=[source(filter=prefix)])], limits=CLOUDEVENTS
    )
    for number in range(5_000):
        found = router.receiver(f"s{number}")
        assert found is not None
        assert found is router.receiver(f"s{number}")
    assert len(router._receivers) <= 4_096


# --- Precheck -----------------------------------------------------------------------------


def test_precheck() -> None:
    """Each source is answered with the subscription that receives it, or why there is none."""
    only_type = {"source": SOURCE, "type": [{"op": "IsNull"}]}
    router = Router.from_documents(
        [
            _named("a", channel_id="c1", sources=[source(filter=only_type)]),
            _named("b", channel_id="c2", status="DISABLED"),
        ]
    )
    asked = [("c1", "s"), ("c1", "x"), ("c2", "s"), (None, "s")]
    answer = router.precheck(
        {"sources": [{"channel_id": channel, "source_name": name} for channel, name in asked]}
    )
    nobody = "the channel has no enabled subscription"
    other = "no enabled subscription of the channel receives this source"
    results = [
        (True, "received by the subscription a"),
        (False, other),
        (False, nobody),
        (True, "received by the subscription a"),
    ]
    assert json.dumps(answer) == json.dumps(
        {
            "failed_count": 2,
            "sources": [
                {
                    "channel_id": channel,
                    "source_name": name,
                    "check_result": result,
                    "check_detail": detail,
                }
                for (channel, name), (result, detail) in zip(asked, results, strict=True)
            ],
        }
    )


@pytest.mark.parametrize("document", [{}, {"sources": []}])
def test_precheck_of_nothing(document: Document) -> None:
    """Without sources nothing fails."""
    answer = Router.from_documents([_named("a")]).precheck(document)
    assert answer == {"failed_count": 0, "sources": []}


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ([], [(codes.DOCUMENT_SHAPE, "")]),
        ("{}", [(codes.DOCUMENT_SHAPE, "")]),
        ({"sources": {}}, [(codes.MEMBER_TYPE, "/sources")]),
        (
            {
                "sources": [
                    {"source_name": "s"},
                    {"channel_id": "c"},
                    {"source_name": 5},
                    {"source_name": "s", "channel_id": 5},
                    "s",
                ]
            },
            [(codes.MEMBER_TYPE, f"/sources/{n}") for n in (1, 2, 3, 4)],
        ),
    ],
)
def test_bad_precheck(document: Any, problems: list[tuple[str, str]]) -> None:
    """A bad precheck raises with every problem."""
    with pytest.raises(RuleError) as caught:
        Router.from_documents([]).precheck(document)
    assert [(each.code, each.pointer) for each in caught.value.problems] == problems


# --- Digests ------------------------------------------------------------------------------


def test_rules_digest_by_hand() -> None:
    """The digest is SHA-256 over the limits and each document as canonical JSON."""
    router = Router.from_documents([_named("a"), _named("b", unknown="é")])

    def canonical(value: Any) -> bytes:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode()

    lines = [asdict(EVENTGRID), _named("a"), _named("b", unknown="é")]
    expected = sha256(b"\n".join(map(canonical, lines))).hexdigest()
    assert router.rules_digest == expected
    assert router.route(event())[0].rules_digest == expected


def test_rules_digest_tells_rule_sets_apart() -> None:
    """Equal documents have equal digests; limits, order and any member change them."""
    a, b = _named("a"), _named("b")
    same = [[a, b], [json.dumps(a), dict(reversed(b.items()))]]
    others = [[b, a], [a], [], [a, {**b, "unknown": 1}], [a, {**b, "description": "d"}]]
    assert len({Router.from_documents(each).rules_digest for each in same}) == 1
    digests = {Router.from_documents(each).rules_digest for each in (*same, *others)}
    digests |= {
        Router.from_documents([a, b], limits=limits).rules_digest
        for limits in (CLOUDEVENTS, replace(EVENTGRID, path_steps=1))
    }
    assert len(digests) == 8


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_rules_digest_in_other_processes(seed: str) -> None:
    """Digests and delivery ids are the same whatever the hash seed of the process."""
    documents = [_named("a", unknown={"z": 1, "y": [2.50, None]}), _named("b", "other")]
    router = Router.from_documents(documents)
    code = (
        "import json, sys, egcore\n"
        "router = egcore.Router.from_documents(json.loads(sys.argv[1]))\n"
        "print(*[each.to_json() for each in router.route(sys.argv[2])])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(documents), json.dumps(event())],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        check=True,
    )
    (delivery,) = router.route(json.dumps(event()))
    assert done.stdout.decode().strip() == delivery.to_json()


# --- Changes ------------------------------------------------------------------------------


def test_with_subscription() -> None:
    """One more comes last; one with a known id takes that one's place; the old router stays."""
    router = Router.from_documents([_named("a"), _named("b")])
    assert _names(router.with_subscription(_named("c")).match(event())) == ["a", "b", "c"]
    changed = router.with_subscription(_named("a", "other"))
    assert _names(changed.match(event(source="other"))) == ["a"]
    assert [each.name for each in changed.subscriptions] == ["a", "b"]
    assert _names(router.match(event())) == ["a", "b"]
    with pytest.raises(SubscriptionError, match="the name is that of document 1 too"):
        router.with_subscription(_named("b", id="another"))
    with pytest.raises(SubscriptionError):
        router.with_subscription({})
    assert router.with_subscription(_named("c")) == Router.from_documents(
        [_named("a"), _named("b"), _named("c")]
    )


def test_without() -> None:
    """A subscription is taken out by id, and an unknown id is a wrong call."""
    router = Router.from_documents([_named("a"), _named("b", id="b")], limits=CLOUDEVENTS)
    assert router.without("b") == Router.from_documents([_named("a")], limits=CLOUDEVENTS)
    with pytest.raises(UsageError, match="no subscription of that id"):
        router.without("a")


def test_routers_are_values() -> None:
    """Routers compare by limits and documents in order, and hash, copy and pickle."""
    documents = [_named("a"), _named("b", sources=[source(name="x")])]
    router = Router.from_documents(documents, limits=CLOUDEVENTS)
    assert router != Router.from_documents(documents)
    assert router != Router.from_documents(documents[::-1], limits=CLOUDEVENTS)
    assert router != documents
    for again in copies(router):
        assert again == router
        assert hash(again) == hash(router)
        assert again.problems == router.problems
        assert again.rules_digest == router.rules_digest
        assert _names(again.match(event())) == ["a", "b"]


# --- The live router ----------------------------------------------------------------------


def test_live_router_is_called_like_a_router() -> None:
    """Each call of a live router is that of its current router."""
    router = Router.from_documents([_named("a", channel_id="c"), _named("b")])
    live = LiveRouter(router)
    body = {"events": [event()]}
    for channel in (None, "c"):
        assert live.process(body, channel_id=channel) == router.process(body, channel_id=channel)
        assert live.match(event(), channel_id=channel) == router.match(event(), channel_id=channel)
        assert live.route(event(), channel_id=channel) == router.route(event(), channel_id=channel)
        assert live.route_many([event()], channel_id=channel) == [
            router.route(event(), channel_id=channel)
        ]
        explained = live.explain(event(), channel_id=channel)
        assert explained == router.explain(event(), channel_id=channel)
        assert list(explained.matched) == router.match(event(), channel_id=channel)
        assert live.process_event(event(), channel_id=channel) == router.process_event(
            event(), channel_id=channel
        )
    asked = {"sources": [{"source_name": "s"}]}
    assert live.precheck(asked) == router.precheck(asked)
    assert [each.current for each in copies(live)] == [router] * 3


def test_live_changes() -> None:
    """Changes swap the router under the same limits; a bad change leaves it as it was."""
    live = LiveRouter(Router.from_documents([_named("a")], limits=CLOUDEVENTS))
    live.add(_named("b"))
    live.add(_named("a", "other"))
    assert [each.name for each in live.current.subscriptions] == ["a", "b"]
    live.remove(live.current.subscriptions[0].id)
    assert _names(live.match(event())) == ["b"]
    live.replace([_named("c"), _named("d")])
    assert _names(live.match(event())) == ["c", "d"]
    assert live.current.limits == CLOUDEVENTS
    before = live.current
    with pytest.raises(SubscriptionError):
        live.replace([_named("e"), {}])
    with pytest.raises(SubscriptionError):
        live.add(_named("c", id="another"))
    with pytest.raises(UsageError):
        live.remove("unknown")
    with pytest.raises(UsageError):
        live.replace("{}")
    assert live.current is before
    live.add(_named("e"))
    assert _names(live.match(event())) == ["c", "d", "e"]


def test_no_reader_sees_half_a_change() -> None:
    """While rule sets are swapped, every match is of one of them whole."""
    sets = [[_named(f"{kind}{n}") for n in range(8)] for kind in "ab"]
    whole = [[each["name"] for each in documents] for documents in sets]
    live = LiveRouter(Router.from_documents(sets[0]))
    stop = threading.Event()
    torn: list[list[str]] = []
    given = parse_event(event())

    def read() -> None:
        while not stop.is_set():
            found = _names(live.match(given))
            if found not in whole:
                torn.append(found)

    readers = [threading.Thread(target=read) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for each in readers:
            each.start()
        for n in range(40):
            live.replace(sets[n % 2])
    finally:
        stop.set()
        for each in readers:
            each.join()
        sys.setswitchinterval(interval)
    assert torn == []


def test_writers_wait_for_each_other() -> None:
    """Of additions made at the same time, none is lost."""
    live = LiveRouter(Router.from_documents([]))

    def add(kind: str) -> None:
        for n in range(10):
            live.add(_named(f"{kind}{n}"))

    writers = [threading.Thread(target=add, args=(kind,)) for kind in "abcd"]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(live.current.subscriptions) == 40


def test_wrong_calls_are_usage_errors() -> None:
    """What is no list of events and what is no router is the caller's mistake."""
    router = Router.from_documents([])
    with pytest.raises(UsageError):
        router.route_many(None)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        LiveRouter(5)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        router.receiver([])  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        router.receiver("s", [])  # type: ignore[arg-type]


def test_precheck_without_sources() -> None:
    """Absent and null sources are no sources."""
    empty = {"failed_count": 0, "sources": []}
    assert Router.from_documents([]).precheck({"sources": None}) == empty
    assert Router.from_documents([]).precheck({}) == empty


def _any_subscription(r: Random, number: int) -> Document:
    """Make a subscription of one of thirty ids and as many names, with one to three sources."""
    of = homogeneous.forms(r)
    filters = homogeneous.filters(r, of, r.choice([1, 1, 3]), anywhere=True)
    return subscription(
        f"n{r.randrange(30)}" if r.random() < 0.3 else f"n{number}",
        id=f"{number:032}",
        status=r.choice(["ENABLED", "ENABLED", "ENABLED", "DISABLED"]),
        sources=[source(filter=each) for each in filters],
    )


def test_changed_routers_equal_rebuilt_ones() -> None:
    """Whatever was added, replaced, renamed, disabled or removed: as if loaded at once."""
    r = Random("changed routers")
    router = Router.from_documents([], limits=CLOUDEVENTS)
    documents: dict[str, Document] = {}
    events = [
        parse_event(homogeneous.event(r, any_data=True), limits=CLOUDEVENTS) for _ in range(10)
    ]
    seen: list[tuple[Router, list[Document]]] = []
    clashes = hits = 0
    for change in range(400):
        number = r.randrange(40)
        key = f"{number:032}"
        if key in documents and r.random() < 0.3:
            router = router.without(key)
            del documents[key]
        else:
            document = _any_subscription(r, number)
            others = {each["name"] for other, each in documents.items() if other != key}
            if document["name"] in others:
                clashes += 1
                with pytest.raises(SubscriptionError, match="the name is that of document"):
                    router.with_subscription(document)
                continue
            router, documents[key] = router.with_subscription(document), document
        if change % 20 == 0:
            seen.append((router, list(documents.values())))
    for each, of_then in seen:
        rebuilt = Router.from_documents(of_then, limits=CLOUDEVENTS)
        assert each == rebuilt
        assert each.rules_digest == rebuilt.rules_digest
        assert each.problems == rebuilt.problems
        for given in events:
            matched = each.match(given)
            assert matched == rebuilt.match(given)
            assert matched == list(each.explain(given).matched)
            assert each.receiver(given.source) == rebuilt.receiver(given.source)
            hits += len(matched)
    assert clashes > 10
    assert hits > 100


def test_sparse_routers_are_rebuilt() -> None:
    """After a thousand subscriptions came and went, and names too, nothing of them is left."""
    kept = subscription("kept", id="k" * 32)
    router = Router.from_documents([kept])
    for number in range(1_100):
        router = router.with_subscription(subscription(f"kept{number % 2}", id="k" * 32))
    assert len(router._names.items) < 1_100
    for _ in range(1_100):
        router = router.with_subscription(subscription("guest", id="g" * 32)).without("g" * 32)
    assert len(router._slots.items) < 1_100
    assert router == Router.from_documents([subscription("kept1", id="k" * 32)])
    assert [each.name for each in router.match(event())] == ["kept1"]
    with pytest.raises(SubscriptionError, match="document 0"):
        router.with_subscription(subscription("kept1"))
    assert len(router.with_subscription(subscription("kept0")).subscriptions) == 2


def test_receivers_of_any_source_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are the events' choice: only so many are remembered, all are answered."""
    monkeypatch.setattr("egcore.router._MAX_RECEIVERS", 5)
    router = Router.from_documents([subscription(sources=[source(filter={})])], limits=CLOUDEVENTS)
    names = [router.receiver(f"source {number}") for number in range(20)]
    assert names == list(router.subscriptions) * 20
    assert len(router._receivers) == 5
