"""Many threads and processes: no reader sees half a rule set, and every public value travels."""

import inspect
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import pytest

import egcore
from egcore import EgcoreError, LiveRouter, Problem, Router, codes
from tests.provoked import SECRET_SUBSCRIPTION
from tests.public_calls import EVENT, FILTER, SOURCE, SUBSCRIPTION

THREADS = 4
SUBSCRIPTIONS = 8


@contextmanager
def _restless() -> Iterator[None]:
    """Let threads take turns after every microsecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _rules(mark: str) -> list[dict[str, Any]]:
    """Make a rule set whose every delivery bears its mark: of two sets, any mixture shows."""
    transform = {"type": "CONSTANT", "value": mark}
    return [
        {
            **SUBSCRIPTION,
            "name": f"s{number}",
            "targets": [{"name": "t", "transform": transform}],
        }
        for number in range(SUBSCRIPTIONS)
    ]


class _Readers:
    """Threads that route without end and look at what they get."""

    def __init__(self, live: LiveRouter, matches: int) -> None:
        self.live = live
        self.matches = matches
        self.torn: list[object] = []
        self.seen: set[str] = set()
        self.done = threading.Event()

    def read(self) -> None:
        event = egcore.parse_event(EVENT)
        for _ in range(self.matches // THREADS):
            deliveries = self.live.route(event)
            marks = {(each.body.decode(), each.rules_digest) for each in deliveries}
            if len(deliveries) != SUBSCRIPTIONS or len(marks) != 1:
                self.torn.append(marks)
            self.seen.update(mark for mark, _ in marks)


def _reload_under_load(matches: int) -> tuple[_Readers, int]:
    """Reload with two rule sets in turn, every tenth of them bad, while four threads read."""
    sets = [Router.from_documents(_rules(mark)).subscriptions for mark in "AB"]
    live = LiveRouter(Router.from_documents(_rules("A")))
    readers = _Readers(live, matches)
    reloads = 0
    with _restless(), ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(readers.read) for _ in range(THREADS)]
        while not all(future.done() for future in futures):
            reloads += 1
            if reloads % 10:
                live.replace(sets[reloads % 2])
            else:
                before = live.current
                with pytest.raises(egcore.SubscriptionError):
                    live.replace([*_rules("C")[:3], {**SUBSCRIPTION, "status": "bad"}])
                assert live.current is before
        for future in futures:
            future.result()
    return readers, reloads


@pytest.mark.parametrize("matches", [20_000, pytest.param(200_000, marks=pytest.mark.volume)])
def test_no_reader_sees_half_a_rule_set(matches: int) -> None:
    """Every delivery of an event comes of one rule set, while others take its place."""
    readers, reloads = _reload_under_load(matches)
    print(f"{matches} matches, {reloads} reloads, torn: {len(readers.torn)}")  # noqa: T201 # shown by pytest -rP
    assert not readers.torn
    assert readers.seen == {"A", "B"}
    assert reloads > 10


class _Torn(LiveRouter):
    """A router that is changed in place, as one should not be."""

    def route(self, event: Any, *, channel_id: str | None = None) -> list[Any]:
        half = SUBSCRIPTIONS // 2
        other = Router.from_documents(_rules("B")).route(event, channel_id=channel_id)
        one = self.current.route(event, channel_id=channel_id)
        return one[:half] + other[half:]


def test_the_readers_see_what_is_torn() -> None:
    """A mixture of the two rule sets is told."""
    readers = _Readers(_Torn(Router.from_documents(_rules("A"))), 40)
    readers.read()
    assert len(readers.torn) == 10


def test_writers_wait_for_each_other() -> None:
    """Subscriptions that many threads add at once are all there, and go again."""
    live = LiveRouter(Router.from_documents([]))
    names = [f"s{number}" for number in range(40)]
    with _restless(), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda name: live.add({**SUBSCRIPTION, "name": name}), names))
        assert {each.name for each in live.current.subscriptions} == set(names)
        ids = [each.id for each in live.current.subscriptions]
        list(pool.map(live.remove, ids))
    assert live.current.subscriptions == ()


def test_values_computed_on_first_use_are_equal_in_all_threads() -> None:
    """Delivery ids and rules digests that threads compute at once are the same everywhere."""
    expected = Router.from_documents(_rules("A"))
    ids = [each.delivery_id for each in expected.route(EVENT)]
    with _restless(), ThreadPoolExecutor(THREADS) as pool:
        for _ in range(50):
            router = Router.from_documents(_rules("A"))
            deliveries = router.route(EVENT)
            barrier = threading.Barrier(THREADS)

            def look(router: Any = router, deliveries: Any = deliveries, at: Any = barrier) -> Any:
                at.wait()
                return router.rules_digest, [each.delivery_id for each in deliveries]

            futures = [pool.submit(look) for _ in range(THREADS)]
            assert {future.result()[0] for future in futures} == {expected.rules_digest}
            assert all(future.result()[1] == ids for future in futures)


# --- Processes ---------------------------------------------------------------------------------


def _samples() -> dict[str, object]:
    """Make a value of every public class, and give every public constant."""
    router = Router.from_documents([SECRET_SUBSCRIPTION])
    body = {"events": [EVENT, {}]}
    outcome = router.process(body)
    small = egcore.Limits(body_bytes=1)
    failed = Router.from_documents([SUBSCRIPTION], limits=small).process({"events": [EVENT]})
    loaded = egcore.Filter.from_document({**FILTER, "data": {"a": SOURCE}})
    explanation = router.explain(EVENT)
    problems = [Problem(codes.TIME, "time is bad", "/time")]
    subscription = explanation.subscriptions[0]
    found: dict[str, object] = {
        "CLOUDEVENTS": egcore.CLOUDEVENTS,
        "EVENTGRID": egcore.EVENTGRID,
        "UNDEFINED": egcore.UNDEFINED,
        "Condition": loaded.fields[0].conditions[0],
        "Delivery": outcome.deliveries[0],
        "Event": egcore.parse_event(EVENT),
        "Explanation": explanation,
        "Failure": failed.failed[0],
        "Field": loaded.fields[0],
        "Filter": loaded,
        "FilterExplanation": egcore.explain_filter(FILTER, EVENT),
        "Limits": small,
        "LiveRouter": LiveRouter(router),
        "Matcher": egcore.Matcher({"a": loaded, 1: FILTER}),
        "Outcome": outcome,
        "Problem": problems[0],
        "Refusal": outcome.refused[0],
        "Request": egcore.parse_request(body),
        "Result": outcome.results[1],
        "Router": router,
        "Source": router.subscriptions[0].sources[0],
        "Subscription": router.subscriptions[0],
        "SubscriptionExplanation": subscription,
        "Target": router.subscriptions[0].targets[0],
        "TargetExplanation": subscription.targets[0],
        "Transform": router.subscriptions[0].targets[0].transform,
    }
    found["FieldExplanation"] = found["FilterExplanation"].fields[0]  # type: ignore[attr-defined] # an explanation
    found["ConditionExplanation"] = found["FieldExplanation"].conditions[0]  # type: ignore[attr-defined] # the same
    statistics = egcore.Matcher({"a": FILTER}).stats()
    found["Statistics"], found["FilterCost"] = statistics, statistics.costly[0]
    found["PartitionStatistics"] = statistics.partitions[0]
    found["StructureStatistics"] = statistics.partitions[0].structures[0]
    for name in egcore.__all__:
        value = getattr(egcore, name)
        if inspect.isclass(value) and issubclass(value, EgcoreError):
            found[name] = value(problems)
    return found


def _public_values() -> list[str]:
    """Name what is public and no function."""
    return [name for name in egcore.__all__ if not inspect.isfunction(getattr(egcore, name))]


def test_every_public_type_has_a_sample() -> None:
    """A new public class needs a value here, and with it the tests below."""
    samples = _samples()
    assert set(samples) == set(_public_values())
    for name, value in samples.items():
        public = getattr(egcore, name)
        assert type(value) is public or value is public


@pytest.mark.parametrize("name", _public_values())
def test_every_public_value_pickles(name: str) -> None:
    """By every protocol, to an equal value; a live router to one of an equal rule set."""
    value: Any = _samples()[name]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin: Any = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 # our own bytes
        if isinstance(value, LiveRouter):
            value, twin = value.current, twin.current
        assert type(twin) is type(value)
        assert twin == value
    if name == "UNDEFINED":
        assert twin is value


def _fail(name: str) -> None:
    """Raise, in another process, what the sample names."""
    error = _samples()[name]
    assert isinstance(error, Exception)
    raise error


def _same(value: object) -> object:
    return value


def _call_all(calls: list[tuple[Callable[[Any], object], Any]]) -> list[Any]:
    """Make calls in a process that is started afresh; give results and exceptions."""
    found: list[Any] = []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(call, argument) for call, argument in calls]:
            error = future.exception()
            found.append(future.result() if error is None else error)
    return found


def test_values_and_errors_cross_processes() -> None:
    """They arrive equal, from a process with another hash seed, and work there."""
    samples = _samples()
    errors = [name for name, value in samples.items() if isinstance(value, EgcoreError)]
    values = [
        value for value in samples.values() if not isinstance(value, (EgcoreError, LiveRouter))
    ]
    body = {"events": [EVENT]}
    router = samples["Router"]
    assert isinstance(router, Router)
    found = _call_all(
        [
            *((_fail, name) for name in errors),
            *((_same, value) for value in values),
            (router.process, body),
        ]
    )
    assert found[: len(errors)] == [samples[name] for name in errors]
    assert [type(each) for each in found[: len(errors)]] == [type(samples[name]) for name in errors]
    assert found[len(errors) : -1] == values
    assert found[-1] == router.process(body)
