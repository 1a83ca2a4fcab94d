"""Chunks that real inputs never hold, for tests of the processes that are given them."""

import os
import signal
import time
from typing import NamedTuple

from egcore.errors import host_error
from egcore.streams import Piece


class Slow(NamedTuple):
    """One piece, after a while."""

    raw: bytes
    seconds: float = 0.0
    size: int = 0

    def pieces(self, limits):  # noqa: ARG002 - as of every chunk
        """Wait, and give the piece."""
        time.sleep(self.seconds)
        return [Piece(self.raw, is_request=False)]


class Dying(NamedTuple):
    """Ends the process that reads it, as the system does when memory is short."""

    size: int = 0

    def pieces(self, limits):  # noqa: ARG002 - as of every chunk
        """End the process."""
        os.kill(os.getpid(), signal.SIGKILL)


class Leaving(NamedTuple):
    """Ends the process that reads it with an exit status."""

    size: int = 0

    def pieces(self, limits):  # noqa: ARG002 - as of every chunk
        """End the process."""
        os._exit(7)


class Raising(NamedTuple):
    """Gives some pieces, and then raises."""

    raws: list
    is_ours: bool = False
    size: int = 0

    def pieces(self, limits):  # noqa: ARG002 - as of every chunk
        """Give the pieces and raise."""
        for raw in self.raws:
            yield Piece(raw, is_request=False)
        raise host_error() if self.is_ours else KeyError("secret")


def leave(_):
    """End a worker instead of doing its work."""
    os._exit(7)
