"""Calls from deep inside a caller's stack."""

import sys
from collections.abc import Callable
from typing import Any


def call_with_free_frames(free: int, call: Callable[[], Any]) -> Any:
    """Call with about that many frames left of the interpreter's limit."""
    used, frame = 0, sys._getframe()
    while frame is not None:
        used, frame = used + 1, frame.f_back
    return _down(sys.getrecursionlimit() - used - free, call)


def _down(frames: int, call: Callable[[], Any]) -> Any:
    return call() if frames <= 0 else _down(frames - 1, call)
