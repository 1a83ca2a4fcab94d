"""How long a call takes, and the search for an input that takes longest.

``python -m tests.slowest --time 60 [--seed 1]`` measures the catalogues, then climbs from
their slowest inputs by mutation, and reports what it found.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Final, NamedTuple

from egcore import CLOUDEVENTS, EVENTGRID, EgcoreError, Limits
from tests.amplifiers import SIZE, Amplifier, amplifiers
from tests.generators import mutate_bytes
from tests.hostile_cases import event_cases, parse_cases
from tests.public_calls import Call, text_calls

# A tracer such as coverage's makes Python code several times slower.
PATIENCE: Final = 1 if sys.gettrace() is None else 8


def milliseconds(call: Callable[[], object]) -> float:
    """Time one call by the processor that it takes; a refusal is an answer.

    Nothing here waits, so on an idle machine this is the time that passes, and on a busy
    one most of what others do is left out.
    """
    start = time.thread_time()
    with suppress(EgcoreError):
        call()
    return (time.thread_time() - start) * 1000


def best_of(call: Callable[[], object], enough: float, most: int = 20) -> float:
    """Return the time of the first call that takes no more than ``enough``, or the best.

    The best is what the input costs; the rest is what else the machine does.
    """
    best = milliseconds(call)
    for _ in range(most - 1):
        if best <= enough:
            break
        best = min(best, milliseconds(call))
    return best


class Timed(NamedTuple):
    """What one input costs in one call, and what it may cost."""

    ms: float
    name: str
    max_ms: int


def measure_cases(presets: tuple[Limits, ...] = (EVENTGRID, CLOUDEVENTS)) -> Iterable[Timed]:
    """Time the hostile cases in every public call."""
    cases = [(case.name, case.raw, case.max_ms) for case in parse_cases()]
    cases += [(case.name, case.raw, 50) for case in event_cases()]
    for limits in presets:
        for name, call in text_calls(limits).items():
            for case, raw, own_ms in cases:
                text = raw.decode("utf-8", "surrogateescape")
                max_ms = max(own_ms, MANY_MS) if _is_many(name, limits) else own_ms
                ms = best_of(partial(call, text), max_ms * PATIENCE)
                yield Timed(ms, f"{name}: {case}", max_ms)


# Without a limit of the count, each of 20,000 members has a result of its own: 5 us each.
MANY_MS: Final = 200


def _is_many(name: str, limits: Limits) -> bool:
    return limits.request_events is None and "batch" in name


def measure_amplifiers() -> Iterable[Timed]:
    """Time the amplifiers at their full size."""
    for each in amplifiers():
        ms = best_of(each.make(SIZE), each.max_ms * PATIENCE, most=5)
        yield Timed(ms, each.name, each.max_ms)


def growth(each: Amplifier) -> float:
    """Return how many times longer a call takes on an input four times as large.

    The mean of two such steps, up to the full size: caches make one of them steeper.
    """
    small, large = each.make(SIZE // 16), each.make(SIZE)
    start = max(best_of(small, 0, most=5), 0.05)
    return math.sqrt(best_of(large, start * 36, most=10) / start)


class Found(NamedTuple):
    """The slowest input of a search."""

    ms: float
    call: str
    raw: bytes


def search(seconds: float, seed: int = 1) -> Found:
    """Climb from the slowest of the cases by mutation, for that long; the last step is a summit.

    Keeps the eight slowest inputs of each call. Timed once, and again before it counts.
    """
    r = Random(seed)
    calls = {
        f"{name}, {preset}": call
        for preset, limits in (("eventgrid", EVENTGRID), ("cloudevents", CLOUDEVENTS))
        for name, call in text_calls(limits).items()
    }
    corpus = [case.raw for case in (*parse_cases(), *event_cases())]
    summits: dict[str, list[tuple[float, bytes]]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    best = Found(0, "", b"")
    while time.perf_counter() < end:
        name = r.choice(list(calls))
        parents = [raw for _, raw in summits[name]] or [r.choice(corpus)]
        raw = _mutated(r, parents if r.random() < 0.8 else corpus)
        ms = _timed(calls[name], raw)
        kept = summits[name]
        if len(kept) < 8 or ms > kept[-1][0]:
            ms = min(ms, _timed(calls[name], raw), _timed(calls[name], raw))
            kept.append((ms, raw))
            kept.sort(key=lambda each: -each[0])
            del kept[8:]
            best = max(best, Found(ms, name, raw))
    return best


def _mutated(r: Random, corpus: list[bytes]) -> bytes:
    """Change, cut or repeat a piece of an input, up to 64 KiB."""
    raw = r.choice(corpus)
    if r.random() < 0.5:
        return mutate_bytes(r, [raw])[:SIZE]
    start = r.randrange(len(raw) + 1)
    piece = raw[start : start + r.choice((1, 2, 5, 20, 200))]
    times = r.choice((2, 10, 1000, 60_000))
    return (raw[:start] + (piece * times)[: max(0, SIZE - len(raw))] + raw[start:])[:SIZE]


def _timed(call: Call, raw: bytes) -> float:
    text = raw.decode("utf-8", "surrogateescape")
    return milliseconds(partial(call, text))


def main() -> int:
    """Report the slowest inputs; status 1 when one takes longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.slowest", description=__doc__)
    parser.add_argument("--time", type=float, default=60, help="seconds of search")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    timed = sorted([*measure_cases(), *measure_amplifiers()], reverse=True)
    for each in timed[:20]:
        print(f"{each.ms:8.1f} ms of {each.max_ms:3d}  {each.name}")  # noqa: T201 # its report
    found = search(arguments.time, arguments.seed)
    print(f"{found.ms:8.1f} ms found by search  {found.call}: {found.raw[:60]!r}")  # noqa: T201 # its report
    too_slow = [each for each in timed if each.ms > each.max_ms]
    return 1 if too_slow or found.ms > 300 else 0


if __name__ == "__main__":
    sys.exit(main())
