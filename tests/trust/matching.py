"""Figure "match": the fast path, the naive oracle and the explanation agree on every pair."""

from random import Random
from typing import Any, Final

import egcore
from egcore.explain import explain_filter
from tests import generators, oracle
from tests.trust.cases import report
from tests.trust.figures import Tally

NAME: Final = "match"
PRESETS: Final = {
    generators.EVENTGRID: egcore.EVENTGRID,
    generators.CLOUDEVENTS: egcore.CLOUDEVENTS,
}
GROUPS, FILTERS, EVENTS = 12, 30, 40
EXPLAINED_SHARE: Final = 0.05


def check(document: dict[str, Any], event: dict[str, Any], preset: str) -> str | None:
    """Say where the three opinions on one pair differ, or None."""
    limits = PRESETS[preset]
    parsed = egcore.parse_event(event, limits=limits)
    loaded = egcore.Filter.from_document(document, limits=limits)
    answers = {
        "fast path": loaded.matches(parsed),
        "oracle": oracle.matches(document, dict(parsed.members)),
        "explanation": explain_filter(document, parsed, limits=limits).holds,
    }
    return None if len(set(answers.values())) == 1 else f"they disagree: {answers}"


def group(r: Random, preset: str, count: int) -> list[dict[str, Any]]:
    """Make an event and distinct variants of it, at most ``count`` together."""
    base = generators.events(r, preset)
    events = {repr(base): base}
    for _ in range(count - 1):
        event = generators.variant(r, base)
        events.setdefault(repr(event), event)
    return list(events.values())


def aimed(r: Random, events: list[dict[str, Any]], preset: str, count: int) -> list[dict[str, Any]]:
    """Make distinct filters, each aimed at one of the events."""
    filters = {}
    for _ in range(count):
        event = events[int(r.random() * len(events))]
        document = generators.aimed_filter(r, event, preset)
        filters.setdefault(repr(document), document)
    return list(filters.values())


def operators(document: Any) -> set[str]:
    """Collect the operators that a filter uses."""
    found: set[str] = set()
    waiting = [document]
    while waiting:
        item = waiting.pop()
        if type(item) is list:
            waiting += item
        elif type(item) is dict:
            op = item.get("op")
            if type(op) is str:
                found.add(op)
            else:
                waiting += item.values()
    return found


def chunk(r: Random, tally: Tally) -> None:
    """Compare groups of filters with groups of events, every filter with every event."""
    for _ in range(GROUPS):
        preset = generators.EVENTGRID if r.random() < 0.8 else generators.CLOUDEVENTS
        events = group(r, preset, EVENTS)
        parsed = [egcore.parse_event(each, limits=PRESETS[preset]) for each in events]
        for document in aimed(r, events, preset, FILTERS):
            _compare(r, document, events, parsed, preset, tally)


def _compare(
    r: Random,
    document: dict[str, Any],
    events: list[dict[str, Any]],
    parsed: list[egcore.Event],
    preset: str,
    tally: Tally,
) -> None:
    limits = PRESETS[preset]
    loaded = egcore.Filter.from_document(document, limits=limits)
    found = [loaded.matches(each) for each in parsed]
    wanted = [oracle.matches(document, each) for each in events]
    if r.random() < EXPLAINED_SHARE:
        explained = [explain_filter(document, each, limits=limits).holds for each in parsed]
        tally.counters["explained"] += len(explained)
    else:
        explained = wanted
    tally.count += len(events)
    tally.counters["matches"] += sum(found)
    for op in operators(document):
        tally.counters[op] += len(events)
    for event, *answers in zip(events, found, wanted, explained, strict=True):
        if len(set(answers)) > 1:
            report(tally.failures, NAME, check, document, event, preset)


def judge(tally: Tally) -> list[str]:
    """Demand that each operator stands in 1 % of the pairs and that 20 to 80 % match."""
    rare = [op for op in generators.OPERATORS if tally.share(op) < 0.01]
    problems = [f"{op} stands in less than 1 % of the pairs" for op in rare]
    rate = tally.share("matches")
    if not 0.2 <= rate <= 0.8:
        problems.append(f"{rate:.0%} of the pairs match, not 20 to 80 %")
    return problems
