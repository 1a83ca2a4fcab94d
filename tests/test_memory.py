"""How much memory a call takes at its peak, and that nothing is kept of an event afterwards."""

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

import egcore
from egcore import CLOUDEVENTS, EVENTGRID, EgcoreError, RenderError
from tests.amplifiers import array_of, event_text
from tests.public_calls import EVENT, FILTER, SOURCE, SUBSCRIPTION
from tests.pythons import run

MIB = 2**20
EVENT_MIB = 3
BATCH_MIB = 12
EVENT_BYTES = 65_536


def peak_mib(call: Callable[[], object]) -> float:
    """Return the memory that a call takes at its peak, on the second run: caches are filled."""
    for _ in range(2):
        gc.collect()
        tracemalloc.start()
        with suppress(EgcoreError):
            call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / MIB


# Python objects of these texts take many times the bytes that they are written in.
SHAPES = {
    "objects": '{"a":{}}',
    "empty objects": "{}",
    "empty arrays": "[]",
    "small arrays": "[0]",
    "floats": "1.5",
    "strings": '"ab"',
    "wide strings": '"\U0001f600a"',
    "big numbers": "9007199254740993",
}


def _event(element: str, size: int = EVENT_BYTES) -> str:
    overhead = len(event_text("[]").encode())
    ratio = (len(element.encode()) + 1) / (len(element) + 1)
    return event_text(array_of(element, int((size - overhead) / ratio)))


@pytest.mark.parametrize("shape", SHAPES)
def test_one_event(shape: str) -> None:
    """An event of 64 KiB takes no more than 3 MiB to parse, and to process, its text included."""
    text = _event(SHAPES[shape])
    assert EVENT_BYTES * 0.95 < len(text.encode()) <= EVENT_BYTES
    router = egcore.Router.from_documents([SUBSCRIPTION])
    parsed = peak_mib(lambda: egcore.parse_event(text.encode()))
    processed = peak_mib(lambda: router.process_event(text.encode()))
    print(f"{shape}: parse {parsed:.2f} MiB, process {processed:.2f} MiB")  # noqa: T201 # shown by pytest -rP
    assert max(parsed, processed) <= EVENT_MIB


@pytest.mark.parametrize("shape", SHAPES)
def test_one_request(shape: str) -> None:
    """A request of 256 KiB takes no more than 12 MiB to parse and to process."""
    body = ('{"events":[' + ",".join([_event(SHAPES[shape], 64_000)] * 4) + "]}").encode()
    assert 4 * 60_000 < len(body) <= 4 * EVENT_BYTES
    router = egcore.Router.from_documents([SUBSCRIPTION])
    parsed = peak_mib(lambda: egcore.parse_request(body))
    processed = peak_mib(lambda: router.process(body))
    print(f"{shape}: parse {parsed:.2f} MiB, process {processed:.2f} MiB")  # noqa: T201 # shown by pytest -rP
    assert max(parsed, processed) <= BATCH_MIB


