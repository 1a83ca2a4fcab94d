"""The slowest hostile inputs: each in its time, and the time grows no faster than the input."""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from egcore import EVENTGRID
from egcore.operators import OPERATORS
from tests.amplifiers import COLLIDING, SIZE, Amplifier, amplifiers
from tests.slowest import (
    PATIENCE,
    Timed,
    best_of,
    growth,
    measure_amplifiers,
    measure_cases,
    milliseconds,
    search,
)

# The figures hold for a machine with nothing else to do; twice that, however busy it is.
BUSY = 2


def _assert_in_time(timed: Iterable[Timed]) -> None:
    ordered = sorted(timed, reverse=True)
    for each in ordered[:10]:
        print(f"{each.ms:7.1f} ms  {each.name}")  # noqa: T201 # shown by pytest -rP
    assert ordered
    assert not [each for each in ordered if each.ms > each.max_ms * BUSY * PATIENCE]


@pytest.mark.parametrize("each", amplifiers(), ids=lambda each: each.name)
def test_amplifiers_answer_in_time(each: Amplifier) -> None:
    """64 KiB that ask for the most work of a call are answered in time."""
    allowed = each.max_ms * BUSY * PATIENCE
    assert best_of(each.make(SIZE), allowed) <= allowed


@pytest.mark.volume
def test_amplifiers_in_figures() -> None:
    """The slowest amplifiers, for the record."""
    _assert_in_time(measure_amplifiers())


@pytest.mark.volume
def test_hostile_cases_answer_in_time() -> None:
    """Every hostile case is answered in time by every public call, under both presets."""
    _assert_in_time(measure_cases())


@pytest.mark.volume
@pytest.mark.parametrize("each", amplifiers(), ids=lambda each: each.name)
def test_time_grows_with_the_input(each: Amplifier) -> None:
    """Four times the bytes take no more than six times as long."""
    assert growth(each) <= 6


@pytest.mark.volume
def test_search_finds_nothing_slow() -> None:
    """Mutations that climb towards slower inputs find none beyond the catalogue's."""
    found = search(5)
    print(f"{found.ms:.1f} ms  {found.call}: {found.raw[:60]!r}")  # noqa: T201 # shown by pytest -rP
    assert 0 < len(found.raw) <= SIZE
    assert found.ms <= 200 * BUSY


def test_search_climbs() -> None:
    """A search keeps its slowest input, and no input outgrows 64 KiB."""
    found = search(0.3, seed=7)
    assert found.ms > 0
    assert found.call
    assert len(found.raw) <= SIZE


def test_cases_are_timed_in_every_call() -> None:
    """The record names the call and the case."""
    first = next(iter(measure_cases((EVENTGRID,))))
    assert first.name == "parse_event: depth_1"
    assert 0 < first.ms < first.max_ms * BUSY * PATIENCE


def test_growth_tells_quadratic_from_linear() -> None:
    """Sixteen times as long for four times the input is not what may pass."""
    linear = Amplifier("linear", lambda size: lambda: sum(range(size * 10)))
    quadratic = Amplifier("quadratic", lambda size: lambda: sum(range(size * size // 5000)))
    assert growth(linear) <= 6 < growth(quadratic)


def test_a_refusal_is_an_answer() -> None:
    """What is refused is timed; anything else that is raised is not hidden."""
    assert milliseconds(lambda: None) >= 0
    with pytest.raises(ZeroDivisionError):
        milliseconds(lambda: 1 / 0)


def _plainly_in_range(ranges: list[tuple[Any, Any]], number: Any) -> bool:
    return any(low <= number <= high for low, high in ranges)


def test_lookups_answer_as_the_plain_words_say() -> None:
    """Ranges that were joined and numbers that are found by bisection give the same answers."""
    r = Random(1)
    bounds = (*range(-3, 9), -0.0, 0.5, 2**53, 2.0**53, 2**53 + 1, COLLIDING, 1e300, -1e300)
    for _ in range(2_000):
        pairs = [sorted((r.choice(bounds), r.choice(bounds))) for _ in range(r.randint(1, 6))]
        ranges = [(low, high) for low, high in pairs]
        in_range = OPERATORS["NumberInRange"].predicate(tuple(ranges))
        for number in bounds:
            assert in_range(number) is _plainly_in_range(ranges, number), (ranges, number)
    many = tuple(COLLIDING * number for number in range(20))
    is_one = OPERATORS["NumberIn"].predicate(many)
    for number in (*many, *bounds, -COLLIDING, COLLIDING * 20, float(COLLIDING), 0.0):
        assert is_one(number) is (number in many), number
