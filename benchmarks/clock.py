"""Timing side by side: subjects take turns, so that a noisy machine slows them all alike.

A lone time says little about a shared machine. The figure to keep is the ratio to a
yardstick that was timed in the same rounds. Where a time is needed, it is that of one
machine, the targets': json.loads of one event is timed in each round, too, and takes 2.8 µs there.
Times are processor time, all threads together: what a neighbour takes does not count.
"""

import json
from collections.abc import Callable, Mapping
from statistics import median
from time import process_time
from typing import Final, NamedTuple

REFERENCE_SECONDS: Final = 2.8e-6
"""json.loads of ``REFERENCE_EVENT`` on the machine of the targets and of the cited figures."""

REFERENCE_EVENT: Final = (
    b'{"id":"b25e1c4f-7a0d-4c0e-9a83-000000000000","specversion":"1.0","source":"svc.07",'
    b'"type":"com.example.d7.thing107.changed","datacontenttype":"application/json",'
    b'"subject":"/users/123/items/4567","time":"2025-01-02T03:04:05.678Z",'
    b'"data":{"name":"photo-0000000000000","region":"region-042","size":600,"price":50.25,"ok":true}}'
)


MOST_REFERENCE_LOOPS: Final = 100_000
SLOWNESS_LOOPS: Final = 10_000


class Subject(NamedTuple):
    """Something to time: one call of ``run`` handles ``items`` events, bodies or documents."""

    run: Callable[[], object]
    items: int = 1


class Timing(NamedTuple):
    """The median seconds for one item; its median ratio to the yardstick's of its round; and
    ``standard``, the seconds it would take on the machine of the targets.
    """

    seconds: float
    ratio: float
    standard: float


def side_by_side(
    subjects: Mapping[str, Subject], yard: str, *, seconds: float, rounds: int
) -> dict[str, Timing]:
    """Time the subjects in turn, ``rounds`` times, each for about ``seconds`` in all.

    ``yard`` names the subject that the others are compared with. A subject whose one call
    takes longer than its share takes part in fewer rounds, at least in one.
    """
    timed = {**subjects, "": Subject(_read_reference)}
    once = {name: _timed(subject.run, 1) for name, subject in timed.items()}
    loops = {name: max(1, int(seconds / rounds / spent)) for name, spent in once.items()}
    turns = {name: max(1, min(rounds, int(seconds / spent))) for name, spent in once.items()}
    turns[yard] = turns[""] = rounds
    loops[""] = min(loops[""], MOST_REFERENCE_LOOPS)
    spent: dict[str, list[float]] = {name: [] for name in timed}
    for turn in range(rounds):
        for name, subject in timed.items():
            if turn < turns[name]:
                spent[name].append(_timed(subject.run, loops[name]) / subject.items)
    return {
        name: Timing(
            median(spent[name]),
            _median_ratio(spent[name], spent[yard]),
            _median_ratio(spent[name], spent[""]) * REFERENCE_SECONDS,
        )
        for name in subjects
    }


def _median_ratio(spent: list[float], yard: list[float]) -> float:
    return median(a / b for a, b in zip(spent, yard, strict=False))


def slowness() -> float:
    """Return how much longer the reference event takes now than on the targets' machine."""
    return _timed(_read_reference, SLOWNESS_LOOPS) / REFERENCE_SECONDS


def _read_reference() -> object:
    return json.loads(REFERENCE_EVENT)


def _timed(run: Callable[[], object], loops: int) -> float:
    """Return the seconds that one of ``loops`` calls takes, never 0."""
    start = process_time()
    for _ in range(loops):
        run()
    return max(process_time() - start, 1e-9) / loops