@pytest.mark.parametrize("element", ["0", "{}", '""'])
def test_many_small_members(element: str) -> None:
    """What is no event at all takes no more, under the preset without a limit of their count."""
    body = '{"events":' + array_of(element, EVENT_BYTES // 4) + "}"
    router = egcore.Router.from_documents([], limits=CLOUDEVENTS)
    taken = peak_mib(lambda: router.process(body))
    print(f"{taken:.2f} MiB")  # noqa: T201 # shown by pytest -rP
    assert taken <= BATCH_MIB / 4


@pytest.mark.parametrize("template", ["${a}" * 500, '{"a":"' + "${a}" * 500 + '"}'])
def test_a_body_over_its_cap_is_never_built(template: str) -> None:
    """A template that asks for 30 MB takes the cap's memory, and says so."""
    document = {"type": "VARIABLE", "value": '{"a":"$.data.a"}', "template": template}
    transform = egcore.Transform.from_document(document)
    event = egcore.parse_event(event_text('"' + "x" * 64_000 + '"'))
    with pytest.raises(RenderError):
        transform.render(event)
    assert peak_mib(lambda: transform.render(event)) <= 1


def test_paths_over_their_steps_keep_no_more_than_those() -> None:
    """Values that paths find are paid for before they are kept."""
    value = json.dumps({f"a{number}": "$..*" for number in range(60)}, separators=(",", ":"))
    document = {"type": "VARIABLE", "value": value, "template": "${a1}"}
    wide = egcore.parse_event(event_text(array_of("[]", 64_000)))
    few = egcore.Transform.from_document(document, limits=replace(EVENTGRID, path_steps=100))
    with pytest.raises(RenderError):
        few.render(wide)
    assert peak_mib(lambda: few.render(wide)) <= 0.5
    many = {f"a{n}": "$..*" + "[*]" * n for n in range(20)}
    template = "".join(f"${{{name}}}" for name in many)
    document = {"type": "VARIABLE", "value": json.dumps(many), "template": template}
    full = egcore.Transform.from_document(document)
    assert peak_mib(lambda: full.render(wide)) <= EVENT_MIB * 2


# --- Nothing is kept ---------------------------------------------------------------------------


def _held(data: list[Any]) -> int:
    """Count who holds the object, our own reference and the argument aside."""
    gc.collect()
    return sys.getrefcount(data) - 2


def _calls() -> dict[str, Callable[[dict[str, Any]], object]]:
    router = egcore.Router.from_documents([_subscription()])
    live = egcore.LiveRouter(router)
    tight = egcore.Router.from_documents([_subscription()], limits=replace(EVENTGRID, body_bytes=5))
    matcher = egcore.Matcher({"f": FILTER})
    loaded = egcore.Filter.from_document({**FILTER, "data": {"a": SOURCE}})
    transform = router.subscriptions[0].targets[0].transform
    return {
        "match": router.match,
        "route": router.route,
        "process": lambda event: router.process({"events": [event, {**event, "id": ""}]}),
        "process_event": router.process_event,
        "live": live.route,
        "explain": lambda event: router.explain(event).matched,
        "render errors": lambda event: tight.process({"events": [event]}),
        "render error": tight.route,
        "matcher": matcher.match,
        "filter": loaded.matches,
        "render": transform.render,
        "refusal": lambda event: router.process_event({**event, "type": 5}),
        "bad event": lambda event: egcore.parse_event({**event, "time": 5}),
        "bad data": lambda event: egcore.parse_event({**event, "more": {1: event["data"]}}),
        "event": lambda event: egcore.parse_event(event).original,
    }


def _subscription() -> dict[str, Any]:
    transform = {
        "type": "VARIABLE",
        "value": '{"a":"$.data.a","b":"$..*"}',
        "template": '{"a":${a},"b":"${b}"}',
    }
    return {**SUBSCRIPTION, "targets": [{"name": "t", "transform": transform}]}


@pytest.mark.parametrize("name", _calls())
def test_no_call_keeps_anything_of_an_event(name: str) -> None:
    """Neither rules, nor results, nor exceptions refer to the event's data when it is over."""
    call = _calls()[name]
    data: list[Any] = [{}]
    event = {**EVENT, "data": {"a": data}}
    before = _held(data)
    kept: list[object] = []  # what the call gave back: results and errors hold nothing either
    for _ in range(3):
        try:
            kept.append(call(event))
        except EgcoreError as error:
            kept.append(error.with_traceback(None))
    assert kept
    assert _held(data) == before


def test_an_event_and_its_explanation_do_keep_its_data() -> None:
    """The counter sees what is kept: an event shares its data, an explanation shows it."""
    data: list[Any] = [{}]
    before = _held(data)
    event = egcore.parse_event({**EVENT, "data": {"a": data}})
    assert _held(data) == before + 1
    assert event.data["a"] is data
    explanation = egcore.explain_filter({**FILTER, "data": {"a": SOURCE}}, event)
    del event
    assert _held(data) == before + 1
    del explanation
    assert _held(data) == before


def test_a_traceback_is_all_that_holds_an_event() -> None:
    """What an exception's frames hold goes with the traceback."""
    with pytest.raises(EgcoreError) as caught:
        egcore.parse_event({**EVENT, "time": 5, "data": {"a": [1]}})
    error = caught.value.with_traceback(None)
    del caught
    reachable = [error]
    for each in reachable:
        reachable += [one for one in gc.get_referents(each) if not isinstance(one, type)][:50]
        assert len(reachable) < 1000
    assert EVENT["source"] not in [each for each in reachable if isinstance(each, str)]


@pytest.mark.volume
def test_soak() -> None:
    """300,000 events, half of them bad, leave no more than 1 MiB behind after the warm-up."""
    done = run(sys.executable, "-m", "tests.soak", "--events", "300000")
    print(done.stdout)  # noqa: T201 # shown by pytest -rP
    assert done.returncode == 0, done.stdout + done.stderr
