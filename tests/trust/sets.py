"""Figure "index": a set of filters answers as its filters do one by one, in order."""

from random import Random
from typing import Any, Final

import egcore
from tests import generators
from tests.trust.cases import report
from tests.trust.figures import Tally
from tests.trust.matching import PRESETS, aimed, group

NAME: Final = "index"
SETS, EVENTS = 6, 8
TARGETS: Final = [{"name": "t", "transform": {"type": "ORIGINAL"}}]


def check(filters: list[dict[str, Any]], event: dict[str, Any], preset: str) -> str | None:
    """Say in what a matcher or a router of the filters differs from each of them, or None."""
    limits = PRESETS[preset]
    parsed = egcore.parse_event(event, limits=limits)
    loaded = [egcore.Filter.from_document(each, limits=limits) for each in filters]
    wanted = [place for place, each in enumerate(loaded) if each.matches(parsed)]
    matcher = egcore.Matcher(dict(enumerate(loaded)), limits=limits)
    found = matcher.match(parsed)
    if found != wanted:
        return f"the matcher gives {found}, its filters {wanted}"
    router = router_of(filters, limits)
    wanted = [place for place in wanted if place % 7]
    for matched in (router.match(parsed), router.explain(parsed).matched):
        routed = [int(each.name) for each in matched]
        if routed != wanted:
            return f"the router gives {routed}, its filters {wanted}"
    return None


def router_of(filters: list[dict[str, Any]], limits: egcore.Limits) -> egcore.Router:
    """Load the filters as subscriptions named by their places, each seventh disabled."""
    return egcore.Router.from_documents(
        [
            {
                "name": str(place),
                "status": "ENABLED" if place % 7 else "DISABLED",
                "sources": [{"name": "s", "filter": each}],
                "targets": TARGETS,
            }
            for place, each in enumerate(filters)
        ],
        limits=limits,
    )


def chunk(r: Random, tally: Tally) -> None:
    """Build random sets of 1 to 300 filters and ask each of them about some events."""
    for _ in range(SETS):
        preset = generators.EVENTGRID if r.random() < 0.7 else generators.CLOUDEVENTS
        bases = [group(r, preset, 2) for _ in range(1 + int(r.random() * 4))]
        events = [event for base in bases for event in base]
        filters = aimed(r, events, preset, 1 + int(r.random() ** 2 * 300))
        _compare(r, filters, events[:EVENTS], preset, tally)


def _compare(
    r: Random,
    filters: list[dict[str, Any]],
    events: list[dict[str, Any]],
    preset: str,
    tally: Tally,
) -> None:
    limits = PRESETS[preset]
    loaded = [egcore.Filter.from_document(each, limits=limits) for each in filters]
    matcher = _rebuilt(r, egcore.Matcher(dict(enumerate(loaded)), limits=limits))
    order = list(range(len(filters)))
    router = router_of(filters, limits) if r.random() < 0.3 else None
    explained = int(r.random() * EVENTS * 4)  # explaining is slow: one event of one set in four
    for number, event in enumerate(events):
        parsed = egcore.parse_event(event, limits=limits)
        wanted = [place for place in order if loaded[place].matches(parsed)]
        right = matcher.match(parsed) == wanted
        if right and router is not None:
            found = [int(each.name) for each in router.match(parsed)]
            right = found == [place for place in wanted if place % 7]
            if right and number == explained:
                right = list(router.explain(parsed).matched) == router.match(parsed)
            tally.counters["routed"] += len(order)
        tally.count += len(order)
        tally.counters["matches"] += len(wanted)
        if not right:
            report(tally.failures, NAME, check, filters, event, preset)


def _rebuilt(r: Random, matcher: "egcore.Matcher[int]") -> "egcore.Matcher[int]":
    """Replace a filter by itself, which changes nothing, and add and drop one more."""
    if r.random() < 0.5:
        return matcher
    same = matcher.with_filter(0, matcher._filters[0])
    return same.with_filter(-1, matcher._filters[0]).without(-1)


def judge(tally: Tally) -> list[str]:
    """Demand that the sets do match something, and not everything."""
    rate = tally.share("matches")
    return [] if 0.02 <= rate <= 0.8 else [f"{rate:.1%} of the decisions are matches"]
