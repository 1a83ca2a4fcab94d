"""Homogeneous rule sets: many filters of few forms, which fill the structures of the index.

The filters of a form ask for the same fields with the same operators and differ in their
operands only, drawn from small pools, so that many share their keys and many meet at a
boundary. Volume (``tests.trust.sets``) and tests (``tests/index``) draw from here.
"""

from random import Random
from typing import Any, Final

from egcore import Event, Matcher
from egcore.index import Index
from egcore.index.buckets import Bucket, Shelf
from egcore.index.partition import Partition

Document = dict[str, Any]

NUMBERS: Final = (0, -0.0, 1, 1.0, 0.5, -1, 2**53 - 1, 2**53, 2.0**53, 2**53 + 1, 10**30, 1e30)
STRINGS: Final = ("", "a", "b", "ab", "1", "true", "é", "e\u0301", "\U0001f600")
STRING_STEPS: Final = (
    *("StringStartsWith", "StringEndsWith", "StringNotStartsWith", "StringNotEndsWith"),
    "StringNotIn",
)
COMPARISONS: Final = (
    *("NumberLessThan", "NumberNotLessThan"),
    *("NumberGreaterThan", "NumberNotGreaterThan"),
)
NUMBER_STEPS: Final = ("NumberInRange", "NumberNotInRange", "NumberNotIn", *COMPARISONS)
BARE: Final = ("IsNull", "IsNotNull", "IsTrue", "IsNotTrue")
KEYS: Final = ("StringIn", "NumberIn", "several", "mixed")
BESIDE: Final = tuple(f"beside {op}" for op in BARE)
FORMS: Final = (*STRING_STEPS, *NUMBER_STEPS, *BARE, *BESIDE, *KEYS, "both", "either")
SOURCES: Final = ("s", "t")
NAMES: Final = "abcde"
MANY_NAMES: Final = "abcdefghijkl"


def word(r: Random) -> str:
    """Draw a string of at most 6 characters of two, or an odd one."""
    if r.random() < 0.1:
        return r.choice(STRINGS)
    return "".join(r.choice("ab") for _ in range(r.randrange(7)))


def number(r: Random) -> Any:
    """Draw a number out of 80, or an odd one, as an integer or a float."""
    if r.random() < 0.1:
        return r.choice(NUMBERS)
    drawn = r.randrange(80)
    return float(drawn) if r.random() < 0.2 else drawn


def pair(r: Random) -> list[Any]:
    """Draw a range: mostly narrow, sometimes a point or wide."""
    low = number(r)
    return sorted([low, r.choice([low, low + 1, low + 2, low + 0.5, number(r)])])


def condition(r: Random, op: str, *, several: bool = False) -> Document:
    """Make a condition of an operator, with one value or with several."""
    if op in BARE:
        return {"op": op}
    if op in COMPARISONS:
        return {"op": op, "value": number(r)}
    draw = pair if op in ("NumberInRange", "NumberNotInRange") else number
    if op.startswith("String"):
        return {"op": op, "values": [word(r) for _ in range(1 + 2 * several)]}
    return {"op": op, "values": [draw(r) for _ in range(1 + 2 * several)]}


def field(r: Random, form: str) -> Any:
    """Make a field of a form: an operator, or one of the ways to put several together."""
    if form == "several":
        return [{"op": "StringIn", "values": r.sample(["a", "b", "ab", "", "1"], 2)}]
    if form == "mixed":  # keys of every type in one list
        keys = [{"op": "StringIn", "values": ["1", "true"]}, {"op": "NumberIn", "values": [1, 0]}]
        return r.sample([*keys, {"op": "IsNull"}, {"op": "IsTrue"}, {"op": "IsNotTrue"}], 2)
    if form == "StringIn":
        return [{"op": "StringIn", "values": [r.choice(["a", "b", ""])]}]
    if form == "NumberIn":
        return [{"op": "NumberIn", "values": [r.choice([0, 1, 1.0, -0.0])]}]
    if form == "both":
        return {"and": [condition(r, "NumberInRange"), condition(r, "NumberNotIn")]}
    if form in BESIDE:
        return {"and": [{"op": form.removeprefix("beside ")}, condition(r, "NumberNotIn")]}
    if form == "either":
        return [condition(r, "StringStartsWith"), condition(r, "StringStartsWith", several=True)]
    return [condition(r, form, several=r.random() < 0.1)]


