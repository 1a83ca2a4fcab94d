"""Generated code says what the plain code says, whatever stands in paths, rules and events."""

from random import Random
from typing import Any

import pytest

from egcore import CLOUDEVENTS, Filter
from egcore.index import generated
from egcore.index.generated import make_probe, plain_probe
from egcore.index.keys import NOTHING, NULL, TRUE
from egcore.index.plan import in_step, make_plan
from egcore.index.shapes import Shapes, Verifier
from egcore.index.steps import STEPS
from tests import homogeneous

ODD = ("", "a'b", 'x"y', "r[0]", "\\", "\n", "v0", "import os", "{a}")


def test_every_kind_of_step_has_a_fragment() -> None:
    """Each kind has its line of code, and no line is without a kind."""
    assert set(generated._FRAGMENTS) == set(STEPS)


@pytest.mark.parametrize("form", homogeneous.FORMS)
def test_verifiers_agree(form: str) -> None:
    """A compiled verifier finds the rows that the plain one finds, alone and beside another."""
    r = Random(f"verify {form}")
    found = 0
    for other in ("NumberInRange", "StringStartsWith", "IsNotNull"):
        compiled, plain, rows = _verifiers(r, {"a": form, "b": other})
        for _ in range(150):
            members = homogeneous.event(r)
            wanted = plain.verify(rows, members)
            assert compiled.verify(rows, members) == wanted
            found += len(wanted)
            for place in range(len(plain.tests)):
                rest = compiled.without(place)
                assert rest(rows, members) == plain.without(place)(rows, members)
                assert compiled.without(place) is rest
    assert found > 0


def _verifiers(r: Random, forms: dict[str, str]) -> tuple[Verifier, Verifier, list[Any]]:
    """Verify everything, keys too, in rows of the shape that most filters have."""
    by_shape: dict[Any, list[Any]] = {}
    for order, document in enumerate(homogeneous.filters(r, forms, 60)):
        fields = Filter.from_document(document).fields
        keys, steps = make_plan(each for each in fields if each.path != ("source",))
        steps = (*(in_step(path, each) for path, each in keys.items()), *steps)
        shape = tuple((each.path, each.kind, len(each.columns)) for each in steps)
        row = (order, *(column for each in steps for column in each.columns))
        by_shape.setdefault(shape, []).append((steps, row))
    steps_and_rows = max(by_shape.values(), key=len)
    shapes = Shapes()
    tests = shapes.verifiers[shapes.number(steps_and_rows[0][0])].tests
    rows = [row for _, row in steps_and_rows]
    return Verifier(tests), Verifier(tests, compiled=False), rows


@pytest.mark.parametrize("make", [make_probe, plain_probe])
def test_probes(make: Any) -> None:
    """A probe finds the bucket of each group under the keys of the event's values."""
    paths = [("data", "a"), ("data", "b", "c")]
    groups = ((), (0,), (1,), (0, 1))
    tables = [{(): "all"}, {"x": "ax", TRUE: "true"}, {NULL: "null"}, {("x", 1): "x1"}]
    probe = make(paths, groups)

    def found(data: Any) -> tuple[bool, list[Any]]:
        buckets: list[Any] = []
        return probe({"data": data}, tables, buckets), buckets

    assert found({"a": "x", "b": {"c": 1.0}}) == (False, ["all", "ax", "x1"])
    assert found({"a": True, "b": []}) == (False, ["all", "true", "null"])
    assert found({"a": "x", "b": {"c": True}}) == (False, ["all", "ax"])
    assert found({"a": {}, "b": {"c": {}}}) == (False, ["all"])
    assert found({"a": ["x", "x", True], "b": {"c": [1, 2]}}) == (True, ["all", "ax", "x1"])
    assert found({"a": [], "b": 1}) == (True, ["all", "null"])
    assert found(None) == (False, ["all", "null"])
    assert make((), ((),))({}, [{(): "all"}], []) is False
    assert NOTHING not in tables[1]


@pytest.mark.parametrize("key", ODD)
def test_keys_are_bound_not_written(key: str) -> None:
    """A field's name never becomes code, whatever it is."""
    document = {"data": {key: [{"op": "StringStartsWith", "values": [key]}]}}
    fields = Filter.from_document(document, limits=CLOUDEVENTS).fields
    steps = make_plan(fields).steps
    shapes = Shapes()
    verify = shapes.verify[shapes.number(steps)]
    assert verify([(1, *steps[0].columns)], {"data": {key: key + "!"}}) == [1]
    assert verify([(1, *steps[0].columns)], {"data": {key: 1}}) == []
    buckets: list[Any] = []
    make_probe([("data", key)], ((0,),))({"data": {key: key}}, [{key: "found"}], buckets)
    assert buckets == ["found"]


def test_no_path_is_too_deep() -> None:
    """A path of many keys is read as it is written: undefined where anything is no object."""
    path = tuple("abcdefgh")
    value: Any = "x"
    for key in reversed(path):
        value = {key: value}
    for make in (make_probe, plain_probe):
        found: list[Any] = []
        make([path], ((0,),))(value, [{"x": 1}], found)
        make([path], ((0,),))({"a": {"b": ["c"]}}, [{NULL: 2}], found)
        assert found == [1, 2]
