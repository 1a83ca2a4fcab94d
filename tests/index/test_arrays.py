"""Arrays at key fields: every combination, each bucket once, at a cost that the rules bound."""

from itertools import product
from random import Random
from time import process_time
from typing import Any

import pytest

from egcore.index import arrays
from egcore.index.arrays import FEW, look_up
from egcore.index.keys import NULL, keys_of
from tests.slowest import PATIENCE

GROUPS = ((), (0,), (1,), (0, 1), (1, 2), (0, 1, 2))


def tables_of(r: Random, keys: list[Any], size: int) -> list[dict[Any, Any]]:
    """Make a table for each group, with up to ``size`` of all keys that it may have."""
    tables = []
    for number, group in enumerate(GROUPS):
        every = list(keys) if len(group) == 1 else list(product(keys, repeat=len(group)))
        tables.append({key: (number, key) for key in r.sample(every, min(size, len(every)))})
    return tables


@pytest.mark.parametrize("few", [0, FEW])
def test_every_combination_once(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """What is found is what a search of all keys finds, however it is found."""
    monkeypatch.setattr(arrays, "FEW", few)
    r = Random(f"combinations {few}")
    keys = [NULL, "a", "b", "1", 1, 0, 2.5]
    for _ in range(300):
        tables = tables_of(r, keys, r.choice([1, 5, 100]))
        values = [_value(r) for _ in range(3)]
        found = look_up(values, GROUPS, tables)
        choices = [keys_of(value) for value in values]
        wanted = [
            table[key]
            for group, table in zip(GROUPS, tables, strict=True)
            for key in table
            if all(
                part in choices[place]
                for place, part in zip(group, (key,) if len(group) == 1 else key, strict=True)
            )
        ]
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))


def _value(r: Random) -> Any:
    scalars = [None, True, "a", "b", "1", 1, 1.0, -0.0, 2.5, {}, "c"]
    if r.random() < 0.4:
        return r.choice(scalars)
    return [r.choice(scalars) for _ in range(r.choice([0, 1, 3, 30]))]


def test_cost_is_bounded_by_the_tables() -> None:
    """Combinations without number cost no more than reading the tables through."""
    long: list[Any] = [f"e{n}" for n in range(3_000)]
    tables = [{(f"e{n}", f"e{n + 1}", f"e{n + 2}"): n for n in range(2_000)}]
    began = process_time()
    assert len(look_up([long, long, long], [(0, 1, 2)], tables)) == 2_000
    assert look_up([long, long, long], [(0, 1, 2)], [{("x", "e1", "e1"): 1}]) == []
    assert process_time() - began < 0.3 * PATIENCE  # 27 billion combinations
