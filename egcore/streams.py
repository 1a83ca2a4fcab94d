"""Event streams: events and requests taken out of files and pipes, in constant memory.

Nothing is decoded here but to tell a request from an event. Each piece is handed on as
the bytes it was received in, cut off one byte behind the limit of what is ever parsed:
the router refuses it then, as it refuses what is no JSON. So every piece of the input
reaches the router exactly once, whatever it holds.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from egcore import codes
from egcore.decoding import decode
from egcore.errors import EventError, UsageError, problem
from egcore.files import unreadable
from egcore.limits import EVENTGRID, Limits
from egcore.ruletexts import Finding

STDIN: Final = "-"
CHUNK_BYTES: Final = 65_536
_SPACE: Final = b" \t\r\n"


class Piece(NamedTuple):
    """One piece of an input: a bare event, or a request of several events."""

    raw: bytes
    is_request: bool


def read_events(path: str, *, limits: Limits = EVENTGRID) -> Iterator[Piece]:
    """Read events and requests from a file, ``-`` being the standard input.

    A .json file holds an event, a request ``{"events": [...]}`` or an array of events;
    any other input is JSON Lines, each line an event or a request, blank lines aside.
    An object with a member ``events``, spelled without escapes, is a request. Memory is
    bounded by the limits, whatever the length of the file, its lines and elements.

    Raises ``UsageError`` (EGC801) when the file cannot be opened or read.
    """
    try:
        with open_input(path) as stream:
            yield from (_read_json if path.endswith(".json") else read_lines)(stream, limits)
            return
    except OSError as error:
        found = problem(codes.UNREADABLE, f"{path}: {unreadable(error).message}")
    raise UsageError([found])


def check_readable(paths: Iterable[str]) -> list[Finding]:
    """Say which files of events cannot be read, and why.

    Nothing is read, and pipes are not even opened: what they hold comes only once.
    """
    findings = []
    for path in paths:
        file = Path(path)
        try:
            if path != STDIN and not file.is_fifo():
                file.open("rb").close()
        except OSError as error:
            findings.append(Finding(unreadable(error), path))
    return findings


def open_input(path: str) -> AbstractContextManager[BinaryIO]:
    """Open a file for reading; the standard input stays open afterwards."""
    return nullcontext(sys.stdin.buffer) if path == STDIN else Path(path).open("rb")


# --- JSON Lines ------------------------------------------------------------------


def read_lines(stream: BinaryIO, limits: Limits) -> Iterator[Piece]:
    """Yield the lines that are not blank; of a line that is too long its start, as a request."""
    bound = limits.raw_request_bytes + 1
    while line := stream.readline(bound):
        if len(line) == bound and not line.endswith(b"\n"):
            yield Piece(line, is_request=True)
            skip_line(stream)
        elif piece := line.strip(_SPACE):
            yield Piece(piece, is_request(piece, limits=limits))


def skip_line(stream: BinaryIO) -> None:
    """Read up to the end of the line and keep nothing."""
    while (rest := stream.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass


_REQUEST: Final = re.compile(rb'\{[ \t\r\n]*"events"[ \t\r\n]*:')


def is_request(raw: bytes, *, limits: Limits = EVENTGRID) -> bool:
    """Whether a JSON text, white space around it stripped, is an object with a member ``events``.

    Nearly always the first bytes tell; only an object that says ``"events"`` further on
    is decoded to find out. What is no JSON is no request.
    """
    if b'"events"' not in raw:
        return False
    if _REQUEST.match(raw):
        return True
    try:
        value = decode(raw, limits=limits, inside=-2).value  # a request is two levels deeper
    except EventError:
        return False
    return type(value) is dict and "events" in value


# --- JSON ------------------------------------------------------------------------


def _read_json(stream: BinaryIO, limits: Limits) -> Iterator[Piece]:
    """Yield the elements of an array, or the one event or request that the file holds."""
    bound = limits.raw_request_bytes + 1
    start = stream.read(bound)
    text = start.strip(_SPACE)
    if text.startswith(b"["):
        chunks = iter(lambda: stream.read(CHUNK_BYTES), b"")
        body = start.lstrip(_SPACE)[1:]
        for raw in split_array(chain([body], chunks), limits.raw_event_bytes):
            yield Piece(raw, is_request=False)
    elif len(start) == bound:
        yield Piece(start, is_request=True)
    elif text:
        yield Piece(text, is_request(text, limits=limits))


# In a string an escaped pair is one mark, or a backslash whose partner is in the next chunk.
_OUTSIDE: Final = re.compile(rb'["\[\]{},]')
_IN_STRING: Final = re.compile(rb'\\.|["\\]', re.DOTALL)


def split_array(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Cut a JSON array, given without its opening bracket, into the texts of its elements.

    Nothing is decoded; an element is cut off one byte behind ``limit``. Where the text is
    not JSON, neither is the piece that comes out, so that whoever decodes it refuses it:
    the last piece of an array that does not end starts with ``[``, and what stands behind
    the array is a piece that starts with ``]``.
    """
    splitter = _Splitter(limit + 1)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.finish()


class _Splitter:
    """What is known between two chunks: ``_depth`` counts the brackets open in the element."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._piece = b""
        self._elements = 0
        self._depth = 0
        self._in_string = False
        self._halved = False  # the chunk ended behind a backslash
        self._over = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take the next bytes; yield the elements that end in them."""
        kept, at = 0, int(self._halved)
        self._halved = False
        while not self._over and (mark := self._next_mark(chunk, at)):
            at = mark.end()
            if self._ends_element(mark[0]):
                self._keep(chunk[kept : mark.start()])
                kept = at
                yield from self._take()
        self._keep(chunk[kept:])

    def finish(self) -> Iterator[bytes]:
        """Yield what is left over when the text ends; nothing when all is well."""
        rest = self._piece.rstrip(_SPACE)
        if not self._over:
            yield b"[" + rest
        elif rest:
            yield b"]" + rest

    def _next_mark(self, chunk: bytes, at: int) -> re.Match[bytes] | None:
        return (_IN_STRING if self._in_string else _OUTSIDE).search(chunk, at)

    def _ends_element(self, mark: bytes) -> bool:
        """Step over a mark; tell whether the element ends in front of it."""
        if self._in_string:
            self._in_string = mark != b'"'
            self._halved = mark == b"\\"
        elif mark == b'"':
            self._in_string = True
        elif mark in b"[{":
            self._depth += 1
        elif self._depth:
            self._depth -= mark in b"]}"
        else:
            self._over = mark == b"]"
            return mark != b"}"
        return False

    def _keep(self, part: bytes) -> None:
        """Add to the piece as far as it may grow."""
        if not self._piece:
            part = part.lstrip(_SPACE)
        self._piece += part[: self._bound - len(self._piece)]

    def _take(self) -> Iterator[bytes]:
        """Yield the element that has ended; between the brackets of ``[]`` there is none."""
        piece, self._piece = self._piece, b""
        if piece or self._elements or not self._over:
            yield piece if len(piece) == self._bound else piece.rstrip(_SPACE)
        self._elements += 1
