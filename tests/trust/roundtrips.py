"""Figure "own limits": what is within a limit on the way in is so on the way out.

Writing and reading is the identity below the event limit, for events near it as well;
one byte more is refused by the size and by nothing else.
"""

import json
from random import Random
from typing import Any, Final

import egcore
from egcore import codes
from tests import generators
from tests.trust.cases import report
from tests.trust.figures import Tally

NAME: Final = "own limits"
EVENTS: Final = 1_000
PRESETS: Final = {
    generators.EVENTGRID: egcore.EVENTGRID,
    generators.CLOUDEVENTS: egcore.CLOUDEVENTS,
}
TOO_LARGE: Final = {codes.EVENT_SIZE, codes.RAW_SIZE}


def check(event: dict[str, Any], preset: str, spare: int | None) -> str | None:
    """Say what writing and reading changed, or None.

    ``spare`` is how many bytes the event is to stay below the limit, negative for over
    it: the id is made as long as that takes. None leaves the event as it is.
    """
    limits = PRESETS[preset]
    if spare is not None:
        missing = limits.event_bytes - spare - len(_written(event).encode())
        event = {**event, "id": event["id"] + "x" * missing}
    for source in (event, _written(event), _written(event).encode()):
        try:
            parsed = egcore.parse_event(source, limits=limits)
        except egcore.EventError as error:
            if spare is not None and spare < 0 and error.problems[0].code in TOO_LARGE:
                continue
            return f"a good event is refused: {error}"
        if spare is not None and spare < 0:
            return "an event over the limit is accepted"
        wrong = _changed(parsed, event, limits)
        if wrong is not None:
            return wrong
    return None


def _written(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _changed(parsed: egcore.Event, event: dict[str, Any], limits: egcore.Limits) -> str | None:
    if parsed.original.decode() != _written(event):
        return "the bytes are not those of the event"
    again = egcore.parse_event(parsed.original, limits=limits)
    if again != parsed or again.original != parsed.original:
        return "an event that is written and read is another one"
    members = {k: v for k, v in event.items() if v is not None or k == "data"}
    same = json.dumps(parsed.members) == json.dumps(members)
    return None if same else "the members are not those of the event"


def chunk(r: Random, tally: Tally) -> None:
    """Write and read events; one in twenty is brought near the limit."""
    for _ in range(EVENTS):
        preset = generators.EVENTGRID if r.random() < 0.6 else generators.CLOUDEVENTS
        event = generators.events(r, preset)
        spare = (0, 1, 2, 700, -1, -2, -700)[int(r.random() * 7)] if r.random() < 0.05 else None
        wrong = check(event, preset, spare)
        tally.count += 1
        tally.counters["near the limit"] += spare is not None
        if wrong is not None:
            report(tally.failures, NAME, check, event, preset, spare)
