"""Slots: a map that remembers the order of arrival and never changes."""

from random import Random

import pytest

from egcore.index.slots import Slots


def test_slots_are_like_a_dict() -> None:
    """Names, items and their order after random changes are a dict's; old maps stay."""
    r = Random("slots")
    slots: Slots[tuple[object, int]] = Slots()
    model: dict[object, int] = {}
    seen = []
    for change in range(600):
        name = r.choice([r.randrange(60), str(r.randrange(60)), (r.randrange(9), "x")])
        if name in model and r.random() < 0.5:
            slots = slots.minus(name)
            del model[name]
            assert slots.number(name) is None
        else:
            slots, number = slots.plus(name, (name, change))
            model[name] = change
            assert slots.number(name) == number
            assert slots.items[number] == (name, change)
        if change % 50 == 0:
            seen.append((slots, dict(model)))
    for each, names in [*seen, (slots, model)]:
        assert list(each) == list(names.items())
        assert len(each) == len(names)
        assert [each.number(name) is None for name in range(60)] == [
            name not in names for name in range(60)
        ]


def test_add_builds() -> None:
    """A map is built item by item; the number of a name that is taken is told."""
    slots: Slots[str] = Slots()
    assert [slots.add("a", "x"), slots.add("b", "y"), slots.add("a", "z")] == [None, None, 0]
    assert list(slots) == ["x", "y"]


def test_sparse() -> None:
    """A map of which most numbers are unused says so."""
    slots: Slots[int] = Slots()
    for n in range(1_100):
        slots.add(n, n)
    assert not slots.is_sparse
    for n in range(1_063):
        slots = slots.minus(n)
        assert slots.is_sparse == (n == 1_062)
    assert list(slots) == list(range(1_063, 1_100))


def test_unknown_names() -> None:
    """Only a name that is there can be removed."""
    with pytest.raises(KeyError):
        Slots[int]().minus("a")
