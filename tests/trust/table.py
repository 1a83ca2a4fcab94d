"""The table of figures, in the order they run. To add one, add a row here.

A figure is a ``Volume``, which runs chunks in all processes and may have a replay
function, or any function from a ``Budget`` to a ``Figure``.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.trust import (
    batches,
    catalogues,
    digests,
    fuzzing,
    hostility,
    matching,
    rendering,
    roundtrips,
    sets,
)
from tests.trust.figures import Budget, Figure, Volume

_VOLUMES: Final = (
    Volume(
        matching.NAME,
        "(filter, event) pairs: fast path = oracle = explain",
        1_000_000,
        matching.chunk,
        2.0,
        matching.judge,
    ),
    Volume(
        sets.NAME,
        "decisions of rule sets: index = no index, in order",
        200_000,
        sets.chunk,
        2.0,
        sets.judge,
    ),
    Volume(
        rendering.NAME,
        "renders: = oracle, no break-out, cap held",
        200_000,
        rendering.chunk,
        2.0,
        rendering.judge,
    ),
    Volume(
        hostility.NAME,
        "hostile inputs to all public calls: no foreign exception",
        2_000_000,
        hostility.chunk,
        5.0,
    ),
    Volume(
        batches.NAME,
        "batches: nothing lost, doubled, reordered",
        100_000,
        batches.chunk,
        2.0,
        batches.judge,
    ),
    Volume(
        roundtrips.NAME,
        "events written and read again",
        100_000,
        roundtrips.chunk,
    ),
)

VOLUMES: Final[dict[str, Volume]] = {each.name: each for each in _VOLUMES}

FIGURES: Final[dict[str, Callable[[Budget], Figure]]] = {
    **VOLUMES,
    digests.NAME: digests.figure,
    catalogues.NAME: catalogues.figure,
    fuzzing.NAME: fuzzing.figure,
}

DEEP: Final = (fuzzing.NAME,)
"""Figures of a deep run only: they have no fixed count."""
_WEIGHTS: Final = {fuzzing.NAME: 4.0}

REPLAYS: Final[dict[str, Callable[..., str | None]]] = {
    matching.NAME: matching.check,
    sets.NAME: sets.check,
    rendering.NAME: rendering.check,
    hostility.NAME: hostility.check,
    batches.NAME: batches.check,
    roundtrips.NAME: roundtrips.check,
}
"""What replays a case file of a figure: None, or what is wrong."""


def weight(name: str) -> float:
    """Return a figure's share of a run of a chosen time."""
    return VOLUMES[name].weight if name in VOLUMES else _WEIGHTS.get(name, 0.2)


def replay(figure: str, arguments: list[Any]) -> str | None:
    """Run one case again: None when it holds, else what is wrong."""
    return REPLAYS[figure](*arguments)
