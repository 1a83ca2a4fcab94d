"""Figure "batch": every member of a request gets one result, in order, by itself."""

import json
from dataclasses import replace
from random import Random
from typing import Any, Final

import egcore
from tests import generators
from tests.trust.cases import report
from tests.trust.figures import Tally

NAME: Final = "batch"
MEMBERS, BATCHES = 60, 400
ID: Final = "@id@"
CAP: Final = 260
"""Bodies over this many bytes fail, so that targets that get nothing are counted as well."""

Member = tuple[str, bool]
"""A member's JSON text, and whether it is a good event."""


def _subscription(name: str, targets: int, **data: Any) -> dict[str, Any]:
    transform = {"type": "ORIGINAL"}
    anything = [{"op": "StringIn", "values": list(generators.SOURCES)}]
    return {
        "name": name,
        "sources": [{"name": "HC.OBS", "filter": {"source": anything, **data}}],
        "targets": [{"name": f"t{n}", "transform": transform} for n in range(targets)],
    }


ROUTER: Final = egcore.Router.from_documents(
    [
        _subscription("all", 1),
        _subscription("some", 2, subject=[{"op": "StringStartsWith", "values": ["a", "x"]}]),
    ],
    limits=replace(egcore.EVENTGRID, body_bytes=CAP),
)
TARGETS_OF: Final = {"all": 1, "some": 2}


def check(members: list[list[Any]], gap: str, cut: int) -> str | None:
    """Say what is lost, doubled, reordered or mixed up in a batch, or None."""
    texts = [text for text, _ in members]
    whole = _process(texts, gap)
    if len(texts) > egcore.EVENTGRID.request_events or not texts:
        return None if whole.error is not None and not whole.deliveries else "not refused"
    return (
        _wrong_results(whole, members)
        or _wrong_deliveries(whole, members)
        or _wrong_parsing(whole, texts, gap)
        or _wrong_split(whole, texts, gap, cut)
    )


def _process(texts: list[str], gap: str) -> egcore.Outcome:
    return ROUTER.process(f'{{{gap}"events":{gap}[{f",{gap}".join(texts)}]{gap}}}'.encode())


def _wrong_results(outcome: egcore.Outcome, members: list[list[Any]]) -> str | None:
    wanted = [(_usable_id(text), good) for text, good in members]
    found = [(each.event_id, each.error_code is None) for each in outcome.results]
    if found != wanted:
        return "the results are not those of the members"
    bad = [place for place, (_, good) in enumerate(members) if not good]
    if [each.index for each in outcome.refused] != bad:
        return "the refusals are not those of the bad members"
    sums = (outcome.received, outcome.accepted, outcome.status)
    if sums != (len(members), len(members) - len(bad), 400 if bad else 200):
        return "the sums are wrong"
    document = outcome.document()
    listed = [each["event_id"] for each in document["events"]]
    right = document["failed_count"] == len(bad) and listed == [each for each, _ in wanted]
    return None if right else "the document is not that of the results"


def _usable_id(text: str) -> str | None:
    event = json.loads(text)
    found = event.get("id") if isinstance(event, dict) else None
    is_good = isinstance(found, str) and found and found.isprintable()
    return found if is_good else None  # type: ignore[return-value]


def _wrong_deliveries(outcome: egcore.Outcome, members: list[list[Any]]) -> str | None:
    """Each good member reaches its targets in order, with its own bytes or a failure."""
    delivered: list[tuple[str, str, bytes]] = []
    failed: list[tuple[str, str, int]] = []
    for place, (text, good) in enumerate(members):
        event = json.loads(text) if good else {}
        subject = event.get("subject") or ""
        names = ["all", *["some"] * subject.startswith(("a", "x"))] if good else []
        for name in names:
            for number in range(TARGETS_OF[name]):
                if len(text.encode()) > CAP:
                    failed.append((name, f"t{number}", place))
                else:
                    delivered.append((name, f"t{number}", text.encode()))
    found = [(each.subscription, each.target, each.body) for each in outcome.deliveries]
    lost = [(e.delivery.subscription, e.delivery.target, e.index) for e in outcome.failed]
    if found != delivered:
        return "the deliveries are not those of the good members"
    return None if lost == failed else "the failures are not those of the long members"


def _wrong_parsing(outcome: egcore.Outcome, texts: list[str], gap: str) -> str | None:
    batch = egcore.parse_batch(f"{gap}[{gap}{f'{gap},'.join(texts)}{gap}]")
    if batch.refused != outcome.refused:
        return "a batch array is judged in another way than a request"
    ids = [each.event_id for each in outcome.results if each.error_code is None]
    return None if [each.id for each in batch.events] == ids else "a batch has other events"


def _wrong_split(outcome: egcore.Outcome, texts: list[str], gap: str, cut: int) -> str | None:
    """Two halves give together what the whole gives."""
    if not 0 < cut < len(texts):
        return None
    first, second = _process(texts[:cut], gap), _process(texts[cut:], gap)
    moved = tuple(replace(each, index=each.index + cut) for each in second.refused)
    same = (
        outcome.results == first.results + second.results
        and outcome.refused == first.refused + moved
        and outcome.deliveries == first.deliveries + second.deliveries
        and outcome.unrouted == first.unrouted + second.unrouted
        and len(outcome.failed) == len(first.failed) + len(second.failed)
    )
    return None if same else "the halves give something else than the whole"


def chunk(r: Random, tally: Tally) -> None:
    """Compose batches of 0 to 24 from good and bad members, ids made their own."""
    good = [_as_text(r, generators.member(r, is_good=True)) for _ in range(MEMBERS)]
    bad = [_as_text(r, generators.member(r, is_good=False)) for _ in range(MEMBERS)]
    for _ in range(BATCHES):
        share = r.random() ** 2 if r.random() < 0.9 else r.choice((0.0, 1.0))
        count = int(r.random() * 21) if r.random() < 0.97 else 21 + int(r.random() * 4)
        members: list[list[Any]] = []
        for place in range(count):
            is_bad = r.random() < share
            text = (bad if is_bad else good)[int(r.random() * MEMBERS)]
            members.append([text.replace(ID, f"id-{place}"), not is_bad])
        gap = ("", "", " ", "\r\n\t")[int(r.random() * 4)]
        cut = int(r.random() * 5 * 20)  # one batch in five is cut in two
        wrong = check(members, gap, cut)
        tally.count += 1
        tally.counters["members"] += count
        tally.counters["bad"] += sum(not is_good for _, is_good in members)
        if wrong is not None:
            report(tally.failures, NAME, check, members, gap, cut)


def _as_text(r: Random, event: Any) -> str:
    """Write a member; a usable id becomes a mark that each batch replaces by the place."""
    if isinstance(event, dict) and type(event.get("id")) is str and "id-" in event["id"]:
        event = {**event, "id": ID}
    spaced = (", ", ": ") if r.random() < 0.3 else (",", ":")
    return json.dumps(event, ensure_ascii=r.random() < 0.5, separators=spaced)


def judge(tally: Tally) -> list[str]:
    """Demand a fair share of bad members."""
    share = tally.counters["bad"] / max(tally.counters["members"], 1)
    return [] if 0.1 < share < 0.9 else [f"{share:.0%} of the members are bad"]
