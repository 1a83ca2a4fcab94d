"""Partitions: where a filter is filed, and that it is found there and leaves from there."""

from random import Random
from typing import Any

import pytest

from egcore import CLOUDEVENTS, Filter
from egcore.index import partition as module
from egcore.index.bitmaps import Bitmap
from egcore.index.partition import MAX_GROUPS, MAX_KEYS, Partition, Place, place_of
from egcore.index.plan import make_plan
from egcore.index.shapes import NO_STEPS, Shapes
from tests import homogeneous
from tests.rules import Document


def strings(*values: str) -> list[Document]:
    """Make a field that lists strings."""
    return [{"op": "StringIn", "values": list(values)}]


def place(order: int, data: Document, shapes: Shapes) -> Place:
    """File a filter of data fields; none at all is an empty filter."""
    document = {"data": data} if data else {}
    return place_of(
        order, make_plan(Filter.from_document(document, limits=CLOUDEVENTS).fields), shapes
    )


def found(partition: Partition, data: Any) -> list[int]:
    """Match data; return the numbers in order."""
    orders: list[int] = []
    partition.match({"data": data}, orders)
    return sorted(set(orders))


def test_filed_by_one_field_with_several_keys() -> None:
    """All fields with one key, and the one with the fewest of the others; the rest is verified."""
    shapes = Shapes()
    data = {
        "a": strings("x", "y"),
        "b": strings("x"),
        "c": strings("x", "y", "z"),
        "d": strings("q"),
    }
    filed = place(7, data, shapes)
    assert [path[1] for path in filed.signature] == ["a", "b", "d"]
    assert filed.combined() == [("x", "x", "q"), ("y", "x", "q")]
    assert filed.row == (7, ("x", "y", "z"))
    partition = Partition.build([filed], shapes)
    event = {"a": "y", "b": "x", "c": "z", "d": "q"}
    assert found(partition, event) == [7]
    assert found(partition, {**event, "a": ["y", "x", "x"], "c": ["q", "z"]}) == [7]
    assert [found(partition, {**event, key: "no"}) for key in "abcd"] == [[], [], [], []]


def test_filed_by_so_many_fields() -> None:
    """A filter of many fields is filed by some, and verified by the others."""
    shapes = Shapes()
    names = [f"k{n}" for n in range(MAX_KEYS + 3)]
    filed = place(0, {name: strings("x") for name in names}, shapes)
    assert len(filed.signature) == MAX_KEYS
    assert len(filed.row) == 4
    partition = Partition.build([filed], shapes)
    assert found(partition, dict.fromkeys(names, "x")) == [0]
    assert found(partition, {name: ["y", "x"] for name in names}) == [0]
    for name in names:
        assert found(partition, {**dict.fromkeys(names, "x"), name: "y"}) == []


def test_without_any_field() -> None:
    """An empty filter is filed under nothing and takes everything."""
    shapes = Shapes()
    partition = Partition.build([place(3, {}, shapes)], shapes)
    assert (place(3, {}, shapes).signature, place(3, {}, shapes).shape) == ((), NO_STEPS)
    assert [found(partition, each) for each in (None, [1], {"a": 1})] == [[3], [3], [3]]
    assert bool(partition)
    assert not partition.minus(place(3, {}, shapes))


def many(r: Random, count: int) -> list[Document]:
    """Make data fields of filters of more signatures than groups pay for, some empty."""
    names = [f"k{n}" for n in range(12)]
    made = []
    for n in range(count):
        data: Document = {}
        for name in r.sample(names, 0 if n % 40 == 0 else r.choice([1, 2, 3])):
            form = r.choice(["StringIn", "NumberIn", "several", "mixed", "StringStartsWith"])
            data[name] = homogeneous.field(r, form)
        made.append(data)
    return made


def _events(r: Random, count: int) -> list[Document]:
    return [
        {f"k{n}": homogeneous.value(r) for n in range(12) if r.random() < 0.9} for _ in range(count)
    ]


