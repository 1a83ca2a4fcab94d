"""The same results under every option, hash seed, locale and version of Python."""

import sys
from functools import cache

import pytest

from tests import selfcheck
from tests.pythons import interpreters, run

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
SELFCHECK = ("-m", "tests.selfcheck")

WAYS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "-O": (("-O",), {}),
    "-OO": (("-OO",), {}),
    "warnings are errors": (("-W", "error"), {}),
    "developer mode": (("-X", "dev"), {}),
    "hash seed 0": ((), {"PYTHONHASHSEED": "0"}),
    "hash seed 1": ((), {"PYTHONHASHSEED": "1"}),
    "hash seed 2": ((), {"PYTHONHASHSEED": "2"}),
    "hash seed random": ((), {"PYTHONHASHSEED": "random"}),
    "the C locale": ((), {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}),
    "bytes are not compared with str": (("-bb",), {}),
    "short integers only": (("-X", "int_max_str_digits=640"), {}),
}


def _line(version: str, way: str | None = None) -> str:
    options, environment = ((), {}) if way is None else WAYS[way]
    done = run(interpreters()[version], *options, *SELFCHECK, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


@cache
def _expected() -> str:
    """Give what the interpreter that runs the tests prints without any option."""
    return _line(OURS)


@pytest.mark.parametrize("way", ["-OO", "hash seed random"])
def test_options_change_nothing(way: str) -> None:
    """No result depends on a docstring, an assertion or the order of a set."""
    assert _line(OURS, way) == _expected()


@pytest.mark.volume
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_start_finds_the_same(way: str) -> None:
    """Assertions, hash seeds, locales and warnings change no result."""
    assert _line(OURS, way) == _expected()


@pytest.mark.volume
@pytest.mark.parametrize("way", ["-OO", "hash seed random"])
@pytest.mark.parametrize("version", interpreters())
def test_every_version_finds_the_same(version: str, way: str) -> None:
    """Every Python of this machine gives the same results, in the same words."""
    assert _line(version, way) == _expected()


def test_the_record_tells_what_is_wrong() -> None:
    """A result that is not as expected is listed, and changes the digest."""
    right, wrong = selfcheck.Record(), selfcheck.Record()
    right.check("a", result=True, expected=True)
    wrong.check("a", result=False, expected=True)
    assert (right.wrong, wrong.wrong) == ([], ["a 1"])
    assert right.summary() != wrong.summary()
