"""Buckets and shelves: rows come and go, tables age, and nobody's answers change."""

from random import Random
from typing import Any

import pytest

from egcore import Filter
from egcore.index.buckets import (
    MANY,
    STALE,
    Bucket,
    Shelf,
    bucket_minus,
    bucket_plus,
    make_bucket,
    row_of,
)
from egcore.index.plan import make_plan
from egcore.index.shapes import NO_STEPS, Shapes
from tests import homogeneous

Row = tuple[Any, ...]
FORMS = (
    {"a": "StringStartsWith", "b": "NumberInRange"},
    {"a": "StringEndsWith"},
    {"a": "NumberLessThan"},
    {},
)


class Rows:
    """Rows of one shape that a test draws from, with the shape's number."""

    def __init__(self, r: Random, forms: dict[str, str]) -> None:
        self.shapes = Shapes()
        self.shape = NO_STEPS
        self._r, self._forms = r, forms
        self.draw(0)

    def draw(self, order: int) -> Row:
        """Make a row under an order number."""
        while True:
            (document,) = homogeneous.filters(self._r, self._forms, 1)
            fields = Filter.from_document(document).fields
            steps = make_plan(each for each in fields if each.path != ("source",)).steps
            if all(
                each.kind == form for each, form in zip(steps, self._forms.values(), strict=True)
            ):
                break
        self.shape = self.shapes.number(steps)
        return row_of(order, steps)

    def check(self, bucket: Bucket, rows: dict[int, Row], events: list[Any]) -> int:
        """Hold a bucket to its rows looked at one by one."""
        verify = self.shapes.verifiers[self.shape].verify
        found = 0
        for members in events:
            wanted = verify([rows[order] for order in sorted(rows)], members)
            assert sorted(match(bucket, self.shapes, members)) == wanted
            found += len(wanted)
        return found


def match(bucket: Bucket, shapes: Shapes, members: dict[str, Any]) -> list[int]:
    """Match a bucket as its partition does."""
    found: list[int] = []
    for shape, rows in bucket:
        if isinstance(rows, Shelf):
            found += rows.match(members)
        elif shape == NO_STEPS:
            found += rows
        else:
            found += shapes.verify[shape](rows, members)
    return found


@pytest.mark.parametrize("forms", FORMS, ids=str)
def test_changes_in_any_order(forms: dict[str, str]) -> None:
    """Rows added, removed and added again, past every limit: right each time, and before."""
    r = Random(f"changes {forms}")
    rows = Rows(r, forms)
    events = [homogeneous.event(r) for _ in range(25)]
    held: dict[int, Row] = {order: rows.draw(order) for order in range(150)}
    bucket = make_bucket({rows.shape: list(held.values())}, rows.shapes)
    seen: list[tuple[Bucket, dict[int, Row]]] = []
    found = 0
    for change in range(500):
        grows = r.random() < (0.7 if change % 250 < 125 else 0.3)
        if grows or not held:
            order = r.choice([each for each in range(300) if each not in held])
            held = {**held, order: rows.draw(order)}
            bucket = bucket_plus(bucket, rows.shape, held[order], rows.shapes)
        else:
            order = r.choice(list(held))
            held = {each: row for each, row in held.items() if each != order}
            bucket = bucket_minus(bucket, rows.shape, order)
        if change % 20 == 0:
            found += rows.check(bucket, held, events)
            seen.append((bucket, held))
    for before, of_then in seen:
        found += rows.check(before, of_then, events)
    assert found > 100
    for order in list(held):
        bucket = bucket_minus(bucket, rows.shape, order)
    assert bucket == ()


def shelf_of(bucket: Bucket) -> Shelf:
    """Return the only part of a bucket, a shelf."""
    ((_, shelf),) = bucket
    assert isinstance(shelf, Shelf)
    return shelf


def _shelved() -> tuple[Rows, dict[int, Row], Bucket]:
    rows = Rows(Random("shelf"), {"a": "StringStartsWith"})
    held = {order: (order, f"p{order}") for order in range(0, 400, 2)}
    return rows, held, make_bucket({rows.shape: list(held.values())}, rows.shapes)


