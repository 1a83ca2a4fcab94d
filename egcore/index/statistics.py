"""Statistics: what ``stats()`` tells of an index, as values.

Each compares, pickles and has ``document()``, a dict that is JSON; ``str()`` of the whole
gives tables. They show names of filters, sources and field names, never an event.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from egcore.errors import shorten

MOST_LINES: Final = 20  # of a table of ``str()``

_NUMBERS: Final = {
    "filters",
    "look-ups",
    "looked at",
    "partitions",
    "cost",
}  # columns, to the right


class StructureStatistics(NamedTuple):
    """Filters of one partition that are found the same way, and why that way.

    ``structure`` is one of

    - ``"keys"``: the values looked up say all, nothing is left to verify
    - ``"rows"``: few of a shape, verified one after the other
    - ``"table"``: many of a shape, found by a table ``over`` one of their conditions
    - ``"shelf"``: many of a shape, and no table is worth it: verified one after the other
    - ``"bitmap"``: of too many sets of key fields; those left by all fields are verified

    ``key_fields`` are the fields whose values are looked up to find them, ``keys`` the
    different values of which they stand under; no fields, one key. ``looked_at`` is the
    number of these filters that are verified for an event of the partition: reckoned, as
    if events had each of the keys, and none of them, equally often.
    """

    structure: str
    key_fields: tuple[str, ...]
    over: str | None
    filters: int
    keys: int
    looked_at: float
    because: str

    def document(self) -> dict[str, Any]:
        """Return the structure as JSON."""
        return {**self._asdict(), "key_fields": list(self.key_fields)}


class PartitionStatistics(NamedTuple):
    """The filters that list one source; ``source`` is None for those that list none.

    ``look_ups`` are the dict look-ups of an event: one for each set of key fields, or one
    for each field of a bitmap.
    """

    source: str | None
    filters: int
    look_ups: int
    structures: tuple[StructureStatistics, ...]

    @property
    def looked_at(self) -> float:
        """How many filters are verified for an event of the partition, as reckoned."""
        return sum(each.looked_at for each in self.structures)

    def document(self) -> dict[str, Any]:
        """Return the partition as JSON."""
        return {
            "source": self.source,
            "filters": self.filters,
            "look_ups": self.look_ups,
            "looked_at": self.looked_at,
            "structures": [each.document() for each in self.structures],
        }


class FilterCost(NamedTuple):
    """A filter by name, what it costs for each event of its source, and why.

    ``cost`` is reckoned, not measured: the conditions that are verified for an event, 1
    at least, times how often the filter is looked at.
    """

    name: Hashable
    cost: float
    because: str

    def document(self) -> dict[str, Any]:
        """Return the filter as JSON; a name that is no string is given by its ``repr``."""
        return {"name": _text(self.name), "cost": self.cost, "because": self.because}


class Statistics(NamedTuple):
    """What an index holds, how it is filed, and which filters cost most.

    ``filters`` counts names: filters of one subscription are one. ``bytes`` is what the
    index holds in memory, parts that it shares with others included. ``verified``
    filters have conditions besides their keys; these are tested by ``shapes`` compiled
    tests of ``steps`` different conditions, operands aside. ``costly`` has the ten that
    cost most, the dearest first.
    """

    filters: int
    bytes: int
    verified: int
    shapes: int
    steps: int
    partitions: tuple[PartitionStatistics, ...]
    costly: tuple[FilterCost, ...]

    def document(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            **self._asdict(),
            "partitions": [each.document() for each in self.partitions],
            "costly": [each.document() for each in self.costly],
        }

    def __str__(self) -> str:
        return "\n".join(_lines(self))


# --- Tables ------------------------------------------------------------------------------


def _lines(statistics: Statistics) -> Iterator[str]:
    for name, count in zip(statistics._fields[:5], statistics[:5], strict=True):
        yield f"{name:8}  {count:,}"
    yield ""
    yield from _table(
        ("partition", "filters", "look-ups", "looked at"),
        [
            (
                of_source(each.source),
                f"{each.filters:,}",
                f"{each.look_ups:,}",
                f"{each.looked_at:.3g}",
            )
            for each in sorted(statistics.partitions, key=lambda each: -each.filters)
        ],
    )
    yield ""
    yield from _table(
        ("structure", "key fields", "filters", "partitions", "because"),
        _structure_rows(statistics.partitions),
    )
    yield ""
    yield from _table(
        ("costly", "cost", "because"),
        [
            (shorten(_text(name)), f"{cost:.3g}", because)
            for name, cost, because in statistics.costly
        ],
    )


def _structure_rows(partitions: Iterable[PartitionStatistics]) -> list[tuple[str, ...]]:
    """Add up what is found the same way in many partitions, the most filters first."""
    counts: dict[tuple[str, ...], list[int]] = {}
    for part in partitions:
        for each in part.structures:
            fields = shorten(", ".join(each.key_fields)) or "none"
            counts.setdefault((each.structure, fields, each.because), []).append(each.filters)
    ranked = sorted(counts.items(), key=lambda item: -sum(item[1]))
    return [
        (structure, fields, f"{sum(filters):,}", f"{len(filters):,}", because)
        for (structure, fields, because), filters in ranked
    ]


def of_source(source: str | None) -> str:
    """Name a partition by its source."""
    return "any source" if source is None else f"source {shorten(source)}"


def _text(name: Hashable) -> str:
    return name if type(name) is str else repr(name)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give aligned lines, and tell how many rows were left out."""
    shown = [head, *rows[:MOST_LINES]]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = map(_aligned, row, widths, head)
        yield "  ".join(cells).rstrip()
    if len(rows) > MOST_LINES:
        yield f"and {len(rows) - MOST_LINES:,} more"


def _aligned(cell: str, width: int, head: str) -> str:
    return cell.rjust(width) if head in _NUMBERS else cell.ljust(width)
