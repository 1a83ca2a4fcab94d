"""Partitions: filters by their keys, and the keys of an event against them.

Filters that ask for equality on the same fields form a group: one dict from the values
of those fields to the bucket of filters that ask for them (tuple-space search, the
"signature hash" of packet classification). A filter that lists several values is
filed under each of them, for one field at most: nothing grows with a product.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, Final, NamedTuple

from egcore.index.bitmaps import Bitmap
from egcore.index.buckets import Bucket, bucket_minus, bucket_plus, make_bucket, row_of
from egcore.index.plan import Path, Plan, Step, in_step
from egcore.index.shapes import NO_STEPS, Layout, Shapes
from egcore.index.steps import Row

Signature = tuple[Path, ...]


MAX_GROUPS: Final = 48  # signatures up to which a look-up for each is the fastest (measured)
MAX_KEYS: Final = 8  # fields that a filter is filed by; a longer key is no more selective


class Place(NamedTuple):
    """Where a filter is filed: its key fields and their keys, its shape and its row."""

    signature: Signature
    keys: tuple[tuple[Any, ...], ...]
    shape: int
    row: Row

    def combined(self) -> list[Any]:
        """Return the keys in the table of the signature: one field has several at most."""
        return [key[0] if len(key) == 1 else key for key in product(*self.keys)]


def place_of(order: int, plan: Plan, shapes: Shapes) -> Place:
    """Decide where to file a filter: by all fields with one key, and one with several."""
    by_keys = sorted(plan.keys, key=lambda path: (len(plan.keys[path]), path))
    single = [path for path in by_keys if len(plan.keys[path]) == 1]
    filed = by_keys[: min(len(single) + 1, MAX_KEYS)]
    signature = tuple(sorted(filed))
    verified = [in_step(path, plan.keys[path]) for path in by_keys[len(filed) :]]
    steps: list[Step] = [*verified, *plan.steps]
    keys = tuple(plan.keys[path] for path in signature)
    return Place(signature, keys, shapes.number(steps), row_of(order, steps))


Tables = dict[Signature, dict[Any, Bucket]]


class Partition:
    """An immutable set of filed filters: in tables by signature, or in a bitmap.

    A bitmap is made at once of all filters of too many signatures. What comes later
    goes into tables, what goes is noted in ``_gone``.
    """

    __slots__ = ("_bitmap", "_gone", "_layout", "_shapes", "_tables", "_values")

    def __init__(
        self,
        tables: Tables,
        shapes: Shapes,
        bitmap: Bitmap | None = None,
        gone: frozenset[int] = frozenset(),
    ) -> None:
        # In a fixed order, so that partitions with the same signatures share their look-up.
        self._tables = tables = dict(sorted(tables.items()))
        self._values = tuple(tables.values())
        self._shapes = shapes
        self._layout: Layout = shapes.layout(tuple(tables))
        self._bitmap = bitmap
        self._gone = gone

    @classmethod
    def build(cls, places: Sequence[Place], shapes: Shapes) -> "Partition":
        """File many filters at once; they come in order."""
        bitmap = None
        if len({place.signature for place in places}) > MAX_GROUPS:
            bitmap = Bitmap([place for place in places if place.signature])
            places = [place for place in places if not place.signature]
        raw: dict[Signature, dict[Any, dict[int, list[Row]]]] = {}
        for place in places:
            table = raw.setdefault(place.signature, {})
            for key in place.combined():
                table.setdefault(key, {}).setdefault(place.shape, []).append(place.row)
        tables = {
            signature: {key: make_bucket(rows, shapes) for key, rows in table.items()}
            for signature, table in raw.items()
        }
        return cls(tables, shapes, bitmap)

    def match(self, members: dict[str, Any], found: list[int]) -> bool:
        """Append the order numbers of the filters that match; tell whether some may stand twice."""
        buckets: list[Bucket] = []
        keys = self._layout.probe(members, self._values, buckets)
        if type(keys) is list:
            self._scan(keys, buckets)
        verify = self._shapes.verify
        for bucket in buckets:
            for shape, rows in bucket:
                if shape == NO_STEPS:
                    found += rows  # type: ignore[arg-type] # order numbers alone
                elif type(rows) is tuple:
                    found += verify[shape](rows, members)
                else:
                    found += rows.match(members)  # type: ignore[union-attr] # a Shelf
        if self._bitmap is not None:
            mapped: list[int] = []
            self._bitmap.match(members, verify, mapped)
            found += [order for order in mapped if order not in self._gone]
        return keys is not None

    def _scan(self, keys: list[Any], buckets: list[Bucket]) -> None:
        """Try every key of every table: for arrays with too many combinations to try those."""
        sets = [frozenset(each if type(each) is list else (each,)) for each in keys]
        for places, table in zip(self._layout.groups, self._values, strict=True):
            choices = [sets[place] for place in places]
            buckets += [bucket for key, bucket in table.items() if _is_among(key, choices)]

    def plus(self, place: Place) -> "Partition":
        """Return a partition with one filter more."""
        table = dict(self._tables.get(place.signature, {}))
        for key in place.combined():
            table[key] = bucket_plus(table.get(key, ()), place.shape, place.row, self._shapes)
        tables = {**self._tables, place.signature: table}
        return Partition(tables, self._shapes, self._bitmap, self._gone)

    def minus(self, place: Place) -> "Partition":
        """Return a partition without a filter that is filed in it."""
        order = place.row[0]
        # A filter without key fields stands in a table, also where its twin is in the bitmap.
        mapped = place.signature and self._bitmap and order in self._bitmap.orders
        if mapped and order not in self._gone:
            gone = self._gone | {order}
            return Partition(self._tables, self._shapes, self._bitmap, gone)
        table = dict(self._tables.get(place.signature, {}))
        for key in place.combined():
            left = bucket_minus(table.get(key, ()), place.shape, order)
            if left:
                table[key] = left
            else:
                table.pop(key, None)
        tables = {**self._tables, place.signature: table}
        if not table:
            del tables[place.signature]
        return Partition(tables, self._shapes, self._bitmap, self._gone)

    def orders(self) -> list[int]:
        """Return the order numbers of all filters, each as often as it is filed."""
        orders: list[int] = []
        for table in self._values:
            for bucket in table.values():
                for shape, rows in bucket:
                    each: Any = rows if isinstance(rows, tuple) else rows.rows
                    orders += each if shape == NO_STEPS else (row[0] for row in each)
        if self._bitmap is not None:
            orders += self._bitmap.orders - self._gone
        return orders

    def __bool__(self) -> bool:
        return bool(self._tables) or bool(self._bitmap and self._bitmap.orders - self._gone)


def _is_among(key: Any, sets: list[frozenset[Any]]) -> bool:
    if len(sets) == 1:
        return key in sets[0]
    return all(part in choice for part, choice in zip(key, sets, strict=True))
