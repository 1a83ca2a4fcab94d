"""Shapes and probes: made once, shared, limited in number, safe to make in threads."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from egcore.index import shapes as module
from egcore.index.plan import Step
from egcore.index.shapes import NO_STEPS, Shapes


def step(name: str) -> Step:
    """Make a step on a field."""
    return Step(("data", name), "StringStartsWith", ("p",))


def test_shapes_are_numbered_once() -> None:
    """Filters of one shape share a number, whatever their operands are."""
    shapes = Shapes()
    assert shapes.number([]) == NO_STEPS
    first = shapes.number([step("a")])
    assert shapes.number([Step(("data", "a"), "StringStartsWith", ("q",))]) == first
    assert shapes.number([step("b")]) != first
    assert shapes.verify[NO_STEPS]([(3,), (4,)], {}) == [3, 4]
    assert shapes.verify[first]([(1, "p")], {"data": {"a": "pq"}}) == [1]


def test_columns_are_counted() -> None:
    """A step behind one of two columns starts at the third."""
    shapes = Shapes()
    ranged = Step(("data", "a"), "NumberInRange", (1, 2))
    tests = shapes.verifiers[shapes.number([ranged, step("b")])].tests
    assert [each.at for each in tests] == [1, 3]


def test_probes_are_shared_and_dropped() -> None:
    """Partitions with the same signatures share a probe; nobody's probe is forgotten."""
    shapes = Shapes()
    probe = shapes.probe(((("a",),),))
    assert shapes.probe(((("a",),),)) is probe
    assert len(shapes._probes) == 1
    del probe
    gc.collect()
    assert len(shapes._probes) == 0


@pytest.mark.parametrize("most", [0, 3])
def test_only_so_much_is_compiled(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Beyond the limits shapes and probes are plain, and say the same."""
    monkeypatch.setattr(module, "MAX_COMPILED", most)
    monkeypatch.setattr(module, "MAX_PROBED", most)
    shapes = Shapes()
    numbers = [shapes.number([step(name)]) for name in "abcde"]
    compiled = [each.__name__ == "verify" for each in shapes.verify]
    assert compiled == [n < most for n in range(6)]
    for name, number in zip("abcde", numbers, strict=True):
        assert shapes.verify[number]([(1, "p"), (2, "x")], {"data": {name: "pq"}}) == [1]
    probes = [shapes.probe((((name,),),)) for name in "abcde"]
    assert [each.__module__ is None or "make_probe" not in each.__qualname__ for each in probes]
    assert sum("plain_probe" in each.__qualname__ for each in probes) == 5 - most
    for name, probe in zip("abcde", probes, strict=True):
        found: list[object] = []
        probe({name: "x"}, [{"x": name}], found)
        assert found == [name]


def test_threads_agree() -> None:
    """Threads that meet at the same new shapes and probes get the same numbers and answers."""
    for _ in range(20):
        shapes, ready = Shapes(), Barrier(4)

        def work(shapes: Shapes = shapes, ready: Barrier = ready) -> list[int]:
            ready.wait()
            for name in "abcdefgh":
                found: list[object] = []
                shapes.probe((((name,),),))({name: 1}, [{1: name}], found)
                assert found == [name]
            return [shapes.number([step(name)]) for name in "abcdefgh"]

        with ThreadPoolExecutor(4) as pool:
            results = [each.result() for each in [pool.submit(work) for _ in range(4)]]
        assert all(each == results[0] for each in results)
        assert len(set(results[0])) == 8
        assert len(shapes.verify) == len(shapes.verifiers) == 9
        for name, number in zip("abcdefgh", results[0], strict=True):
            assert shapes.verify[number]([(1, "p")], {"data": {name: "p"}}) == [1]


class _Late(dict[Any, int]):
    """A dict that does not show what it has when first asked: another thread was faster."""

    asked = 0

    def get(self, key: Any, default: Any = None) -> Any:
        """Return nothing the first time."""
        self.asked += 1
        return default if self.asked == 1 else super().get(key, default)


def test_a_shape_numbered_meanwhile_keeps_its_number() -> None:
    """A thread that waited for another to number the shape takes the number it was given."""
    shapes = Shapes()
    first = shapes.number([step("a")])
    shapes._numbers = _Late(shapes._numbers)
    assert shapes.number([step("a")]) == first
    assert len(shapes.verify) == 2
