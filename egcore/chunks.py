"""Inputs cut into chunks that can be read apart from each other: the work of ``--jobs``.

A chunk is either the place of some lines in a file, which its reader opens by itself, or
the bytes themselves where the input comes only once. All chunks of an input, one after
the other, hold the pieces that ``read_events`` yields: the same ones, in the same order.
A chunk never holds much more than ``CHUNK_BYTES``, whatever the length of a line.
"""

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

from egcore import codes
from egcore.errors import EgcoreError, UsageError, problem
from egcore.files import unreadable
from egcore.limits import Limits
from egcore.streams import STDIN, Piece, open_input, read_events, read_lines, skip_line

CHUNK_BYTES: Final = 524_288
CHUNK_PIECES: Final = 4_096
"""The most pieces that are sent as such: each costs memory, however small it is."""


class Chunk(Protocol):
    """A part of an input that another process can read; it pickles."""

    @property
    def size(self) -> int:
        """How many bytes of the input it is, or takes, at least about."""

    def pieces(self, limits: Limits) -> Iterable[Piece]:
        """Read the events and requests. Raises ``UsageError`` (EGC801)."""


class Span(NamedTuple):
    """The bytes of a file from ``start`` to ``end``: whole lines, or the start of a long one.

    ``identity`` tells whether the path still leads to the file that was cut.
    """

    path: str
    start: int
    end: int
    identity: tuple[int, int]

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.end - self.start

    def pieces(self, limits: Limits) -> Iterator[Piece]:
        """Read the lines in the file."""
        return read_lines(io.BytesIO(self._read()), limits)

    def _read(self) -> bytes:
        try:
            with Path(self.path).open("rb") as stream:
                if _identity(stream) == self.identity:
                    stream.seek(self.start)
                    return stream.read(self.size)
            reason = "another file took its place meanwhile"
        except OSError as error:
            reason = unreadable(error).message
        raise UsageError([problem(codes.UNREADABLE, f"{self.path}: {reason}")])


class Lines(NamedTuple):
    """Lines of an input that comes only once."""

    data: bytes

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def pieces(self, limits: Limits) -> Iterator[Piece]:
        """Read the lines."""
        return read_lines(io.BytesIO(self.data), limits)


class Pieces(NamedTuple):
    """Events of a .json file, whose ends only its first reader can find."""

    read: list[Piece]

    @property
    def size(self) -> int:
        """The number of bytes of all pieces."""
        return sum(len(each.raw) for each in self.read)

    def pieces(self, limits: Limits) -> list[Piece]:  # noqa: ARG002 - as of every chunk
        """Return the pieces."""
        return self.read


class Failed(NamedTuple):
    """The place where an input could not be read any further: raises when its turn comes."""

    error: EgcoreError
    size: int = 0

    def pieces(self, limits: Limits) -> Iterable[Piece]:  # noqa: ARG002 - as of every chunk
        """Raise the error."""
        raise self.error


class Waiting(NamedTuple):
    """No chunk: the input has nothing more for now, and the next step waits for it.

    ``descriptor`` is what to wait on, None where the system cannot.
    """

    descriptor: int | None


def cut(path: str, limits: Limits) -> Iterator[Chunk | Waiting]:
    """Cut an input into chunks, ``-`` being the standard input. Raises nothing: see ``Failed``."""
    try:
        yield from _cut_json(path, limits) if path.endswith(".json") else _cut_lines(path, limits)
    except OSError as error:
        yield Failed(
            UsageError([problem(codes.UNREADABLE, f"{path}: {unreadable(error).message}")])
        )
    except UsageError as error:
        yield Failed(error)


def _cut_json(path: str, limits: Limits) -> Iterator[Pieces]:
    """Collect the pieces of a .json file until they are enough."""
    kept: list[Piece] = []
    size = 0
    for piece in read_events(path, limits=limits):
        kept.append(piece)
        size += len(piece.raw)
        if size >= CHUNK_BYTES or len(kept) == CHUNK_PIECES:
            yield Pieces(kept)
            kept, size = [], 0
    if kept:
        yield Pieces(kept)