def forms(r: Random) -> Document:
    """Draw what a rule set's filters have in common: the form of one to four fields of data."""
    wanted = r.sample(NAMES, r.choice([1, 1, 2, 2, 3, 4]))
    return {name: r.choice(FORMS) for name in wanted}


def tabled(r: Random) -> Document:
    """Draw forms for which a shelf has a table, with a second field or not."""
    first, second = r.sample(NAMES, 2)
    drawn = {first: r.choice(["StringStartsWith", "StringEndsWith", "NumberInRange"])}
    return drawn if r.random() < 0.5 else {**drawn, second: r.choice(FORMS)}


def scattered(r: Random, count: int) -> list[Document]:
    """Make filters that list keys of many different fields: one to three of twelve."""
    made = []
    for _ in range(count):
        keyed = [r.choice(KEYS) for _ in range(r.choice([1, 2, 3]))]
        of = dict(zip(r.sample(MANY_NAMES, len(keyed)), keyed, strict=True))
        made.append(_filter(r, of, anywhere=False))
    return made


def filters(r: Random, of: Document, count: int, *, anywhere: bool = False) -> list[Document]:
    """Make filters of one form; with ``anywhere``, for CLOUDEVENTS, some list no source."""
    return [_filter(r, of, anywhere=anywhere) for _ in range(count)]


def _filter(r: Random, of: Document, *, anywhere: bool) -> Document:
    listed = r.sample(SOURCES, r.choice([1, 1, 1, 2]))
    document: Document = {"source": [{"op": "StringIn", "values": listed}]}
    if anywhere and r.random() < 0.4:
        document = r.choice([{}, {"source": [{"op": "StringStartsWith", "values": [word(r)]}]}])
    data = {name: field(r, form) for name, form in of.items()}
    return {**document, "data": data} if data else document


def event(r: Random, *, any_data: bool = False, names: str = NAMES) -> Document:
    """Make an event whose data meet the filters' operands; arrays and odd values now and then."""
    data: Any = {name: value(r) for name in names if r.random() < 0.9}
    if any_data and r.random() < 0.1:
        data = value(r)
    return {"specversion": "1.0", "id": "1", "source": r.choice("stu"), "type": "t", "data": data}


def value(r: Random) -> Any:
    """Draw a value of a field."""
    draw = r.random()
    if draw < 0.35:
        return word(r)
    if draw < 0.65:
        return number(r)
    if draw < 0.75:
        return r.choice([True, False, None])
    if draw < 0.9:
        return [scalar(r) for _ in range(r.choice([0, 1, 2, 5, 12]))]
    return scalar(r)


def scalar(r: Random) -> Any:
    """Draw an element: of any type, a nested one rarely."""
    return r.choice([word(r), number(r), r.choice("ab"), None, True, False, 1, "1", [1], {"a": 1}])


# --- What a rule set made of them ------------------------------------------------------------


def index_of(matcher: "Matcher[Any]") -> Index:
    """Return the index of a matcher."""
    return matcher._index


def shelves(index: Index, found: Event) -> list[Shelf]:
    """Return the shelves with a table that answers for an event, as it is matched."""
    members = found.members
    answering: list[Shelf] = []
    for partition in (index._by_source.get(members["source"]), index._anywhere):
        for bucket in [] if partition is None else buckets(partition, members):
            answering += [
                rows
                for _, rows in bucket
                if isinstance(rows, Shelf)
                and rows._table is not None
                and rows._found_by is not None
                and type(rows._found_by.get(members)) in rows._table.kinds
            ]
    return answering


def buckets(partition: Partition, members: Document) -> list[Bucket]:
    """Return the buckets that a partition looks into for an event."""
    found: list[Bucket] = []
    partition._probe(members, partition._values, found)
    return found


def is_mapped(index: Index, found: Event) -> bool:
    """Whether a bitmap has a say in what matches an event."""
    parts = (index._by_source.get(found.source), index._anywhere)
    return any(each is not None and each._bitmap is not None for each in parts)
