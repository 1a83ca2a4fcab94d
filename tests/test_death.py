"""Nothing that is nested, however deeply, ends the process or raises what is not ours."""

import json
import subprocess
import sys

import pytest

from tests.pythons import interpreters, run


def _assert_survived(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found: dict[str, int] = json.loads(done.stdout)
    assert found["results"] > 100
    assert found["refusals"] > 100
    return found


@pytest.mark.parametrize("way", ["thread", "deep", "full"])
def test_depth_bombs(way: str) -> None:
    """In a small stack, and from deep callers: a result, a refusal or a HostError."""
    _assert_survived(run(sys.executable, "-m", "tests.bombs", way))


@pytest.mark.volume
@pytest.mark.parametrize("way", ["thread", "deep", "full"])
@pytest.mark.parametrize("version", interpreters())
def test_depth_bombs_on_each_python(version: str, way: str) -> None:
    """The same on every Python of this machine, with more depths from 1 to 65,536."""
    found = _assert_survived(run(interpreters()[version], "-m", "tests.bombs", way, "all"))
    print(f"Python {version}, {way}: {found}")  # noqa: T201 # shown by pytest -rP


def test_bombs_report_what_is_foreign() -> None:
    """The report of an exception that is not ours is an exit status of 1."""
    code = (
        "import sys; from tests import bombs\n"
        "bombs.text_calls = lambda limits: {'bad': lambda text: 1 // 0}\n"
        "sys.exit(bombs.main(['deep']))"
    )
    done = run(sys.executable, "-c", code)
    assert done.returncode == 1
    assert "bad: arrays 64, limits 0: ZeroDivisionError" in done.stdout
