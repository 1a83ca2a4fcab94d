"""Statistics as values: JSON, tables, copies."""

import json

from egcore import FilterCost, Matcher, PartitionStatistics, Statistics, StructureStatistics
from egcore.index.statistics import MOST_LINES
from tests.rules import SOURCE, copies

STRUCTURES = (
    StructureStatistics(
        "table", ("data.n", "type"), "subject StringStartsWith", 1200, 3, 2.5, "so"
    ),
    StructureStatistics("keys", (), None, 2, 1, 0.0, "nothing"),
)
PARTITIONS = (
    PartitionStatistics(None, 2, 1, STRUCTURES[1:]),
    PartitionStatistics("shop\n", 1202, 2, STRUCTURES),
)
STATISTICS = Statistics(
    filters=1204,
    bytes=1_234_567,
    verified=1200,
    shapes=1,
    steps=1,
    partitions=PARTITIONS,
    costly=(FilterCost("vip", 12.3456, "dear"), FilterCost(("a", 1), 0.001, "cheap")),
)


def test_tables() -> None:
    """Numbers stand to the right, the largest first, equal structures of partitions together."""
    assert str(STATISTICS).splitlines() == [
        "filters   1,204",
        "bytes     1,234,567",
        "verified  1,200",
        "shapes    1",
        "steps     1",
        "",
        "partition      filters  look-ups  looked at",
        "source shop\\n    1,202         2        2.5",
        "any source           2         1          0",
        "",
        "structure  key fields    filters  partitions  because",
        "table      data.n, type    1,200           1  so",
        "keys       none                4           2  nothing",
        "",
        "costly     cost  because",
        "vip        12.3  dear",
        "('a', 1)  0.001  cheap",
    ]


def test_long_tables_are_cut() -> None:
    """A table shows the first rows and tells how many there are besides."""
    many = [PartitionStatistics(f"s{n}", 1, 1, STRUCTURES[1:]) for n in range(1000 + MOST_LINES)]
    lines = str(STATISTICS._replace(partitions=tuple(many))).splitlines()
    assert "and 1,000 more" in lines
    assert sum(line.startswith("source s") for line in lines) == MOST_LINES


def test_document_is_json() -> None:
    """The document holds everything whole, as JSON has it; names that are no strings as text."""
    document = STATISTICS.document()
    assert json.loads(json.dumps(document)) == document
    assert document["filters"] == 1204
    assert document["partitions"][1] == {
        "source": "shop\n",
        "filters": 1202,
        "look_ups": 2,
        "looked_at": 2.5,
        "structures": [
            {
                "structure": "table",
                "key_fields": ["data.n", "type"],
                "over": "subject StringStartsWith",
                "filters": 1200,
                "keys": 3,
                "looked_at": 2.5,
                "because": "so",
            },
            {
                "structure": "keys",
                "key_fields": [],
                "over": None,
                "filters": 2,
                "keys": 1,
                "looked_at": 0.0,
                "because": "nothing",
            },
        ],
    }
    assert document["costly"][1] == {"name": "('a', 1)", "cost": 0.001, "because": "cheap"}


def test_values() -> None:
    """Statistics of equal matchers are equal; they pickle and copy."""
    matcher = Matcher({"a": {"source": SOURCE}})
    assert matcher.stats() == matcher.stats()
    assert all(each == matcher.stats() for each in copies(matcher.stats()))


def test_an_empty_matcher() -> None:
    """Where there is nothing, nothing costs, and the tables have heads only."""
    stats = Matcher({}).stats()
    assert (stats.filters, stats.partitions, stats.costly) == (0, (), ())
    assert str(stats).endswith("costly  cost  because")
