"""The progress bar: on a terminal, after a second, with rich; otherwise nothing at all."""

import io
import sys

import pytest

from egcore import progress
from egcore.progress import Bar

rich_console = pytest.importorskip("rich.console", reason="the extra cli is not installed")


class Terminal(io.StringIO):
    """A terminal that remembers what was shown."""

    def isatty(self):
        """Say that somebody is watching."""
        return True


def watch(monkeypatch):
    """Make stderr a terminal, and let time stand still until its ``now`` is changed.

    No fixture: the capture of pytest would take its place when the test itself starts.
    """
    shown = Terminal()
    shown.now = 100.0
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(progress, "monotonic", lambda: shown.now)
    return shown


@pytest.mark.parametrize("total", [1_000, None])
def test_appears_after_a_second(monkeypatch, total):
    """The bar shows up when a second has passed, counts events, and leaves no trace of itself."""
    terminal = watch(monkeypatch)
    with Bar(total, wanted=True) as bar:
        bar.advance(100, 1)
        terminal.now = 100.9
        bar.advance(100, 2)
        assert terminal.getvalue() == ""
        terminal.now = 101.0
        bar.advance(300, 37)
        bar.advance(0, 38)
        bar._progress.refresh()
        assert "38 events" in terminal.getvalue()
        assert ("50%" in terminal.getvalue()) == (total is not None)
    assert terminal.getvalue().endswith("\x1b[2K")


def test_no_color(monkeypatch):
    """NO_COLOR is respected: what is shown has no colours."""
    terminal = watch(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.now = 102.0
    bar = Bar(10, wanted=True)
    terminal.now = 104.0
    bar.advance(5, 1)
    bar.close()
    assert "1 events" in terminal.getvalue()
    assert "\x1b[3" not in terminal.getvalue()


def test_unwanted(monkeypatch):
    """Where nobody watches, nothing is shown."""
    terminal = watch(monkeypatch)
    bar = Bar(10, wanted=False)
    terminal.now = 200.0
    bar.advance(5, 1)
    bar.close()
    assert terminal.getvalue() == ""


def test_closed_for_good(monkeypatch):
    """A bar that gave way to other output does not come back."""
    terminal = watch(monkeypatch)
    bar = Bar(10, wanted=True)
    terminal.now = 200.0
    bar.close()
    bar.advance(5, 1)
    assert terminal.getvalue() == ""


def test_without_rich(monkeypatch):
    """Without rich there is no bar, and no complaint."""
    terminal = watch(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich", None)
    bar = Bar(10, wanted=True)
    terminal.now = 200.0
    bar.advance(5, 1)
    bar.advance(5, 2)
    assert terminal.getvalue() == ""