def _cut_lines(path: str, limits: Limits) -> Iterator[Chunk | Waiting]:
    with open_input(path) as stream:
        # Files of the system, as in /proc, claim to be empty and are not.
        if path != STDIN and Path(path).is_file() and _size(stream):
            yield from _cut_file(path, stream, limits)
        else:
            yield from _cut_pipe(stream, limits)


# --- Files -------------------------------------------------------------------------


def _cut_file(path: str, stream: BinaryIO, limits: Limits) -> Iterator[Span]:
    """Find line ends in steps of a chunk; only the lines around them are read.

    A line over the limit is cut as ``read_lines`` cuts it, and the rest of it is in no chunk.
    """
    identity = _identity(stream)
    start = 0
    while start < (size := _size(stream)):
        if size - start <= CHUNK_BYTES:
            yield Span(path, start, size, identity)
            return
        stream.seek(start + CHUNK_BYTES)
        line = stream.readline(limits.raw_request_bytes + 1)
        yield Span(path, start, stream.tell(), identity)
        if not line.endswith(b"\n"):
            skip_line(stream)
        start = stream.tell()


def _size(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_size


def _identity(stream: BinaryIO) -> tuple[int, int]:
    status = os.fstat(stream.fileno())
    return status.st_dev, status.st_ino


# --- Pipes -------------------------------------------------------------------------


def _cut_pipe(stream: BinaryIO, limits: Limits) -> Iterator[Lines | Waiting]:
    """Take what there is, up to a chunk, and hand its lines on before waiting for more."""
    cutter = _Cutter(limits.raw_request_bytes + 1)
    descriptor = _descriptor(stream)
    failure = None
    while True:
        if cutter.size >= CHUNK_BYTES or not _is_ready(descriptor):
            yield from cutter.take()
            if not _is_ready(descriptor):
                yield Waiting(descriptor)
        try:
            data = stream.read1(CHUNK_BYTES)  # type: ignore[attr-defined] # all of ours have it
        except OSError as error:
            failure = error
            break
        if not data:
            break
        cutter.feed(data)
    yield from cutter.take()
    if failure is not None:
        raise failure
    yield from cutter.finish()


def _descriptor(stream: BinaryIO) -> int | None:
    """Return what can be waited on together with the pipes of workers, where the system can."""
    if os.name == "posix":
        with suppress(OSError):  # a stream in memory
            return stream.fileno()
    return None


def _is_ready(descriptor: int | None) -> bool:
    """Whether reading would not have to wait; where nobody can tell, it might."""
    return descriptor is not None and bool(wait([descriptor], 0))


class _Cutter:
    """Bytes received and not handed on: whole lines, and the start of the next one."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._kept = bytearray()
        self._whole = 0  # so many bytes are whole lines
        self._is_skipping = False

    @property
    def size(self) -> int:
        return len(self._kept)

    def feed(self, data: bytes) -> None:
        """Add what was read; of a line over the limit what is behind its cut is dropped."""
        if self._is_skipping:
            end = data.find(b"\n") + 1
            self._is_skipping = not end
            data = data[end:] if end else b""
        end = data.rfind(b"\n") + 1
        if end:
            self._whole = len(self._kept) + end
        self._kept += data

    def take(self) -> Iterator[Lines]:
        """Yield the whole lines, and the start of a line once it is known to be too long."""
        if self._whole:
            yield Lines(bytes(self._kept[: self._whole]))
            del self._kept[: self._whole]
            self._whole = 0
        if len(self._kept) >= self._bound:
            yield Lines(bytes(self._kept[: self._bound]))
            self._kept.clear()
            self._is_skipping = True

    def finish(self) -> Iterator[Lines]:
        """Yield the last line when no line end follows it."""
        if self._kept:
            yield Lines(bytes(self._kept))