def _event(order: int) -> dict[str, Any]:
    return {"data": {"a": f"p{order}"}}


def test_few_rows_have_no_shelf() -> None:
    """A shelf is made when there are enough rows, and kept when they become fewer."""
    rows = Rows(Random("few"), {"a": "StringStartsWith"})
    bucket: Bucket = ()
    for order in range(MANY):
        assert not any(isinstance(part, Shelf) for _, part in bucket)
        bucket = bucket_plus(bucket, rows.shape, (order, f"p{order}"), rows.shapes)
    assert shelf_of(bucket)
    assert isinstance(bucket_minus(bucket, rows.shape, 0)[0][1], Shelf)


def test_a_row_in_the_tail_is_removed() -> None:
    """A row that came after the table was made goes without the table being made again."""
    rows, held, bucket = _shelved()
    table = shelf_of(bucket)._table
    more = bucket_plus(bucket, rows.shape, (1, "p1"), rows.shapes)
    assert rows.check(more, {**held, 1: (1, "p1")}, [_event(1)]) == 1
    less = bucket_minus(more, rows.shape, 1)
    assert rows.check(less, held, [_event(1), _event(2)]) == 1
    assert shelf_of(less)._table is table
    assert rows.check(more, {**held, 1: (1, "p1")}, [_event(1)]) == 1


def test_a_number_that_is_gone_comes_back() -> None:
    """Another row under a removed number is found by its own operands, not by the old ones."""
    rows, _, bucket = _shelved()
    gone = bucket_minus(bucket, rows.shape, 4)
    assert match(gone, rows.shapes, _event(4)) == []
    again = bucket_plus(gone, rows.shape, (4, "q"), rows.shapes)
    assert match(again, rows.shapes, _event(4)) == []
    assert match(again, rows.shapes, {"data": {"a": "q"}}) == [4]
    assert match(bucket, rows.shapes, _event(4)) == [4]


def test_tables_are_made_anew_when_stale() -> None:
    """After enough changes of either kind the table has all rows, and those only."""
    rows, _, bucket = _shelved()
    more = less = bucket
    for n in range(STALE + 1):
        more = bucket_plus(more, rows.shape, (2 * n + 1, "x"), rows.shapes)
        less = bucket_minus(less, rows.shape, 2 * n)
        is_new = n == STALE
        assert (shelf_of(more)._table is not shelf_of(bucket)._table) is is_new
        assert (shelf_of(less)._table is not shelf_of(bucket)._table) is is_new
    assert (shelf_of(more)._tail, shelf_of(less)._gone) == ((), frozenset())


@pytest.mark.parametrize("forms", FORMS, ids=str)
def test_removing_what_is_not_there(forms: dict[str, str]) -> None:
    """A number that a bucket does not have takes none of its rows away."""
    rows = Rows(Random("absent"), forms)
    for count in (2, 50):
        held = [rows.draw(order) for order in range(0, 2 * count, 2)]
        bucket = make_bucket({rows.shape: held}, rows.shapes)
        before = [getattr(part, "rows", part) for _, part in bucket]
        for order in (-1, 1, 99, 100):
            less = bucket_minus(bucket, rows.shape, order)
            assert [getattr(part, "rows", part) for _, part in less] == before


def test_all_rows_of_a_number_go_at_once() -> None:
    """Two filters of one number leave together, from rows, shelves and bare numbers."""
    rows = Rows(Random("twins"), {"a": "StringStartsWith"})
    for count in (1, 30):
        held = [(n, text) for n in range(count) for text in ("p", "q")]
        bucket = bucket_minus(make_bucket({rows.shape: held}, rows.shapes), rows.shape, 0)
        assert match(bucket, rows.shapes, {"data": {"a": "p"}}) == list(range(1, count))
    bare = make_bucket({NO_STEPS: [(1,), (1,), (2,)]}, rows.shapes)
    assert bucket_minus(bare, NO_STEPS, 1) == ((NO_STEPS, (2,)),)
