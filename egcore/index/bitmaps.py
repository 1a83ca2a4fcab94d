"""Bitmaps: many filters that ask for many different sets of fields.

Groups cost one look-up each, and there may be thousands of them ("any three of twenty
fields"). A bitmap costs one look-up a field instead, and one AND over blocks of filters:
bit n of a block stands for its n-th filter, and a field's masks for a value have the bits
of all filters that the value satisfies or that do not ask for the field. Arrays need no
combinations: the masks of their elements are joined.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, Final, NamedTuple

from egcore.index.generated import Verify
from egcore.index.keys import keys_of
from egcore.index.plan import Path
from egcore.index.shapes import NO_STEPS
from egcore.index.steps import Row
from egcore.paths import Getter, field_getter

BLOCK: Final = 8_192  # filters in a block, whose masks have 1 KiB
FEW: Final = 64  # values up to which a column keeps whole masks

Masks = tuple[int, ...]
Filed = tuple[tuple[Path, ...], tuple[tuple[Any, ...], ...], int, Row]


class _Column(NamedTuple):
    """One key field: masks by value, and of the filters that are indifferent to it.

    ``whole``: the masks by value have the indifferent in them, which few values allow.
    """

    get: Getter
    by_value: dict[Any, Masks]
    indifferent: Masks
    whole: bool

    def masks(self, value: object) -> Masks:
        """Return the filters that a value of the event satisfies, as far as this field goes."""
        masks = self.indifferent
        for key in keys_of(value):
            found = self.by_value.get(key)
            if found is not None:
                masks = tuple(map(or_, masks, found))
        return masks


class Bitmap:
    """An immutable set of filters, each given by its fields, their keys, its shape and row."""

    __slots__ = ("_columns", "_filed", "orders", "paths")

    def __init__(self, filed: Sequence[Filed]) -> None:
        self._filed = tuple((shape, row) for _, _, shape, row in filed)
        self.orders = frozenset(row[0] for _, row in self._filed)
        self.paths = tuple(dict.fromkeys(path for fields, *_ in filed for path in fields))
        self._columns = _columns(filed)

    def match(self, members: dict[str, Any], verify: Sequence[Verify], found: list[int]) -> None:
        """Append the order numbers of the filters that match."""
        masks: list[Masks] = []
        for column in self._columns:
            get, by_value, indifferent, whole = column
            value = get(members)
            if whole and type(value) is str:
                masks.append(by_value.get(value, indifferent))
            else:
                masks.append(column.masks(value))
        for block, parts in enumerate(zip(*masks, strict=True)):
            bits = reduce(and_, parts)
            while bits:
                last = bits.bit_length() - 1
                bits ^= 1 << last
                shape, row = self._filed[block * BLOCK + last]
                if shape == NO_STEPS:
                    found.append(row[0])
                else:
                    found += verify[shape]((row,), members)

    def rows(self) -> Iterable[tuple[int, Row]]:
        """Return the shape and the row of each filter."""
        return self._filed

    @property
    def values(self) -> int:
        """How many different values have masks, all fields taken together."""
        return sum(len(column.by_value) for column in self._columns)

    def shares(self) -> list[float]:
        """Reckon for each filter how often an event has its values.

        As if it asked for one value of each of its fields, and events had each of the
        field's values, and none of them, equally often.
        """
        shares = [1.0] * len(self._filed)
        for column in self._columns:
            share = 1 / (len(column.by_value) + 1)
            for block, mask in enumerate(column.indifferent):
                start = block * BLOCK
                size = min(BLOCK, len(shares) - start)
                for number, bit in enumerate(reversed(f"{mask:0{size}b}"), start):
                    if bit == "0":
                        shares[number] *= share
        return shares


def _columns(filed: Sequence[Filed]) -> tuple[_Column, ...]:
    blocks = -(-len(filed) // BLOCK)
    asking: dict[Path, list[int]] = {}
    by_value: dict[Path, dict[Any, list[int]]] = {}
    for number, (fields, keys, _, _) in enumerate(filed):
        block, place = divmod(number, BLOCK)
        bit = 1 << place
        for path, of_path in zip(fields, keys, strict=True):
            asking.setdefault(path, [0] * blocks)[block] |= bit
            values = by_value.setdefault(path, {})
            for key in of_path:
                values.setdefault(key, [0] * blocks)[block] |= bit
    everyone = [(1 << min(BLOCK, len(filed) - block * BLOCK)) - 1 for block in range(blocks)]
    return tuple(
        _column(path, values, tuple(map(_without, everyone, asking[path])))
        for path, values in by_value.items()
    )


def _without(bits: int, others: int) -> int:
    return bits & ~others


def _column(path: Path, values: dict[Any, list[int]], indifferent: Masks) -> _Column:
    whole = len(values) <= FEW
    masks: Iterable[Masks] = map(tuple, values.values())
    if whole:
        masks = (tuple(map(or_, each, indifferent)) for each in values.values())
    by_value = dict(zip(values, masks, strict=True))
    return _Column(field_getter(path), by_value, indifferent, whole)
