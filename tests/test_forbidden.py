"""Constructs that no module of the library may hold, each with its self-test."""

from pathlib import Path

import pytest

from tests.forbidden import find
from tests.shared_folder import ROOT

MODULES = sorted((ROOT / "egcore").rglob("*.py"))

# (module, rule, source text): why it may stand there.
ALLOWED = {
    ("limits", "attribute by name", "getattr(self, field.name)"): "names of our own fields",
    (
        "interop",
        "raise in a handler",
        "except BaseException as error:",
    ): "an interrupt passes as it is: it is not about an input",
    (
        "interop",
        "% on what may be text",
        "offset % timedelta(minutes=1)",
    ): "arithmetic on an offset",
    (
        "interop",
        "pattern from a variable",
        "re.search(pattern, name)",
    ): "patterns of data schemas, opt-in and of trusted authors",
    (
        "generated",
        "code from text",
        "exec('\\n'.join(lines), bound)",
    ): "the one module that generates code: fixed fragments and integers, names bound",
    (
        "generated",
        "format",
        "each.format(i=i, a=column, b=column + 1)",
    ): "integers into the fixed fragments of that module",
    (
        "parallel",
        "raise in a handler",
        "except OSError:",
    ): "a worker whose parent is gone ends; no input is in the context",
    ("templates", "format", "slot.format(values[slot.name])"): "a member of Slot, not str.format",
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_holds_what_is_forbidden(path: Path) -> None:
    """Nothing but what the list allows, each entry with its reason."""
    found = find(path.read_text(encoding="utf-8"), path.stem)
    assert not [each for each in found if (each.module, each.rule, each.text) not in ALLOWED]


def test_the_list_holds_nothing_that_is_gone() -> None:
    """Every entry of the list still stands in the library."""
    found = {
        (each.module, each.rule, each.text)
        for path in MODULES
        for each in find(path.read_text(encoding="utf-8"), path.stem)
    }
    assert set(ALLOWED) <= found


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("code from text", "eval(text)"),
        ("code from text", "def f():\n    exec('1')"),
        ("code from text", "compile(a, b, 'exec')"),
        ("code from text", "__import__(name)"),
        ("attribute by name", "getattr(value, name)"),
        ("attribute by name", "setattr(value, name, 1)"),
        ("attribute by name", "getattr(value, f'{name}')"),
        ("format", "'{}'.format(value)"),
        ("format", "template.format_map(values)"),
        ("% on what may be text", "'%s' % value"),
        ("% on what may be text", "'%s' % 1"),
        ("% on what may be text", "template % values"),
        ("assert", "assert value"),
        ("raise in a handler", "try:\n    f()\nexcept E:\n    raise"),
        ("raise in a handler", "try:\n    f()\nexcept E as e:\n    raise X('no') from e"),
        ("raise in a handler", "try:\n    f()\nexcept E:\n    if a:\n        raise X from None"),
        ("print", "print(1)"),
        ("file", "open('a')"),
        ("file", "Path(name).read_text()"),
        ("file", "path.open()"),
        ("mutable default", "def f(a=[]): pass"),
        ("mutable default", "def f(*, a={}): pass"),
        ("mutable default", "f = lambda a=set(): a"),
        ("pattern from a variable", "def f(a):\n    return re.compile(a)"),
        ("pattern from a variable", "def f(a, b):\n    return re.sub(f'{a}', '', b)"),
        ("pattern that is not ASCII or ends early", "P = re.compile(r'[a\\d]')"),
        ("pattern that is not ASCII or ends early", "P = re.compile('^a$')"),
        ("digits that are not ASCII", "text.isdigit()"),
        ("import of what runs code", "import pickle"),
        ("import of what runs code", "from marshal import loads"),
        ("import of the world outside", "import socket"),
        ("import of the world outside", "def f():\n    from asyncio import run"),
        ("import of the world outside", "import os.path"),
        ("import of the world outside", "import subprocess as s"),
    ],
)
def test_each_rule_finds_a_bad_snippet(rule: str, source: str) -> None:
    """The rule names the snippet, once, and no other rule does."""
    assert [each.rule for each in find(source, "core")] == [rule]


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("year % 4", "core"),
        ("getattr(value, 'name')", "core"),
        ("try:\n    f()\nexcept E:\n    found = True\nif found:\n    raise X", "core"),
        ("try:\n    f()\nexcept E:\n    def g():\n        raise X", "core"),
        ("P = re.compile(r'\\$\\{[$a]' + ''.join(map(chr, range(9))))", "core"),
        ("def f(a):\n    return re.sub('a', 'b', a)", "core"),
        ("def f():\n    return re.compile(f'[{planes}]')", "core"),
        ("def f(a=(), b=None): pass", "core"),
        ("print(open('a').read_text())", "cli"),
        ("import os", "files"),
    ],
)
def test_what_is_harmless_is_left_alone(source: str, module: str) -> None:
    """Arithmetic, fixed names, patterns made at import, and the edges' own business."""
    assert not find(source, module)
