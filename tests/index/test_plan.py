"""Plans: what of a filter is a key, and which step verifies the rest."""

from typing import Any

import pytest

from egcore import CLOUDEVENTS, Filter
from egcore.index.keys import FALSE, NULL, TRUE
from egcore.index.plan import Plan, in_step, make_plan


def plan(field: Any) -> Plan:
    """Plan a filter of one field, ``data.a``."""
    return make_plan(Filter.from_document({"data": {"a": field}}, limits=CLOUDEVENTS).fields)


def condition(op: str, *values: Any) -> dict[str, Any]:
    """Make a condition with values."""
    return {"op": op, "values": list(values)} if values else {"op": op}


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ([condition("StringIn", "a", "b", "a")], ("a", "b")),
        ([condition("NumberIn", 1, 1.0, 0, -0.0)], (1, 0)),
        ([condition("IsTrue"), condition("IsNotTrue")], (TRUE, FALSE)),
        (
            [condition("IsNull"), condition("StringIn", "a"), condition("NumberIn", 1)],
            (NULL, "a", 1),
        ),
        ({"and": [condition("StringIn", "a")]}, ("a",)),
    ],
    ids=str,
)
def test_keys(field: Any, keys: tuple[Any, ...]) -> None:
    """A field that asks for equality only is found by its keys, each listed once."""
    assert plan(field) == Plan({("data", "a"): keys}, ())


@pytest.mark.parametrize(
    ("field", "kinds"),
    [
        ([condition("StringStartsWith", "a", "b")], ["StringStartsWith"]),
        ([condition("StringIn", "a"), condition("StringStartsWith", "a")], ["general"]),
        ([condition("IsNull"), condition("IsNotNull")], ["general"]),
        ([condition("NumberNotIn", *range(17))], ["general"]),
        ([condition("NumberNotIn", 2**64 - 1)], ["NumberNotIn"]),
        ([condition("StringEndsWith", "a")] * 2, ["StringEndsWith"]),
        ([condition("StringNotIn", "a")] * 2, ["general"]),
        ([condition("NumberInRange", [1, 2])], ["NumberInRange"]),
        ([condition("NumberInRange", [1, 2])] * 2, ["general"]),
        ([condition("NumberNotInRange", [1, 2], [3, 4])], ["general"]),
        ({"and": [condition("StringIn", "a"), condition("IsNotNull")]}, ["IsNotNull", "general"]),
        (
            {"and": [condition("StringNotIn", "b"), condition("StringEndsWith", "a")]},
            ["StringEndsWith", "StringNotIn"],
        ),
    ],
    ids=str,
)
def test_steps(field: Any, kinds: list[str]) -> None:
    """All else becomes steps, in an order that does not depend on the document's."""
    found = plan(field)
    assert found.keys == {}
    assert [step.kind for step in found.steps] == kinds


def test_alternatives_are_joined() -> None:
    """Alternatives of one operator are one step with all their values."""
    (step,) = plan([condition("StringStartsWith", "a"), condition("StringStartsWith", "b")]).steps
    assert step.columns == (("a", "b"),)
    (step,) = plan([condition("StringStartsWith", "a")]).steps
    assert step.columns == ("a",)


def test_steps_of_keys() -> None:
    """Keys by which a filter is not filed are a step; many of them are a set."""
    assert in_step(("data", "a"), ("a", 1)).columns == (("a", 1),)
    (many,) = in_step(("data", "a"), tuple(range(17))).columns
    assert many == frozenset(range(17))
