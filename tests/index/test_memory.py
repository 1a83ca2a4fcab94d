"""The memory of an index: each object counted once, and nothing that is not the index's."""

from sys import getsizeof

from egcore import Filter, Matcher
from egcore.index import Index
from egcore.index.memory import bytes_of
from tests.rules import SOURCE, Document


def _index(documents: list[Document]) -> Index:
    return Index((n, Filter.from_document(each).fields) for n, each in enumerate(documents))


def test_each_object_once() -> None:
    """An object that stands in two places counts once; containers and values all count."""
    text, number = "x" * 100, 10**50
    expected = sum(map(getsizeof, (text, number)))
    held = [text, (text, number), {text: [number]}, frozenset([text])]
    containers = [held, held[1], held[2], held[2][text], held[3]]
    assert bytes_of(held) == expected + sum(map(getsizeof, containers))


def test_a_function_of_a_module_is_not_the_index() -> None:
    """The library's own functions and classes cost an index nothing."""
    assert bytes_of((_index, Index)) == getsizeof((1, 2))


def test_a_closure_counts_with_what_it_holds() -> None:
    """What only a predicate holds is counted: its operands."""
    values = tuple(range(1000, 1100))

    def holds(value: int) -> bool:
        return value in values

    assert bytes_of(holds) > sum(map(getsizeof, values)) + getsizeof(values)


def test_generated_code_counts() -> None:
    """A condition beside the keys brings a verifier: code, names and values bound to it."""
    keys = _index([{"source": SOURCE}])
    steps = _index([{"source": SOURCE, "type": [{"op": "StringNotIn", "values": ["x"]}]}])
    code = steps._shapes.verify[1].__code__  # type: ignore[attr-defined]
    assert bytes_of(steps) > bytes_of(keys) + getsizeof(code) + getsizeof(code.co_linetable)


def test_it_grows_with_the_filters() -> None:
    """A filter more costs its row, its key and its bucket; one that repeats values, less."""
    small = [
        {"source": SOURCE, "type": [{"op": "StringIn", "values": [f"t{n}"]}]} for n in range(50)
    ]
    large = [
        {"source": SOURCE, "type": [{"op": "StringIn", "values": [f"t{n}"]}]} for n in range(150)
    ]
    alike = [
        {"source": SOURCE, "type": [{"op": "StringIn", "values": [f"t{n % 50}"]}]}
        for n in range(150)
    ]
    base, more, same = (bytes_of(_index(each)) for each in (small, large, alike))
    assert 100 * 50 < more - base < 100 * 1_000
    assert base < same < more


def test_a_matcher_tells_it() -> None:
    """The statistics tell the bytes of the index, whatever the names are."""
    filters = {"x" * 10_000: {"source": SOURCE}}
    assert Matcher(filters).stats().bytes == bytes_of(Matcher(filters)._index) < 10_000