@pytest.mark.parametrize("groups", [0, MAX_GROUPS, 10_000])
def test_tables_and_bitmaps_agree(monkeypatch: pytest.MonkeyPatch, groups: int) -> None:
    """Filters of many signatures are found alike in tables and in a bitmap, changes included."""
    monkeypatch.setattr(module, "MAX_GROUPS", groups)
    r = Random("many signatures")
    data = many(r, 400)
    loaded = [
        Filter.from_document({"data": each} if each else {}, limits=CLOUDEVENTS) for each in data
    ]
    holds = [[field.predicate() for field in each.fields] for each in loaded]
    shapes = Shapes()
    places = [place(n, each, shapes) for n, each in enumerate(data)]
    partition = Partition.build(places[:300], shapes)
    assert (partition._bitmap is not None) is (groups < 10_000)
    events = _events(r, 15)
    values = [
        [[each.get(field.path[1]) for field in one.fields] for one in loaded] for each in events
    ]
    there = set(range(300))
    seen, hits = [], 0
    for change in range(200):
        if r.random() < 0.5:
            number = r.choice([n for n in range(400) if n not in there])
            there, partition = there | {number}, partition.plus(places[number])
        else:
            number = r.choice(sorted(there))
            there, partition = there - {number}, partition.minus(places[number])
        if change % 10 == 0:
            seen.append((partition, there))
    for each, numbers in seen:
        assert sorted(set(each.orders())) == sorted(numbers)
        for event, of_event in zip(events, values, strict=True):
            wanted = [
                n
                for n in sorted(numbers)
                if all(test(value) for test, value in zip(holds[n], of_event[n], strict=True))
            ]
            assert found(each, event) == wanted
            orders: list[int] = []
            if not each.match({"data": event}, orders):
                assert len(orders) == len(wanted)
            hits += len(wanted)
    assert hits > 1_000
    for number in there:
        assert partition
        partition = partition.minus(places[number])
    assert not partition
    assert partition.orders() == []


@pytest.mark.parametrize("keyless_first", [False, True])
def test_a_number_in_bitmap_and_tables(keyless_first: bool) -> None:
    """Of a number's two filters, one in the bitmap and one without keys, neither outlives it."""
    shapes = Shapes()
    keyed = [place(0, {f"k{n}": strings("x")}, shapes) for n in range(MAX_GROUPS + 1)]
    keyless = place(0, {}, shapes)
    partition = Partition.build([*keyed, keyless], shapes)
    assert partition._bitmap is not None
    leaving = [keyless, *keyed] if keyless_first else [*keyed, keyless]
    for each in leaving:
        partition = partition.minus(each)
    assert found(partition, {"k1": "x"}) == []
    assert not partition


def test_twins_in_the_bitmap_take_no_other_along() -> None:
    """Removing a number with two filters of one signature leaves later filters alone."""
    shapes = Shapes()
    spread = [place(n, {f"k{n}": strings("x")}, shapes) for n in range(MAX_GROUPS + 1)]
    twins = [place(60, {"a": strings("x")}, shapes)] * 2
    partition = Partition.build([*spread, *twins], shapes)
    partition = partition.plus(place(61, {"a": strings("x")}, shapes))
    assert found(partition, {"a": "x"}) == [60, 61]
    for each in twins:
        partition = partition.minus(each)
    assert found(partition, {"a": "x"}) == [61]
    again = partition.plus(place(60, {"a": strings("y")}, shapes))
    assert [found(again, {"a": value}) for value in "xy"] == [[61], [60]]


def test_bitmaps_of_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bitmap answers alike in one block or many, with few values in a column or more."""
    r = Random("blocks")
    shapes = Shapes()
    places = [
        each for n, data in enumerate(many(r, 100)) if (each := place(n, data, shapes)).signature
    ]
    events = _events(r, 40)

    def answers() -> list[list[int]]:
        bitmap = Bitmap(places)
        results: list[list[int]] = []
        for data in events:
            results.append([])
            bitmap.match({"data": data}, shapes.verify, results[-1])
            results[-1].sort()
        return results

    wanted = answers()
    assert sum(map(len, wanted)) > 100
    for block, few in ((1, 64), (7, 0), (64, 1)):
        monkeypatch.setattr("egcore.index.bitmaps.BLOCK", block)
        monkeypatch.setattr("egcore.index.bitmaps.FEW", few)
        assert answers() == wanted
