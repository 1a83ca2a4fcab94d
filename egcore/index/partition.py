"""Partitions: filters by their keys, and the keys of an event against them.

Filters that ask for equality on the same fields form a group: one dict from the values
of those fields to the bucket of filters that ask for them (tuple-space search, the
"signature hash" of packet classification). A filter that lists several values is
filed under each of them, for one field at most: nothing grows with a product.
"""

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import Any, NamedTuple

from egcore.index.buckets import (
    Bucket,
    Shapes,
    bucket_minus,
    bucket_plus,
    make_bucket,
    row_of,
)
from egcore.index.plan import Path, Plan, Step, in_step
from egcore.index.steps import Row

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


class Partition:
    """An immutable set of filed filters."""

    __slots__ = ("_by_key", "_groups", "_probe", "_shapes", "_tables")

    def __init__(
        self,
        tables: dict[Signature, dict[Any, Bucket]],
        shapes: Shapes,
        like: "Partition | None" = None,
    ) -> None:
        self._tables = tables
        self._by_key = tuple(tables.values())
        self._shapes = shapes
        if like is not None and like._tables.keys() == tables.keys():
            self._groups, self._probe = like._groups, like._probe
            return
        paths = tuple(dict.fromkeys(path for signature in tables for path in signature))
        self._groups = tuple(tuple(map(paths.index, signature)) for signature in tables)
        self._probe = shapes.probe(paths, self._groups)

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
        buckets: list[Bucket] = []
        keys = self._probe(members, self._by_key, buckets)
        if keys is not None:
            self._probe_arrays(keys, buckets)
        verify = self._shapes.verify
        for bucket in buckets:
            for shape, rows in bucket:
                if type(rows) is tuple:
                    found += verify[shape](rows, members)
                else:
                    found += rows.match(members)  # type: ignore[union-attr] # a Shelf
        return keys is not None

    def _probe_arrays(self, keys: list[Any], buckets: list[Bucket]) -> None:
        """Look up every combination of array elements, or every key, whichever are fewer."""
        for places, table in zip(self._groups, self._by_key, strict=True):
            choices = [
                keys[place] if type(keys[place]) is list else (keys[place],) for place in places
            ]
            if prod(map(len, choices)) <= len(table):
                wanted: Iterable[Any] = product(*choices)
                if len(choices) == 1:
                    wanted = choices[0]
                buckets += [table[key] for key in wanted if key in table]
            else:
                sets = [frozenset(choice) for choice in choices]
                buckets += [bucket for key, bucket in table.items() if _is_among(key, sets)]

    def plus(self, place: Place) -> "Partition":
        """Return a partition with one filter more."""
        table = dict(self._tables.get(place.signature, {}))
        for key in place.keys:
            table[key] = bucket_plus(table.get(key, ()), place.shape, place.row, self._shapes)
        return Partition({**self._tables, place.signature: table}, self._shapes, self)

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
        return Partition(tables, self._shapes, self)

    def __bool__(self) -> bool:
        return bool(self._tables)


def _is_among(key: Any, sets: list[frozenset[Any]]) -> bool:
    if len(sets) == 1:
        return key in sets[0]
    return all(part in choice for part, choice in zip(key, sets, strict=True))
