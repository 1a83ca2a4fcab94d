"""Figures of engines in other languages, measured elsewhere: cited, never measured here.

Microseconds for one event, text in, names of matching rules out, one thread, on a machine
where json.loads of a 324-byte event takes 2.8 µs. event-ruler is AWS's engine, in Java;
quamina is in Go. quamina has no ranges: its rules were measured without them, and so
matched more events than the others'.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Cited(NamedTuple):
    """Microseconds for one event by number of rules, for one engine and one shape."""

    engine: str
    shape: str
    microseconds: Mapping[int, float]


EVENT_RULER: Final = "event-ruler (Java)"
QUAMINA: Final = "quamina (Go, no ranges)"

CITED: Final = (
    Cited(EVENT_RULER, "selective", {1: 1.2, 100: 2.1, 1_000: 2.8, 10_000: 6.0, 100_000: 44}),
    Cited(EVENT_RULER, "mixed", {10_000: 29, 100_000: 198}),
    Cited(EVENT_RULER, "residual", {10_000: 17, 100_000: 52}),
    Cited(EVENT_RULER, "wide", {10_000: 91, 100_000: 554}),
    Cited(QUAMINA, "selective", {1: 0.8, 100: 1.1, 1_000: 2.1, 10_000: 30, 100_000: 888}),
    Cited(QUAMINA, "mixed", {10_000: 37, 100_000: 1_326}),
    Cited(QUAMINA, "wide", {10_000: 259, 100_000: 4_720}),
)


def cited(engine: str, shape: str, rules: int) -> float | None:
    """Return a cited figure in microseconds, None when there is none."""
    for each in CITED:
        if each.engine == engine and each.shape == shape:
            return each.microseconds.get(rules)
    return None
