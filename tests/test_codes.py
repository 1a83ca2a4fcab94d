"""The table of problem codes: unique, used, told in whole sentences, and on its page."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from egcore.codes import CODES, SERVICE_MESSAGES, Code
from tests.shared_folder import ROOT

PACKAGE = ROOT / "egcore"


def _make_problems() -> ModuleType:
    spec = spec_from_file_location("make_problems", ROOT / "docs" / "make_problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _definitions() -> Iterator[tuple[str, str]]:
    """Give the constant and the code of each call of ``_code``, as the source has them."""
    for node in ast.parse((PACKAGE / "codes.py").read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "_code"
        ):
            assert isinstance(node.target, ast.Name)
            assert isinstance(node.value.args[0], ast.Constant)
            yield node.target.id, str(node.value.args[0].value)


def _used() -> set[str]:
    """Give the constants that other modules take from ``codes``."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names |= {node.attr} if node.value.id == "codes" else set()
            elif isinstance(node, ast.ImportFrom) and node.module == "egcore.codes":
                names |= {alias.name for alias in node.names}
    return names


# The module that first tells of a group's or a code's problems; the layers are built in order.
FIRST_USED = {
    "EGC1": "decoding",
    "EGC2": "events",
    "EGC219": "router",
    "EGC222": "interop",
    "EGC3": "filters",
    "EGC4": "transforms",
    "EGC5": "subscriptions",
    "EGC6": "transforms",
    "EGC8": "files",
    "EGC9": "errors",
}


@pytest.mark.parametrize(("constant", "code"), list(_definitions()))
def test_every_code_is_used(constant: str, code: str) -> None:
    """A code that no module raises would promise a check that is not there."""
    module = FIRST_USED.get(code, FIRST_USED[code[:4]])
    if not (PACKAGE / f"{module}.py").exists():
        pytest.skip(f"egcore/{module}.py is not written yet")
    assert constant in _used()


def test_codes_are_unique() -> None:
    """No code is given twice: the second would silently replace the first in the table."""
    counts = Counter(code for _, code in _definitions())
    assert [code for code, count in counts.items() if count > 1] == []
    assert list(counts) == list(CODES) == sorted(CODES)
    titles = Counter(entry.title for entry in CODES.values())
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("entry", CODES.values(), ids=CODES)
def test_texts_are_sentences(entry: Code) -> None:
    """Meaning and remedy end with a period, the title does not, and the codes are well formed."""
    assert re.fullmatch("EGC[1-9][0-9][0-9]", entry.code)
    for text in (entry.meaning, entry.remedy):
        assert text.endswith(".")
        assert text == text.strip()
    assert not entry.title.endswith(".")
    assert entry.severity in ("error", "warning")
    assert entry.service_code is None or entry.service_code in SERVICE_MESSAGES


def test_service_codes_all_have_their_documented_form() -> None:
    """The service's codes are EG. and eight digits."""
    for code, message in SERVICE_MESSAGES.items():
        assert re.fullmatch(r"EG\.[0-9]{8}", code)
        assert message


def test_the_page_shows_the_table() -> None:
    """docs/reference/problems.md is what its script writes, with every code on it."""
    maker = _make_problems()
    page = maker.PAGE.read_text(encoding="utf-8")
    assert page == maker.render()
    assert re.findall(r"(?m)^### (EGC\d+): ", page) == list(CODES)
