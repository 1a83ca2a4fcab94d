"""How much a run measures: numbers of rules, seconds for each subject, rounds."""

from typing import Final, NamedTuple


class Scale(NamedTuple):
    """``loops`` are the numbers of rules for peers that loop; on ``selective`` ``far_loops`` too.

    ``many`` is the number of rules for the questions that take one: process, load, memory.
    ``requests`` is how many requests the latency percentiles are taken from.
    """

    name: str
    rules: tuple[int, ...]
    loops: tuple[int, ...]
    far_loops: tuple[int, ...]
    process_rules: int
    many: tuple[int, ...]
    requests: int
    seconds: float
    rounds: int


SCALES: Final = {
    each.name: each
    for each in (
        Scale("life", (1, 20), (1, 20), (), 20, (20,), 20, 0.0, 1),
        Scale(
            "quick", (1, 100, 1_000, 10_000), (1, 100, 1_000), (10_000,),
            10_000, (1_000, 10_000), 3_000, 0.15, 5,
        ),
        Scale(
            "full", (1, 100, 1_000, 10_000, 100_000), (1, 100, 1_000, 10_000), (100_000,),
            10_000, (1_000, 10_000, 100_000), 20_000, 1.0, 11,
        ),
        Scale(
            "million", (1_000_000,), (), (), 1_000_000, (1_000_000,), 20_000, 2.0, 5,
        ),
    )
}  # fmt: skip
