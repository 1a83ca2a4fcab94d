"""Calls from deep down: with little of the Python stack left, and with a small C stack."""

import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

# Frames that the library needs to say that the stack is full, and to raise it. A tracer, such
# as coverage's, calls functions of its own below ours; where it gets no frame it stops.
OWN_FRAMES: Final = 15 if sys.gettrace() is None else 50


def call_below(frames: int, call: Callable[[], T]) -> T:
    """Call from that many frames further down."""
    return call() if frames <= 0 else call_below(frames - 1, call)


def free_frames() -> int:
    """Count the frames that are left of the caller's stack."""
    frame = sys._getframe(1)
    depth = 0
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment] # None ends it
    return sys.getrecursionlimit() - depth


def call_in_thread(call: Callable[[], T], stack_bytes: int = 256 * 1024) -> T:
    """Call in a thread with a small stack; an exception is raised here again."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 # handed to the caller
            errors.append(error)

    before = threading.stack_size(stack_bytes)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
