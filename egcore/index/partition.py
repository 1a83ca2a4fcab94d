"""Partitions: filters by their keys, and the keys of an event against them.

Filters that ask for equality on the same fields form a group: one dict from the values
of those fields to the bucket of filters that ask for them (tuple-space search, the
"signature hash" of packet classification). A filter that lists several values is
filed under each of them, for one field at most: nothing grows with a product.
"""

from collections.abc import Callable, Iterable
from itertools import product
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

from egcore.index.buckets import (
    Bucket,
    Shapes,
    bucket_minus,
    bucket_plus,
    make_bucket,
    match_bucket,
    row_of,
)
from egcore.index.keys import element_keys, key_of
from egcore.index.plan import Path, Plan, Step, in_step
from egcore.index.steps import Row
from egcore.paths import Getter, field_getter

Signature = tuple[Path, ...]


class Place(NamedTuple):
    """Where a filter is filed: its group, its keys there, its shape and its row."""

    signature: Signature
    keys: tuple[Any, ...]
    shape: int
    row: Row


def place_of(order: int, plan: Plan, shapes: Shapes) -> Place:
    """Decide where to file a filter: by all fields with one key, and one with several."""
    several = [path for path, keys in plan.keys.items() if len(keys) > 1]
    spread = min(several, key=lambda path: len(plan.keys[path]), default=None)
    signature = tuple(
        sorted(path for path, keys in plan.keys.items() if len(keys) == 1 or path == spread)
    )
    verified = [in_step(path, plan.keys[path]) for path in several if path != spread]
    steps: list[Step] = [*verified, *plan.steps]
    combinations = product(*(plan.keys[path] for path in signature))
    keys = tuple(key[0] if len(key) == 1 else key for key in combinations)
    return Place(signature, keys, shapes.number(steps), row_of(order, steps))


class _Group(NamedTuple):
    """The filters of one signature: ``pick`` takes the key out of the event's values."""

    pick: Callable[[list[Any]], Any]
    places: tuple[int, ...]
    table: dict[Any, Bucket]


def _pick_nothing(_: list[Any]) -> tuple[()]:
    return ()


class Partition:
    """An immutable set of filed filters."""

    __slots__ = ("_getters", "_groups", "_paths", "_shapes", "_tables")

    def __init__(self, tables: dict[Signature, dict[Any, Bucket]], shapes: Shapes) -> None:
        self._tables = tables
        self._shapes = shapes
        self._paths = tuple(dict.fromkeys(path for signature in tables for path in signature))
        self._getters: tuple[Getter, ...] = tuple(map(field_getter, self._paths))
        self._groups = tuple(self._group(signature) for signature in tables)

    def _group(self, signature: Signature) -> _Group:
        places = tuple(map(self._paths.index, signature))
        pick = itemgetter(*places) if places else _pick_nothing
        return _Group(pick, places, self._tables[signature])

    @classmethod
    def build(cls, places: Iterable[Place], shapes: Shapes) -> "Partition":
        """File many filters at once; they come in order."""
        raw: dict[Signature, dict[Any, dict[int, list[Row]]]] = {}
        for place in places:
            table = raw.setdefault(place.signature, {})
            for key in place.keys:
                table.setdefault(key, {}).setdefault(place.shape, []).append(place.row)
        tables = {
            signature: {key: make_bucket(rows, shapes) for key, rows in table.items()}
            for signature, table in raw.items()
        }
        return cls(tables, shapes)

    def match(self, members: dict[str, Any], found: list[int]) -> bool:
        """Append the order numbers of the filters that match; tell whether some may stand twice."""
        values: list[Any] = []
        arrays = False
        for get in self._getters:
            value = get(members)
            if type(value) is not str:
                if type(value) is list:
                    arrays = True
                    value = element_keys(value)
                else:
                    value = key_of(value)
            values.append(value)
        if arrays:
            self._match_arrays(values, members, found)
            return True
        shapes = self._shapes.tests
        for pick, _, table in self._groups:
            bucket = table.get(pick(values))
            if bucket is not None:
                match_bucket(bucket, shapes, members, found)
        return False

    def _match_arrays(self, values: list[Any], members: dict[str, Any], found: list[int]) -> None:
        """Look up every combination of array elements, or every key, whichever are fewer."""
        shapes = self._shapes.tests
        for _, places, table in self._groups:
            choices = [
                values[place] if type(values[place]) is list else [values[place]]
                for place in places
            ]
            if prod(map(len, choices)) <= len(table):
                keys = [key[0] if len(key) == 1 else key for key in product(*choices)]
            else:
                sets = [frozenset(choice) for choice in choices]
                keys = [key for key in table if _is_among(key, sets)]
            for key in keys:
                bucket = table.get(key)
                if bucket is not None:
                    match_bucket(bucket, shapes, members, found)

    def plus(self, place: Place) -> "Partition":
        """Return a partition with one filter more."""
        table = dict(self._tables.get(place.signature, {}))
        for key in place.keys:
            table[key] = bucket_plus(table.get(key, ()), place.shape, place.row, self._shapes)
        return Partition({**self._tables, place.signature: table}, self._shapes)

    def minus(self, place: Place) -> "Partition":
        """Return a partition without a filter that is filed in it."""
        table = dict(self._tables[place.signature])
        for key in place.keys:
            left = bucket_minus(table[key], place.shape, place.row[0])
            if left:
                table[key] = left
            else:
                del table[key]
        tables = {**self._tables, place.signature: table}
        if not table:
            del tables[place.signature]
        return Partition(tables, self._shapes)

    def __bool__(self) -> bool:
        return bool(self._tables)


def _is_among(key: Any, sets: list[frozenset[Any]]) -> bool:
    if len(sets) == 1:
        return key in sets[0]
    return all(part in choice for part, choice in zip(key, sets, strict=True))
