"""Figure "index": a set of filters answers as its filters do one by one, in order."""

from random import Random
from typing import Any, Final

import egcore
from tests import generators, homogeneous
from tests.trust.cases import report
from tests.trust.figures import Tally
from tests.trust.matching import PRESETS, aimed, group

NAME: Final = "index"
SETS, HOMOGENEOUS, EVENTS = 6, 6, 8
FAIR: Final = 50_000  # decisions from which on chance is no excuse
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
    """Build random sets of 1 to 300 filters, and homogeneous ones; ask each about some events."""
    for _ in range(SETS):
        preset = generators.EVENTGRID if r.random() < 0.7 else generators.CLOUDEVENTS
        bases = [group(r, preset, 2) for _ in range(1 + int(r.random() * 4))]
        events = [event for base in bases for event in base]
        filters = aimed(r, events, preset, 1 + int(r.random() ** 2 * 300))
        _compare(r, filters, events[:EVENTS], preset, tally)

    for number in range(HOMOGENEOUS):
        preset = generators.EVENTGRID if r.random() < 0.7 else generators.CLOUDEVENTS
        _compare(r, *_homogeneous(r, number, preset == generators.CLOUDEVENTS), preset, tally)


def _homogeneous(
    r: Random, number: int, is_wide: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Make a set that fills tables, or one of so many field sets that a bitmap is made."""
    if number % 3 == 0:
        events = [homogeneous.event(r, names=homogeneous.MANY_NAMES) for _ in range(EVENTS)]
        return homogeneous.scattered(r, 200), events
    filters = homogeneous.filters(r, homogeneous.forms(r), 30, anywhere=is_wide)
    filters += homogeneous.filters(r, homogeneous.tabled(r), 200, anywhere=is_wide)
    return filters, [homogeneous.event(r, any_data=is_wide) for _ in range(EVENTS)]


def _compare(
    r: Random,
    filters: list[dict[str, Any]],
    events: list[dict[str, Any]],
    preset: str,
    tally: Tally,
) -> None:
    limits = PRESETS[preset]
    loaded = [egcore.Filter.from_document(each, limits=limits) for each in filters]
    matcher = _built(r, loaded, limits)
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
        tally.counters["tables"] += len(homogeneous.shelves(homogeneous.index_of(matcher), parsed))
        tally.counters["bitmaps"] += homogeneous.is_mapped(homogeneous.index_of(matcher), parsed)
        if not right:
            report(tally.failures, NAME, check, filters, event, preset)


def _built(r: Random, loaded: list[egcore.Filter], limits: egcore.Limits) -> "egcore.Matcher[int]":
    """Build a matcher at once, or by changes that lead to the same: added, replaced, dropped."""
    at_once = len(loaded) if r.random() < 0.5 else int(r.random() * len(loaded))
    matcher = egcore.Matcher(dict(enumerate(loaded[:at_once])), limits=limits)
    for place in range(at_once, len(loaded)):
        other = r.choice(loaded)
        matcher = matcher.with_filter(place, other).with_filter(-1, other)
        matcher = matcher.with_filter(place, loaded[place]).without(-1)
    return matcher


def judge(tally: Tally) -> list[str]:
    """Demand that the sets match something, not everything, and fill tables and bitmaps."""
    rare = [each for each in ("tables", "bitmaps") if tally.share(each) < 1 / 10_000]
    problems = [f"{each} answered less than once in 10,000 decisions" for each in rare]
    if tally.count < FAIR:
        problems.clear()
    rate = tally.share("matches")
    if not 0.02 <= rate <= 0.8:
        problems.append(f"{rate:.1%} of the decisions are matches")
    return problems
