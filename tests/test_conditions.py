"""Conditions and fields: how the conditions of one field combine, and their labels."""

import pickle

import pytest

from egcore import UNDEFINED, Condition, Field

ABOVE, BELOW = Condition("NumberGreaterThan", 5), Condition("NumberLessThan", 3)


def test_a_condition_is_its_operator_applied_to_the_operand() -> None:
    """A condition compiles to the predicate of its operator."""
    assert Condition("StringIn", ("a", "b")).predicate()("b")
    assert not Condition("StringIn", ("a", "b")).predicate()("c")
    assert Condition("IsNull").predicate()(UNDEFINED)


@pytest.mark.parametrize(
    ("value", "any_holds", "all_hold"),
    [(6, True, False), (4, False, False), ([6, 2], True, True), ([4], False, False)],
)
def test_combining(value: object, any_holds: bool, all_hold: bool) -> None:
    """A list is OR, ``and`` is AND, and each condition looks at the whole field (rule 9)."""
    assert Field(("data", "n"), "any", (ABOVE, BELOW)).predicate()(value) is any_holds
    assert Field(("data", "n"), "all", (ABOVE, BELOW)).predicate()(value) is all_hold


@pytest.mark.parametrize("combine", ["any", "all"])
def test_one_condition(combine: str) -> None:
    """A field of one condition is that condition, however it would combine more."""
    predicate = Field(("type",), combine, (ABOVE,)).predicate()
    assert predicate(6)
    assert not predicate(5)


def test_values() -> None:
    """Conditions and fields are values: they compare, hash, pickle, and cannot be changed."""
    field = Field(("data", "a.b", "c"), "any", (ABOVE, Condition("IsNull")))
    assert field.label == "data.a.b.c"
    again = pickle.loads(pickle.dumps(field))  # noqa: S301 # our own bytes
    assert again == field
    assert hash(again) == hash(field)
    assert field != Field(("data", "a", "b", "c"), "any", field.conditions)
    with pytest.raises(AttributeError):
        field.combine = "all"
