"""The mutation runner: its faults are real, numbered, and where they should be."""

import ast
from pathlib import Path

import pytest

from tests.mutants.operators import mutants
from tests.mutants.suites import SUITES, judges_of

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("x = a <= b", ["x = (a < b)", "x = (a > b)"]),
        (
            "x = a < b < 1",
            [
                "x = (a <= b < 1)",
                "x = (a >= b < 1)",
                "x = (a < b <= 1)",
                "x = (a < b >= 1)",
                "x = a < b < (2)",
                "x = a < b < (0)",
            ],
        ),
        ("x = a and b", ["x = (a or b)", "x = (b)", "x = (a)"]),
        ("x = not a", ["x = (a)"]),
        ("x = a[1:b]", ["x = (a[:b])", "x = (a[1:])", "x = a[(2):b]", "x = a[(0):b]"]),
        ("x = f(a, k=b)", ["x = (f(k=b))", "x = (f(a))"]),
        ("x = any(a)", ["x = (all)(a)"]),
        (
            "x = [a for a in b if c]",
            ["x = [a for a in b if True]", "x = [a for a in b if (not (c))]"],
        ),
        ("f(a)", ["pass"]),
        ("raise a", ["pass"]),
        ("a += b", ["pass"]),
        ("a.b = c", ["pass"]),
        ("x = 'é' + b", ["x = ('é' - b)", "x = ('XXé') + b", "x = ('') + b"]),
        (
            "x: T = 'a' if b else c",
            [
                "x: T = ('a')",
                "x: T = (c)",
                "x: T = (c if b else 'a')",
                "x: T = ('XXa') if b else c",
                "x: T = ('') if b else c",
            ],
        ),
    ],
)
def test_faults(source: str, faults: list[str]) -> None:
    """Each kind of syntax is replaced by what is easily mistaken for it, and nothing else is."""
    found = [each.source(source.encode()).decode() for each in mutants(source.encode())]
    assert sorted(found) == sorted(faults)


@pytest.mark.parametrize(
    "source",
    [
        '"""Say what."""',
        "def f(a: 'T') -> 'T': ...",
        "import a",
        "message = 'a'",
        "x = f'{a}'",
        "x = problem(1)",
    ],
)
def test_what_people_read_is_left_alone(source: str) -> None:
    """Docstrings, annotations and messages have no mutants."""
    assert mutants(source.encode()) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "egcore").rglob("*.py")), ids=lambda path: path.stem
)
def test_every_mutant_is_another_program(path: Path) -> None:
    """Mutants of the library are numbered from 1, parse, and differ from the module."""
    source = path.read_bytes()
    found = mutants(source)
    assert [each.number for each in found] == [*range(1, len(found) + 1)]
    original = ast.dump(ast.parse(source))
    for each in found[:: len(found) // 20 + 1]:
        assert ast.dump(ast.parse(each.source(source))) != original, each
        assert each.diff(source).startswith(f"mutant {each.number}, line {each.line}\n-")


@pytest.mark.parametrize("module", SUITES)
def test_the_suites_are_there(module: str) -> None:
    """Each suite names a module and tests that exist."""
    path = ROOT / "egcore" / module
    assert path.is_dir() or path.with_suffix(".py").exists()
    assert all((ROOT / each).exists() for each in judges_of(module))
