"""Hypothesis strategies of events, filters and rule sets: valid under EVENTGRID, and small.

The alphabets are shared, so that filters hit events. Volume comes from
``tests.generators``; these are for laws, which want examples made small.
"""

import json
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

STRINGS = st.sampled_from(("", "a", "ab", "b", "1", "é", "${x}", '"')) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=5
)
NUMBERS = st.sampled_from((0, 1, 1.0, -0.0, 2**53, 2.0**53, 2**53 + 1, 1e308)) | st.one_of(
    st.integers(-5, 5), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = st.sampled_from(("a", "b", "c", "and", "a.b", ""))
SCALARS = st.none() | st.booleans() | NUMBERS | STRINGS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
NAMES = st.sampled_from(("s", "orders", "HC.OBS"))
SUBJECTS = st.sampled_from(("", "a", "ab", "x.jpg"))


def events(data: st.SearchStrategy[Any] = OBJECTS) -> st.SearchStrategy[Document]:
    """Make events with all of their required and some of their optional members."""
    return st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": st.sampled_from(("1", "2", "ü")),
            "source": NAMES,
            "type": st.sampled_from(("a", "ab", "order.created")),
        },
        optional={"subject": SUBJECTS, "data": data, "tenant": st.booleans() | st.integers(0, 2)},
    )


# --- Filters --------------------------------------------------------------------------------

STRING_OPERATORS = (
    *("StringIn", "StringNotIn", "StringStartsWith"),
    *("StringNotStartsWith", "StringEndsWith", "StringNotEndsWith"),
)
LISTED_NUMBERS = ("NumberIn", "NumberNotIn")
RANGES = ("NumberInRange", "NumberNotInRange")
COMPARISONS = (
    *("NumberLessThan", "NumberNotLessThan"),
    *("NumberGreaterThan", "NumberNotGreaterThan"),
)
BARE = ("IsNull", "IsNotNull", "IsTrue", "IsNotTrue")
PAIRS = st.tuples(NUMBERS, NUMBERS).map(sorted)
OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(STRING_OPERATORS, STRINGS),
    **dict.fromkeys(LISTED_NUMBERS, NUMBERS),
    **dict.fromkeys(RANGES, PAIRS),
}
"""For the operators that take a list: what it lists."""


def condition(op: str) -> st.SearchStrategy[Document]:
    """Make conditions of one operator."""
    if op in BARE:
        return st.just({"op": op})
    if op in COMPARISONS:
        return st.fixed_dictionaries({"op": st.just(op), "value": NUMBERS})
    values = st.lists(OPERANDS[op], min_size=1, max_size=3)
    return st.fixed_dictionaries({"op": st.just(op), "values": values})


OPERATORS = (*OPERANDS, *COMPARISONS, *BARE)
CONDITIONS = st.sampled_from(OPERATORS).flatmap(condition)
LEAVES = st.lists(CONDITIONS, min_size=1, max_size=3)
FIELDS = LEAVES | st.builds(lambda found: {"and": found}, LEAVES)
# Nested below data: an object whose only key is "and" would be the form.
NESTED = st.dictionaries(st.sampled_from(("a", "b", "")), FIELDS, min_size=1, max_size=2)
DATA = st.dictionaries(KEYS, FIELDS | NESTED, min_size=1, max_size=2)
SOURCES = st.lists(NAMES, min_size=1, max_size=2).map(
    lambda values: [{"op": "StringIn", "values": values}]
)
FILTERS = st.fixed_dictionaries(
    {"source": SOURCES}, optional={"type": FIELDS, "subject": FIELDS, "data": DATA}
).filter(lambda each: len(json.dumps(each, ensure_ascii=False).encode()) <= 2_048)


# --- Rule sets ------------------------------------------------------------------------------

TRANSFORMS = st.sampled_from(
    (
        {"type": "ORIGINAL"},
        {"type": "CONSTANT", "value": "c"},
        {"type": "VARIABLE", "value": '{"x":"$.data.a"}', "template": '{"k":"${x}","v":${x}}'},
        {"type": "VARIABLE", "value": '{"x":"$..a"}', "template": "${x}${x} $"},
    )
)


def subscription(name: str) -> st.SearchStrategy[Document]:
    """Make subscription documents of one name, some of which do not route."""
    target = st.fixed_dictionaries({"name": st.just("t"), "transform": TRANSFORMS})
    source = st.fixed_dictionaries({"name": NAMES, "filter": FILTERS})
    return st.fixed_dictionaries(
        {
            "name": st.just(name),
            "sources": st.lists(source, min_size=1, max_size=1),
            "targets": st.lists(target, min_size=1, max_size=2),
        },
        optional={
            "status": st.sampled_from(("ENABLED", "DISABLED")),
            "channel_id": st.sampled_from(("c1", "c2")),
        },
    )


def rule_sets(most: int = 4) -> st.SearchStrategy[list[Document]]:
    """Make lists of subscription documents with names of their own."""
    return st.integers(0, most).flatmap(
        lambda count: st.tuples(*(subscription(f"rule-{n}") for n in range(count))).map(list)
    )
