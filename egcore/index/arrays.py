"""Arrays of an event at key fields: every combination of their elements is a key.

An event chooses how many combinations there are, and how they hash; neither may make it
dear. Where the combinations outnumber the keys of all filters, only what filters ask for is
kept of the arrays, and a table is read through where that is shorter.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, Final

from egcore.index.keys import keys_of

Table = dict[Any, Any]
Groups = Sequence[Sequence[int]]
Choices = Sequence[Collection[Any]]

FEW: Final = 1_024  # combinations that are always tried one by one


def look_up(values: Sequence[object], groups: Groups, tables: Sequence[Table]) -> list[Any]:
    """Return what stands in tables under the keys of some values, each once.

    ``groups`` are the places of each table's fields among the values.
    """
    choices: Choices = [keys_of(value) for value in values]
    combinations = sum(prod(len(choices[place]) for place in places) for places in groups)
    if combinations > max(FEW, sum(map(len, tables))):
        choices = _asked_for(choices, groups, tables)
    found: list[Any] = []
    for places, table in zip(groups, tables, strict=True):
        found += _found(table, [choices[place] for place in places])
    return found


def _asked_for(choices: Choices, groups: Groups, tables: Sequence[Table]) -> list[set[Any]]:
    """Keep of the choices what some table has at that place."""
    asked: list[set[Any]] = [set() for _ in choices]
    for places, table in zip(groups, tables, strict=True):
        for place, column in zip(places, _columns(table, len(places)), strict=True):
            asked[place].update(column)
    return [{key for key in keys if key in of} for keys, of in zip(choices, asked, strict=True)]


def _columns(table: Table, width: int) -> Iterator[Any]:
    return iter((table,)) if width == 1 else zip(*table, strict=True)


def _found(table: Table, choices: Choices) -> list[Any]:
    if prod(map(len, choices)) > max(FEW, len(table)):
        return [each for key, each in table.items() if _is_among(key, choices)]
    wanted = choices[0] if len(choices) == 1 else product(*choices)
    return [table[key] for key in wanted if key in table]


def _is_among(key: Any, choices: Choices) -> bool:
    if len(choices) == 1:
        return key in choices[0]
    return all(part in choice for part, choice in zip(key, choices, strict=True))
